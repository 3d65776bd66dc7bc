"""The defects of 0.1.24, each as one script that runs on both sides: right here, wrong over there.

What 0.1.24 does is asserted, too, so that every script is known to be able to fail.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import UUID

import pytest

import cinch_client
from cinch_client import CinchError, Column, ForeignKeyRef, Index

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Neighbour

    Script: TypeAlias = Callable[[Any, Path], object]


@dataclass(frozen=True)
class Defect:
    """A script, what it must give here, and what it gives on 0.1.24."""

    script: Script
    here: object
    there: object


NOTES = [Column("name", "TEXT"), Column("age", "INTEGER"), Column("age_gt", "INTEGER")]

DEFECTS: dict[str, Defect] = {}


def defect(name: str, *, here: object, there: object) -> Callable[[Script], Script]:
    """Register a script: it takes the side to run on and a directory for the project."""

    def register(script: Script) -> Script:
        DEFECTS[name] = Defect(script, here, there)
        return script

    return register


def outcome(call: Callable[[], object]) -> object:
    """What *call* returned, or the name of the error class that it raised: here it must be one of ours."""
    try:
        return call()
    except Exception as error:
        kind = getattr(error, "kind", None)
        if kind is None and not isinstance(error, CinchError):
            raise
        return kind or type(error).__name__


def project_with_users(side: Any, project: Path) -> Any:
    """A project whose database `main` has users with a name; gives the connection to it."""
    side.init_project(project)
    main = side.connect("main", project_dir=project)
    main.create_table("users", [Column("name", "TEXT", nullable=False), Column("age", "INTEGER")])
    return main


def names(connection: Any, table: str = "users") -> tuple[object, ...]:
    return tuple(row["name"] for row in connection.query(f"SELECT name FROM {table} ORDER BY name"))


@defect("D2 default tenant of a lazy database", here="Ada", there="OperationalError")
def insert_into_default_tenant(side: Any, project: Path) -> object:
    side.init_project(project)
    side.init_database(project, "shop")
    shop = side.connect("shop", project_dir=project)
    shop.create_table("users", [Column("name", "TEXT")])
    return outcome(lambda: shop.insert("users", {"name": "Ada"})["name"])


@defect("D3 reading a lazy tenant", here=(False, "Ada"), there=(True, "OperationalError"))
def read_then_write_lazy_tenant(side: Any, project: Path) -> object:
    project_with_users(side, project).create_tenant("lz")
    lazy = side.connect("main", tenant="lz", project_dir=project)
    lazy.list_tables()
    lazy.list_views()
    exists = (project / ".cinchdb" / "main-main" / "a9" / "lz.db").exists()
    return exists, outcome(lambda: lazy.insert("users", {"name": "Ada"})["name"])


@defect("D3 reading a missing tenant", here=("TenantNotFoundError", ()), there=("read", ("ghost.db",)))
def read_missing_tenant(side: Any, project: Path) -> object:
    project_with_users(side, project)
    ghost = side.connect("main", tenant="ghost", project_dir=project)
    seen = outcome(lambda: ghost.list_views() or "read")
    return seen, tuple(file.name for file in project.rglob("ghost.db"))


@defect("D4 two databases of one directory", here="refused", there=("secret",))
def open_database_of_same_directory(side: Any, project: Path) -> object:
    side.init_project(project)
    side.init_database(project, "shop-eu", lazy=False)
    owner = side.connect("shop-eu", project_dir=project)
    owner.create_table("notes", [Column("name", "TEXT")])
    owner.insert("notes", {"name": "secret"})
    made = outcome(lambda: side.init_database(project, "shop", branch_name="eu-main", lazy=False))
    if isinstance(made, str):
        return "refused"
    return names(side.connect("shop", "eu-main", project_dir=project), "notes")


@defect("D5 dropping a column keeps the primary key", here="ConstraintError", there="2")
def drop_column_then_duplicate_key(side: Any, project: Path) -> object:
    main = project_with_users(side, project)
    main.drop_column("users", "age")
    main.insert("users", {"id": "1", "name": "Ada"})
    return outcome(lambda: main.insert("users", {"id": "1", "name": "Bob"}) and str(len(names(main))))


@defect("D5 dropping a column keeps unique columns", here="ConstraintError", there="twice")
def drop_column_then_duplicate_value(side: Any, project: Path) -> object:
    side.init_project(project)
    main = side.connect("main", project_dir=project)
    main.create_table("users", [Column("email", "TEXT", unique=True), Column("old", "TEXT")])
    main.drop_column("users", "old")
    main.insert("users", {"email": "a@example.com"})
    return outcome(lambda: main.insert("users", {"email": "a@example.com"}) and "twice")


@defect("D5 dropping a column keeps foreign keys", here="ConstraintError", there="stored")
def drop_column_then_dangling_reference(side: Any, project: Path) -> object:
    main = project_with_users(side, project)
    main.create_table("orders", [Column("user_id", "TEXT", foreign_key=ForeignKeyRef("users")), Column("old", "TEXT")])
    main.drop_column("orders", "old")
    return outcome(lambda: main.insert("orders", {"user_id": "nobody"}) and "stored")


@defect("D5 dropping a column keeps indexes", here=("idx_users_name",), there=())
def drop_column_then_list_indexes(side: Any, project: Path) -> object:
    main = project_with_users(side, project)
    main.create_index("users", ["name"])
    main.drop_column("users", "age")
    return tuple(row["name"] for row in main.query("SELECT name FROM sqlite_master WHERE name LIKE 'idx%'"))


@defect("D5 a reference to the table still holds", here="stored", there="OperationalError")
def drop_column_then_reference(side: Any, project: Path) -> object:
    main = project_with_users(side, project)
    main.create_table("orders", [Column("user_id", "TEXT", foreign_key=ForeignKeyRef("users"))])
    main.insert("users", {"id": "u1", "name": "Ada"})
    outcome(lambda: main.drop_column("users", "age"))
    return outcome(lambda: main.insert("orders", {"user_id": "u1"}) and "stored")


@defect("D7 a unique index holds in every tenant", here="ConstraintError", there="twice")
def duplicate_in_other_tenant(side: Any, project: Path) -> object:
    main = project_with_users(side, project)
    main.create_tenant("acme", lazy=False)
    main.create_index("users", ["name"], unique=True)
    acme = side.connect("main", tenant="acme", project_dir=project)
    acme.insert("users", {"name": "Ada"})
    return outcome(lambda: acme.insert("users", {"name": "Ada"}) and "twice")


@defect("D7 a unique index holds in tenants made later", here="ConstraintError", there="twice")
def duplicate_in_later_tenant(side: Any, project: Path) -> object:
    main = project_with_users(side, project)
    main.create_index("users", ["name"], unique=True)
    main.create_tenant("acme")
    acme = side.connect("main", tenant="acme", project_dir=project)
    acme.insert("users", {"name": "Ada"})
    return outcome(lambda: acme.insert("users", {"name": "Ada"}) and "twice")


@defect("D7 an index made with its table", here=("uniq_users_name",), there=())
def index_of_new_table(side: Any, project: Path) -> object:
    side.init_project(project)
    main = side.connect("main", project_dir=project)
    main.create_tenant("acme", lazy=False)
    main.create_table("users", [Column("name", "TEXT")], [Index(["name"], unique=True)])
    acme = side.connect("main", tenant="acme", project_dir=project)
    return tuple(row["name"] for row in acme.query("SELECT name FROM sqlite_master WHERE name LIKE 'uniq%'"))


@defect("D8 a dropped table is gone", here=("TableNotFoundError", "made"), there=("users", "ValueError"))
def drop_table_then_create(side: Any, project: Path) -> object:
    main = project_with_users(side, project)
    main.drop_table("users")
    found = outcome(lambda: _name(main.get_table("users")))
    return found, outcome(lambda: main.create_table("users", [Column("name", "TEXT")]) and "made")


@defect("D8 a renamed column has its new name", here=("full_name", "age"), there=("name", "age"))
def rename_column_then_list(side: Any, project: Path) -> object:
    main = project_with_users(side, project)
    main.rename_column("users", "name", "full_name")
    return tuple(_name(column) for column in main.list_columns("users")[-2:])


@defect("D8 a failed creation leaves nothing", here="made", there="ValueError")
def create_table_after_failure(side: Any, project: Path) -> object:
    side.init_project(project)
    main = side.connect("main", project_dir=project)
    broken = outcome(lambda: main.create_table("users", [Column("name", "TEXT", default="(((")]))
    assert isinstance(broken, str)
    return outcome(lambda: main.create_table("users", [Column("name", "TEXT")]) and "made")


def _name(value: Any) -> str:
    """The name of what is an object here and a dict over there."""
    return getattr(value, "name", None) or value["name"]


@defect("D16 a transaction over several writes", here=("Ada",), there="AttributeError")
def roll_back(side: Any, project: Path) -> object:
    main = project_with_users(side, project)
    main.insert("users", {"name": "Ada"})

    def write_and_fail() -> object:
        with main.transaction():
            main.insert("users", {"name": "Bob"})
            raise cinch_client.UnsupportedError

    failed = outcome(write_and_fail)
    return names(main) if failed == "UnsupportedError" else failed


def _stored(side: Any, project: Path, kind: str, value: object) -> object:
    """What comes back for *value* in a column of type *kind*; repr tells True from 1."""
    side.init_project(project)
    main = side.connect("main", project_dir=project)
    main.create_table("things", [Column("name", kind)])

    def store_and_read() -> object:
        main.insert("things", {"name": value})
        return repr(names(main, "things")[0])

    return outcome(store_and_read)


@defect("D17 True in a BOOLEAN column", here="True", there="1")
def store_true(side: Any, project: Path) -> object:
    side.init_project(project)
    main = side.connect("main", project_dir=project)
    main.create_table("things", [Column("name", "BOOLEAN")])
    return repr(main.insert("things", {"name": True})["name"])


@defect("D17 a word in a BOOLEAN column", here="InvalidValueError", there="1")
def store_word_as_boolean(side: Any, project: Path) -> object:
    return _stored(side, project, "BOOLEAN", "false")


@defect("D17 a Decimal", here="'12.50'", there="ProgrammingError")
def store_decimal(side: Any, project: Path) -> object:
    return _stored(side, project, "TEXT", Decimal("12.50"))


@defect("D17 a UUID", here="'8c0e7b46-3c1c-4c55-9b1f-0d1b6c1f0a11'", there="ProgrammingError")
def store_uuid(side: Any, project: Path) -> object:
    return _stored(side, project, "TEXT", UUID("8c0e7b46-3c1c-4c55-9b1f-0d1b6c1f0a11"))


@defect("D17 NaN is refused", here="InvalidValueError", there="None")
def store_nan(side: Any, project: Path) -> object:
    return _stored(side, project, "REAL", math.nan)


@defect("D17 an integer beyond 64 bits is refused", here="InvalidValueError", there="OverflowError")
def store_large_integer(side: Any, project: Path) -> object:
    return _stored(side, project, "INTEGER", 2**63)


@defect("D17 text is no number", here="InvalidValueError", there="12")
def store_text_as_integer(side: Any, project: Path) -> object:
    return _stored(side, project, "INTEGER", "0012")


@defect("D18 SQL in the name of a table", here=("TableNotFoundError", ("Ada", "Bob")), there=(2, ()))
def inject_by_table(side: Any, project: Path) -> object:
    main = project_with_users(side, project)
    main.insert("users", {"name": "Ada"}, {"name": "Bob"})
    return outcome(lambda: main.delete_where("users where 1=1 --", name="x")), names(main)


@defect("D18 SQL in a filter", here=("QueryError", ("Ada", "Bob")), there=(2, ()))
def inject_by_filter(side: Any, project: Path) -> object:
    main = project_with_users(side, project)
    main.insert("users", {"name": "Ada"}, {"name": "Bob"})
    return outcome(lambda: main.delete_where("users", **{"1=1 --": "x"})), names(main)


@defect("D18 SQL in the name of a new value", here=("QueryError", None), there=("done", 77))
def inject_by_update(side: Any, project: Path) -> object:
    main = project_with_users(side, project)
    main.create_table("notes", [Column("name", "TEXT"), Column("age", "INTEGER"), Column("age_gt", "INTEGER")])
    key = main.insert("notes", {"name": "Ada"})["id"]
    seen = outcome(lambda: main.update("notes", {"id": key, "age = 77, age_gt": 6}) and "done")
    return seen, main.query("SELECT age FROM notes")[0]["age"]


@defect("D18 SQL in the name of an added column", here=("InvalidNameError", 5), there=("added", 6))
def inject_by_added_column(side: Any, project: Path) -> object:
    main = project_with_users(side, project)
    column = "note INTEGER"
    seen = outcome(lambda: main.add_column("users", side.Column(column, "TEXT")) or "added")
    return seen, main.query("SELECT count(*) AS n FROM pragma_table_info('users')")[0]["n"]


@defect("D18 SQL in the new name of a column", here="InvalidNameError", there="renamed")
def inject_by_renamed_column(side: Any, project: Path) -> object:
    main = project_with_users(side, project)
    return outcome(lambda: main.rename_column("users", "name", '"a b" --') or "renamed")


@defect("D18 SQL in the name of a view", here="InvalidNameError", there="created")
def inject_by_view(side: Any, project: Path) -> object:
    main = project_with_users(side, project)
    return outcome(lambda: main.create_view("v AS SELECT 1 AS x --", "SELECT 2 AS x") and "created")


@defect("D18 SQL in the name of an index", here="InvalidNameError", there="created")
def inject_by_index(side: Any, project: Path) -> object:
    main = project_with_users(side, project)
    return outcome(lambda: main.create_index("users", ["name"], name="i ON users (age) --") and "created")


@defect("D18 two filters never share a parameter", here=("Bob",), there=())
def colliding_filters(side: Any, project: Path) -> object:
    side.init_project(project)
    main = side.connect("main", project_dir=project)
    main.create_table("notes", [Column("name", "TEXT"), Column("age", "INTEGER"), Column("age_gt", "INTEGER")])
    main.insert("notes", {"name": "Ada", "age": 60, "age_gt": 1}, {"name": "Bob", "age": 10, "age_gt": 1})
    main.delete_where("notes", age__gt=50, age_gt=1)
    return names(main, "notes")


@defect("D21 a view is redefined", here=[2], there="TypeError")
def redefine_view(side: Any, project: Path) -> object:
    main = project_with_users(side, project)
    main.create_view("one", "SELECT 1 AS n")

    def redefine() -> object:
        main.update_view("one", "SELECT 2 AS n")
        return [row["n"] for row in main.query("SELECT n FROM one")]

    return outcome(redefine)


@defect("D21 a tenant is made as a copy", here=("Ada",), there="TypeError")
def create_tenant_from_copy(side: Any, project: Path) -> object:
    main = project_with_users(side, project)
    main.insert("users", {"name": "Ada"})

    def copy() -> object:
        main.create_tenant("acme", copy_from="main")
        return names(side.connect("main", tenant="acme", project_dir=project))

    return outcome(copy)


@defect("D21 a lazy tenant is copied", here=("copied", True), there=("FileNotFoundError", True))
def copy_lazy_tenant(side: Any, project: Path) -> object:
    main = project_with_users(side, project)
    main.create_tenant("lz")
    seen = outcome(lambda: main.copy_tenant("lz", "acme") and "copied")
    return seen, "acme" in {_name(tenant) for tenant in main.list_tenants()}


@defect("D22 a bulk insert refuses unknown columns", here=("QueryError", ()), there=("written", ("Ada", "Bob")))
def bulk_insert_with_unknown_column(side: Any, project: Path) -> object:
    main = project_with_users(side, project)
    seen = outcome(lambda: main.insert("users", {"name": "Ada"}, {"name": "Bob", "agee": 3}) and "written")
    return seen, names(main)


@defect("D22 a bulk insert keeps what only some rows say", here=(None, 3), there=(None, None))
def bulk_insert_of_unequal_rows(side: Any, project: Path) -> object:
    main = project_with_users(side, project)
    main.insert("users", {"name": "Ada"}, {"name": "Bob", "age": 3})
    return tuple(row["age"] for row in main.query("SELECT age FROM users ORDER BY name"))


@defect("D22 a unique column is not the id", here="'email'", there="'id'")
def report_unique_column(side: Any, project: Path) -> object:
    side.init_project(project)
    main = side.connect("main", project_dir=project)
    main.create_table("users", [Column("email", "TEXT", unique=True)])
    main.insert("users", {"email": "a@example.com"})
    try:
        main.insert("users", {"email": "a@example.com"})
    except Exception as error:  # noqa: BLE001 - its message is what is looked at
        return "'id'" if "with ID" in str(error) else repr(*getattr(error, "columns", ()))
    return "nothing raised"


@defect("D22 connecting to a wrong directory", here=("ProjectNotFoundError", False), there=("opened", True))
def connect_to_wrong_directory(side: Any, project: Path) -> object:
    def connect() -> object:
        connection = side.connect("main", project_dir=project)
        outcome(connection.list_branches)
        return "opened"

    return outcome(connect), (project / ".cinchdb").exists()


@pytest.fixture(params=DEFECTS)
def case(request: pytest.FixtureRequest) -> Defect:
    return DEFECTS[request.param]


def test_right_here(case: Defect, tmp_path: Path) -> None:
    assert case.script(cinch_client, tmp_path / "project") == case.here


def test_wrong_in_0_1_24(case: Defect, tmp_path: Path, neighbour: Neighbour) -> None:
    assert case.script(neighbour, tmp_path / "project") == case.there
