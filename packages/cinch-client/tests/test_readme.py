"""The README is true: its program runs, and its tables name everything that there is."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import cinch_client
from cinch_client import CinchError
from cinch_client._cli import _app

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_program_runs(tmp_path: Path) -> None:
    (program,) = blocks("python")
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("[{'email': 'ada@example.com', 'total': 99.5}]\n", "")
    assert done.stdout.strip() in README


def test_the_commands_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    script = next(block for block in blocks("sh") if "cinch-client init" in block)
    for line in script.replace(" && cd shop", "").splitlines():
        assert _app.run(shlex.split(line)[1:]) == 0
        monkeypatch.chdir(tmp_path / "shop")
    assert capsys.readouterr().out == '[\n  {\n    "users": 0\n  }\n]\n'


def test_every_error_is_listed_with_its_code() -> None:
    found = [getattr(cinch_client, name) for name in cinch_client.__all__]
    errors = {
        (each.__name__, each.code)
        for each in found
        if isinstance(each, type) and issubclass(each, CinchError) and each is not CinchError
    }
    assert set(re.findall(r"^\| `(\w+Error)` \| `(\w+)` \|", README, re.MULTILINE)) == errors
    assert len({code for _, code in errors}) == len(errors)


def test_every_command_is_listed() -> None:
    listed = {
        (name, *sorted(subcommands.split(r"\|") if subcommands else ()))
        for name, subcommands in re.findall(r"^\| `(\w+)(?: ([a-z\\|]+))?[^`]*` \|", README, re.MULTILINE)
        if name in _app.app.commands
    }
    assert listed == {(name, *sorted(getattr(command, "commands", ()))) for name, command in _app.app.commands.items()}
