"""query(): SQL from anybody reads, and does nothing else."""

import datetime as dt
import sqlite3
import uuid
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from cinch_client import (
    CinchDB,
    Column,
    InvalidValueError,
    QueryError,
    QueryTimeoutError,
)

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


@pytest.fixture
def people(shop: CinchDB) -> CinchDB:
    shop.insert(
        "users",
        {"id": "1", "name": "ann", "age": 1, "active": True},
        {"id": "2", "name": "bob", "age": 2, "active": False},
    )
    return shop


# --- what is allowed --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT name FROM users ORDER BY age DESC", [{"name": "bob"}, {"name": "ann"}]),
        ("select 1 as a, 'x' as b", [{"a": 1, "b": "x"}]),
        ("  -- a comment\n SELECT /* another */ 1 AS a;  -- the end", [{"a": 1}]),
        ("VALUES (1, 2)", [{"column1": 1, "column2": 2}]),
        ("WITH u AS (SELECT age FROM users) SELECT sum(age) AS s FROM u", [{"s": 3}]),
        ("SELECT name FROM users WHERE 1 = 0", []),
        ("SELECT count(*) AS n FROM users u JOIN users v ON u.age < v.age", [{"n": 1}]),
        ("SELECT name FROM pragma_table_info('users') WHERE name LIKE 'a%'", [{"name": "age"}, {"name": "active"}]),
        ("SELECT value FROM json_each('[1, 2]')", [{"value": 1}, {"value": 2}]),
        ("SELECT json_extract('{\"a\": [7]}', '$.a[0]') AS v", [{"v": 7}]),
        ("SELECT name, row_number() OVER (ORDER BY age) AS n FROM users LIMIT 1", [{"name": "ann", "n": 1}]),
        ("SELECT upper(name) AS n FROM users UNION SELECT 'X' ORDER BY 1", [{"n": "ANN"}, {"n": "BOB"}, {"n": "X"}]),
        (
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 3) SELECT max(i) AS m FROM n",
            [{"m": 3}],
        ),
        ("PRAGMA foreign_key_list(users)", []),
        ("PRAGMA user_version", [{"user_version": 0}]),
        ("SELECT count(*) AS n FROM sqlite_master WHERE name = 'users'", [{"n": 1}]),
        ("SELECT name FROM users WHERE name GLOB 'a*' AND name LIKE 'A%'", [{"name": "ann"}]),
    ],
)
def test_reading(people: CinchDB, sql: str, expected: list[dict[str, object]]) -> None:
    assert people.query(sql) == expected


@pytest.mark.parametrize(
    "pragma", ["table_info(users)", "table_xinfo('users')", "index_list(users)", "table_list", "database_list"]
)
def test_pragmas_that_only_tell(people: CinchDB, pragma: str) -> None:
    assert people.query(f"PRAGMA {pragma}") != []


def test_explain(people: CinchDB) -> None:
    assert people.query("EXPLAIN SELECT * FROM users")[0]["opcode"] == "Init"
    assert "users" in str(people.query("EXPLAIN QUERY PLAN SELECT * FROM users")[0]["detail"])
    assert people.query("EXPLAIN QUERY PLAN SELECT 1") is not None


@pytest.mark.parametrize(
    ("module", "search"),
    [
        ("fts5(body)", "docs MATCH 'hello'"),
        ("fts4(body)", "docs MATCH 'hello'"),
        ("rtree(body, low, high)", "low <= 1"),
    ],
)
def test_virtual_tables(
    db: CinchDB,
    project: Path,
    raw: Callable[[Path], sqlite3.Connection],
    file_of: Callable[..., Path],
    module: str,
    search: str,
) -> None:
    other = raw(file_of())
    other.execute(f"CREATE VIRTUAL TABLE docs USING {module}")
    values = ("hello world",) if "fts" in module else (7, 0.0, 1.0)
    other.execute(f"INSERT INTO docs VALUES ({', '.join('?' * len(values))})", values)
    other.close()
    expected = [{"body": values[0]}]
    # The module is set up by the first statement of a connection, and then again by one that knows it.
    assert db.query(f"SELECT body FROM docs WHERE {search}") == expected
    assert db.query(f"SELECT body FROM docs WHERE {search} AND 1") == expected
    db.close()
    assert db.query(f"SELECT body FROM docs WHERE {search}") == expected
    with pytest.raises(QueryError, match="only reads"):
        db.query("DELETE FROM docs")
    assert db.query("SELECT count(*) AS n FROM docs") == [{"n": 1}]


