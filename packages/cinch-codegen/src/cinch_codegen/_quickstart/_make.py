"""Makes the quickstart's folder: the project, its package, a program, and the run of it."""

import importlib.util
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from cinch_client import connect
from cinch_codegen._errors import OutputError, QuickstartError
from cinch_codegen._generation import Generation, prepare
from cinch_codegen._options import read_settings
from cinch_codegen._quickstart._shops import DATABASE, make_shops

PROGRAM = "tour.py"
PACKAGE = "shop_models"
SETTINGS = "codegen.toml"
"""Not pyproject.toml, which would make the folder a project of its own to uv."""
_RUNTIME = "cinch_models_runtime"
_MARKER = ".cinch-quickstart"
_MARKER_TEXT = "Made by `cinch-codegen quickstart`, which may delete and remake this whole folder.\n"
_SETTINGS_TEXT = """\
# What `cinch-codegen generate --config` with this file does. In a project of yours, this is a part of pyproject.toml.
[tool.cinch-codegen]
project-dir = "."
database = "shop"
output = "shop_models"
singular = true

[tool.cinch-codegen.types]
orders.status = { enum = ["new", "paid", "shipped"] }
order_totals.pieces = "integer"
order_totals.total_cents = "integer"
"""


@dataclass(frozen=True, slots=True)
class Quickstart:
    """What was made.

    Attributes:
        directory: Where.
        generation: The package.
        said: What the program printed.
    """

    directory: Path
    generation: Generation
    said: str


def make_quickstart(directory: Path) -> Quickstart:
    """Make everything in *directory*, which is replaced when it was made by this function before.

    Raises:
        QuickstartError: The runtime is missing, the directory is somebody else's, or the program failed.
    """
    if importlib.util.find_spec(_RUNTIME) is None:
        raise QuickstartError(
            "the quickstart runs its models on cinch-models-runtime, which is not installed: "
            "pip install 'cinch-codegen[quickstart]'"
        )
    _clear(directory)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        (directory / _MARKER).write_text(_MARKER_TEXT, encoding="utf-8")
        (directory / SETTINGS).write_text(_SETTINGS_TEXT, encoding="utf-8")
        program = files("cinch_codegen._quickstart").joinpath(f"{PROGRAM}.txt").read_text(encoding="utf-8")
        (directory / PROGRAM).write_text(program, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{directory} cannot be written: {error.strerror or error}") from error
    make_shops(directory)
    return Quickstart(directory, _generate(directory), _run(directory))


def _clear(directory: Path) -> None:
    """Remove what a quickstart made before; refuse anything else."""
    if not directory.exists():
        return
    if directory.is_dir() and (directory / _MARKER).is_file():
        shutil.rmtree(directory)
    elif not directory.is_dir() or any(directory.iterdir()):
        raise QuickstartError(
            f"{directory} is there already, and the quickstart did not make it",
            hint="choose another place with --directory",
        )


def _generate(directory: Path) -> Generation:
    settings = read_settings(directory / SETTINGS)
    _, output = settings.target()
    generation = prepare(connect(DATABASE, project_dir=directory).schema(), settings.options(), output)
    generation.write()
    return generation


def _run(directory: Path) -> str:
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(  # noqa: S603 - our own program, with this Python
        [sys.executable, PROGRAM],
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode != 0:
        raise QuickstartError(f"{directory / PROGRAM} failed:\n{done.stderr.strip()}")
    return done.stdout
