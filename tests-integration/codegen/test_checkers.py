"""What type checkers say: nothing about generated packages, and something about every mistake of their users."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parents[2] / "packages" / "cinch-codegen" / "tests" / "golden"
MISTAKES = Path(__file__).parent / "mistakes.py.txt"
OLD_MYPY = "mypy==1.13.0"
"""A release of October 2024, which has never heard of closed TypedDicts."""

Check = Callable[[Path, list[str]], dict[str, list[int]]]


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a directory with every golden package in it, and the file of mistakes beside them."""
    directory = tmp_path_factory.mktemp("packages")
    for container in GOLDEN.glob("*/expected/**/cinch_models.py"):
        shutil.copytree(container.parent, directory / container.parent.name)
    shutil.copy(MISTAKES, directory / "mistakes.py")
    return directory


@pytest.fixture(scope="session")
def old_mypy(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    environment = tmp_path_factory.mktemp("mypy")
    uv = shutil.which("uv")
    assert uv is not None, "this test makes a virtual environment with uv"
    python = str(environment / "bin" / "python")
    subprocess.run(
        [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(environment)],
        stdin=subprocess.DEVNULL,
        timeout=300,
        check=True,
    )
    subprocess.run(
        [uv, "pip", "install", "--quiet", "--python", python, OLD_MYPY],
        cwd=environment,
        stdin=subprocess.DEVNULL,
        timeout=300,
        check=True,
    )
    return [python, "-m", "mypy"]


def pyright(directory: Path, targets: list[str]) -> dict[str, list[int]]:
    """Return file → lines with errors, by pyright in strict mode."""
    settings = {"include": targets, "typeCheckingMode": "strict", "pythonVersion": "3.11"}
    (directory / "pyrightconfig.json").write_text(json.dumps(settings))
    command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "--outputjson", "--project", "."]
    done = subprocess.run(
        command,
        cwd=directory,
        capture_output=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        timeout=300,
        check=False,
    )
    report = json.loads(done.stdout)
    assert report["summary"]["filesAnalyzed"] > 0
    errors: dict[str, list[int]] = {}
    for found in report["generalDiagnostics"]:
        if found["severity"] == "error":
            path = str(Path(found["file"]).relative_to(directory))
            errors.setdefault(path, []).append(found["range"]["start"]["line"] + 1)
    return errors


def mypy(command: list[str], directory: Path, targets: list[str]) -> dict[str, list[int]]:
    """Return file → lines with errors, by mypy --strict."""
    options = ["--strict", "--no-incremental", "--no-error-summary", "--python-executable", sys.executable]
    done = subprocess.run(
        [*command, *options, *targets],
        cwd=directory,
        capture_output=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        timeout=300,
        check=False,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    errors: dict[str, list[int]] = {}
    for path, line in re.findall(r"^(.+?):(\d+): error:", done.stdout, re.MULTILINE):
        errors.setdefault(path, []).append(int(line))
    return errors


@pytest.fixture(params=["pyright", "mypy", "old mypy"])
def check(request: pytest.FixtureRequest) -> Check:
    if request.param == "pyright":
        return pyright
    command = request.getfixturevalue("old_mypy") if request.param == "old mypy" else [sys.executable, "-m", "mypy"]
    return lambda directory, targets: mypy(command, directory, targets)


def test_generated_packages_are_well_typed(packages: Path, check: Check) -> None:
    names = sorted(entry.name for entry in packages.iterdir() if entry.is_dir() and (entry / "py.typed").is_file())
    assert len(names) >= 7
    assert check(packages, names) == {}


def test_every_mistake_is_found_and_nothing_else(packages: Path, check: Check) -> None:
    text = MISTAKES.read_text(encoding="utf-8").splitlines()
    wrong = {number for number, line in enumerate(text, 1) if line.endswith("# wrong")}
    assert len(wrong) >= 60
    found = check(packages, ["mistakes.py"])
    assert set(found.get("mistakes.py", ())) == wrong
