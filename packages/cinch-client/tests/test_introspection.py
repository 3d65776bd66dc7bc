"""What is read from SQLite's own pragmas, on tables nobody should make and everybody does."""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cinch_client._embedded._introspection import (
    column_type,
    read_schema,
    read_table,
    read_view,
    schema_digest,
)
from cinch_client._quoting import quote
from cinch_client._schema import ColumnSchema, ForeignKey, IndexSchema, TableSchema, ViewSchema


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as opened:
        yield opened


def table(connection: sqlite3.Connection, name: str) -> TableSchema:
    found = read_table(connection, name)
    assert found is not None
    return found


def column(connection: sqlite3.Connection, definition: str, *, options: str = "") -> ColumnSchema:
    connection.execute(f"CREATE TABLE one ({definition}) {options}")
    return table(connection, "one").columns[0]


def test_a_table_as_cinchdb_makes_it(connection: sqlite3.Connection) -> None:
    connection.execute(
        "CREATE TABLE users (id TEXT PRIMARY KEY NOT NULL, created_at TEXT NOT NULL, updated_at TEXT, "
        "email TEXT NOT NULL UNIQUE, active BOOLEAN DEFAULT 1)"
    )
    connection.execute("CREATE INDEX by_active ON users (active, email)")
    assert table(connection, "users") == TableSchema(
        "users",
        (
            ColumnSchema("id", "TEXT", "TEXT", nullable=False, primary_key=1),
            ColumnSchema("created_at", "TEXT", "TEXT", nullable=False),
            ColumnSchema("updated_at", "TEXT", "TEXT"),
            ColumnSchema("email", "TEXT", "TEXT", nullable=False),
            ColumnSchema("active", "BOOLEAN", "BOOLEAN", default="1"),
        ),
        primary_key=("id",),
        unique=(("email",),),
        indexes=(IndexSchema("by_active", "users", ("active", "email")),),
    )


@pytest.mark.parametrize(
    ("declared", "kind"),
    [
        ("INTEGER", "INTEGER"),
        ("bigint", "INTEGER"),
        ("UNSIGNED BIG INT", "INTEGER"),
        ("VARCHAR(255)", "TEXT"),
        ("NATIVE CHARACTER(70)", "TEXT"),
        ("clob", "TEXT"),
        ("Blob", "BLOB"),
        ("DOUBLE PRECISION", "REAL"),
        ("FLOAT", "REAL"),
        ("NUMERIC", "NUMERIC"),
        ("DECIMAL(10,5)", "NUMERIC"),
        ("BOOLEAN", "BOOLEAN"),
        ("bool", "BOOLEAN"),
        ("JSON", None),
        ("DATETIME", None),
        ("DATE", None),
        ("ANY", None),
        ("", None),
    ],
)
def test_types(declared: str, kind: str | None) -> None:
    assert column_type(declared) == kind


