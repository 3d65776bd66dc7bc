"""Projects made of the golden cases of cinch-codegen, and the packages that are generated for them."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import cinch_client

GOLDEN = Path(__file__).parents[2] / "packages" / "cinch-codegen" / "tests" / "golden"


@dataclass(frozen=True)
class Project:
    """A project of one golden case with a generated package in it."""

    directory: Path
    package: str
    importable: Path

    def connect(self, tenant: str = "main") -> cinch_client.CinchDB:
        return cinch_client.connect("main", tenant=tenant, project_dir=self.directory)


def golden_cases() -> list[str]:
    """Return the cases that generate something."""
    return sorted(case.name for case in GOLDEN.iterdir() if (case / "expected").is_dir())


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "golden_case" in metafunc.fixturenames:
        metafunc.parametrize("golden_case", golden_cases(), scope="session")


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Project]:
    """Return what makes the project of a golden case, each in a directory of its own."""

    def make(case: str) -> Project:
        directory = tmp_path_factory.mktemp(case)
        cinch_client.init_project(directory)
        for file in directory.glob(".cinchdb/main-main/*/*.db"):
            with sqlite3.connect(file) as connection:
                connection.executescript((GOLDEN / case / "schema.sql").read_text(encoding="utf-8"))
            connection.close()
        shutil.copy(GOLDEN / case / "options.toml", directory / "pyproject.toml")
        subprocess.run(
            [sys.executable, "-m", "cinch_codegen", "generate"],
            cwd=directory,
            stdin=subprocess.DEVNULL,
            timeout=300,
            check=True,
        )
        (container,) = directory.rglob("cinch_models.py")
        return Project(directory, container.parent.name, container.parent.parent)

    return make


@pytest.fixture(scope="session")
def project(golden_case: str, build: Callable[[str], Project]) -> Project:
    """Give the project of one golden case; every test that asks for it runs for all of them."""
    return build(golden_case)
