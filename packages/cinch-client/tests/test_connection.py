"""connect() and the object that it gives: options, equality, copies, pickles."""

import copy
import pickle
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

import cinch_client
from cinch_client import CinchDB, ConfigurationError, connect, init_database


def test_a_connection_says_where_it_is(project: Path) -> None:
    with connect("main", project_dir=str(project)) as db:
        assert (db.database, db.branch, db.tenant) == ("main", "main", "main")
        assert (db.is_local, db.api_url, db.naive_timestamps) == (True, None, "local")
        assert db.project_dir == project.resolve()
        assert repr(db) == f"<CinchDB main/main/main at {project.resolve()}>"


def test_relative_directories_are_made_absolute(project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(project.parent)
    with connect("main", project_dir="project") as db:
        monkeypatch.chdir("/")
        assert db.project_dir == project.resolve()
        assert db.list_tables() == []


@pytest.mark.parametrize(
    "options",
    [
        {"naive_timestamps": "Local"},
        {"naive_timestamps": None},
        {"synchronous": "off"},
        {"synchronous": "FULL; DROP TABLE users"},
        {"busy_timeout": -1},
        {"busy_timeout": 3601},
        {"busy_timeout": float("nan")},
    ],
    ids=repr,
)
def test_options_that_cannot_be_used_are_refused(project: Path, options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="|".join(options)):
        connect("main", project_dir=project, **options)


@pytest.mark.parametrize(("option", "level"), [("normal", 1), ("full", 2)])
def test_how_safe_a_commit_is(project: Path, option: Any, level: int) -> None:
    with connect("main", project_dir=project, synchronous=option) as db, db.transaction():
        engine = cast("Any", db)._engine
        connections = [lease.connection for lease in engine._pool._budget._leases if lease.held]
        assert [each.execute("PRAGMA synchronous").fetchone()[0] for each in connections] == [level]
        assert [each.execute("PRAGMA foreign_keys").fetchone()[0] for each in connections] == [1]
        assert [each.execute("PRAGMA journal_mode").fetchone()[0] for each in connections] == ["wal"]


def test_nothing_about_a_connection_changes(db: CinchDB) -> None:
    for name in ("database", "branch", "tenant", "project_dir", "api_url", "naive_timestamps", "other"):
        with pytest.raises(AttributeError):
            setattr(db, name, "x")


def test_scopes_are_new_connections(db: CinchDB) -> None:
    acme, dev = db.with_tenant("acme"), db.with_branch("dev")
    assert (acme.database, acme.branch, acme.tenant) == ("main", "main", "acme")
    assert (dev.database, dev.branch, dev.tenant) == ("main", "dev", "main")
    assert (db.branch, db.tenant) == ("main", "main")


def test_equality_is_that_of_engine_and_scope(project: Path, db: CinchDB) -> None:
    same = connect("main", project_dir=project)
    assert same == db
    assert hash(same) == hash(db)
    assert db.with_tenant("a") == same.with_tenant("a")
    assert db.with_tenant("a") != db
    assert db.with_branch("a") != db
    assert connect("main", project_dir=project, busy_timeout=1) != db
    assert db != "main"
    assert len({db, same, db.with_tenant("main"), db.with_tenant("a")}) == 2


def test_copies_and_pickles_are_equal(project: Path) -> None:
    db = connect("main", tenant="main", project_dir=project, naive_timestamps="utc", synchronous="full", busy_timeout=2)
    with db:
        for twin in (copy.copy(db), copy.deepcopy(db), pickle.loads(pickle.dumps(db))):  # noqa: S301 - our own
            assert twin == db
            assert hash(twin) == hash(db)
            assert (twin.naive_timestamps, twin.tenant) == ("utc", "main")


def test_a_pickle_connects_in_another_process(shop: CinchDB, run_child: Callable[..., str]) -> None:
    shop.create_tenant("acme")
    code = (
        "import pickle, sys; db = pickle.loads(bytes.fromhex(sys.argv[2]));"
        "db.insert('users', {'name': 'from a pickle'}); print(db.tenant, db.naive_timestamps)"
    )
    assert run_child(code, pickle.dumps(shop.with_tenant("acme")).hex()) == "acme local\n"
    assert shop.with_tenant("acme").query("SELECT name FROM users") == [{"name": "from a pickle"}]


def test_databases_do_not_mix(project: Path) -> None:
    init_database(project, "shop")
    with connect("main", project_dir=project) as main, connect("shop", project_dir=project) as shop:
        main.create_table("t", [])
        assert shop.list_tables() == []
        shop.create_table("u", [])
        assert [[table.name for table in db.list_tables()] for db in (main, shop)] == [["t"], ["u"]]
        assert main.list_databases() == ["main", "shop"]


def test_tenants_do_not_mix(shop: CinchDB) -> None:
    shop.create_tenants(["a", "b"])
    first, second = shop.with_tenant("a"), shop.with_tenant("b")
    first.insert("users", {"name": "1"})
    second.insert("users", {"name": "2"})
    first.insert("users", {"name": "3"})
    shop.insert("users", {"name": "4"})
    found = [[row["name"] for row in db.query("SELECT name FROM users ORDER BY 1")] for db in (first, second, shop)]
    assert found == [["1", "3"], ["2"], ["4"]]


def test_the_context_manager_closes(project: Path) -> None:
    with connect("main", project_dir=project) as db:
        db.list_tables()
        assert list(project.rglob("*-wal")) != []
    assert list(project.rglob("*-wal")) == []


def test_a_branch_that_is_archived_is_gone(project: Path, raw: Callable[[Path], sqlite3.Connection]) -> None:
    raw(project / ".cinchdb" / "metadata.db").execute("UPDATE branches SET archived_at = CURRENT_TIMESTAMP")
    with pytest.raises(cinch_client.BranchNotFoundError, match="it has: none"):
        connect("main", project_dir=project)


# --- the package ------------------------------------------------------------------------------------------------------


def test_importing_the_package_loads_no_engine() -> None:
    code = (
        "import sys, cinch_client\n"
        "heavy = {'sqlite3', '_sqlite3', 'httpx', 'click', 'rich', 'asyncio'}\n"
        "names = [n for n in sys.modules if n.split('.')[0] in heavy]\n"
        "print(names, [n for n in sys.modules if n.startswith('cinch_client._embedded')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[] []\n"


def test_what_is_public_is_sorted_and_there() -> None:
    assert cinch_client.__all__ == sorted(cinch_client.__all__)
    assert len(set(cinch_client.__all__)) == len(cinch_client.__all__)
    for name in cinch_client.__all__:
        assert getattr(cinch_client, name).__doc__ or not isinstance(getattr(cinch_client, name), type)
    public = {name for name in vars(cinch_client) if not name.startswith("_")}
    assert public == set(cinch_client.__all__)


def test_the_version_is_that_of_the_distribution() -> None:
    from importlib.metadata import version

    assert re.fullmatch(r"\d+\.\d+\.\d+", cinch_client.__version__)
    assert version("cinch-client") == cinch_client.__version__
    assert (Path(cinch_client.__file__).parent / "py.typed").is_file()