@pytest.mark.parametrize(
    ("definition", "options", "nullable"),
    [
        ("a INTEGER PRIMARY KEY", "", False),
        ("a INTEGER PRIMARY KEY AUTOINCREMENT", "", False),
        ("a INTEGER PRIMARY KEY DESC", "", True),
        ("a INT PRIMARY KEY", "", True),
        ("a TEXT PRIMARY KEY", "", True),
        ("a TEXT PRIMARY KEY NOT NULL", "", False),
        ("a TEXT PRIMARY KEY", "WITHOUT ROWID", False),
        ("a TEXT PRIMARY KEY", "STRICT", False),
        ("a INTEGER, b INTEGER, PRIMARY KEY (a, b)", "", True),
        ("a TEXT NOT NULL", "", False),
        ("a TEXT", "", True),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_nullable_is_what_sqlite_really_allows(
    connection: sqlite3.Connection, definition: str, options: str, nullable: bool
) -> None:
    assert column(connection, definition, options=options).nullable is nullable
    connection.execute("INSERT OR IGNORE INTO one (a) VALUES (NULL)")
    stored = connection.execute("SELECT a IS NULL FROM one").fetchall()
    assert (stored == [(1,)]) is nullable


@pytest.mark.parametrize(
    ("definition", "kind", "choices"),
    [
        ("a TEXT CHECK (a IN ('new', 'it''s', ''))", "TEXT", ("new", "it's", "")),
        ("a TEXT, CHECK (\"A\" in ('x'))", "TEXT", ("x",)),
        ("a TEXT CHECK (One.a IN ('x'))", "TEXT", ("x",)),
        ("a INTEGER CHECK (a IN (1, -2, +3))", "INTEGER", (1, -2, 3)),
        ("a INTEGER CHECK (a IN (0, 1))", "BOOLEAN", ()),
        ("a BOOLEAN CHECK (a IN (1, 0))", "BOOLEAN", ()),
        ("a CHECK (a IN ('x', 1))", None, ("x", 1)),
        ("a INTEGER CHECK (a IN ('1', '2'))", "INTEGER", ()),
        ("a TEXT CHECK (a IN (1, 2))", "TEXT", ()),
        ("a TEXT COLLATE NOCASE CHECK (a IN ('x'))", "TEXT", ()),
        ("a TEXT CHECK (a IN ('x', NULL))", "TEXT", ()),
        ("a TEXT CHECK (a NOT IN ('x'))", "TEXT", ()),
        ("a TEXT CHECK (a IN ('x') OR a > 'y')", "TEXT", ()),
        ("a TEXT CHECK (lower(a) IN ('x'))", "TEXT", ()),
        ("a TEXT CHECK (a IN ('x' || 'y'))", "TEXT", ()),
        ("a REAL CHECK (a IN (1.5, 2))", "REAL", ()),
        ("a TEXT CHECK (length(a) > 1)", "TEXT", ()),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else None,
)
def test_choices(connection: sqlite3.Connection, definition: str, kind: str, choices: tuple[object, ...]) -> None:
    found = column(connection, definition)
    assert (found.type, found.choices) == (kind, choices)


def test_generated_columns_are_told_apart(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE t (a INTEGER, b AS (a + 1), c INTEGER GENERATED ALWAYS AS (a * 2) STORED)")
    assert [(c.name, c.generated) for c in table(connection, "t").columns] == [
        ("a", False),
        ("b", True),
        ("c", True),
    ]


def test_a_composite_key_keeps_its_own_order(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE t (a TEXT, b TEXT, c TEXT, PRIMARY KEY (c, a)) WITHOUT ROWID")
    found = table(connection, "t")
    assert found.primary_key == ("c", "a")
    assert [c.primary_key for c in found.columns] == [2, 0, 1]


def test_unique_sets_are_those_that_hold_for_all_rows(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE t (a, b, c, d, UNIQUE (c, b))")
    connection.execute("CREATE UNIQUE INDEX by_a ON t (a)")
    connection.execute("CREATE UNIQUE INDEX by_a_again ON t (a)")
    connection.execute("CREATE UNIQUE INDEX some_rows ON t (b) WHERE d > 0")
    connection.execute("CREATE UNIQUE INDEX expression ON t (d, lower(c))")
    found = table(connection, "t")
    assert found.unique == (("a",), ("c", "b"))
    assert found.indexes == (
        IndexSchema("by_a", "t", ("a",), unique=True),
        IndexSchema("by_a_again", "t", ("a",), unique=True),
        IndexSchema("expression", "t", ("d", None), unique=True),
        IndexSchema("some_rows", "t", ("b",), unique=True, partial=True),
    )


def test_foreign_keys_come_in_the_order_and_spelling_of_the_tables(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE Orgs (Code TEXT PRIMARY KEY)")
    connection.execute("CREATE TABLE pairs (x, y, PRIMARY KEY (y, x))")
    connection.execute(
        "CREATE TABLE t (a REFERENCES orgs ON DELETE CASCADE, b REFERENCES ORGS(code), x, y, parent REFERENCES t(a), "
        "gone REFERENCES nowhere, FOREIGN KEY (Y, X) REFERENCES pairs ON UPDATE SET DEFAULT)"
    )
    expected = (
        ForeignKey(("a",), "Orgs", ("Code",), on_delete="CASCADE"),
        ForeignKey(("b",), "Orgs", ("Code",)),
        ForeignKey(("parent",), "t", ("a",)),
        ForeignKey(("gone",), "nowhere", ()),
        ForeignKey(("y", "x"), "pairs", ("y", "x"), on_update="SET DEFAULT"),
    )
    assert table(connection, "t").foreign_keys == expected
    whole = read_schema(connection).table("t")
    assert whole is not None
    assert whole.foreign_keys == expected


def test_system_and_shadow_tables_are_left_out(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT)")
    connection.execute("CREATE TABLE __kv (key TEXT PRIMARY KEY)")
    connection.execute('CREATE VIRTUAL TABLE notes USING fts5(body, title, prefix="1" /* CHECK */)')
    connection.execute("CREATE VIRTUAL TABLE places USING rtree(id, x0, x1)")
    connection.execute("CREATE TEMP TABLE passing (a)")
    connection.execute("ANALYZE")
    schema = read_schema(connection)
    assert [found.name for found in schema] == ["notes", "places", "t"]
    assert [found.virtual for found in schema.tables] == [True, True, False]
    notes = schema.table("notes")
    assert notes is not None
    assert [c.name for c in notes.columns] == ["body", "title"]
    everything = read_schema(connection, include_system=True)
    assert [found.name for found in everything] == ["__kv", "notes", "places", "t"]


def test_views(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE t (a TEXT NOT NULL, b INTEGER)")
    connection.execute('CREATE VIEW "as" (x, "as") AS -- all\n SELECT a, count(*) FROM t')
    connection.execute("CREATE TEMP VIEW passing AS SELECT 1")
    schema = read_schema(connection)
    assert [view.name for view in schema.views] == ["as"]
    (view,) = schema.views
    assert [(c.name, c.type) for c in view.columns] == [("x", "TEXT"), ("as", None)]
    assert view.sql == "-- all\n SELECT a, count(*) FROM t"
    assert read_view(connection, "as") == view
    assert read_view(connection, "t") is None
    assert read_table(connection, "as") is None


def test_a_broken_view_is_left_out_and_told(connection: sqlite3.Connection, caplog: pytest.LogCaptureFixture) -> None:
    connection.execute("CREATE TABLE t (a)")
    connection.execute("CREATE VIEW fine AS SELECT a FROM t")
    connection.execute("CREATE VIEW lost AS SELECT * FROM gone")
    with caplog.at_level(logging.WARNING, logger="cinch_client"):
        schema = read_schema(connection)
    assert [found.name for found in schema] == ["t", "fine"]
    assert caplog.messages == ["'lost' is left out of the schema, because it cannot be read: no such table: main.gone"]


def test_what_is_not_there(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE t (a)")
    assert read_table(connection, "x") is None
    assert read_table(connection, "T") is None
    assert read_view(connection, "x") is None


def test_a_row_factory_does_not_matter(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE t (a TEXT)")
    plain = read_schema(connection)
    connection.row_factory = lambda _cursor, _row: {}
    assert read_schema(connection) == plain


def test_equal_definitions_share_one_schema(connection: sqlite3.Connection) -> None:
    with closing(sqlite3.connect(":memory:")) as other:
        for each in (connection, other):
            each.execute("CREATE TABLE shared (a TEXT)")
        assert read_schema(other) is read_schema(connection)
        other.execute("ALTER TABLE shared ADD COLUMN b")
        assert [c.name for c in read_schema(other).tables[0].columns] == ["a", "b"]
        assert [c.name for c in read_schema(connection).tables[0].columns] == ["a"]


def test_the_digest_follows_every_definition(connection: sqlite3.Connection) -> None:
    seen = {schema_digest(connection)}
    for statement in (
        "CREATE TABLE t (a)",
        "CREATE INDEX i ON t (a)",
        "CREATE VIEW v AS SELECT a FROM t",
        "CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END",
        "ALTER TABLE t ADD COLUMN b",
    ):
        connection.execute(statement)
        seen.add(schema_digest(connection))
    assert len(seen) == 6
    before = schema_digest(connection)
    connection.execute("INSERT INTO t (a) VALUES (1)")
    assert schema_digest(connection) == before


names = st.text(st.characters(exclude_characters="\x00", exclude_categories=("Cs",)), min_size=1, max_size=8)
relations = names.filter(lambda name: not name.lower().startswith(("sqlite_", "__")) and not name.startswith("pragma_"))


@settings(deadline=None)
@given(name=relations, columns=st.lists(names, min_size=1, max_size=4, unique_by=str.lower), view=relations)
def test_any_names_are_read_back(name: str, columns: list[str], view: str) -> None:
    listed = ", ".join(map(quote, columns))
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(f"CREATE TABLE {quote(name)} ({listed}, UNIQUE ({listed}))")
        # SQLite gives a view's column another name when it would be called TRUE or FALSE.
        if view.lower() != name.lower() and not {"true", "false"} & {each.lower() for each in columns}:
            connection.execute(f"CREATE VIEW {quote(view)} AS SELECT {listed} FROM {quote(name)}")
        schema = read_schema(connection)
        assert [[c.name for c in found.columns] for found in schema] == [columns] * len([*schema])
        found = schema.table(name)
        assert found is not None
        assert found.unique == (tuple(columns),)
        assert found == read_table(connection, name)
        for each in schema.views:
            assert isinstance(each, ViewSchema)
            assert each == read_view(connection, view)