# --- what is not ------------------------------------------------------------------------------------------------------

HOSTILE = [
    "INSERT INTO users (id, created_at) VALUES ('x', 'y')",
    "UPDATE users SET name = 'x'",
    "DELETE FROM users",
    "REPLACE INTO users (id, created_at) VALUES ('1', 'y')",
    "WITH u AS (SELECT 1) DELETE FROM users",
    "WITH u AS (SELECT 1) INSERT INTO users (id, created_at) SELECT 'x', 'y'",
    "DELETE FROM users RETURNING *",
    "/* */ -- \n delete from users",
    "EXPLAIN DELETE FROM users",
    "CREATE TABLE t (a)",
    "CREATE TEMP TABLE t (a)",
    "CREATE TEMP VIEW v AS SELECT 1",
    "CREATE TEMP TRIGGER x AFTER INSERT ON users BEGIN SELECT 1; END",
    "CREATE VIEW v AS SELECT 1",
    "CREATE INDEX i ON users (name)",
    "CREATE TRIGGER x AFTER INSERT ON users BEGIN SELECT 1; END",
    "CREATE VIRTUAL TABLE t USING fts5(a)",
    "DROP TABLE users",
    "ALTER TABLE users RENAME TO u",
    "ALTER TABLE users ADD COLUMN x",
    "ATTACH ':memory:' AS other",
    "ATTACH 'evil.db' AS other",
    "DETACH main",
    "VACUUM",
    "VACUUM INTO 'evil.db'",
    "REINDEX",
    "ANALYZE",
    "BEGIN",
    "BEGIN IMMEDIATE",
    "COMMIT",
    "ROLLBACK",
    "END",
    "SAVEPOINT s",
    "RELEASE rows",
    "PRAGMA writable_schema = 1",
    "PRAGMA writable_schema",
    "PRAGMA writable_schema(1)",
    "PRAGMA journal_mode = DELETE",
    "PRAGMA journal_mode",
    "PRAGMA main.journal_mode = OFF",
    "PRAGMA synchronous = 0",
    "PRAGMA foreign_keys = 0",
    "PRAGMA user_version = 5",
    "PRAGMA schema_version = 5",
    "PRAGMA schema_version(5)",
    "PRAGMA application_id = 5",
    "PRAGMA encoding = 'UTF-16'",
    "PRAGMA page_size = 512",
    "PRAGMA wal_checkpoint(TRUNCATE)",
    "PRAGMA wal_autocheckpoint = 0",
    "PRAGMA locking_mode = EXCLUSIVE",
    "PRAGMA query_only = 1",
    "PRAGMA busy_timeout = 0",
    "PRAGMA temp_store_directory = '/tmp'",
    "PRAGMA data_store_directory = '/tmp'",
    "PRAGMA incremental_vacuum",
    "PRAGMA optimize",
    "PRAGMA integrity_check",
    "PRAGMA case_sensitive_like = 1",
    "PRAGMA hard_heap_limit = 1",
    "PRAGMA mmap_size = 0",
    "PRAGMA shrink_memory",
    "PRAGMA function_list(1)",
    "UPDATE sqlite_master SET sql = ''",
    "DELETE FROM sqlite_master",
    "INSERT INTO sqlite_master VALUES ('table', 'x', 'x', 0, '')",
    "UPDATE sqlite_schema SET rootpage = 3",
    "SELECT load_extension('evil')",
    "SELECT LOAD_EXTENSION('evil', 'entry')",
    "SELECT readfile('/etc/passwd')",
    "SELECT writefile('evil.db', 'x')",
    "SELECT fts3_tokenizer('x')",
    "SELECT fts3_tokenizer('x', x'00')",
    "SELECT edit('x')",
    "SELECT * FROM fsdir('/')",
    "SELECT 1; DROP TABLE users",
    "SELECT 1; SELECT 2",
    "DROP TABLE users; SELECT 1",
    "SELECT 1 -- \n; DELETE FROM users",
    "",
    "  ",
    ";",
    "-- nothing",
    "/*",
    "SELECT",
    "SELECT * FROM nowhere",
    "SELECT nope FROM users",
    "SELECT 1 \x00; DROP TABLE users",
    "SELECT * FROM users WHERE name = 'x",
    ".tables",
    ".shell ls",
]


