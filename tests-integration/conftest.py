"""The real neighbour: CinchDB 0.1.24 in an environment of its own, driven over a pipe."""

from __future__ import annotations

import base64
import dataclasses
import fcntl
import json
import os
import shutil
import subprocess
import sys
import tomllib
from datetime import datetime
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from cinch_client import Column, ForeignKeyRef, Index

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cinch_client import CinchDB

REQUIREMENT = "cinchdb==0.1.24"
ROOT = Path(__file__).parents[1]
DRIVER = Path(__file__).parent / "neighbour" / "driver.py"
TAGS = {Column: "$column", ForeignKeyRef: "$reference", Index: "$index"}


class NeighbourError(Exception):
    """What 0.1.24 raised: the name of its class and its message."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind


@dataclasses.dataclass(frozen=True)
class OldScope:
    """One (database, branch, tenant) opened by 0.1.24; any method of its ``CinchDB`` can be called."""

    neighbour: Neighbour
    project: Path
    scope: tuple[str, str, str]

    def __getattr__(self, method: str) -> Callable[..., Any]:
        return lambda *args, **kwargs: self.neighbour.ask(self.project, self.scope, method, args, kwargs)


class Neighbour:
    """A process of the environment that has 0.1.24, with the functions that ``cinch_client`` has."""

    def __init__(self, python: Path, **environment: str) -> None:
        self.python = python
        self.environment = {**os.environ, "CINCHDB_SKIP_MAINTENANCE_DELAY": "1", **environment}
        self._process: subprocess.Popen[str] | None = None

    def init_project(self, project: Path, **options: str) -> None:
        self.ask(project, (), "init_project", (), options)

    def init_database(self, project: Path, name: str, **options: object) -> None:
        self.ask(project, (), "init_database", (name,), options)

    def connect(self, database: str, branch: str = "main", tenant: str = "main", *, project_dir: Path) -> OldScope:
        return OldScope(self, project_dir, (database, branch, tenant))

    def Column(self, name: str, kind: str) -> dict[str, object]:  # noqa: N802 - the neighbour's own, which checks no name
        return {"$column": {"name": name, "type": kind}}

    def ask(
        self,
        project: Path,
        scope: tuple[str, ...],
        method: str,
        args: tuple[object, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        """Have one method called; NeighbourError is what it raised over there."""
        request = {"project": str(project), "scope": scope, "method": method, "args": args, "kwargs": kwargs}
        process = self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(_tagged(request)) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        assert line, f"the neighbour died while it did {method}"
        outcome = json.loads(line, object_hook=_untagged)
        if "error" in outcome:
            raise NeighbourError(outcome["error"], outcome["message"])
        return outcome["result"]

    def run(self, script: str, *args: str | Path) -> Any:
        """Run *script* in a process of its own and return what it printed, as JSON."""
        done = subprocess.run(
            [self.python, "-c", script, *args],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def command(self, project: Path, *args: str) -> str:
        """Run the ``cinch`` command in *project* and return what it printed."""
        cinch = self.python.with_name("cinch")
        done = subprocess.run(
            [cinch, *args], cwd=project, env=self.environment, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def kill(self) -> None:
        """End the process at once, as a crash would: nothing is closed, nothing is checkpointed."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _start(self) -> subprocess.Popen[str]:
        if self._process is None:
            self._process = subprocess.Popen(
                [self.python, DRIVER],
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        return self._process


def _tagged(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, datetime):
        return {"$datetime": value.isoformat()}
    if isinstance(value, Decimal | UUID):
        return {f"${type(value).__name__.lower()}": str(value)}
    if type(value) in TAGS:
        fields = {field.name: _tagged(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return {TAGS[type(value)]: fields}
    if isinstance(value, dict):
        return {key: _tagged(item) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list | tuple):
        return [_tagged(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    return value


def _untagged(item: dict[str, Any]) -> Any:
    if item.keys() == {"$bytes"}:
        return base64.b64decode(item["$bytes"])
    if item.keys() == {"$datetime"}:
        return datetime.fromisoformat(item["$datetime"])
    return item


@pytest.fixture(scope="session")
def generate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[CinchDB], Any]]:
    """Generates a package as users do, once for a schema, and binds its container to a connection."""
    directory = tmp_path_factory.mktemp("packages")

    def container(connection: CinchDB) -> Any:
        package = directory / f"models_{connection.database}_{connection.fingerprint()}"
        if not package.exists():
            command = Path(sys.executable).with_name("cinch-codegen")
            place = ["--project-dir", str(connection.project_dir), "--branch", connection.branch]
            _run(str(command), "generate", connection.database, "--output", str(package), *place)
        return import_module(package.name).create_models(connection, on_drift="raise")

    sys.path.insert(0, str(directory))
    yield container
    sys.path.remove(str(directory))


@pytest.fixture(scope="session")
def neighbour_python() -> Path:
    """The Python of an environment that has 0.1.24, made once and kept in the user's cache directory."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    until = settings["tool"]["uv"]["exclude-newer"]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cinch-tests"
    cache.mkdir(parents=True, exist_ok=True)
    environment = cache / f"{REQUIREMENT}-python{sys.version_info.major}.{sys.version_info.minor}-{until[:10]}"
    python, complete = environment / "bin" / "python", environment / "complete"
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not complete.exists():
            shutil.rmtree(environment, ignore_errors=True)
            uv = os.environ.get("UV") or shutil.which("uv")
            assert uv, "the neighbour is installed by uv: run the tests by `uv run pytest`"
            _run(uv, "venv", "--quiet", "--python", sys.executable, str(environment))
            _run(uv, "pip", "install", "--exclude-newer", until, "--python", str(python), REQUIREMENT)
            complete.touch()
    return python


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, f"{' '.join(command)} failed:\n{done.stderr}"


@pytest.fixture(scope="session")
def neighbour(neighbour_python: Path) -> Iterator[Neighbour]:
    """One process for the whole run; projects are told apart by their directories."""
    running = Neighbour(neighbour_python)
    yield running
    running.kill()


@pytest.fixture
def start_neighbour(neighbour_python: Path) -> Iterator[Callable[..., Neighbour]]:
    """Starts further processes, each with its environment variables: ``start_neighbour(TZ="Asia/Tokyo")``."""
    started: list[Neighbour] = []

    def start(**environment: str) -> Neighbour:
        started.append(Neighbour(neighbour_python, **environment))
        return started[-1]

    yield start
    for one in started:
        one.kill()
