"""Writing rows: what is filled in, what is given back, what constraints say."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from cinch_client import (
    CinchDB,
    Column,
    Condition,
    ConstraintError,
    Count,
    ForeignKeyRef,
    Index,
    Insert,
    InvalidValueError,
    QueryError,
    Select,
    Update,
)


@pytest.fixture
def sql(
    db: CinchDB, raw: Callable[[Path], sqlite3.Connection], file_of: Callable[..., Path]
) -> Callable[[str], CinchDB]:
    """Run statements on the tenant's file by hand, for tables that the client itself does not make."""

    def run(script: str) -> CinchDB:
        other = raw(file_of())
        other.executescript(script)
        other.close()
        return db

    return run


# --- inserting --------------------------------------------------------------------------------------------------------


def test_one_row_gives_one_several_give_a_list_none_gives_none(shop: CinchDB) -> None:
    assert shop.insert("users", {"age": 1})["age"] == 1
    assert [row["age"] for row in shop.insert("users", {"age": 2}, {"age": 3})] == [2, 3]
    assert shop.insert("users") == []
    assert shop.execute(Insert("users", ())) == []
    assert shop.execute(Count("users")) == 3


def test_rows_with_different_keys_are_one_write(shop: CinchDB) -> None:
    rows = shop.insert(
        "users", {"age": 1}, {"name": "b"}, {}, {"name": "d", "age": 4}, {"age": 5, "name": "e"}, {"age": 6}
    )
    assert [(row["age"], row["name"]) for row in rows] == [
        (1, None),
        (None, "b"),
        (None, None),
        (4, "d"),
        (5, "e"),
        (6, None),
    ]
    assert len({row["id"] for row in rows}) == 6
    assert len({row["created_at"] for row in rows}) == 1
    with pytest.raises(InvalidValueError):
        shop.insert("users", {"age": 7}, {"name": "h"}, {"age": "eight"})
    assert shop.execute(Count("users")) == 6


def test_many_rows_come_back_in_their_order(shop: CinchDB) -> None:
    rows = shop.execute(Insert("users", tuple({"age": n} for n in range(3_000)), (), ("age",)))
    assert rows == [{"age": n} for n in range(3_000)]
    assert shop.execute(Count("users")) == 3_000


def test_many_rows_of_a_table_that_sqlite_fills_come_back_in_their_order(sql: Callable[[str], CinchDB]) -> None:
    db = sql("CREATE TABLE log (n INTEGER PRIMARY KEY, line TEXT, at TEXT DEFAULT (datetime('now')), m INTEGER)")
    rows = db.execute(Insert("log", tuple({"line": str(n), "m": n} for n in range(3_000)), (), ("n", "line")))
    assert rows == [{"n": n + 1, "line": str(n)} for n in range(3_000)]


def test_only_what_was_given_is_sent_so_that_defaults_apply(db: CinchDB) -> None:
    db.create_table(
        "t",
        [
            Column("state", "TEXT", nullable=False, default="'new'"),
            Column("n", "INTEGER", default="40 + 2"),
            Column("ok", "BOOLEAN", default="1"),
            Column("at", "TEXT", default="CURRENT_TIMESTAMP"),
        ],
    )
    row = db.insert("t", {})
    assert (row["state"], row["n"], row["ok"]) == ("new", 42, True)
    assert db.query("SELECT state, n, ok, at FROM t") == [{name: row[name] for name in ("state", "n", "ok", "at")}]
    assert db.insert("t", {"n": None})["n"] is None
    with pytest.raises(ConstraintError, match=r"t\.state cannot be NULL"):
        db.insert("t", {"state": None})


def test_returning_some_columns(shop: CinchDB) -> None:
    assert shop.execute(Insert("users", ({"age": 1, "active": False},), (), ("active", "age"))) == [
        {"active": False, "age": 1}
    ]
    assert shop.execute(Insert("users", ({"age": 1},), (), ())) in ([], [{}])


