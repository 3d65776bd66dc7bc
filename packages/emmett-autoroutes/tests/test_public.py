"""What the package offers, and what it does not bring along."""

import subprocess
import sys

import emmett_autoroutes


def test_all_is_sorted_and_complete() -> None:
    names = list(emmett_autoroutes.__all__)
    assert names == sorted(names, key=lambda name: (not name[0].isupper(), name))
    public = {name for name in vars(emmett_autoroutes) if not name.startswith("_")}
    assert set(names) <= public


def test_everything_public_has_a_docstring() -> None:
    for name in emmett_autoroutes.__all__:
        assert getattr(emmett_autoroutes, name).__doc__, name


def test_it_knows_nothing_of_its_neighbours() -> None:
    script = "import sys, emmett_autoroutes; print([m for m in sys.modules if m.startswith('cinch')])"
    command = [sys.executable, "-W", "ignore", "-c", script]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip() == "[]"
