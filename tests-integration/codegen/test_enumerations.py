"""A column declared as an enumeration of the user's own."""

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import cinch_client
from cinch_client import Column, InvalidValueError

SETTINGS = """\
[tool.cinch-codegen]
database = "main"
output = "ticket_models"
types.tickets.state = { enum = "ticket_states:State" }
"""
STATES = """\
from enum import Enum


class State(Enum):
    OPEN = "open"
    CLOSED = "closed"
"""


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    cinch_client.init_project(tmp_path)
    connection = cinch_client.connect("main", project_dir=tmp_path)
    connection.create_table("tickets", [Column("state", "TEXT", nullable=False, default="'open'")])
    (tmp_path / "pyproject.toml").write_text(SETTINGS)
    (tmp_path / "ticket_states.py").write_text(STATES)
    command = [sys.executable, "-m", "cinch_codegen", "generate"]
    subprocess.run(command, cwd=tmp_path, stdin=subprocess.DEVNULL, timeout=60, check=True)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    yield importlib.import_module("ticket_models").create_models(connection)
    for name in [name for name in sys.modules if name.startswith("ticket_")]:
        del sys.modules[name]


def test_members_go_there_and_back(models: Any) -> None:
    states = importlib.import_module("ticket_states").State
    assert models.Tickets.create().state is states.OPEN
    closed = models.Tickets.create(state=states.CLOSED)
    assert closed.state is states.CLOSED
    assert models.Tickets.select(state=states.CLOSED) == [closed]
    assert models.Tickets.count(state__in=[states.OPEN, states.CLOSED]) == 2
    assert models.connection.query("SELECT state FROM tickets ORDER BY state") == [
        {"state": "closed"},
        {"state": "open"},
    ]


def test_what_is_no_member_is_refused(models: Any) -> None:
    with pytest.raises(InvalidValueError, match="state"):
        models.Tickets.create(state="lost")