def test_a_row_of_defaults_alone(sql: Callable[[str], CinchDB]) -> None:
    db = sql("CREATE TABLE log (n INTEGER PRIMARY KEY, line TEXT DEFAULT 'x')")
    assert db.insert("log", {}) == {"n": 1, "line": "x"}
    assert db.insert("log", {}, {}) == [{"n": 2, "line": "x"}, {"n": 3, "line": "x"}]
    assert db.insert("log", {"line": "y"}, {}, {}) == [
        {"n": 4, "line": "y"},
        {"n": 5, "line": "x"},
        {"n": 6, "line": "x"},
    ]


@pytest.mark.parametrize("declaration", ["INTEGER PRIMARY KEY", "INTEGER PRIMARY KEY AUTOINCREMENT"])
def test_a_key_that_sqlite_counts_is_given_back(sql: Callable[[str], CinchDB], declaration: str) -> None:
    db = sql(f"CREATE TABLE t (id {declaration}, name TEXT)")
    assert db.insert("t", {"name": "a"}) == {"id": 1, "name": "a"}
    assert db.insert("t", {"id": None, "name": "b"}) == {"id": 2, "name": "b"}
    assert db.insert("t", {"id": 9, "name": "c"}, {"name": "d"}) == [{"id": 9, "name": "c"}, {"id": 10, "name": "d"}]


def test_a_number_keeps_its_type_beside_columns_of_other_types(sql: Callable[[str], CinchDB]) -> None:
    # SQLite 3.40 gives the columns of RETURNING the affinity of others: integers come as 1.0, real numbers as 1.
    db = sql(
        "CREATE TABLE t (r REAL, i INTEGER, n NUMERIC, b BOOLEAN, x REAL, k INTEGER PRIMARY KEY, "
        "d REAL DEFAULT 2, e INTEGER DEFAULT 3.0)"
    )
    row = db.insert("t", {"r": 1, "i": 2, "n": 3, "b": True, "x": 4.0})
    assert repr(row) == "{'r': 1.0, 'i': 2, 'n': 3, 'b': True, 'x': 4.0, 'k': 1, 'd': 2.0, 'e': 3}"
    assert repr(db.execute(Select("t"))) == f"[{row!r}]"
    columns = ("n", "r", "b", "i", "x", "d", "e")
    assert repr(db.execute(Update("t", {"i": 5, "r": 6, "b": False, "n": 7}, (), columns))) == (
        "[{'n': 7, 'r': 6.0, 'b': False, 'i': 5, 'x': 4.0, 'd': 2.0, 'e': 3}]"
    )


def test_generated_columns_are_given_back_and_cannot_be_set(sql: Callable[[str], CinchDB]) -> None:
    db = sql(
        "CREATE TABLE t (id TEXT PRIMARY KEY, name TEXT, loud TEXT AS (upper(name)) STORED, "
        "size INTEGER AS (length(name)))"
    )
    row = db.insert("t", {"id": "1", "name": "abc"})
    assert row == {"id": "1", "name": "abc", "loud": "ABC", "size": 3}
    assert db.update("t", {"id": "1", "name": "de"}) == {"id": "1", "name": "de", "loud": "DE", "size": 2}
    with pytest.raises(QueryError, match="column 'loud' of 't' is computed by the database and cannot be set"):
        db.insert("t", {"loud": "X"})
    with pytest.raises(QueryError, match="column 'size' of 't' is computed"):
        db.update("t", {"id": "1", "size": 2})


TRIGGERS = """
CREATE TABLE t (id TEXT PRIMARY KEY, name TEXT, slug TEXT);
CREATE TABLE log (line TEXT);
CREATE TRIGGER made AFTER INSERT ON T BEGIN
    UPDATE t SET slug = lower(new.name) WHERE id = new.id; INSERT INTO log VALUES (new.name);
END;
CREATE TRIGGER changed AFTER UPDATE OF name ON t BEGIN UPDATE t SET slug = lower(new.name) WHERE id = new.id; END;
"""


