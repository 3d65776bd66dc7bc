"""Definitions as text, and the text of existing tables taken apart."""

import sqlite3
from contextlib import closing

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cinch_client._definitions import Column, ForeignKeyRef
from cinch_client._embedded._ddl import column_sql, create_table_sql, default_sql, is_constant
from cinch_client._embedded._table_text import ColumnText, TableText, read_table_text
from cinch_client._embedded._tokens import tokenize
from cinch_client._errors import ColumnNotFoundError, SchemaError

AUTOMATIC = '"id" TEXT PRIMARY KEY NOT NULL, "created_at" TEXT NOT NULL, "updated_at" TEXT'


def test_a_table_without_columns_of_its_own() -> None:
    assert create_table_sql("users", []) == f'CREATE TABLE "users" ({AUTOMATIC})'


def test_a_table_with_everything() -> None:
    columns = [
        Column("email", "str", nullable=False, unique=True),
        Column("age", "int", default="0"),
        Column("made", "TEXT", nullable=False, default="datetime('now')", unique=True),
        Column("org_id", "TEXT", foreign_key=ForeignKeyRef("orgs")),
        Column("boss_id", "TEXT", foreign_key=ForeignKeyRef("users", "email", "SET NULL", "CASCADE")),
    ]
    assert create_table_sql("users", columns) == (
        f'CREATE TABLE "users" ({AUTOMATIC}, "email" TEXT NOT NULL UNIQUE, "age" INTEGER DEFAULT 0, '
        '"made" TEXT NOT NULL DEFAULT (datetime(\'now\')) UNIQUE, "org_id" TEXT, "boss_id" TEXT, '
        'FOREIGN KEY ("org_id") REFERENCES "orgs"("id"), '
        'FOREIGN KEY ("boss_id") REFERENCES "users"("email") ON DELETE SET NULL ON UPDATE CASCADE)'
    )


def test_unique_can_be_left_out() -> None:
    assert column_sql(Column("email", "TEXT", unique=True), unique=False) == '"email" TEXT'


@pytest.mark.parametrize(
    ("expression", "written", "constant"),
    [
        ("0", "0", True),
        ("-1.5e3", "-1.5e3", True),
        ("+ 0x1F", "+ 0x1F", True),
        ("'n/a'", "'n/a'", True),
        ("'it''s; -- fine'", "'it''s; -- fine'", True),
        ("x'00ff'", "x'00ff'", True),
        ("null", "null", True),
        ("TRUE", "TRUE", True),
        (" CURRENT_TIMESTAMP ", "CURRENT_TIMESTAMP", False),
        ("(1 + 2)", "(1 + 2)", False),
        ("1 + 2", "(1 + 2)", False),
        ("(1) + (2)", "((1) + (2))", False),
        ("lower(hex(randomblob(4)))", "(lower(hex(randomblob(4))))", False),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_default_is_written_so_that_sqlite_takes_it(expression: str, written: str, constant: bool) -> None:
    assert default_sql("a", expression) == written
    assert is_constant(expression) is constant
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(f"CREATE TABLE t (a DEFAULT {written}, b)")
        connection.execute("INSERT INTO t (b) VALUES (1)")


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("", "it is empty"),
        ("   ", "it is empty"),
        ("0); DROP TABLE users; --", "'\\)' is one too many"),
        ("0; DROP TABLE users", "';' cannot stand in it"),
        ("0 -- no more", "'-- no more' cannot stand in it"),
        ("0 /* hidden", "'/\\* hidden' cannot stand in it"),
        ("0, b TEXT", "',' is one too many"),
        ("(0", "a parenthesis is not closed"),
        ("'open", "a quotation does not end"),
        ('"open', "a quotation does not end"),
        ("0\x00", "it is no SQL"),
        ("?", "cannot stand in it"),
        (":name", "cannot stand in it"),
        ("active", "text wants single quotes"),
        ('"active"', "text wants single quotes"),
    ],
    ids=repr,
)
def test_a_default_that_gets_out_of_its_place_is_refused(expression: str, problem: str) -> None:
    with pytest.raises(SchemaError, match=rf"default of column 'a' must be one SQL expression.*{problem}"):
        column_sql(Column("a", "TEXT", default=expression))


sql_pieces = st.lists(
    st.sampled_from([*"(),;'\"`[]+0b \n", "--", "/*", "*/", "UNIQUE"]),
    max_size=12,
).map("".join)


@settings(deadline=None)
@given(expression=sql_pieces | st.text(max_size=12))
def test_no_default_adds_a_column_or_a_constraint(expression: str) -> None:
    try:
        text = column_sql(Column("a", "TEXT", default=expression))
    except SchemaError:
        return
    with closing(sqlite3.connect(":memory:")) as connection:
        try:
            connection.execute(f"CREATE TABLE t ({text}, z TEXT)")
        except (sqlite3.Error, UnicodeEncodeError):
            return
        names = [name for (name,) in connection.execute("SELECT name FROM pragma_table_xinfo('t')")]
        indexes = connection.execute("SELECT * FROM pragma_index_list('t')").fetchall()
    assert names == ["a", "z"]
    assert indexes == []


