# pyright: basic, reportAttributeAccessIssue=false, reportArgumentType=false
# Emmett's models carry no types: what a class attribute is, only running tells.
"""An app of its own for each test: a SQLite file, or PostgreSQL where a server can be started."""

import importlib.util
import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

with warnings.catch_warnings():  # pyDAL's source warns when Python compiles it for the first time
    warnings.simplefilter("ignore")
    from emmett import App, sdict
    from emmett.orm import Database
    from emmett.sessions import SessionManager

_numbers = itertools.count()


class Site:
    """An app under test."""

    def __init__(self, folder: Path, uri: str, **options: Any) -> None:
        name = f"site{next(_numbers)}"
        self.app = App(name, root_path=str(folder), **options)
        self.app.config.db = sdict(uri=uri, auto_migrate=True, auto_connect=False, migrations_folder=f"m{name}")
        self.db = Database(self.app, folder=str(folder / "databases"))
        self.app.pipeline = [SessionManager.cookies("secret"), self.db.pipe]

    def define(self, *models: Any) -> None:
        self.db.define_models(*models)

    def client(self) -> Any:
        return self.app.test_client()

    def count(self, model: Any) -> int:
        with self.db.connection():
            return model.all().count()

    def create(self, model: Any, **values: Any) -> int:
        """Insert a row past the model's validation, which refuses blank optional numbers."""
        with self.db.connection():
            key = model.table.insert(**values)
            self.db.commit()
            return int(key)


class Postgres:
    """A PostgreSQL server of Debian's in a folder of its own, on loopback."""

    def __init__(self, folder: Path) -> None:
        binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
        if not binaries or importlib.util.find_spec("psycopg2") is None:
            pytest.skip("PostgreSQL or its driver is not installed")
        if os.getuid() == 0 and "postgres" not in {entry.pw_name for entry in pwd.getpwall()}:
            pytest.skip("PostgreSQL does not run as root, and there is no user postgres")
        self._user = "postgres" if os.getuid() == 0 else None
        self._folder = folder
        if self._user:
            shutil.chown(folder, self._user)
        self._run(str(binaries[-1] / "initdb"), "-D", str(folder / "data"), "-U", "test", "-A", "trust", "--no-sync")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        options = [
            "-D",
            str(folder / "data"),
            "-p",
            str(self.port),
            "-h",
            "127.0.0.1",
            "-k",
            str(folder),
            "-F",
        ]
        self._server = subprocess.Popen(
            [str(binaries[-1] / "postgres"), *options],
            user=self._user,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._wait()

    def _run(self, *command: str) -> None:
        subprocess.run(command, user=self._user, check=True, stdout=subprocess.DEVNULL, cwd=self._folder)

    def _wait(self) -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                self.execute("SELECT 1")
            except Exception:  # noqa: BLE001 - whatever keeps it from answering yet
                time.sleep(0.1)
            else:
                return
        self.stop()
        pytest.skip("PostgreSQL did not start")

    def execute(self, statement: str) -> None:
        import psycopg2

        connection = psycopg2.connect(host="127.0.0.1", port=self.port, user="test", dbname="postgres")
        connection.autocommit = True
        connection.cursor().execute(statement)
        connection.close()

    def new_database(self) -> str:
        name = f"db{next(_numbers)}"
        self.execute(f"CREATE DATABASE {name}")
        return f"postgres:psycopg2://test:@127.0.0.1:{self.port}/{name}"

    def stop(self) -> None:
        self._server.terminate()
        self._server.wait(20)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Postgres]]:
    """Start a server when the first test asks for it."""
    started: list[Postgres] = []
    skipped: list[str] = []

    def start() -> Postgres:
        if skipped:
            pytest.skip(skipped[0])
        if not started:
            folder = Path(tempfile.mkdtemp(prefix="pg"))
            try:
                started.append(Postgres(folder))
            except pytest.skip.Exception as reason:
                skipped.append(str(reason))
                raise
        return started[0]

    yield start
    for server in started:
        server.stop()
        shutil.rmtree(server._folder, ignore_errors=True)


@pytest.fixture
def engine() -> str:
    """The database that `make_site` uses; suites for both override it by parametrising."""
    return "sqlite"


@pytest.fixture
def make_site(tmp_path: Path, engine: str, postgres: Any) -> Iterator[Callable[..., Site]]:
    made: list[Site] = []

    def make(**options: Any) -> Site:
        folder = tmp_path / f"app{len(made)}"
        folder.mkdir()
        uri = f"sqlite://{folder}/test.sqlite" if engine == "sqlite" else postgres().new_database()
        made.append(Site(folder, uri, **options))
        return made[-1]

    yield make
    for site in made:
        for connection in site.db._adapter._connection_manager.connections_map.values():
            connection.close()


@pytest.fixture
def site(make_site: Callable[[], Site]) -> Site:
    return make_site()


def pytest_configure(config: pytest.Config) -> None:
    os.environ.pop("EMMETT_CLI_ENV", None)
    config.addinivalue_line("filterwarnings", "ignore:datetime.datetime.utcnow:DeprecationWarning")
    config.addinivalue_line("filterwarnings", "ignore:The 'warn' method is deprecated:DeprecationWarning")
