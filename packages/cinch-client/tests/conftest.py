"""Real projects in a temporary directory, raw SQLite beside them, and child processes."""

import hashlib
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cinch_client import CinchDB, Column, connect, init_project

USERS = (
    Column("name", "TEXT"),
    Column("age", "INTEGER"),
    Column("score", "REAL"),
    Column("active", "BOOLEAN"),
    Column("photo", "BLOB"),
    Column("price", "NUMERIC"),
)


@pytest.fixture(scope="session")
def shop_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed project with a table that has a column of each type; to be copied, not used."""
    project = init_project(tmp_path_factory.mktemp("template") / "project")
    with connect("main", project_dir=project) as db:
        db.create_table("users", USERS)
    return project


@pytest.fixture(scope="session")
def empty_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed project without tables; to be copied, not used."""
    project = init_project(tmp_path_factory.mktemp("template") / "project")
    connect("main", project_dir=project).close()
    return project


@pytest.fixture
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A project with one database ``main``; with the table ``users`` where the test asks for ``shop``."""
    template = "shop_project" if "shop" in request.fixturenames else "empty_project"
    return shutil.copytree(request.getfixturevalue(template), tmp_path / "project")


@pytest.fixture
def db(project: Path) -> Iterator[CinchDB]:
    """A connection to the tenant ``main`` of that database."""
    with connect("main", project_dir=project) as connection:
        yield connection


@pytest.fixture
def shop(db: CinchDB) -> CinchDB:
    """The same with a table ``users`` that has a column of each type."""
    return db


@pytest.fixture(scope="module")
def lasting_shop(shop_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CinchDB]:
    """A shop for all tests of a module, for those that change rows and nothing else."""
    project = shutil.copytree(shop_project, tmp_path_factory.mktemp("lasting") / "project")
    with connect("main", project_dir=project) as connection:
        yield connection


@pytest.fixture
def file_of(project: Path) -> Callable[..., Path]:
    """Where a tenant's file belongs, by the rule of CinchDB 0.1."""

    def path(tenant: str = "main", database: str = "main", branch: str = "main") -> Path:
        shard = hashlib.sha256(tenant.encode()).hexdigest()[:2]
        return project / ".cinchdb" / f"{database}-{branch}" / shard / f"{tenant}.db"

    return path


@pytest.fixture
def files(project: Path) -> Callable[[], dict[str, bytes]]:
    """Everything below the project's directory with its contents; only for files that nobody has locked.

    Logs and shared memory come and go with connections, and the metadata's own file with its checkpoints.
    """

    def walk() -> dict[str, bytes]:
        found = (path for path in sorted(project.rglob("*")) if not path.name.endswith(("-wal", "-shm")))
        return {
            str(path.relative_to(project)): b"" if path.is_dir() or path.name == "metadata.db" else path.read_bytes()
            for path in found
        }

    return walk


@pytest.fixture
def raw() -> Iterator[Callable[[Path], sqlite3.Connection]]:
    """Open a file with nothing but sqlite3, in autocommit, as another program would."""
    opened: list[sqlite3.Connection] = []

    def open_file(path: Path) -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None, timeout=10, check_same_thread=False)
        opened.append(connection)
        return connection

    yield open_file
    for connection in opened:
        connection.close()


@pytest.fixture
def child(project: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start Python code in a process of its own, with the project's directory as its first argument."""
    started: list[subprocess.Popen[str]] = []

    def start(code: str, *arguments: object) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(project), *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def run_child(child: Callable[..., subprocess.Popen[str]]) -> Callable[..., str]:
    """Run Python code in a process of its own and return what it printed; it has to end well."""

    def run(code: str, *arguments: object) -> str:
        process = child(code, *arguments)
        output, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
        return output

    return run
