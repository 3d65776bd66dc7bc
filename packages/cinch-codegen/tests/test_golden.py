"""A folder per case: schema.sql and options.toml, and what comes of them in expected/ or stderr.txt.

A new case needs no code. ``UPDATE_GOLDEN=1 pytest packages/cinch-codegen/tests/test_golden.py`` writes what is
expected; review the difference.
"""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import cinch_client

Run = Callable[..., subprocess.CompletedProcess[str]]

GOLDEN = Path(__file__).parent / "golden"
CASES = sorted(case.name for case in GOLDEN.iterdir() if (case / "schema.sql").is_file())
UPDATE = "UPDATE_GOLDEN" in os.environ


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Path:
    return GOLDEN / request.param


@pytest.fixture
def made(case: Path, tmp_path: Path) -> Path:
    cinch_client.init_project(tmp_path)
    for file in tmp_path.glob(".cinchdb/main-main/*/*.db"):
        with sqlite3.connect(file) as connection:
            connection.executescript((case / "schema.sql").read_text(encoding="utf-8"))
        connection.close()
    shutil.copy(case / "options.toml", tmp_path / "pyproject.toml")
    return tmp_path


def texts(directory: Path) -> dict[str, str]:
    return {
        str(file.relative_to(directory)): file.read_text(encoding="utf-8")
        for file in sorted(directory.rglob("*"))
        if file.is_file() and "__pycache__" not in file.parts
    }


def test_case(case: Path, made: Path, run: Run) -> None:
    done = run("generate", cwd=made)
    messages = done.stderr.replace(str(made), "PROJECT")
    outputs = [file.parent for file in made.rglob(".cinch-codegen.json")]
    if UPDATE:
        _update(case, outputs, messages)
    assert done.stdout == ""
    assert messages == (case / "stderr.txt").read_text(encoding="utf-8")
    if not (case / "expected").is_dir():
        assert done.returncode == 2
        assert outputs == []
        return
    assert done.returncode == 0
    assert texts(outputs[0]) == texts(case / "expected" / outputs[0].name)


def test_a_second_run_changes_nothing(case: Path, made: Path, run: Run) -> None:
    if (case / "expected").is_dir():
        run("generate", cwd=made)
        assert run("generate", "--diff", cwd=made).stdout == ""
        assert run("generate", "--check", cwd=made).returncode == 0


def _update(case: Path, outputs: list[Path], messages: str) -> None:
    shutil.rmtree(case / "expected", ignore_errors=True)
    (case / "stderr.txt").write_text(messages, encoding="utf-8")
    for output in outputs:
        shutil.copytree(output, case / "expected" / output.name, ignore=shutil.ignore_patterns("__pycache__"))
