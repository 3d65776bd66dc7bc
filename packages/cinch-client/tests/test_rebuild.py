"""A table that is made anew keeps everything that the new definition does not take away."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cinch_client._embedded._dependents import broken
from cinch_client._embedded._introspection import read_schema
from cinch_client._embedded._rebuild import (
    check_foreign_keys_off,
    foreign_key_violations,
    rebuild_statements,
    table_text,
)
from cinch_client._embedded._table_text import TableText
from cinch_client._errors import SchemaError, TableNotFoundError
from cinch_client._quoting import quote

SETUP = """
CREATE TABLE users (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    email TEXT NOT NULL COLLATE NOCASE UNIQUE, -- folded
    state TEXT CHECK (users.state IN ('new', 'old')),
    boss INTEGER REFERENCES users ON DELETE CASCADE,
    shout AS (upper(email)) STORED,
    note TEXT DEFAULT (lower('N/A'))
);
CREATE TABLE orders (
    id TEXT PRIMARY KEY,
    user_id INTEGER NOT NULL,
    FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);
CREATE INDEX by_state ON users (state DESC, email) WHERE state > '';
CREATE VIEW olds AS SELECT email FROM users WHERE state = 'old';
CREATE TABLE log (what TEXT);
CREATE TRIGGER logged AFTER INSERT ON users BEGIN INSERT INTO log VALUES (new.email); END;
CREATE TRIGGER swept AFTER DELETE ON orders BEGIN DELETE FROM users WHERE id = old.user_id; END;
INSERT INTO users (id, email, state, boss) VALUES (1, 'a@x', 'new', NULL), (7, 'b@x', 'old', 1);
INSERT INTO users (id, email, state, boss) VALUES (9, 'c@x', NULL, 7);
DELETE FROM users WHERE id = 9;
INSERT INTO orders VALUES ('o', 7);
"""


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as opened:
        opened.executescript(SETUP)
        yield opened


def rebuild(connection: sqlite3.Connection, new: TableText) -> None:
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("BEGIN IMMEDIATE")
    for _, sql in rebuild_statements(connection, new):
        connection.execute(sql)
    connection.execute("COMMIT")
    connection.execute("PRAGMA foreign_keys = ON")


def contents(connection: sqlite3.Connection, table: str) -> list[tuple[object, ...]]:
    return connection.execute(f"SELECT * FROM {quote(table)} ORDER BY 1").fetchall()


def test_nothing_is_lost_when_nothing_changes(connection: sqlite3.Connection) -> None:
    schema = read_schema(connection)
    rows = contents(connection, "users")
    rebuild(connection, table_text(connection, "users"))
    assert read_schema(connection) == schema
    assert contents(connection, "users") == rows
    assert contents(connection, "orders") == [("o", 7)]
    assert contents(connection, "log") == [("a@x",), ("b@x",), ("c@x",)]
    assert contents(connection, "olds") == [("b@x",)]
    assert broken(connection) == {}


def test_constraints_still_hold(connection: sqlite3.Connection) -> None:
    rebuild(connection, table_text(connection, "users"))
    for values in ("'A@X', 'new', NULL", "NULL, 'new', NULL", "'z', 'odd', NULL", "'z', 'new', 99"):
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute(f"INSERT INTO users (email, state, boss) VALUES ({values})")
    connection.execute("INSERT INTO users (email) VALUES ('d@x')")
    assert contents(connection, "users")[-1] == (10, "d@x", None, None, "D@X", "n/a")
    assert contents(connection, "log")[-1] == ("d@x",)
    connection.execute("DELETE FROM users WHERE id = 1")
    assert contents(connection, "orders") == []


def test_one_column_less(connection: sqlite3.Connection) -> None:
    rebuild(connection, table_text(connection, "users").without_column("note"))
    assert [c[0] for c in connection.execute("SELECT * FROM users").description] == [
        "id",
        "email",
        "state",
        "boss",
        "shout",
    ]
    assert contents(connection, "users") == [(1, "a@x", "new", None, "A@X"), (7, "b@x", "old", 1, "B@X")]


def test_one_column_more_with_a_computed_default(connection: sqlite3.Connection) -> None:
    new = table_text(connection, "users").with_column("kind", "\"kind\" TEXT NOT NULL DEFAULT (lower('X'))")
    rebuild(connection, new)
    assert connection.execute("SELECT kind FROM users").fetchall() == [("x",), ("x",)]


def test_a_table_without_rowid(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE pairs (a TEXT, b INTEGER, c, PRIMARY KEY (b, a)) WITHOUT ROWID")
    connection.execute("INSERT INTO pairs VALUES ('x', 1, NULL), ('x', 0, 'y')")
    rebuild(connection, table_text(connection, "pairs").without_column("c"))
    assert connection.execute("SELECT * FROM pairs").fetchall() == [("x", 0), ("x", 1)]
    (sql,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'pairs'").fetchone()
    assert sql == 'CREATE TABLE "pairs" (a TEXT, b INTEGER, PRIMARY KEY (b, a)) WITHOUT ROWID'


def test_rowids_stay(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE t (rowid TEXT, a TEXT PRIMARY KEY)")
    connection.execute("INSERT INTO t (_rowid_, rowid, a) VALUES (5, 'mine', 'x'), (3, 'too', 'y')")
    rebuild(connection, table_text(connection, "t"))
    assert connection.execute("SELECT _rowid_, rowid FROM t ORDER BY 1").fetchall() == [
        (3, "too"),
        (5, "mine"),
    ]


def test_rowids_stay_where_the_key_is_of_several_columns(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE t (a INTEGER, b INTEGER, PRIMARY KEY (a, b))")
    connection.execute("INSERT INTO t (rowid, a, b) VALUES (5, 1, 1), (3, 2, 2)")
    rebuild(connection, table_text(connection, "t"))
    assert connection.execute("SELECT rowid, a FROM t ORDER BY 1").fetchall() == [(3, 2), (5, 1)]


def test_a_counter_of_an_empty_table_stays(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("DELETE FROM users")
    rebuild(connection, table_text(connection, "users"))
    connection.execute("INSERT INTO users (email) VALUES ('z@x')")
    assert connection.execute("SELECT id FROM users").fetchall() == [(10,)]


def test_a_taken_temporary_name_is_avoided(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE __rebuild_users (a)")
    rebuild(connection, table_text(connection, "users"))
    assert contents(connection, "__rebuild_users") == []
    assert len(contents(connection, "users")) == 2


def test_a_rollback_leaves_no_trace(connection: sqlite3.Connection) -> None:
    before = list(connection.iterdump())
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("BEGIN IMMEDIATE")
    for _, sql in rebuild_statements(connection, table_text(connection, "users").without_column("note")):
        connection.execute(sql)
    connection.execute("ROLLBACK")
    assert list(connection.iterdump()) == before


def test_foreign_keys_must_be_off(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
    with pytest.raises(RuntimeError, match="foreign_keys must be OFF"):
        check_foreign_keys_off(connection)


def test_violations_of_the_table_and_of_those_that_refer_to_it(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA foreign_keys = OFF")
    assert foreign_key_violations(connection, "users") == frozenset()
    connection.execute("INSERT INTO orders VALUES ('p', 99)")
    connection.execute("UPDATE users SET boss = 98 WHERE id = 7")
    found = foreign_key_violations(connection, "users")
    assert {entry[0] for entry in found} == {"users", "orders"}


def test_a_mismatch_is_a_violation_and_no_error(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE child (a REFERENCES users(note))")
    connection.execute("INSERT INTO child VALUES ('x')")
    assert {entry[0] for entry in foreign_key_violations(connection, "users")} == {"child"}


@pytest.mark.parametrize(
    ("name", "error"), [("gone", TableNotFoundError), ("olds", TableNotFoundError), ("words", SchemaError)]
)
def test_what_cannot_be_made_anew(connection: sqlite3.Connection, name: str, error: type[Exception]) -> None:
    connection.execute("CREATE VIRTUAL TABLE words USING fts5(word)")
    with pytest.raises(error):
        table_text(connection, name)


ODD_DEFINITIONS = (
    """CREATE TABLE 't' ('a' 'TEXT', "b" "VARCHAR"(10), [c d] INT, `e` TEXT)""",
    "CREATE TABLE main.t(a INT,b INT,PRIMARY KEY(a DESC,b)ON CONFLICT REPLACE)",
    "CREATE TABLE t(a INTEGER PRIMARY KEY DESC)",
    """CREATE TABLE t(a DEFAULT -5, b DEFAULT +.5e-3, c DEFAULT x'ff', d DEFAULT abc, e DEFAULT "q" NOT NULL)""",
    "CREATE TABLE t(a CHECK(a>0)CHECK(a<9)UNIQUE,b,UNIQUE(a,b)CHECK(a<>b)FOREIGN KEY(b)REFERENCES t(a))",
    "CREATE TABLE t(a CONSTRAINT x CONSTRAINT y NOT NULL, CONSTRAINT z CONSTRAINT w UNIQUE(a))",
    "CREATE TABLE t(a TEXT COLLATE NOCASE, b AS (a||'x'), c INT AS (length(b)) STORED, UNIQUE(a COLLATE RTRIM))",
    "CREATE TABLE t(a/*x*/INT--y\n,b--z\n)--end",
    """CREATE TABLE t AS SELECT 1 AS [x y], 'a' AS "q""q", 2.5 z""",
    "CREATE TABLE t(a INT REFERENCES t ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED, b NOT NULL ON CONFLICT FAIL)",
    """CREATE TABLE t(key TEXT, replace INT, "check" INT CHECK("check">0), abort, desc_)""",
    "CREATE TABLE t(a TEXT PRIMARY KEY) WITHOUT ROWID, STRICT",
    "CREATE TABLE [a b]([c d] INT,[e] TEXT CHECK([a b].[e]<>']'))",
    "CREATE TABLE t(a CHECK (CASE WHEN a THEN 1 ELSE 0 END), b DECIMAL(10,2) DEFAULT (1 + (2 * 3)), c DEFAULT '[(]')",
    "CREATE TABLE t(a INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, b UNIQUE ON CONFLICT IGNORE)",
    "CREATE TABLE t(rowid,_rowid_,oid,x)",
    "CREATE TABLE t(\u00e9 TEXT, \u00c4 INT, \u00e4 INT, \u540d TEXT UNIQUE)",
    "CREATE TABLE t(a generated always as (1), b INT, generated, always)",
    """CREATE TABLE "or""der"(a,b, check("or""der".a > 0))""",
)


@pytest.mark.parametrize("definition", ODD_DEFINITIONS)
def test_an_odd_definition_survives(definition: str) -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute(definition)
        (schema, facts) = read_schema(connection), every_fact(connection)
        rebuild(connection, table_text(connection, schema.tables[0].name))
        assert read_schema(connection) == schema
        assert every_fact(connection) == facts


def every_fact(connection: sqlite3.Connection) -> list[list[tuple[object, ...]]]:
    """Ask SQLite for all that it knows of a definition."""
    return [
        connection.execute(sql).fetchall()
        for sql in (
            "SELECT name, ncol, wr, strict FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite%'",
            "SELECT c.* FROM sqlite_master m, pragma_table_xinfo(m.name) c WHERE m.type = 'table' ORDER BY m.name",
            "SELECT k.* FROM sqlite_master AS m, pragma_foreign_key_list(m.name) AS k",
            "SELECT i.*, c.* FROM sqlite_master, pragma_index_list(tbl_name) AS i, pragma_index_xinfo(i.name) AS c",
        )
    ]


names = st.text(st.characters(exclude_characters="\x00", exclude_categories=("Cs",)), min_size=1, max_size=6)
tables = names.filter(lambda name: not name.lower().startswith(("sqlite_", "pragma_")))
values = st.none() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.binary(max_size=4)


@settings(max_examples=60, deadline=None)
@given(
    table=tables,
    columns=st.lists(names, min_size=2, max_size=4, unique_by=str.lower),
    rows=st.lists(st.tuples(values, values), max_size=4),
    dropped=st.integers(0, 1),
)
def test_other_columns_of_any_name_keep_their_values(
    table: str, columns: list[str], rows: list[tuple[object, object]], dropped: int
) -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute(f"CREATE TABLE {quote(table)} ({', '.join(map(quote, columns))})")
        first, second = map(quote, columns[:2])
        connection.executemany(f"INSERT INTO {quote(table)} ({first}, {second}) VALUES (?, ?)", rows)
        rebuild(connection, table_text(connection, table).without_column(columns[dropped]))
        kept = quote(columns[1 - dropped])
        found = connection.execute(f"SELECT {kept} FROM {quote(table)}").fetchall()
    assert found == [(row[1 - dropped],) for row in rows]
