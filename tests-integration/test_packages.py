"""What holds for every package of the workspace, and between them."""

from __future__ import annotations

import ast
import inspect
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import cinch_client

ROOT = Path(__file__).parents[1]
PACKAGES = ("cinch-client", "cinch-codegen", "cinch-models-runtime")
SIBLINGS = {
    "cinch-client": [],
    "cinch-codegen": ["cinch-client"],
    "cinch-models-runtime": ["cinch-client"],
}
ERRORS = [
    (package, error)
    for package in PACKAGES
    for error in vars(import_module(package.replace("-", "_"))).values()
    if inspect.isclass(error)
    and issubclass(error, cinch_client.CinchError)
    and error.__module__.startswith(package.replace("-", "_"))
]


def metadata(package: str) -> dict[str, Any]:
    text = (ROOT / "packages" / package / "pyproject.toml").read_text()
    return tomllib.loads(text)["project"]


def module_name(package: str) -> str:
    return package.replace("-", "_")


def sources(package: str) -> list[Path]:
    return sorted((ROOT / "packages" / package / "src").rglob("*.py"))


def loaded_by(statement: str, *, of: set[str]) -> set[str]:
    """Which of these modules a fresh process has after *statement*."""
    script = f"import sys, json; {statement}; print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    return of & set(json.loads(done.stdout))


@pytest.mark.parametrize("package", PACKAGES)
def test_all_is_sorted(package: str) -> None:
    exported: list[str] = list(import_module(module_name(package)).__all__)

    assert exported == sorted(exported, key=lambda name: (not name.isupper(), not name[0].isupper(), name))


@pytest.mark.parametrize("package", PACKAGES)
def test_all_names_everything_public(package: str) -> None:
    module = import_module(module_name(package))
    tree = ast.parse(Path(str(module.__file__)).read_text())
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(module_name(package))
        for alias in node.names
    }
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}

    assert {name for name in imported | defined if not name.startswith("_")} <= set(module.__all__)


@pytest.mark.parametrize("package", PACKAGES)
def test_all_names_exist(package: str) -> None:
    module = import_module(module_name(package))

    assert [name for name in module.__all__ if not hasattr(module, name)] == []


def test_importing_the_client_loads_no_engine() -> None:
    assert loaded_by("import cinch_client", of={"httpx", "sqlite3", "_sqlite3"}) == set()


def test_importing_the_generator_loads_no_runtime() -> None:
    unwanted = {"cinch_models_runtime", "httpx", "pydantic", "sqlite3"}

    assert loaded_by("import cinch_codegen", of=unwanted) == set()


def test_importing_the_runtime_loads_no_generator() -> None:
    unwanted = {"cinch_codegen", "click", "httpx", "jinja2", "rich", "sqlite3"}

    assert loaded_by("import cinch_models_runtime", of=unwanted) == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_other_packages_are_used_by_their_public_names(package: str) -> None:
    others = [module_name(other) for other in PACKAGES if other != package]
    private = re.compile(rf"(?:from|import) (?:{'|'.join(others)})\.(?:\w+\.)*_")

    assert [str(file) for file in sources(package) if private.search(file.read_text())] == []


def test_versions_are_equal() -> None:
    everything = (*PACKAGES, "emmett-autoroutes")
    assert {package: metadata(package)["version"] for package in everything} == dict.fromkeys(everything, "1.0.0")


@pytest.mark.parametrize("package", PACKAGES)
def test_siblings_are_pinned(package: str) -> None:
    project = metadata(package)
    extras: dict[str, list[str]] = project.get("optional-dependencies", {})
    required = [name for name in project["dependencies"] if name.startswith("cinch")]
    optional = [name for extra in extras.values() for name in extra if name.startswith("cinch")]

    assert required == [f"{sibling}==1.0.0" for sibling in SIBLINGS[package]]
    assert [name for name in optional if not name.endswith("==1.0.0")] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_type_checkers_see_the_types(package: str) -> None:
    assert (ROOT / "packages" / package / "src" / module_name(package) / "py.typed").exists()


IMPORT_ALL = """
import importlib, pathlib, sys
folder = pathlib.Path(importlib.import_module(sys.argv[1]).__file__).parent
for file in sorted(folder.rglob("*.py")):
    name = ".".join([sys.argv[1], *file.relative_to(folder).with_suffix("").parts])
    if not name.startswith("cinch_client._cli"):  # needs the extra
        importlib.import_module(name.removesuffix(".__init__"))
"""


@pytest.mark.parametrize("package", PACKAGES)
def test_declared_dependencies_suffice(package: str) -> None:
    """Every module imports where only this package is; `scripts/check-packages-alone` runs the tests so."""
    uv = os.environ.get("UV") or shutil.which("uv")
    assert uv, "run the tests by `uv run pytest`"
    command = [
        uv,
        "run",
        "--isolated",
        "--exact",
        "--package",
        package,
        "python",
        "-W",
        "error",
        "-c",
        IMPORT_ALL,
    ]

    done = subprocess.run([*command, module_name(package)], cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr


def test_every_error_has_its_own_code() -> None:
    codes = [error.code for _, error in ERRORS]

    assert len(codes) > 25
    assert [code for code in codes if codes.count(code) > 1] == []


@pytest.mark.parametrize(("package", "error"), ERRORS, ids=[error.__name__ for _, error in ERRORS])
def test_every_error_is_documented(package: str, error: type[cinch_client.CinchError]) -> None:
    assert f"`{error.__name__}`" in (ROOT / "packages" / package / "README.md").read_text()


def test_what_may_be_tried_again() -> None:
    retryable = {error.__name__ for _, error in ERRORS if error.retryable}

    assert retryable == {"BusyError", "MaintenanceError"}
