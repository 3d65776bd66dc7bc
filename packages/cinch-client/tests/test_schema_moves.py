"""Somebody else changes the schema while we have the file open."""

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cinch_client import (
    CinchDB,
    Condition,
    Count,
    Insert,
    InvalidValueError,
    Lookup,
    QueryError,
    Select,
    TableNotFoundError,
    Update,
)


@pytest.fixture
def other(shop: CinchDB, raw: Callable[[Path], sqlite3.Connection], file_of: Callable[..., Path]) -> sqlite3.Connection:
    """The same file in other hands, while this process keeps it open and knows its schema."""
    shop.insert("users", {"id": "1", "name": "a", "age": 1, "active": True})
    return raw(file_of())


def test_a_new_column_can_be_used_at_once(shop: CinchDB, other: sqlite3.Connection) -> None:
    other.execute("ALTER TABLE users ADD COLUMN email TEXT DEFAULT 'none'")
    assert shop.execute(Select("users", ("email",))) == [{"email": "none"}]
    assert shop.insert("users", {"email": "b@x"})["email"] == "b@x"
    assert shop.execute(Count("users", (Condition("email", "eq", "b@x"),))) == 1
    assert shop.execute(Update("users", {"email": "c@x"}, (Condition("id", "eq", "1"),), ("email",))) == [
        {"email": "c@x"}
    ]


def test_a_new_table_can_be_used_at_once(shop: CinchDB, other: sqlite3.Connection) -> None:
    other.execute("CREATE TABLE notes (text TEXT)")
    assert shop.insert("notes", {"text": "x"}) == {"text": "x"}
    other.execute("CREATE TABLE more (n INTEGER PRIMARY KEY)")
    assert shop.look_up(Lookup("more", ("n",), ("n",)), (1,)) is None


def test_a_column_that_is_gone_is_not_read_as_text(shop: CinchDB, other: sqlite3.Connection) -> None:
    # SQLite takes an unknown "name" in double quotes for a string.
    shop.execute(Select("users", ("name", "age"), (Condition("age", "eq", 1),), ("age",)))
    lookup = Lookup("users", ("age",), ("id",))
    assert shop.look_up(lookup, ("1",)) == {"age": 1}
    other.execute("ALTER TABLE users DROP COLUMN age")
    for use in (
        lambda: shop.execute(Select("users", ("name", "age"))),
        lambda: shop.execute(Select("users", ("name",), (Condition("age", "eq", 1),))),
        lambda: shop.execute(Select("users", ("name",), (), ("age",))),
        lambda: shop.execute(Count("users", (Condition("age", "ne", "age"),))),
        lambda: shop.look_up(lookup, ("1",)),
        lambda: shop.insert("users", {"age": 2}),
        lambda: shop.update_where("users", {"age": 2}, id="1"),
        lambda: shop.execute(Insert("users", ({"id": "1"},), ("age",))),
    ):
        with pytest.raises(QueryError, match="'users' has no column 'age'"):
            use()
    rows = shop.execute(Select("users"))
    assert [sorted(row) for row in rows] == [
        ["active", "created_at", "id", "name", "photo", "price", "score", "updated_at"]
    ]
    assert shop.insert("users", {"name": "b"})["name"] == "b"


def test_a_renamed_column(shop: CinchDB, other: sqlite3.Connection) -> None:
    assert shop.execute(Select("users", ("name",))) == [{"name": "a"}]
    other.execute("ALTER TABLE users RENAME COLUMN name TO title")
    assert [row["title"] for row in shop.execute(Select("users"))] == ["a"]
    with pytest.raises(QueryError, match="has no column 'name'"):
        shop.execute(Select("users", ("name",)))


def test_a_table_that_is_gone(shop: CinchDB, other: sqlite3.Connection) -> None:
    shop.execute(Select("users"))
    other.execute("DROP TABLE users")
    for use in (lambda: shop.execute(Select("users")), lambda: shop.insert("users", {"name": "x"})):
        with pytest.raises(TableNotFoundError, match="there is no table or view 'users'; there are: none"):
            use()


def test_schema_and_fingerprint_are_always_those_of_now(shop: CinchDB, other: sqlite3.Connection) -> None:
    before = shop.fingerprint()
    assert shop.fingerprint() == before
    other.execute("ALTER TABLE users ADD COLUMN email TEXT")
    changed = shop.fingerprint()
    assert changed != before
    assert [column.name for column in shop.schema().tables[0].columns][-1] == "email"
    other.execute("ALTER TABLE users DROP COLUMN email")
    assert shop.fingerprint() == before


def test_what_no_statement_trips_over_is_seen_soon(shop: CinchDB, other: sqlite3.Connection) -> None:
    other.execute("ALTER TABLE users ADD COLUMN extra INTEGER DEFAULT 7")
    deadline = time.monotonic() + 30
    while "extra" not in shop.execute(Select("users"))[0]:
        assert time.monotonic() < deadline
    other.executescript(
        "CREATE TABLE users2 (id TEXT PRIMARY KEY NOT NULL, name INTEGER); DROP TABLE users;"
        "ALTER TABLE users2 RENAME TO users"
    )
    while True:
        try:
            shop.insert("users", {"name": "text"})
        except InvalidValueError:
            break
        assert time.monotonic() < deadline
    assert shop.insert("users", {"name": 5})["name"] == 5


def test_inside_a_transaction_the_schema_stands_still(shop: CinchDB, other: sqlite3.Connection) -> None:
    other.execute("PRAGMA busy_timeout = 0")
    with shop.transaction():
        shop.insert("users", {"name": "b"})
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("ALTER TABLE users ADD COLUMN email TEXT")
        with pytest.raises(QueryError):
            shop.insert("users", {"email": "x"})
    other.execute("ALTER TABLE users ADD COLUMN email TEXT")
    with shop.transaction():
        assert shop.insert("users", {"email": "x"})["email"] == "x"


def test_another_process_changes_the_schema_of_the_branch(shop: CinchDB, run_child: Callable[..., str]) -> None:
    shop.create_tenants(["acme", "lz"])
    shop.with_tenant("acme").insert("users", {"name": "a"})
    assert shop.with_tenant("lz").query("SELECT name FROM users") == []
    run_child(
        "import sys; from cinch_client import Column, connect; db = connect('main', project_dir=sys.argv[1])\n"
        "db.add_column('users', Column('email', 'TEXT')); db.create_table('notes', [Column('text', 'TEXT')])"
    )
    for tenant in ("main", "acme", "lz"):
        db = shop.with_tenant(tenant)
        assert db.insert("users", {"email": tenant})["email"] == tenant
        assert db.execute(Count("notes")) == 0
        assert [table.name for table in db.list_tables()] == ["notes", "users"]


def test_another_process_makes_and_fills_a_tenant(shop: CinchDB, run_child: Callable[..., str]) -> None:
    shop.create_tenant("lz")
    lazy = shop.with_tenant("lz")
    assert lazy.query("SELECT name FROM users") == []
    run_child(
        "import sys; from cinch_client import connect; db = connect('main', project_dir=sys.argv[1])\n"
        "db.with_tenant('lz').insert('users', {'name': 'there'}); db.create_tenant('new')"
    )
    deadline = time.monotonic() + 30
    while lazy.query("SELECT name FROM users") != [{"name": "there"}]:
        assert time.monotonic() < deadline
    assert shop.with_tenant("new").insert("users", {"name": "x"})["name"] == "x"