ORDERS = '''CREATE TABLE orders (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- the key, of course
    "user ""id""" TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    [state] VARCHAR(20) DEFAULT ('a,b(') CHECK (state IN ('new', 'paid, or so)')),
    `total` NUMERIC CONSTRAINT positive CHECK (orders.total > 0) /* net */ COLLATE BINARY,
    gross AS (total * 2) STORED,
    code TEXT COLLATE NOCASE UNIQUE,
    CONSTRAINT one UNIQUE (code, state)
    CONSTRAINT two CHECK (code <> ''),
    FOREIGN KEY (code) REFERENCES codes(code) DEFERRABLE INITIALLY DEFERRED
)'''


def test_a_table_text_in_pieces() -> None:
    table = read_table_text(ORDERS)
    assert table.name == "orders"
    assert [(column.name, column.text) for column in table.columns] == [
        ("id", "id INTEGER PRIMARY KEY AUTOINCREMENT"),
        ('user "id"', '"user ""id""" TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE'),
        ("state", "[state] VARCHAR(20) DEFAULT ('a,b(') CHECK (state IN ('new', 'paid, or so)'))"),
        ("total", "`total` NUMERIC CONSTRAINT positive CHECK (orders.total > 0) /* net */ COLLATE BINARY"),
        ("gross", "gross AS (total * 2) STORED"),
        ("code", "code TEXT COLLATE NOCASE UNIQUE"),
    ]
    assert table.constraints == (
        "CONSTRAINT one UNIQUE (code, state)",
        "CONSTRAINT two CHECK (code <> '')",
        "FOREIGN KEY (code) REFERENCES codes(code) DEFERRABLE INITIALLY DEFERRED",
    )
    assert table.options == ""


@pytest.mark.parametrize(
    ("sql", "options"),
    [
        ("CREATE TABLE t (a PRIMARY KEY) WITHOUT ROWID", "WITHOUT ROWID"),
        ("CREATE TABLE t (a TEXT) STRICT -- yes", "STRICT"),
        ("CREATE TABLE t (a TEXT PRIMARY KEY) strict, without rowid", "strict, without rowid"),
    ],
    ids=["without rowid", "strict", "both"],
)
def test_options_are_kept(sql: str, options: str) -> None:
    table = read_table_text(sql)
    assert table.options == options
    assert table.sql().endswith(options)


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE VIRTUAL TABLE t USING fts5(a)",
        "CREATE VIEW v (a) AS SELECT 1",
        "CREATE TABLE t",
        "CREATE TABLE t (a",
        "SELECT (1)",
    ],
)
def test_what_is_no_ordinary_table_is_refused(sql: str) -> None:
    with pytest.raises(SchemaError):
        read_table_text(sql)


def test_another_name() -> None:
    table = read_table_text('CREATE TABLE t (a CHECK (t.a > 0 AND "t" . a < 9), b AS ([T].a))').called('new "one"')
    assert table.sql() == 'CREATE TABLE "new ""one""" (a CHECK (a > 0 AND  a < 9), b AS (a))'


def test_one_more_column() -> None:
    table = read_table_text("CREATE TABLE t (a, UNIQUE (a))").with_column("b", '"b" TEXT')
    assert table.sql() == 'CREATE TABLE "t" (a, "b" TEXT, UNIQUE (a))'


@pytest.mark.parametrize(
    ("sql", "without"),
    [
        ("CREATE TABLE t (a, b TEXT UNIQUE CHECK (b > 'a'))", 'CREATE TABLE "t" (a)'),
        ("CREATE TABLE t (a, B, UNIQUE (b))", 'CREATE TABLE "t" (a)'),
        ("CREATE TABLE t (a, b, CHECK (b > 9), CHECK (a > 0))", 'CREATE TABLE "t" (a, CHECK (a > 0))'),
        ("CREATE TABLE t (a, b, FOREIGN KEY (b) REFERENCES u(a))", 'CREATE TABLE "t" (a)'),
        ("CREATE TABLE t (a REFERENCES u(b), b)", 'CREATE TABLE "t" (a REFERENCES u(b))'),
        ("CREATE TABLE t (a DEFAULT ('b'), b)", "CREATE TABLE \"t\" (a DEFAULT ('b'))"),
        ('CREATE TABLE t (a, "b c", CONSTRAINT x UNIQUE ("b c")) STRICT', 'CREATE TABLE "t" (a) STRICT'),
    ],
    ids=["words", "unique", "check", "foreign key", "another table's column", "a default", "named"],
)
def test_a_column_goes_with_what_is_its_own(sql: str, without: str) -> None:
    table = read_table_text(sql)
    assert table.without_column(table.columns[1].name).sql() == without


