"""A real project per test, with the tables that `shop_by_hand` was made for."""

import hashlib
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cinch_client import CinchDB, connect, init_project

sys.path.insert(0, str(Path(__file__).parent))

if TYPE_CHECKING:
    from shop_by_hand import CinchModels

TENANTS = ("customer1", "customer2", "customer3")

DDL = """
CREATE TABLE users (
    id TEXT PRIMARY KEY NOT NULL, created_at TEXT NOT NULL, updated_at TEXT, name TEXT NOT NULL,
    email TEXT UNIQUE, age INTEGER, active BOOLEAN NOT NULL DEFAULT 1, role TEXT NOT NULL DEFAULT 'member',
    balance REAL, settings TEXT, avatar BLOB, class TEXT, manager_id TEXT REFERENCES users(id)
);
CREATE TABLE profiles (
    id TEXT PRIMARY KEY NOT NULL, created_at TEXT NOT NULL, updated_at TEXT,
    user_id TEXT NOT NULL UNIQUE REFERENCES users(id) ON DELETE CASCADE, bio TEXT
);
CREATE TABLE orders (
    id TEXT PRIMARY KEY NOT NULL, created_at TEXT NOT NULL, updated_at TEXT,
    user_id TEXT NOT NULL REFERENCES users(id), total NUMERIC NOT NULL, due TEXT
);
CREATE TABLE "order lines" (
    "order id" TEXT NOT NULL REFERENCES orders(id), line INTEGER NOT NULL, model_config TEXT,
    quantity INTEGER NOT NULL DEFAULT 1, doubled INTEGER GENERATED ALWAYS AS (quantity * 2),
    PRIMARY KEY ("order id", line)
) WITHOUT ROWID;
CREATE TABLE line_notes (
    id INTEGER PRIMARY KEY, order_id TEXT NOT NULL, line INTEGER NOT NULL, text TEXT NOT NULL,
    FOREIGN KEY (order_id, line) REFERENCES "order lines"("order id", line)
);
CREATE TABLE log (at TEXT, message TEXT);
CREATE VIEW adults AS SELECT name, age, count(*) FROM users WHERE age >= 18 GROUP BY name, age;
"""


def file_of(project: Path, tenant: str) -> Path:
    """Return the file of a tenant of `shop`, branch `main`."""
    shard = hashlib.sha256(tenant.encode()).hexdigest()[:2]
    return project / ".cinchdb" / "shop-main" / shard / f"{tenant}.db"


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the tables and no rows; tests work on copies."""
    project = tmp_path_factory.mktemp("template")
    init_project(project, "shop")
    with connect("shop", project_dir=project) as db:
        for tenant in TENANTS:
            db.create_tenant(tenant, lazy=False)
    for tenant in ("main", "__empty__", *TENANTS):
        with closing(sqlite3.connect(file_of(project, tenant))) as file:
            file.executescript(DDL)
    return project


@pytest.fixture
def project(template: Path, tmp_path: Path) -> Path:
    """A project of the test's own."""
    project = tmp_path / "project"
    shutil.copytree(template, project)
    return project


@pytest.fixture
def db(project: Path) -> Iterator[CinchDB]:
    """A connection to the tenant `main`."""
    with connect("shop", project_dir=project) as connection:
        yield connection


@pytest.fixture
def models(db: CinchDB) -> "CinchModels":
    """The models, bound to the tenant `main`."""
    from shop_by_hand import create_models

    return create_models(db)


@pytest.fixture(scope="session")
def session_models(template: Path, tmp_path_factory: pytest.TempPathFactory) -> "Iterator[CinchModels]":
    """Models on a project that all tests with generated values share."""
    from shop_by_hand import create_models

    project = tmp_path_factory.mktemp("shared") / "project"
    shutil.copytree(template, project)
    with connect("shop", project_dir=project) as connection:
        yield create_models(connection)