def test_what_triggers_make_of_a_row_is_given_back(sql: Callable[[str], CinchDB]) -> None:
    db = sql(TRIGGERS)
    assert db.insert("t", {"id": "1", "name": "ABC"}) == {"id": "1", "name": "ABC", "slug": "abc"}
    assert [row["slug"] for row in db.insert("t", {"name": "D"}, {"name": "E", "slug": "x"}, {"name": "F"})] == [
        "d",
        "e",
        "f",
    ]
    assert db.update("t", {"id": "1", "name": "GHI"}) == {"id": "1", "name": "GHI", "slug": "ghi"}
    upsert = Insert("t", ({"id": "1", "name": "JKL"},), ("id",))
    assert db.execute(upsert) == [{"id": "1", "name": "JKL", "slug": "jkl"}]
    assert db.execute(Insert("t", ({"name": "M"},), (), ("slug",))) == [{"slug": "m"}]
    assert db.query("SELECT group_concat(line) AS lines FROM log") == [{"lines": "ABC,D,E,F,M"}]


def test_what_triggers_make_is_given_back_inside_a_transaction(sql: Callable[[str], CinchDB]) -> None:
    db = sql(TRIGGERS)
    with db.transaction():
        assert db.insert("t", {"name": "ABC"})["slug"] == "abc"
        assert [row["slug"] for row in db.insert("t", {"name": "D"}, {"name": "E"})] == ["d", "e"]
    assert db.execute(Count("t")) == 3


def test_a_row_that_the_database_leaves_out_is_an_error(sql: Callable[[str], CinchDB]) -> None:
    db = sql(
        "CREATE TABLE t (id TEXT PRIMARY KEY ON CONFLICT IGNORE, n INTEGER);"
        "CREATE TABLE u (n INTEGER);"
        "CREATE TRIGGER quiet BEFORE INSERT ON u WHEN new.n < 0 BEGIN SELECT RAISE(IGNORE); END;"
    )
    db.insert("t", {"id": "a", "n": 1})
    with pytest.raises(ConstraintError, match="left out"):
        db.insert("t", {"id": "a", "n": 2})
    with pytest.raises(ConstraintError, match="left out"):
        db.insert("u", {"n": 1}, {"n": -1})
    assert db.query("SELECT id, n FROM t") == [{"id": "a", "n": 1}]
    assert db.execute(Count("u")) == 0


def test_what_conflict_clauses_make_of_a_row_is_given_back(sql: Callable[[str], CinchDB]) -> None:
    db = sql(
        "CREATE TABLE t (id TEXT PRIMARY KEY ON CONFLICT REPLACE, s TEXT NOT NULL ON CONFLICT REPLACE DEFAULT 'x')"
    )
    assert db.insert("t", {"id": "a", "s": None}) == {"id": "a", "s": "x"}
    assert db.insert("t", {"id": "a", "s": "y"}) == {"id": "a", "s": "y"}
    assert db.execute(Count("t")) == 1


# --- upserts ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def mail(db: CinchDB) -> CinchDB:
    db.create_table(
        "users",
        [Column("email", "TEXT", unique=True), Column("name", "TEXT"), Column("visits", "INTEGER", default="1")],
    )
    return db


def test_an_upsert_inserts_or_changes_what_was_given(mail: CinchDB) -> None:
    first = mail.execute(Insert("users", ({"email": "a@x", "name": "A"},), ("email",)))[0]
    assert (first["name"], first["visits"]) == ("A", 1)
    mail.update_where("users", {"visits": 7}, email="a@x")
    again = mail.execute(Insert("users", ({"email": "a@x", "name": "B"},), ("email",)))[0]
    assert (again["id"], again["created_at"]) == (first["id"], first["created_at"])
    assert (again["name"], again["visits"]) == ("B", 7)
    assert str(again["updated_at"]) > str(first["updated_at"])
    assert mail.execute(Count("users")) == 1


