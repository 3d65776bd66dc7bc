"""Projects on disk: making them, finding them, and the one engine that a process has for each."""

import copyreg
import os
import shutil
import threading
import weakref
from collections.abc import Callable
from pathlib import Path

from cinch_client._embedded import _files
from cinch_client._embedded._engine import EmbeddedEngine, Synchronous
from cinch_client._embedded._failures import translated
from cinch_client._embedded._metadata import Metadata, insert_database
from cinch_client._errors import AlreadyExistsError, ConfigurationError, ProjectNotFoundError
from cinch_client._values import NaiveTimestamps

_CONFIG = """\
active_database = "{database}"
active_branch = "{branch}"

[remotes]

[api_keys]
"""

_engines: "weakref.WeakValueDictionary[tuple[object, ...], EmbeddedEngine]" = weakref.WeakValueDictionary()
_engines_lock = threading.Lock()


def open_engine(
    project_dir: str | os.PathLike[str] | None,
    naive_timestamps: NaiveTimestamps = "local",
    synchronous: Synchronous = "normal",
    busy_timeout: float = 5.0,
) -> EmbeddedEngine:
    """Return the process's engine for a project and these options.

    Raises:
        ProjectNotFoundError: There is no project.
        ConfigurationError: An option has a value that it cannot have.
    """
    if naive_timestamps not in {"local", "utc"}:
        raise ConfigurationError(f"naive_timestamps is 'local' or 'utc', not {naive_timestamps!r}")
    if synchronous not in {"normal", "full"}:
        raise ConfigurationError(f"synchronous is 'normal' or 'full', not {synchronous!r}")
    if not 0 <= busy_timeout <= 3600:
        raise ConfigurationError(f"busy_timeout is a number of seconds from 0 to 3600, not {busy_timeout!r}")
    project = find_project(project_dir)
    key = (project, naive_timestamps, synchronous, busy_timeout)
    with _engines_lock:
        engine = _engines.get(key)
        if engine is None:
            engine = _engines[key] = EmbeddedEngine(project, naive_timestamps, synchronous, busy_timeout)
    return engine


def _reopening(engine: EmbeddedEngine) -> tuple[Callable[..., EmbeddedEngine], tuple[object, ...]]:
    """Pickle an engine as what opens it: the other process has one of its own."""
    return open_engine, engine.options


copyreg.pickle(EmbeddedEngine, _reopening)


def find_project(project_dir: str | os.PathLike[str] | None) -> Path:
    """Return the absolute directory that contains ``.cinchdb``.

    Raises:
        ProjectNotFoundError: There is none at *project_dir*, or, for None, here and above.
    """
    start = Path(project_dir or ".").resolve()
    if project_dir is None:
        found = _files.find_project(start)
        if found is not None:
            return found
        raise ProjectNotFoundError(f"there is no CinchDB project in {start} or above; make one with init_project()")
    if not (start / _files.PROJECT_DIRECTORY / _files.METADATA_FILE).is_file():
        raise ProjectNotFoundError(f"there is no CinchDB project in {start}; make one with init_project()")
    return start


def init_project(project_dir: Path, database: str, branch: str) -> Path:
    """Make a project with one database; its directory appears in one step, or not at all."""
    project = project_dir.resolve()
    final = project / _files.PROJECT_DIRECTORY
    if final.exists():
        raise AlreadyExistsError(f"{project} is a CinchDB project already; it was not touched")
    new = project / f"{_files.PROJECT_DIRECTORY}.new-{os.getpid()}"
    try:
        with translated(project):
            project.mkdir(parents=True, exist_ok=True)
            new.mkdir()
            config = _CONFIG.format(database=database, branch=branch)
            (new / _files.CONFIG_FILE).write_text(config, encoding="utf-8")
            Metadata.create(new / _files.METADATA_FILE)
            new.rename(final)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    init_database(project, database, branch, "Initial database", lazy=False)
    return project


def init_database(
    project_dir: str | os.PathLike[str] | None,
    database: str,
    branch: str,
    description: str | None,
    *,
    lazy: bool,
) -> None:
    """Make a database with its first branch, the tenant ``main`` and the template."""
    engine = open_engine(project_dir)
    with engine.metadata.writing() as metadata:
        if database in engine.databases():
            raise AlreadyExistsError(f"there is a database {database!r} already")
        engine.administration.check_free(database, branch)
        insert_database(metadata, database, branch, description=description, materialized=False)
    if not lazy:
        engine.materialize_branch(database, branch)


def delete_database(project_dir: str | os.PathLike[str] | None, database: str) -> None:
    """Delete a database with its files."""
    open_engine(project_dir).administration.delete_database(database)
