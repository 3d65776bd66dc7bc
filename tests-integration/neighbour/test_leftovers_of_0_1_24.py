"""What the defects of 0.1.24 left in its projects: it is read, healed or refused, and never made worse."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from cinch_client import (
    CinchError,
    Column,
    ConstraintError,
    StorageError,
    TableNotFoundError,
    connect,
    init_database,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cinch_client import CinchDB

    Generate = Callable[[CinchDB], Any]


def tenant_file(project: Path, tenant: str, shard: str, place: str = "shop-main") -> Path:
    return project / ".cinchdb" / place / shard / f"{tenant}.db"


@pytest.fixture
def market(shop: Path, neighbour: Any) -> Path:
    """D2: the database `market` was made lazily, the default; its tenant main was never given the table."""
    neighbour.init_database(shop, "market")
    neighbour.connect("market", project_dir=shop).create_table("stalls", [Column("name", "TEXT")])
    return shop


def test_default_tenant_without_tables(market: Path, generate: Generate, neighbour: Any) -> None:
    models = generate(connect("market", project_dir=market))

    assert models.Stalls.select() == []
    models.Stalls.create(name="Fish")

    over_there = neighbour.connect("market", project_dir=market)
    assert over_there.query("SELECT name FROM stalls") == [{"name": "Fish"}]
    over_there.insert("stalls", {"name": "Fruit"})
    over_there.add_column("stalls", Column("place", "INTEGER"))
    models = generate(connect("market", project_dir=market))
    assert [(stall.name, stall.place) for stall in models.Stalls.select(order_by="name")] == [
        ("Fish", None),
        ("Fruit", None),
    ]


def test_schema_change_of_a_default_tenant_without_tables(market: Path, neighbour: Any) -> None:
    connect("market", project_dir=market).add_column("stalls", Column("place", "INTEGER"))

    over_there = neighbour.connect("market", project_dir=market)
    connect("market", project_dir=market).insert("stalls", {"name": "Fish", "place": 3})
    assert over_there.query("SELECT name, place FROM stalls") == [{"name": "Fish", "place": 3}]


def test_poisoned_lazy_tenant(shop: Path, generate: Generate, neighbour: Any) -> None:
    """D3: 0.1.24 left an empty file, into which it could never write again."""
    over_there = neighbour.connect("shop", tenant="lz", project_dir=shop)
    over_there.list_tables()
    assert tenant_file(shop, "lz", "a9").exists()

    lazy = generate(connect("shop", tenant="lz", project_dir=shop))

    assert lazy.Users.select() == []
    lazy.Users.create(name="Zed", active=True)
    assert over_there.query("SELECT name FROM users") == [{"name": "Zed"}]


def test_half_made_tenant(shop: Path, generate: Generate, neighbour: Any) -> None:
    """0.1.24 copies the template into place before it says so in the metadata; it may have ended in between."""
    place = tenant_file(shop, "lz", "a9")
    place.parent.mkdir()
    shutil.copyfile(tenant_file(shop, "__empty__", "e3"), place)
    lazy = generate(connect("shop", tenant="lz", project_dir=shop))

    assert lazy.Users.select() == []
    lazy.Users.create(name="Zed", active=True)

    over_there = neighbour.connect("shop", tenant="lz", project_dir=shop)
    assert over_there.query("SELECT name FROM users") == [{"name": "Zed"}]
    assert [user.name for user in lazy.Users.select()] == ["Zed"]


def test_drifted_snapshot(shop: Path, generate: Generate, neighbour: Any) -> None:
    """D8: over there the columns come from a snapshot that these changes do not update; here from SQLite."""
    over_there = neighbour.connect("shop", project_dir=shop)
    over_there.rename_column("users", "name", "full_name")
    over_there.drop_table("orders")
    here = connect("shop", tenant="acme", project_dir=shop)

    assert [table.name for table in here.list_tables()] == ["users"]
    assert "full_name" in [column.name for column in here.list_columns("users")]
    with pytest.raises(TableNotFoundError):
        here.get_table("orders")
    models = generate(here)
    assert [user.full_name for user in models.Users.select(id="ada")] == ["Ada Łovelace 🧮"]

    here.create_table("orders", [Column("total", "INTEGER")])

    assert [column["name"] for column in over_there.list_columns("users")][3] == "full_name"
    assert [column["name"] for column in over_there.list_columns("orders")][3:] == ["total"]


def test_table_rebuilt_by_0_1_24(shop: Path, generate: Generate, neighbour: Any) -> None:
    """D5: dropping a column over there loses the primary key; the table is used by its `id` all the same."""
    over_there = neighbour.connect("shop", project_dir=shop)
    over_there.create_table("notes", [Column("text", "TEXT"), Column("old", "TEXT")])
    over_there.insert("notes", {"text": "from there"})
    over_there.drop_column("notes", "old")
    here = connect("shop", project_dir=shop)

    written = here.insert("notes", {"text": "from here"})
    assert isinstance(written, dict)
    here.update("notes", {"id": written["id"], "text": "changed here"})
    notes = generate(here).Notes
    notes.create(text="by a model")

    found = notes.select(order_by="text")
    assert [note.text for note in found] == ["by a model", "changed here", "from there"]
    assert len({note.id for note in found}) == 3


def test_failed_change_left_behind(shop: Path, neighbour: Any) -> None:
    """Over there the table of a failed creation exists for good; the change stays unapplied."""
    over_there = neighbour.connect("shop", project_dir=shop)
    with pytest.raises(Exception, match="ChangeError"):
        over_there.create_table("notes", [Column("text", "TEXT", default="(((")])
    here = connect("shop", tenant="acme", project_dir=shop)

    assert [table.name for table in here.list_tables()] == ["orders", "users"]
    here.create_table("notes", [Column("text", "TEXT")])

    neighbour.connect("shop", tenant="acme", project_dir=shop).insert("notes", {"text": "hello"})
    assert here.query("SELECT text FROM notes") == [{"text": "hello"}]
    assert [column["name"] for column in over_there.list_columns("notes")][3:] == ["text"]


def test_directory_of_two_databases(shop: Path, neighbour: Any) -> None:
    """D4: 0.1.24 keeps `shop-eu`/`main` and `shop`/`eu-main` in one directory; only one of them owns it."""
    neighbour.init_database(shop, "shop-eu", lazy=False)
    owner = neighbour.connect("shop-eu", project_dir=shop)
    owner.create_table("notes", [Column("text", "TEXT")])
    owner.insert("notes", {"text": "secret"})
    with pytest.raises(Exception, match="File exists"):
        neighbour.connect("shop", project_dir=shop).create_branch("eu-main")

    with pytest.raises(CinchError):
        connect("shop", "eu-main", project_dir=shop).query("SELECT text FROM notes")
    assert connect("shop-eu", project_dir=shop).query("SELECT text FROM notes") == [{"text": "secret"}]


@pytest.fixture
def leftover(shop: Path, neighbour: Any) -> Path:
    """D9: a tenant's file of the database `foo`, which 0.1.24 deleted without deleting its files."""
    neighbour.init_database(shop, "foo")
    foo = neighbour.connect("foo", project_dir=shop)
    foo.create_table("notes", [Column("text", "TEXT")])
    foo.create_tenant("acme")
    neighbour.connect("foo", tenant="acme", project_dir=shop).insert("notes", {"text": "secret"})
    neighbour.command(shop, "db", "delete", "foo", "--force")
    return tenant_file(shop, "acme", "82", "foo-main")