def test_an_upsert_of_several_rows_may_meet_itself(mail: CinchDB) -> None:
    rows = mail.execute(
        Insert("users", ({"email": "a@x", "name": "1"}, {"email": "b@x"}, {"email": "a@x", "name": "2"}), ("email",))
    )
    assert [(row["email"], row["name"]) for row in rows] == [("a@x", "1"), ("b@x", None), ("a@x", "2")]
    assert rows[0]["id"] == rows[2]["id"]
    assert mail.execute(Count("users")) == 2


def test_an_upsert_that_sets_nothing_else_gives_the_row(mail: CinchDB) -> None:
    first = mail.execute(Insert("users", ({"email": "a@x"},), ("email",), ("id", "email")))
    assert mail.execute(Insert("users", ({"email": "a@x"},), ("email",), ("id", "email"))) == first


def test_an_upsert_needs_a_unique_key(mail: CinchDB) -> None:
    with pytest.raises(QueryError, match=r"\(name\) is no unique key of 'users'.*its unique keys are: \(id\)"):
        mail.execute(Insert("users", ({"email": "a@x", "name": "A"},), ("name",)))
    with pytest.raises(QueryError, match="has no column 'nope'"):
        mail.execute(Insert("users", ({"email": "a@x"},), ("nope",)))
    assert mail.execute(Count("users")) == 0


def test_an_upsert_by_several_columns(db: CinchDB) -> None:
    db.create_table(
        "t", [Column("a", "INTEGER"), Column("b", "INTEGER"), Column("n", "INTEGER")], [Index(["a", "b"], unique=True)]
    )
    for n in (1, 2):
        db.execute(Insert("t", ({"a": 1, "b": 1, "n": n}, {"a": 1, "b": 2, "n": n}), ("b", "a")))
    assert db.query("SELECT a, b, n FROM t ORDER BY b") == [{"a": 1, "b": 1, "n": 2}, {"a": 1, "b": 2, "n": 2}]


# --- constraints ------------------------------------------------------------------------------------------------------


@pytest.fixture
def strict(sql: Callable[[str], CinchDB], db: CinchDB) -> CinchDB:
    db.create_table("teams", [Column("name", "TEXT", unique=True)])
    db.create_table(
        "people",
        [
            Column("email", "TEXT", nullable=False, unique=True),
            Column("first", "TEXT"),
            Column("last", "TEXT"),
            Column("team_id", "TEXT", foreign_key=ForeignKeyRef("teams")),
        ],
        [Index(["first", "last"], unique=True)],
    )
    return sql("CREATE TABLE checked (n INTEGER CHECK (n > 0), CONSTRAINT even CHECK (n % 2 = 0))")


@pytest.mark.parametrize(
    ("table", "row", "constraint", "place", "columns"),
    [
        ("people", {"email": "a@x"}, "unique", "people", ("email",)),
        ("people", {"email": "b@x", "first": "A", "last": "B"}, "unique", "people", ("first", "last")),
        ("people", {"id": "1", "email": "b@x"}, "unique", "people", ("id",)),
        ("people", {"email": None}, "not_null", "people", ("email",)),
        ("people", {}, "not_null", "people", ("email",)),
        ("people", {"email": "b@x", "team_id": "ghost"}, "foreign_key", "people", ("team_id",)),
        ("checked", {"n": 0}, "check", None, ()),
        ("checked", {"n": 1}, "check", None, ()),
    ],
)
def test_a_broken_constraint_says_which(
    strict: CinchDB, table: str, row: dict[str, object], constraint: str, place: str | None, columns: tuple[str, ...]
) -> None:
    strict.insert("people", {"id": "1", "email": "a@x", "first": "A", "last": "B"})
    before = strict.execute(Count(table))
    for write in (
        lambda: strict.insert(table, row),
        lambda: strict.insert(table, {"email": "ok@x"} if table == "people" else {"n": 2}, row),
    ):
        with pytest.raises(ConstraintError) as caught:
            write()
        assert (caught.value.constraint, caught.value.table, caught.value.columns) == (constraint, place, columns)
        assert caught.value.column == (columns[0] if len(columns) == 1 else None)
        assert isinstance(caught.value, ValueError)
        assert isinstance(caught.value.__cause__, sqlite3.IntegrityError)
        assert strict.execute(Count(table)) == before


