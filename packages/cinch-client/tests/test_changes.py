"""Schema changes: what they refuse, what they do to one tenant, and how 0.1 would read them."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cinch_client._changes import (
    AddColumn,
    Change,
    CreateIndex,
    CreateTable,
    CreateView,
    DropColumn,
    DropIndex,
    DropTable,
    DropView,
    RenameColumn,
    UpdateView,
)
from cinch_client._definitions import Column, ForeignKeyRef, Index
from cinch_client._embedded._changes import ChangeRecord, apply, foreign_keys_off, records
from cinch_client._embedded._introspection import read_schema
from cinch_client._embedded._snapshot import snapshot
from cinch_client._errors import (
    AlreadyExistsError,
    CinchError,
    ColumnNotFoundError,
    IndexNotFoundError,
    InvalidNameError,
    SchemaError,
    TableNotFoundError,
)
from cinch_client._schema import ColumnSchema, ForeignKey, IndexSchema, Schema, TableSchema

USERS = CreateTable(
    "users",
    (
        Column("email", "str", nullable=False, unique=True),
        Column("age", "int", default="18"),
        Column("active", "bool"),
    ),
    (Index(["age"]), Index(["age", "active"], unique=True)),
)
AUTOMATIC = '"id" TEXT PRIMARY KEY NOT NULL, "created_at" TEXT NOT NULL, "updated_at" TEXT'
ORDERS = CreateTable("orders", (Column("user_id", "str", foreign_key=ForeignKeyRef("users")),))


@pytest.fixture
def tenant() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        yield connection


@pytest.fixture
def shop(tenant: sqlite3.Connection) -> sqlite3.Connection:
    make(tenant, USERS)
    make(tenant, ORDERS)
    tenant.execute("INSERT INTO users (id, created_at, email, age) VALUES ('1', '', 'a', 1), ('2', '', 'b', 2)")
    tenant.execute("INSERT INTO orders (id, created_at, user_id) VALUES ('o', '', '1')")
    return tenant


def make(connection: sqlite3.Connection, change: Change) -> None:
    """Do what an engine does with one tenant."""
    connection.execute(f"PRAGMA foreign_keys = {'OFF' if foreign_keys_off(change) else 'ON'}")
    connection.execute("BEGIN IMMEDIATE")
    try:
        change.check(read_schema(connection))
        apply(change, connection)
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
    connection.execute("PRAGMA foreign_keys = ON")


def table(connection: sqlite3.Connection, name: str) -> TableSchema:
    found = read_schema(connection).table(name)
    assert found is not None
    return found


class TestTables:
    def test_a_created_table(self, shop: sqlite3.Connection) -> None:
        users = table(shop, "users")
        assert [c.name for c in users.columns] == ["id", "created_at", "updated_at", "email", "age", "active"]
        assert users.unique == (("email",), ("age", "active"))
        assert users.indexes == (
            IndexSchema("idx_users_age", "users", ("age",)),
            IndexSchema("uniq_users_age_active", "users", ("age", "active"), unique=True),
        )
        assert table(shop, "orders").foreign_keys == (ForeignKey(("user_id",), "users", ("id",)),)

    def test_a_table_may_refer_to_itself(self, tenant: sqlite3.Connection) -> None:
        code, parent = Column("code", "str", unique=True), ForeignKeyRef("nodes", "code")
        make(tenant, CreateTable("nodes", (code, Column("up", "str", foreign_key=parent))))
        assert table(tenant, "nodes").foreign_keys == (ForeignKey(("up",), "nodes", ("code",)),)

    @pytest.mark.parametrize(
        ("change", "error", "message"),
        [
            (CreateTable("users", ()), AlreadyExistsError, "there is a table 'users' already"),
            (
                CreateTable("idx_users_age", ()),
                AlreadyExistsError,
                "there is an index 'idx_users_age' already",
            ),
            (CreateTable("Users", ()), InvalidNameError, "lower-case"),
            (CreateTable("a", (Column("x", "str"),) * 2), SchemaError, "column 'x' twice"),
            (
                CreateTable("a", (Column("x", "str", foreign_key=ForeignKeyRef("user")),)),
                TableNotFoundError,
                "no table 'user'; did you mean 'users'",
            ),
            (
                CreateTable("a", (Column("x", "str", foreign_key=ForeignKeyRef("users", "mail")),)),
                ColumnNotFoundError,
                "no column 'mail'; did you mean 'email'",
            ),
            (
                CreateTable("a", (Column("x", "str", foreign_key=ForeignKeyRef("users", "age")),)),
                SchemaError,
                "users.age, which is not the primary key and not unique",
            ),
            (
                CreateTable("a", (Column("x", "str"), Column("y", "str", foreign_key=ForeignKeyRef("a", "x")))),
                SchemaError,
                "a.x, which is not the primary key and not unique",
            ),
            (CreateTable("a", (), (Index(["x"]),)), ColumnNotFoundError, "no column 'x'"),
            (CreateTable("a", (), (Index([]),)), SchemaError, "at least one column"),
            (CreateTable("a", (), (Index(["id"]),) * 2), AlreadyExistsError, "'idx_a_id'"),
            (CreateTable("a", (Column("x", "int", default="0, y"),)), SchemaError, "one SQL expression"),
            (DropTable("user"), TableNotFoundError, "did you mean 'users'"),
            (DropTable("users"), SchemaError, "orders.user_id refers to it"),
        ],
        ids=lambda value: str(value) if hasattr(value, "check") else None,
    )
    def test_what_is_refused(
        self, shop: sqlite3.Connection, change: Change, error: type[CinchError], message: str
    ) -> None:
        before = list(shop.iterdump())
        with pytest.raises(error, match=message) as caught:
            make(shop, change)
        assert type(caught.value) is error
        assert list(shop.iterdump()) == before

    def test_a_dropped_table_takes_its_indexes_along(self, shop: sqlite3.Connection) -> None:
        make(shop, DropTable("orders"))
        make(shop, DropTable("users"))
        assert shop.execute("SELECT * FROM sqlite_master").fetchall() == []

    def test_a_table_that_refers_to_itself_can_be_dropped(self, tenant: sqlite3.Connection) -> None:
        tenant.execute("CREATE TABLE t (id TEXT PRIMARY KEY, up TEXT REFERENCES t ON DELETE RESTRICT)")
        tenant.execute("INSERT INTO t VALUES ('1', NULL), ('2', '1')")
        make(tenant, DropTable("t"))
        assert read_schema(tenant) == Schema()

    @pytest.mark.parametrize(
        ("statement", "culprit"),
        [
            ("CREATE VIEW v AS SELECT user_id FROM orders", "the view 'v' would no longer work"),
            (
                "CREATE TRIGGER g AFTER INSERT ON users BEGIN DELETE FROM orders; END",
                r"a trigger of 'users' \(g\), at INSERT would no longer work",
            ),
        ],
        ids=["view", "trigger"],
    )
    def test_a_table_that_something_reads_stays(self, shop: sqlite3.Connection, statement: str, culprit: str) -> None:
        shop.execute(statement)
        with pytest.raises(SchemaError, match=f"cannot drop table 'orders': {culprit}"):
            make(shop, DropTable("orders"))
        assert table(shop, "orders").name == "orders"

    def test_what_was_broken_before_does_not_hinder(self, shop: sqlite3.Connection) -> None:
        shop.execute("CREATE TABLE gone (a)")
        shop.execute("CREATE VIEW lost AS SELECT * FROM gone")
        shop.execute("CREATE TRIGGER g INSTEAD OF UPDATE ON lost BEGIN SELECT 1; END")
        shop.execute("DROP TABLE gone")
        make(shop, DropTable("orders"))
        make(shop, AddColumn("users", Column("x", "str")))
        assert [found.name for found in read_schema(shop).tables] == ["users"]


class TestAddedColumns:
    @pytest.mark.parametrize(
        ("column", "expected", "value"),
        [
            (Column("x", "str"), ColumnSchema("x", "TEXT", "TEXT"), None),
            (
                Column("x", "bool", nullable=False, default="0"),
                ColumnSchema("x", "BOOLEAN", "BOOLEAN", nullable=False, default="0"),
                0,
            ),
            (
                Column("x", "str", nullable=False, default="upper('x')"),
                ColumnSchema("x", "TEXT", "TEXT", nullable=False, default="upper('x')"),
                "X",
            ),
        ],
        ids=["plain", "literal default", "computed default"],
    )
    def test_rows_get_the_default(
        self, shop: sqlite3.Connection, column: Column, expected: ColumnSchema, value: object
    ) -> None:
        make(shop, AddColumn("users", column))
        users = table(shop, "users")
        assert users.columns[-1] == expected
        assert users.unique == (("email",), ("age", "active"))
        assert len(users.indexes) == 2
        assert shop.execute("SELECT id, x FROM users").fetchall() == [("1", value), ("2", value)]

    def test_unique_is_kept(self, shop: sqlite3.Connection) -> None:
        make(shop, AddColumn("users", Column("nick", "str", unique=True)))
        assert ("nick",) in table(shop, "users").unique
        assert "uniq_users_nick" in [index.name for index in table(shop, "users").indexes]
        with pytest.raises(sqlite3.IntegrityError):
            shop.execute("UPDATE users SET nick = 'x'")

    @pytest.mark.parametrize("default", [None, "'1'", "'' || 1"], ids=["none", "literal", "computed"])
    def test_a_foreign_key_is_kept(self, shop: sqlite3.Connection, default: str | None) -> None:
        reference = ForeignKeyRef("users", on_delete="CASCADE")
        make(shop, AddColumn("orders", Column("by", "str", default=default, foreign_key=reference)))
        added = ForeignKey(("by",), "users", ("id",), on_delete="CASCADE")
        assert set(table(shop, "orders").foreign_keys) == {added, ForeignKey(("user_id",), "users", ("id",))}
        with pytest.raises(sqlite3.IntegrityError):
            shop.execute("UPDATE orders SET by = '9'")

    @pytest.mark.parametrize(
        ("change", "error", "message"),
        [
            (AddColumn("user", Column("x", "str")), TableNotFoundError, "did you mean 'users'"),
            (AddColumn("v", Column("x", "str")), TableNotFoundError, "'v' is a view"),
            (AddColumn("words", Column("x", "str")), SchemaError, "'words' is a virtual table"),
            (AddColumn("users", Column("age", "int")), AlreadyExistsError, "has a column 'age' already"),
            (
                AddColumn("users", Column("x", "str", nullable=False)),
                SchemaError,
                "the rows of 'users' would have no value; give it a default",
            ),
            (
                AddColumn("users", Column("x", "str", nullable=False, default="nullif(1, 1)")),
                SchemaError,
                "the rows of 'users' break it",
            ),
            (
                AddColumn("users", Column("x", "str", unique=True, default="'same'")),
                SchemaError,
                "its rows would not be unique",
            ),
            (
                AddColumn("orders", Column("x", "str", default="'9'", foreign_key=ForeignKeyRef("users"))),
                SchemaError,
                "rows would refer to what is not there",
            ),
            (
                AddColumn("users", Column("x", "str", foreign_key=ForeignKeyRef("users", "x"))),
                SchemaError,
                "cannot refer to itself",
            ),
            (AddColumn("users", Column("x", "str", default="nope")), SchemaError, "text wants single quotes"),
        ],
        ids=lambda value: str(value) if hasattr(value, "check") else None,
    )
    def test_what_is_refused(
        self, shop: sqlite3.Connection, change: Change, error: type[CinchError], message: str
    ) -> None:
        shop.execute("CREATE VIEW v AS SELECT id FROM users")
        shop.execute("CREATE VIRTUAL TABLE words USING fts5(word)")
        before = list(shop.iterdump())
        with pytest.raises(error, match=message):
            make(shop, change)
        assert list(shop.iterdump()) == before

    def test_a_trigger_that_counts_columns_stops_it(self, shop: sqlite3.Connection) -> None:
        shop.execute("CREATE TABLE log (a)")
        shop.execute("CREATE TRIGGER g AFTER INSERT ON users BEGIN INSERT INTO log VALUES (1); END")
        with pytest.raises(SchemaError, match=r"a trigger of 'users' \(g\), at INSERT would no longer work"):
            make(shop, AddColumn("log", Column("b", "str")))


class TestDroppedColumns:
    def test_everything_else_stays(self, shop: sqlite3.Connection) -> None:
        make(shop, DropIndex("uniq_users_age_active"))
        make(shop, DropColumn("users", "age"))
        users = table(shop, "users")
        assert [c.name for c in users.columns] == ["id", "created_at", "updated_at", "email", "active"]
        assert users.primary_key == ("id",)
        assert users.unique == (("email",),)
        assert users.indexes == ()
        assert shop.execute("SELECT id, email FROM users").fetchall() == [("1", "a"), ("2", "b")]
        assert shop.execute("SELECT id, user_id FROM orders").fetchall() == [("o", "1")]
        with pytest.raises(sqlite3.IntegrityError):
            shop.execute("DELETE FROM users WHERE id = '1'")

    def test_a_foreign_key_goes_with_its_column(self, shop: sqlite3.Connection) -> None:
        make(shop, DropColumn("orders", "user_id"))
        assert table(shop, "orders").foreign_keys == ()

    @pytest.mark.parametrize(
        ("statement", "column", "culprit"),
        [
            ("SELECT 1", "age", "the index 'uniq_users_age_active' covers other columns"),
            ("SELECT 1", "id", "'id' cannot be dropped: every table has it"),
            ("SELECT 1", "mail", "no column 'mail'; did you mean 'email'"),
            ("CREATE INDEX i ON users (id) WHERE email > ''", "email", "the index 'i' needs it"),
            ("CREATE INDEX i ON users (lower(email) || id)", "email", "the index 'i' needs it"),
            ("CREATE TABLE t (a REFERENCES users(email))", "email", "t.a refers to it"),
            ("CREATE VIEW v AS SELECT email FROM users", "email", "the view 'v' would no longer work"),
            (
                "CREATE TRIGGER g AFTER DELETE ON users BEGIN UPDATE orders SET id = old.email; END",
                "email",
                r"a trigger of 'users' \(g\), at DELETE",
            ),
            (
                "CREATE TRIGGER g AFTER UPDATE OF age, email ON users BEGIN SELECT 1; END",
                "email",
                "the trigger 'g' waits for its updates",
            ),
            (
                "CREATE TRIGGER g AFTER INSERT ON orders BEGIN UPDATE users SET email = ''; END",
                "email",
                r"a trigger of 'orders' \(g\), at INSERT",
            ),
        ],
        ids=[
            "index of two",
            "automatic",
            "unknown",
            "partial index",
            "expression index",
            "reference",
            "view",
            "own trigger",
            "occasion of a trigger",
            "other trigger",
        ],
    )
    def test_what_others_need_stays(self, shop: sqlite3.Connection, statement: str, column: str, culprit: str) -> None:
        shop.execute(statement)
        before = list(shop.iterdump())
        with pytest.raises((SchemaError, ColumnNotFoundError), match=culprit):
            make(shop, DropColumn("users", column))
        assert list(shop.iterdump()) == before

    @pytest.mark.parametrize(
        ("definition", "culprit"),
        [
            ("a PRIMARY KEY, x", "it belongs to the primary key"),
            ("a, x, UNIQUE (a, x)", "the columns a, x are unique together"),
            ("a, x, FOREIGN KEY (a, x) REFERENCES u(p, q)", "the columns a, x refer to 'u' together"),
            ("a, x CHECK (x > a)", r"column 'x'.*CHECK \(x > a\)"),
            ("a, x, CHECK (x > a)", r"a constraint of table 't' needs it: CHECK \(x > a\)"),
            ("a, x AS (a)", r"column 'x'.*AS \(a\)"),
            ("a", "it is the only column"),
        ],
    )
    def test_what_its_own_table_needs_stays(self, tenant: sqlite3.Connection, definition: str, culprit: str) -> None:
        tenant.execute(f"CREATE TABLE t ({definition})")
        with pytest.raises(SchemaError, match=culprit):
            make(tenant, DropColumn("t", "a"))


class TestRenamedColumns:
    def test_all_follow(self, shop: sqlite3.Connection) -> None:
        shop.execute("CREATE TABLE t (a REFERENCES users(email))")
        shop.execute("CREATE VIEW v AS SELECT email FROM users")
        make(shop, RenameColumn("users", "email", "mail"))
        schema = read_schema(shop)
        assert [c.name for view in schema.views for c in view.columns] == ["mail"]
        assert table(shop, "t").foreign_keys == (ForeignKey(("a",), "users", ("mail",)),)
        assert ("mail",) in table(shop, "users").unique

    @pytest.mark.parametrize(
        ("old", "new", "error", "message"),
        [
            ("mail", "x", ColumnNotFoundError, "did you mean 'email'"),
            ("email", "age", AlreadyExistsError, "has a column 'age' already"),
            ("email", "email", AlreadyExistsError, "has a column 'email' already"),
            ("email", "Bad Name", InvalidNameError, "lower-case"),
            ("email", "id", SchemaError, "every table has it"),
            ("created_at", "made", SchemaError, "every table has it"),
        ],
    )
    def test_what_is_refused(
        self, shop: sqlite3.Connection, old: str, new: str, error: type[CinchError], message: str
    ) -> None:
        with pytest.raises(error, match=message):
            make(shop, RenameColumn("users", old, new))

    def test_a_broken_view_is_named(self, shop: sqlite3.Connection) -> None:
        shop.execute("CREATE VIEW lost AS SELECT * FROM gone")
        with pytest.raises(SchemaError, match=r"error in view lost.*put that right or drop it first"):
            make(shop, RenameColumn("users", "email", "mail"))


class TestIndexes:
    @pytest.mark.parametrize(
        ("change", "name"),
        [
            (CreateIndex("users", ("email", "age")), "idx_users_email_age"),
            (CreateIndex("users", ("email", "age"), unique=True), "uniq_users_email_age"),
            (CreateIndex("users", ("email",), "mine"), "mine"),
        ],
    )
    def test_names(self, shop: sqlite3.Connection, change: CreateIndex, name: str) -> None:
        make(shop, change)
        assert change.index_name == name
        assert IndexSchema(name, "users", change.columns, change.unique) in table(shop, "users").indexes

    @pytest.mark.parametrize(
        ("change", "error", "message"),
        [
            (CreateIndex("users", ("mail",)), ColumnNotFoundError, "did you mean 'email'"),
            (CreateIndex("users", ()), SchemaError, "at least one column"),
            (CreateIndex("users", ("age", "age")), SchemaError, "'age' twice"),
            (CreateIndex("users", ("age",)), AlreadyExistsError, "there is an index 'idx_users_age'"),
            (
                CreateIndex("users", ("age",), "orders"),
                AlreadyExistsError,
                "there is a table 'orders' already",
            ),
            (CreateIndex("users", ("age",), 'x" ON y'), InvalidNameError, "lower-case"),
            (DropIndex("idx_users_ages"), IndexNotFoundError, "did you mean 'idx_users_age'"),
        ],
        ids=lambda value: str(value) if hasattr(value, "check") else None,
    )
    def test_what_is_refused(
        self, shop: sqlite3.Connection, change: Change, error: type[CinchError], message: str
    ) -> None:
        with pytest.raises(error, match=message):
            make(shop, change)

    def test_rows_that_agree_are_named(self, shop: sqlite3.Connection) -> None:
        shop.execute("UPDATE users SET age = 7, active = CASE id WHEN '1' THEN 0 ELSE 1 END")
        with pytest.raises(SchemaError, match=r"2 rows of 'users' have 7 in age; change or delete all but one"):
            make(shop, CreateIndex("users", ("age",), unique=True))

    def test_an_index_that_0_1_made_in_one_tenant_is_no_hindrance(self, shop: sqlite3.Connection) -> None:
        change = CreateIndex("users", ("email",), "by_email")
        make(shop, change)
        shop.execute("BEGIN")
        apply(change, shop)
        with pytest.raises(SchemaError, match="there is another index 'by_email' on 'users'"):
            apply(CreateIndex("users", ("age",), "by_email"), shop)
        apply(DropIndex("by_email"), shop)
        apply(DropIndex("by_email"), shop)
        shop.execute("COMMIT")
        assert "by_email" not in [index.name for index in table(shop, "users").indexes]

    def test_an_index_that_a_foreign_key_needs_stays(self, shop: sqlite3.Connection) -> None:
        make(shop, CreateIndex("orders", ("user_id",), unique=True))
        shop.execute("CREATE TABLE t (a REFERENCES orders(user_id))")
        with pytest.raises(SchemaError, match=r"t.a refers to orders.user_id, which it keeps unique"):
            make(shop, DropIndex("uniq_orders_user_id"))


class TestViews:
    def test_create_update_drop(self, shop: sqlite3.Connection) -> None:
        make(shop, CreateView("adults", " SELECT email FROM users WHERE age >= 18 ; -- all"))
        (view,) = read_schema(shop).views
        assert (view.name, view.sql) == ("adults", "SELECT email FROM users WHERE age >= 18")
        shop.execute("CREATE TRIGGER g INSTEAD OF DELETE ON adults BEGIN DELETE FROM users; END")
        make(shop, UpdateView("adults", "WITH x AS (SELECT id, email FROM users) SELECT * FROM x"))
        (view,) = read_schema(shop).views
        assert [c.name for c in view.columns] == ["id", "email"]
        assert shop.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall() == [("g",)]
        make(shop, DropView("adults"))
        assert read_schema(shop).views == ()

    @pytest.mark.parametrize(
        ("sql", "message"),
        [
            ("", "must be a SELECT"),
            ("-- nothing", "must be a SELECT"),
            ("DELETE FROM users", "must be a SELECT"),
            ("PRAGMA table_info(users)", "must be a SELECT"),
            ("SELECT 1; DROP TABLE users", "must be one statement"),
            ("SELECT 1 WHERE 1 = ?", r"cannot have the parameter '\?'"),
            ("SELECT 1 WHERE 1 = :x", "cannot have the parameter ':x'"),
            ("WITH x AS (SELECT 1) DELETE FROM users", "can only read; DELETE users is not allowed"),
            ("WITH x AS (SELECT 1) INSERT INTO users (id) SELECT 1", "can only read; INSERT users"),
            ("SELECT load_extension('x')", "can only read; the function load_extension"),
            ("SELECT nope FROM users", "no such column: nope"),
            ("SELECT * FROM gone", "no such table: gone"),
            ("SELECT 'open", "a quotation does not end"),
        ],
    )
    def test_what_is_no_view(self, shop: sqlite3.Connection, sql: str, message: str) -> None:
        before = list(shop.iterdump())
        with pytest.raises(SchemaError, match=message):
            make(shop, CreateView("v", sql))
        assert list(shop.iterdump()) == before

    @pytest.mark.parametrize(
        ("change", "error", "message"),
        [
            (CreateView("users", "SELECT 1"), AlreadyExistsError, "there is a table 'users' already"),
            (CreateView("v", "SELECT 1"), AlreadyExistsError, "there is a view 'v' already"),
            (CreateView("x AS y", "SELECT 1"), InvalidNameError, "lower-case"),
            (UpdateView("w", "SELECT 1"), TableNotFoundError, "there is no view 'w'"),
            (UpdateView("v", "SELECT 1 AS other"), SchemaError, "the view 'above' would no longer work"),
            (UpdateView("v", "SELECT id FROM v"), SchemaError, "circularly defined"),
            (DropView("users"), TableNotFoundError, "there is no view 'users'"),
            (DropView("v"), SchemaError, "the view 'above' would no longer work"),
        ],
        ids=lambda value: str(value) if hasattr(value, "check") else None,
    )
    def test_what_is_refused(
        self, shop: sqlite3.Connection, change: Change, error: type[CinchError], message: str
    ) -> None:
        shop.execute("CREATE VIEW v AS SELECT id FROM users")
        shop.execute("CREATE VIEW above AS SELECT id FROM v")
        with pytest.raises(error, match=message):
            make(shop, change)


class TestRecords:
    """The form is that of 0.1.24, which runs ``statements`` where there are any and ``sql`` otherwise."""

    def test_a_table_and_its_indexes(self, tenant: sqlite3.Connection) -> None:
        reference = ForeignKeyRef("a", on_delete="CASCADE")
        columns = (
            Column("up", "str", foreign_key=reference),
            Column("n", "int", nullable=False, default="1+1"),
        )
        created, index = records(CreateTable("a", columns, (Index(["n"], unique=True),)), tenant)
        assert (created.type, created.entity_type, created.entity_name) == ("create_table", "table", "a")
        assert created.sql == (
            f'CREATE TABLE "a" ({AUTOMATIC}, '
            '"up" TEXT, "n" INTEGER NOT NULL DEFAULT (1+1), '
            'FOREIGN KEY ("up") REFERENCES "a"("id") ON DELETE CASCADE)'
        )
        plain = {"type": "TEXT", "nullable": True, "default": None, "unique": False, "foreign_key": None}
        assert created.details == {
            "columns": [
                plain | {"name": "id", "nullable": False, "unique": True},
                plain | {"name": "created_at", "nullable": False},
                plain | {"name": "updated_at"},
                plain
                | {
                    "name": "up",
                    "foreign_key": {
                        "table": "a",
                        "column": "id",
                        "on_delete": "CASCADE",
                        "on_update": "RESTRICT",
                    },
                },
                plain | {"name": "n", "type": "INTEGER", "nullable": False, "default": "(1+1)"},
            ]
        }
        assert index == ChangeRecord(
            "create_index",
            "index",
            "uniq_a_n",
            {"table": "a", "columns": ["n"], "unique": True},
            'CREATE UNIQUE INDEX IF NOT EXISTS "uniq_a_n" ON "a" ("n")',
        )

    @pytest.mark.parametrize(
        ("change", "kind", "entity", "name", "sql"),
        [
            (DropTable("orders"), "drop_table", "table", "orders", 'DROP TABLE "orders"'),
            (
                DropIndex("idx_users_age"),
                "drop_index",
                "index",
                "idx_users_age",
                'DROP INDEX IF EXISTS "idx_users_age"',
            ),
            (DropView("v"), "drop_view", "view", "v", 'DROP VIEW "v"'),
        ],
        ids=lambda value: value if isinstance(value, str) and "_" in value else None,
    )
    def test_what_has_no_details(
        self, shop: sqlite3.Connection, change: Change, kind: str, entity: str, name: str, sql: str
    ) -> None:
        assert records(change, shop) == (ChangeRecord(kind, entity, name, None, sql),)

    def test_an_added_column(self, shop: sqlite3.Connection) -> None:
        (record,) = records(AddColumn("users", Column("nick", "str", unique=True)), shop)
        assert record.sql == 'ALTER TABLE "users" ADD COLUMN "nick" TEXT'
        assert record.details == {
            "table": "users",
            "column_def": {
                "name": "nick",
                "type": "TEXT",
                "nullable": True,
                "default": None,
                "unique": True,
                "foreign_key": None,
            },
            "statements": [
                ["ADD", 'ALTER TABLE "users" ADD COLUMN "nick" TEXT'],
                ["INDEX", 'CREATE UNIQUE INDEX IF NOT EXISTS "uniq_users_nick" ON "users" ("nick")'],
            ],
        }

    def test_a_dropped_column(self, shop: sqlite3.Connection) -> None:
        (record,) = records(DropColumn("orders", "user_id"), shop)
        assert record.sql == '-- DROP COLUMN "user_id" FROM "orders"'
        assert record.details is not None
        remaining = record.details.pop("remaining_columns")
        assert isinstance(remaining, list)
        stored = '"rowid", "id", "created_at", "updated_at"'
        assert record.details == {
            "table": "orders",
            "temp_table": "__rebuild_orders",
            "statements": [
                ["COMMIT", "COMMIT"],
                ["FOREIGN_KEYS", "PRAGMA foreign_keys = OFF"],
                ["BEGIN", "BEGIN IMMEDIATE"],
                ["LEGACY", "PRAGMA legacy_alter_table = ON"],
                [
                    "CREATE",
                    f'CREATE TABLE "__rebuild_orders" ({AUTOMATIC})',
                ],
                [
                    "COPY",
                    f'INSERT INTO "__rebuild_orders" ({stored}) SELECT {stored} FROM "orders"',
                ],
                ["DROP", 'DROP TABLE "orders"'],
                ["RENAME", 'ALTER TABLE "__rebuild_orders" RENAME TO "orders"'],
                ["MODERN", "PRAGMA legacy_alter_table = OFF"],
            ],
        }

    def test_a_renamed_column_goes_by_its_new_name(self, shop: sqlite3.Connection) -> None:
        assert records(RenameColumn("users", "email", "mail"), shop) == (
            ChangeRecord(
                "rename_column",
                "column",
                "mail",
                {"table": "users", "old_name": "email", "fallback_sqls": {}},
                'ALTER TABLE "users" RENAME COLUMN "email" TO "mail"',
            ),
        )

    def test_views(self, shop: sqlite3.Connection) -> None:
        assert records(CreateView("v", "SELECT 1;"), shop) == (
            ChangeRecord("create_view", "view", "v", {"sql_statement": "SELECT 1"}, 'CREATE VIEW "v" AS SELECT 1'),
        )
        make(shop, CreateView("v", "SELECT 1"))
        details: dict[str, object] = {"sql_statement": "SELECT 2", "drop_sql": 'DROP VIEW "v"'}
        assert records(UpdateView("v", "SELECT 2"), shop) == (
            ChangeRecord("update_view", "view", "v", details, 'CREATE VIEW "v" AS SELECT 2'),
        )

    def test_a_snapshot_has_the_words_of_0_1(self, tenant: sqlite3.Connection) -> None:
        tenant.execute(
            "CREATE TABLE t (a JSON DEFAULT (json('[]')), b INTEGER REFERENCES u ON DELETE SET DEFAULT, "
            "c TEXT UNIQUE DEFAULT abc, d, FOREIGN KEY (a, d) REFERENCES u(x, y))"
        )
        tenant.execute("CREATE TABLE u (id INTEGER PRIMARY KEY, x, y, UNIQUE (x, y))")
        tenant.execute("CREATE VIEW v AS SELECT 1")
        plain = {"type": "TEXT", "nullable": True, "default": None, "unique": False, "foreign_key": None}
        reference = {"table": "u", "column": "id", "on_delete": "RESTRICT", "on_update": "RESTRICT"}
        found = snapshot(read_schema(tenant))
        assert found == {
            "t": [
                plain | {"name": "a", "default": "(json('[]'))"},
                plain | {"name": "b", "type": "INTEGER", "foreign_key": reference},
                plain | {"name": "c", "unique": True, "default": "abc"},
                plain | {"name": "d"},
            ],
            "u": [
                plain | {"name": "id", "type": "INTEGER", "nullable": False, "unique": True},
                plain | {"name": "x"},
                plain | {"name": "y"},
            ],
        }
        assert json.loads(json.dumps(found)) == found


def test_a_transaction_is_the_callers_business(tenant: sqlite3.Connection) -> None:
    with pytest.raises(RuntimeError, match="wants a transaction"):
        apply(DropTable("t"), tenant)
    tenant.execute("PRAGMA foreign_keys = ON")
    tenant.execute("BEGIN")
    with pytest.raises(RuntimeError, match="foreign_keys must be OFF"):
        apply(DropTable("t"), tenant)


@pytest.mark.parametrize(
    "change", [DropTable("orders"), DropColumn("users", "active"), CreateView("v", "SELECT 1")], ids=str
)
def test_what_neither_schema_nor_data_forbids_passes_as_it_is(shop: sqlite3.Connection, change: Change) -> None:
    make(shop, DropIndex("uniq_users_age_active"))
    shop.execute("PRAGMA foreign_keys = OFF")
    shop.execute("PRAGMA query_only = ON")
    shop.execute("BEGIN")
    with pytest.raises(sqlite3.OperationalError) as caught:
        apply(change, shop)
    assert caught.value.sqlite_errorcode == sqlite3.SQLITE_READONLY


def test_a_name_that_the_schema_does_not_show_is_taken_all_the_same(tenant: sqlite3.Connection) -> None:
    tenant.execute("CREATE VIRTUAL TABLE words USING fts5(word)")
    with pytest.raises(AlreadyExistsError, match="words_data"):
        make(tenant, CreateTable("words_data", ()))


CHANGES: tuple[Change, ...] = (
    AddColumn("users", Column("a", "str", default="lower('X')", nullable=False)),
    AddColumn("users", Column("b", "int", unique=True)),
    AddColumn("orders", Column("c", "str", default="'1'", foreign_key=ForeignKeyRef("users"))),
    DropColumn("users", "a"),
    DropColumn("users", "age"),
    DropColumn("users", "active"),
    DropColumn("orders", "user_id"),
    RenameColumn("users", "age", "years"),
    RenameColumn("users", "email", "mail"),
    CreateIndex("users", ("active",)),
    CreateIndex("users", ("active", "email"), unique=True),
    DropIndex("idx_users_active"),
    DropIndex("uniq_users_age_active"),
    CreateView("v", "SELECT email, age FROM users"),
    UpdateView("v", "SELECT email FROM users"),
    DropView("v"),
    DropTable("orders"),
    ORDERS,
)


@settings(max_examples=40, deadline=None)
@given(changes=st.lists(st.sampled_from(CHANGES), max_size=8))
def test_records_replayed_as_0_1_does_it_give_the_same_schema(changes: list[Change]) -> None:
    with (
        closing(sqlite3.connect(":memory:", isolation_level=None)) as ours,
        closing(sqlite3.connect(":memory:")) as theirs,
    ):
        theirs.execute("PRAGMA foreign_keys = ON")
        for change in (USERS, ORDERS, *changes):
            try:
                change.check(read_schema(ours))
                described = records(change, ours)
                make(ours, change)
            except CinchError:
                continue
            for record in described:
                replay(theirs, record)
        assert read_schema(theirs) == read_schema(ours)


def replay(connection: sqlite3.Connection, record: ChangeRecord) -> None:
    statements = (record.details or {}).get("statements")
    connection.execute("BEGIN")
    if record.type == "update_view" and not statements:
        connection.execute(f"DROP VIEW IF EXISTS {record.entity_name}")
    for sql in [sql for _, sql in cast("list[list[str]]", statements)] if statements else [record.sql]:
        connection.execute(sql)
    connection.execute("COMMIT")
    connection.execute("PRAGMA foreign_keys = ON")