def test_database_recreated_here(shop: Path, leftover: Path) -> None:
    """The files of the deleted database are set aside, neither served nor lost."""
    content = leftover.read_bytes()

    init_database(shop, "foo")
    foo = connect("foo", project_dir=shop)
    foo.create_table("notes", [Column("text", "TEXT")])
    foo.create_tenant("acme")
    foo.with_tenant("acme").insert("notes", {"text": "new"})

    assert foo.with_tenant("acme").query("SELECT text FROM notes") == [{"text": "new"}]
    assert content in [file.read_bytes() for file in shop.rglob("acme.db")]


def test_database_recreated_by_0_1_24(shop: Path, leftover: Path, neighbour: Any) -> None:
    neighbour.init_database(shop, "foo")
    neighbour.connect("foo", project_dir=shop).create_tenant("acme")
    content = leftover.read_bytes()
    acme = connect("foo", tenant="acme", project_dir=shop)

    with pytest.raises(StorageError, match=r"acme\.db"):
        acme.query("SELECT text FROM notes")

    assert leftover.read_bytes() == content


def test_tenant_that_0_1_24_pretended_to_encrypt(shop: Path, neighbour: Any) -> None:
    """D10: without SQLCipher its file is plain SQLite, and it is read and written as such."""
    over_there = neighbour.connect("shop", project_dir=shop)
    over_there.create_tenant("sec", encrypt=True, encryption_key="k", lazy=False)
    neighbour.connect("shop", tenant="sec", project_dir=shop).insert("users", {"name": "Eve"})
    sec = connect("shop", tenant="sec", project_dir=shop)

    sec.insert("users", {"name": "Dan"})

    assert sec.query("SELECT name FROM users ORDER BY name") == [{"name": "Dan"}, {"name": "Eve"}]


CRASH = """
import os, sys
from pathlib import Path
from cinchdb.core.connection import DatabaseConnection
connection = DatabaseConnection(Path(sys.argv[1]))
connection.execute("INSERT INTO users (id, created_at, name) VALUES ('wal', '2024-05-01T10:00:00', 'Wal')")
connection.commit()
print("true", flush=True)
os._exit(0)
"""


def test_log_that_a_crash_left(shop: Path, generate: Generate, neighbour: Any) -> None:
    file = tenant_file(shop, "acme", "82")
    assert neighbour.run(CRASH, file) is True
    assert file.with_name("acme.db-wal").stat().st_size > 0
    models = generate(connect("shop", tenant="acme", project_dir=shop))

    assert models.Users.get("wal").name == "Wal"
    models.Users.create(name="After", active=True)

    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT count(*) FROM users").fetchone() == (4,)


def test_indexes_of_0_1_24(shop: Path, neighbour: Any) -> None:
    """D7: over there an index exists in the tenant main only, and is recorded without its SQL."""
    neighbour.connect("shop", project_dir=shop).create_index("users", ["name"], unique=True)
    here = connect("shop", project_dir=shop)

    assert [index.name for index in here.list_indexes()] == ["uniq_users_name"]
    here.drop_column("users", "photo")
    assert [index.name for index in here.list_indexes()] == ["uniq_users_name"]
    here.drop_index("uniq_users_name")
    here.create_index("users", ["name"], unique=True)

    with pytest.raises(ConstraintError):
        here.with_tenant("acme").insert("users", {"name": "Bob"})