def test_constraints_hold_for_changes_and_deletes(strict: CinchDB) -> None:
    team = strict.insert("teams", {"name": "red"})
    strict.insert("people", {"id": "1", "email": "a@x", "team_id": team["id"]}, {"id": "2", "email": "b@x"})
    with pytest.raises(ConstraintError) as caught:
        strict.update("people", {"id": "2", "email": "a@x"})
    assert (caught.value.constraint, caught.value.columns) == ("unique", ("email",))
    with pytest.raises(ConstraintError) as caught:
        strict.delete("teams", team["id"])
    assert caught.value.constraint == "foreign_key"
    assert str(caught.value) == "a row of 'teams' is still referred to by people.team_id"
    with pytest.raises(ConstraintError, match="has this value in another row"):
        strict.execute(Update("people", {"email": "same@x"}))
    assert [row["email"] for row in strict.query("SELECT email FROM people ORDER BY id")] == ["a@x", "b@x"]


def test_rules_of_the_table_are_told_in_their_own_words(sql: Callable[[str], CinchDB]) -> None:
    db = sql(
        "CREATE TABLE t (n INTEGER);"
        "CREATE TRIGGER rule BEFORE INSERT ON t WHEN new.n > 9 BEGIN SELECT RAISE(ABORT, 'ten is too many'); END;"
        "CREATE TABLE e (name TEXT); CREATE UNIQUE INDEX ci ON e (lower(name));"
        "CREATE TABLE s (n INT) STRICT"
    )
    with pytest.raises(ConstraintError, match="ten is too many") as caught:
        db.insert("t", {"n": 10})
    assert caught.value.constraint == "other"
    db.insert("e", {"name": "A"})
    with pytest.raises(ConstraintError, match="ci") as caught:
        db.insert("e", {"name": "a"})
    assert (caught.value.constraint, caught.value.columns) == ("unique", ())


def test_composite_keys_and_tables_without_rowid(sql: Callable[[str], CinchDB]) -> None:
    db = sql("CREATE TABLE t (a TEXT, b INTEGER, n INTEGER, PRIMARY KEY (a, b)) WITHOUT ROWID")
    assert db.insert("t", {"a": "x", "b": 1, "n": 1}) == {"a": "x", "b": 1, "n": 1}
    upsert = Insert("t", ({"a": "x", "b": 1, "n": 2},), ("a", "b"))
    assert db.execute(upsert) == [{"a": "x", "b": 1, "n": 2}]
    with pytest.raises(ConstraintError) as caught:
        db.insert("t", {"a": "x", "b": 1, "n": 3})
    assert (caught.value.constraint, caught.value.columns) == ("unique", ("a", "b"))


def test_columns_without_a_type_keep_what_they_are_given(sql: Callable[[str], CinchDB]) -> None:
    db = sql("CREATE TABLE t (n INTEGER PRIMARY KEY, v, w DATETIME)")
    for number, value in enumerate(("text", 5, 1.5, b"\x00", None), 1):
        assert db.insert("t", {"v": value}) == {"n": number, "v": value, "w": None}
        assert db.execute(Count("t", (Condition("v", "eq", value),))) == 1
    with pytest.raises(InvalidValueError, match="column 'v' cannot take"):
        db.insert("t", {"v": ["x"]})
    assert db.insert("t", {"w": "2024-01-01"})["w"] == "2024-01-01"


def test_foreign_booleans_are_read_as_what_they_mean(sql: Callable[[str], CinchDB]) -> None:
    db = sql("CREATE TABLE t (b BOOLEAN); INSERT INTO t VALUES (0), (1), (2), (-1), (NULL), (0.0), ('yes')")
    rows = [row["b"] for row in db.execute(Select("t"))]
    assert repr(rows) == "[False, True, True, True, None, False, 'yes']"