@pytest.fixture(scope="module")
def people_of_the_module(lasting_shop: CinchDB) -> CinchDB:
    lasting_shop.insert("users", {"name": "ann"})
    return lasting_shop


@pytest.mark.parametrize("sql", HOSTILE, ids=ascii)
def test_anything_else_is_refused_and_changes_nothing(
    people_of_the_module: CinchDB, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sql: str
) -> None:
    people = people_of_the_module
    monkeypatch.chdir(tmp_path)
    with pytest.raises(QueryError) as caught:
        people.query(sql)
    assert "\n" not in str(caught.value)
    with people.transaction():
        new = people.insert("users", {"name": "new"})
        with pytest.raises(QueryError):
            people.query(sql)
        assert people.query("SELECT name FROM users ORDER BY name") == [{"name": "ann"}, {"name": "new"}]
        people.delete("users", new["id"])
    assert people.query("SELECT name FROM users") == [{"name": "ann"}]
    assert people.query("SELECT 'a' LIKE 'A' AS folded") == [{"folded": 1}]
    assert people.query("SELECT name FROM sqlite_temp_master") == []
    assert people.query("SELECT name FROM pragma_database_list WHERE name NOT IN ('main', 'temp')") == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("DELETE FROM users", r"query\(\) only reads: DELETE users is not allowed; use insert, update or delete"),
        ("ATTACH 'x.db' AS x", r"query\(\) only reads: ATTACH x.db is not allowed"),
        ("PRAGMA journal_mode = OFF", r"query\(\) only reads: PRAGMA journal_mode is not allowed"),
        ("BEGIN", r"query\(\) only reads: a transaction statement BEGIN is not allowed"),
        ("DROP TABLE users", r"query\(\) only reads: .* is not allowed"),
        ("SELECT load_extension('x')", r"the function load_extension is not allowed"),
        ("", "the SQL holds no statement"),
        ("SELEC 1", 'near "SELEC": syntax error'),
    ],
)
def test_the_refusal_says_what_is_not_allowed(people: CinchDB, sql: str, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        people.query(sql)


def test_a_statement_that_was_used_to_write_is_refused_here(people: CinchDB) -> None:
    # The same text, prepared without the guard and kept by the driver's cache of statements, must not pass it.
    people.delete_where("users", name="nobody")
    with pytest.raises(QueryError):
        people.query('DELETE FROM "users" WHERE "users"."name" = ?', ["ann"])
    assert people.query("SELECT count(*) AS n FROM users") == [{"n": 2}]


def test_writing_goes_on_after_a_query(people: CinchDB) -> None:
    for number in range(3):
        people.query("SELECT 1 AS a")
        people.insert("users", {"age": number})
    assert people.query("SELECT count(*) AS n FROM users") == [{"n": 5}]


# --- time -------------------------------------------------------------------------------------------------------------


def test_a_query_that_takes_too_long_is_stopped(people: CinchDB) -> None:
    with pytest.raises(QueryTimeoutError, match="ran longer than its limit"):
        people.query(ENDLESS, timeout=0.05)
    assert people.query("SELECT 1 AS a") == [{"a": 1}]


def test_a_transaction_survives_a_timeout(people: CinchDB) -> None:
    with people.transaction():
        people.insert("users", {"name": "new"})
        with pytest.raises(QueryTimeoutError):
            people.query(ENDLESS, timeout=0.01)
        people.insert("users", {"name": "newer"})
    assert people.query("SELECT count(*) AS n FROM users") == [{"n": 4}]


# --- parameters -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "params", "value"),
    [
        ("SELECT ? AS v", ["'; DROP TABLE users; --"], "'; DROP TABLE users; --"),
        ("SELECT ? AS v", (2**63 - 1,), 2**63 - 1),
        ("SELECT :a AS v", {"a": 1.5}, 1.5),
        ("SELECT $a || @b AS v", {"a": "x", "b": "y"}, "xy"),
        ("SELECT ? AS v", [None], None),
        ("SELECT ? AS v", [b"\x00"], b"\x00"),
        ("SELECT ? AS v", [True], 1),
        ("SELECT ? AS v", [uuid.UUID(int=1)], "00000000-0000-0000-0000-000000000001"),
        ("SELECT ? AS v", [dt.datetime(2024, 1, 1, tzinfo=dt.UTC)], "2024-01-01T00:00:00.000000+00:00"),
        ("SELECT ? AS v", [dt.date(2024, 1, 1)], "2024-01-01"),
        ("SELECT ? AS v", [Decimal("1.50")], "1.50"),
    ],
)
def test_parameters_are_bound(
    people: CinchDB, sql: str, params: Sequence[object] | Mapping[str, object], value: object
) -> None:
    assert people.query(sql, params) == [{"v": value}]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ([2**63], "parameter 1 cannot be 9223372036854775808: it does not fit into 64 bits"),
        ([float("nan")], "parameter 1 cannot be nan"),
        ([["x"]], r"parameter 1 cannot be \['x'\]: it takes str, int, float or bytes, not list"),
        ({"a": {}}, "parameter 'a' cannot be {}"),
        (["\ud800"], "lone surrogate"),
    ],
    ids=repr,
)
def test_parameters_that_cannot_be_stored_are_refused(
    people: CinchDB, params: Sequence[object] | Mapping[str, object], message: str
) -> None:
    with pytest.raises(InvalidValueError, match=message):
        people.query("SELECT :a AS v" if isinstance(params, Mapping) else "SELECT ? AS v", params)


