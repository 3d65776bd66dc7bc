"""An app of its own for each test: a SQLite file, or PostgreSQL where a server can be started."""

import itertools
import os
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

    def __init__(self, folder: Path, uri: str) -> None:
        name = f"site{next(_numbers)}"
        self.app = App(name, root_path=str(folder))
        self.app.config.db = sdict(
            uri=uri, auto_migrate=True, auto_connect=False, migrations_folder=f"m{name}"
        )
        self.db = Database(self.app, folder=str(folder / "databases"))
        self.app.pipeline = [SessionManager.cookies("secret"), self.db.pipe]

    def define(self, *models: Any) -> None:
        self.db.define_models(*models)

    def client(self) -> Any:
        return self.app.test_client()

    def count(self, model: Any) -> int:
        with self.db.connection():
            return model.all().count()

    def create(self, model: Any, **values: Any) -> Any:
        with self.db.connection():
            created = model.create(**values)
            assert not created.errors, created.errors
            self.db.commit()
            return created.id


@pytest.fixture
def make_site(tmp_path: Path) -> Iterator[Callable[[], Site]]:
    made: list[Site] = []

    def make() -> Site:
        folder = tmp_path / f"app{len(made)}"
        folder.mkdir()
        made.append(Site(folder, f"sqlite://{folder}/test.sqlite"))
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