@pytest.mark.parametrize(
    ("sql", "culprit"),
    [
        ("CREATE TABLE t (a, b, UNIQUE (a, b))", r"UNIQUE \(a, b\)"),
        ("CREATE TABLE t (a, b, PRIMARY KEY (b))", r"PRIMARY KEY \(b\)"),
        ("CREATE TABLE t (a, b, CONSTRAINT c CHECK (a < b))", r"CONSTRAINT c CHECK \(a < b\)"),
        ("CREATE TABLE t (a CHECK (a < b), b)", r"column 'a'.*CHECK \(a < b\)"),
        ("CREATE TABLE t (a AS (b + 1), b)", r"column 'a'.*AS \(b \+ 1\)"),
        ("CREATE TABLE t (a REFERENCES t(b), b UNIQUE)", r"column 'a'.*REFERENCES t\(b\)"),
        ("CREATE TABLE t (a, b UNIQUE, FOREIGN KEY (a) REFERENCES T(B))", r"FOREIGN KEY \(a\)"),
    ],
    ids=["unique", "primary key", "check", "column check", "generated", "self-reference", "foreign key"],
)
def test_a_column_that_others_need_stays(sql: str, culprit: str) -> None:
    with pytest.raises(SchemaError, match=culprit):
        read_table_text(sql).without_column("b")


@pytest.mark.parametrize(
    ("text", "nullable", "changed"),
    [
        ("a TEXT NOT NULL DEFAULT 'x'", True, "a TEXT DEFAULT 'x'"),
        ("a TEXT CONSTRAINT needed NOT NULL ON CONFLICT IGNORE UNIQUE", True, "a TEXT UNIQUE"),
        ("a TEXT CHECK (a IS NOT NULL)", True, "a TEXT CHECK (a IS NOT NULL)"),
        ("a TEXT", True, "a TEXT"),
        ("a TEXT UNIQUE", False, "a TEXT UNIQUE NOT NULL"),
        ("a NOT NULL", False, "a NOT NULL"),
    ],
    ids=["taken away", "named", "not in a check", "nothing to do", "added", "there already"],
)
def test_not_null(text: str, nullable: bool, changed: str) -> None:
    table = read_table_text(f"CREATE TABLE t ({text}, b)")
    assert table.with_nullable("a", nullable=nullable).columns[0].text == changed


def test_a_column_that_is_not_there() -> None:
    table = read_table_text("CREATE TABLE t (a)")
    for change in (lambda: table.without_column("b"), lambda: table.with_nullable("b", nullable=True)):
        with pytest.raises(ColumnNotFoundError, match="table 't' has no column 'b'"):
            change()


names = st.text(st.characters(exclude_characters="\x00", exclude_categories=("Cs",)), min_size=1, max_size=6)
bodies = st.sampled_from(
    [
        "",
        "TEXT",
        "VARCHAR(3, 4)",
        "TEXT DEFAULT ')'",
        "CHECK (1 IN (1, 2))",
        "/* , ( */ INT",
        "DEFAULT (1 + (2))",
        "COLLATE NOCASE",
    ]
)


@settings(deadline=None)
@given(columns=st.lists(st.tuples(names, bodies), min_size=1, max_size=4, unique_by=lambda c: c[0].lower()))
def test_taking_apart_and_joining_gives_the_same_table(columns: list[tuple[str, str]]) -> None:
    written = ",".join('"' + name.replace('"', '""') + '" ' + body for name, body in columns)
    with closing(sqlite3.connect(":memory:")) as connection:
        try:
            connection.execute(f"CREATE TABLE t ({written})")
        except sqlite3.OperationalError:  # names that differ only in the case of a letter beyond ASCII
            assume(False)
        (sql,) = connection.execute("SELECT sql FROM sqlite_master").fetchone()
        facts = connection.execute("SELECT * FROM pragma_table_xinfo('t')").fetchall()
        table = read_table_text(sql)
        assert [column.name for column in table.columns] == [name for name, _ in columns]
        connection.execute("DROP TABLE t")
        connection.execute(table.sql())
        assert connection.execute("SELECT * FROM pragma_table_xinfo('t')").fetchall() == facts
        assert read_table_text(table.sql()) == table


@settings(deadline=None)
@given(sql=st.text(max_size=30))
def test_tokens_cover_the_text(sql: str) -> None:
    try:
        tokens = tokenize(sql)
    except SchemaError:
        return
    rest = list(sql)
    for token in tokens:
        assert sql[token.start : token.end] == token.text
        rest[token.start : token.end] = " " * len(token.text)
    assert "".join(rest).strip(" \t\n\f\r") == ""


def test_a_table_text_is_a_value() -> None:
    assert read_table_text("CREATE TABLE t (a)") == TableText("t", (ColumnText("a", "a"),))