@pytest.mark.parametrize("params", [[], [1, 2], {"b": 1}], ids=repr)
def test_missing_and_superfluous_parameters(people: CinchDB, params: Sequence[object] | Mapping[str, object]) -> None:
    with pytest.raises(QueryError):
        people.query("SELECT :a AS v" if isinstance(params, Mapping) else "SELECT ? AS v", params)


# --- results ----------------------------------------------------------------------------------------------------------


def test_two_columns_of_one_name_are_refused(people: CinchDB) -> None:
    with pytest.raises(QueryError, match="two columns of the result are called 'name'; give one of them another name"):
        people.query("SELECT u.name, v.name FROM users u, users v")


def test_boolean_columns_are_bool(people: CinchDB) -> None:
    people.create_view("actives", "SELECT active, name FROM users")
    people.insert("users", {"id": "3", "active": None})
    rows = people.query("SELECT active FROM users ORDER BY id")
    assert repr(rows) == "[{'active': True}, {'active': False}, {'active': None}]"
    assert repr(people.query("SELECT u.active FROM users u WHERE active ORDER BY active")) == "[{'active': True}]"
    assert repr(people.query("SELECT active FROM actives WHERE name = 'bob'")) == "[{'active': False}]"
    assert repr(people.query("SELECT age FROM users WHERE id = '1'")) == "[{'age': 1}]"
    assert repr(people.query("SELECT 1 AS active")) == "[{'active': 1}]"
    assert repr(people.query("SELECT count(*) AS n FROM users WHERE active")) == "[{'n': 1}]"


def test_a_name_that_is_boolean_in_one_table_only_stays_a_number(people: CinchDB) -> None:
    people.create_table("counts", [Column("active", "INTEGER")])
    people.insert("counts", {"active": 1})
    joined = people.query("SELECT c.active FROM counts c, users u WHERE u.active")
    assert repr(joined) == "[{'active': 1}]"
