"""Projects made here open in 0.1.24, and both go on writing: in turns, and at the same time."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from cinch_client import (
    Column,
    DriftError,
    ForeignKeyRef,
    Index,
    TenantNotFoundError,
    connect,
    init_database,
    init_project,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cinch_client import CinchDB

    Generate = Callable[[CinchDB], Any]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Everything that can be made and unmade here: tables, columns, indexes, views, tenants of both kinds."""
    directory = tmp_path / "here"
    init_project(directory)
    init_database(directory, "shop")
    init_database(directory, "archive", lazy=False)
    shop = connect("shop", project_dir=directory)
    shop.create_tenant("before", lazy=False)
    shop.create_table(
        "users",
        [
            Column("name", "TEXT", nullable=False),
            Column("email", "TEXT", unique=True),
            Column("age", "INTEGER", nullable=False, default="0"),
            Column("height", "REAL"),
            Column("active", "BOOLEAN", nullable=False, default="1"),
            Column("photo", "BLOB"),
            Column("old", "TEXT"),
        ],
        [Index(["age"]), Index(["name", "age"], unique=True)],
    )
    shop.create_table("orders", [Column("user_id", "TEXT", foreign_key=ForeignKeyRef("users"))])
    shop.create_table("gone", [Column("text", "TEXT")])
    shop.create_view("adults", "SELECT id, name FROM users WHERE age >= 18")
    shop.create_tenant("eager", lazy=False)
    shop.create_tenant("lz")
    shop.drop_column("users", "old")
    shop.rename_column("users", "height", "tallness")
    shop.add_column("users", Column("vip", "BOOLEAN", nullable=False, default="0"))
    shop.add_column("orders", Column("total", "NUMERIC", unique=True))
    shop.create_index("orders", ["user_id"])
    shop.drop_table("gone")
    shop.insert("users", {"id": "ada", "name": "Ada", "age": 36, "active": False})
    shop.with_tenant("before").insert("users", {"id": "bea", "name": "Bea 🐝", "photo": b"\x00\x01"})
    return directory


def test_0_1_24_lists_everything(project: Path, neighbour: Any) -> None:
    shop = neighbour.connect("shop", project_dir=project)

    assert [table["name"] for table in shop.list_tables()] == ["orders", "users"]
    assert [column["name"] for column in shop.get_table("users")["columns"]] == [
        "id",
        "created_at",
        "updated_at",
        "name",
        "email",
        "age",
        "tallness",
        "active",
        "photo",
        "vip",
    ]
    assert {column["name"]: column["type"] for column in shop.list_columns("users")}["vip"] == "BOOLEAN"
    assert [view["name"] for view in shop.list_views()] == ["adults"]
    assert sorted(tenant["name"] for tenant in shop.list_tenants()) == ["before", "eager", "lz", "main"]
    assert [branch["name"] for branch in shop.list_branches()] == ["main"]
    assert sorted(index["name"] for index in shop.list_indexes()) == [
        "idx_orders_user_id",
        "idx_users_age",
        "uniq_orders_total",
        "uniq_users_name_age",
    ]


def test_0_1_24_lists_the_changes(project: Path, neighbour: Any) -> None:
    changes = neighbour.connect("shop", project_dir=project).list_changes()

    assert [(change["type"], change["entity_name"]) for change in changes] == [
        ("create_table", "users"),
        ("create_index", "idx_users_age"),
        ("create_index", "uniq_users_name_age"),
        ("create_table", "orders"),
        ("create_table", "gone"),
        ("create_view", "adults"),
        ("drop_column", "old"),
        ("rename_column", "tallness"),
        ("add_column", "vip"),
        ("add_column", "total"),
        ("create_index", "idx_orders_user_id"),
        ("drop_table", "gone"),
    ]
    assert all(change["applied"] for change in changes)


@pytest.mark.parametrize("tenant", ["main", "before", "eager", "lz"])
def test_0_1_24_reads_and_writes_every_tenant(project: Path, neighbour: Any, tenant: str) -> None:
    over_there = neighbour.connect("shop", tenant=tenant, project_dir=project)

    over_there.insert("users", {"id": "zoe", "name": "Zoe", "age": 20, "vip": True})
    over_there.update("users", {"id": "zoe", "tallness": 1.5})

    assert over_there.query("SELECT name, age, tallness, active, vip FROM users WHERE id = 'zoe'") == [
        {"name": "Zoe", "age": 20, "tallness": 1.5, "active": 1, "vip": 1}
    ]
    here = connect("shop", tenant=tenant, project_dir=project)
    assert here.query("SELECT name, active, vip FROM users WHERE id = 'zoe'") == [
        {"name": "Zoe", "active": True, "vip": True}
    ]
    assert {"id": "zoe", "name": "Zoe"} in here.query("SELECT * FROM adults")


def test_0_1_24_changes_the_schema(project: Path, generate: Generate, neighbour: Any) -> None:
    over_there = neighbour.connect("shop", project_dir=project)
    over_there.create_table("notes", [Column("text", "TEXT")])
    over_there.add_column("users", Column("city", "TEXT", default="'Bern'"))
    over_there.create_view("minors", "SELECT id, name FROM users WHERE age < 18")
    over_there.create_tenant("new")
    over_there.create_branch("dev")
    models = generate(connect("shop", project_dir=project))

    for tenant in ("main", "before", "eager", "lz", "new"):
        bound = models.with_tenant(tenant)
        bound.Users.create(name="Kid", age=7)
        bound.Notes.create(text=tenant)
        assert [user.name for user in bound.MinorsView.select(name="Kid")] == ["Kid"]
        assert bound.Users.first(name="Kid").city == "Bern"
        assert [note.text for note in bound.Notes.select()] == [tenant]


def test_a_branch_of_0_1_24_is_merged_there(project: Path, generate: Generate, neighbour: Any) -> None:
    over_there = neighbour.connect("shop", project_dir=project)
    over_there.create_branch("dev")
    neighbour.connect("shop", "dev", project_dir=project).create_table("notes", [Column("text", "TEXT")])

    over_there.merge_branches("dev", "main")

    models = generate(connect("shop", project_dir=project))
    assert models.with_tenant("lz").Notes.create(text="merged").text == "merged"


def test_both_write_in_turns(project: Path, generate: Generate, neighbour: Any) -> None:
    users = generate(connect("shop", project_dir=project)).with_tenant("lz").Users
    over_there = neighbour.connect("shop", tenant="lz", project_dir=project)

    for turn in range(20):
        users.create(name=f"here {turn}", age=turn)
        over_there.insert("users", {"name": f"there {turn}", "age": turn})
        users.update_where({"age": turn + 100}, name=f"there {turn}")
        over_there.delete_where("users", name=f"here {turn - 1}")

    names = [user.name for user in users.select(order_by="name")]
    assert names == sorted(["here 19", *(f"there {turn}" for turn in range(20))])
    assert over_there.query("SELECT count(*) AS n FROM users WHERE age >= 100") == [{"n": 20}]


def test_both_change_the_schema_in_turns(project: Path, neighbour: Any) -> None:
    here = connect("shop", project_dir=project)
    over_there = neighbour.connect("shop", project_dir=project)

    for turn in range(3):
        here.add_column("users", Column(f"here{turn}", "TEXT"))
        over_there.add_column("users", Column(f"there{turn}", "TEXT"))

    columns = ["here0", "there0", "here1", "there1", "here2", "there2"]
    assert [column.name for column in here.list_columns("users")][-6:] == columns
    assert [column["name"] for column in over_there.list_columns("users")][-6:] == columns


def test_both_write_at_the_same_time(project: Path, generate: Generate, neighbour: Any) -> None:
    users = generate(connect("shop", project_dir=project)).with_tenant("eager").Users
    over_there = neighbour.connect("shop", tenant="eager", project_dir=project)

    def write_there() -> None:
        for number in range(150):
            over_there.insert("users", {"name": f"there {number}"})

    thread = threading.Thread(target=write_there)
    thread.start()
    for number in range(150):
        users.create(name=f"here {number}")
        assert users.count(name__startswith="here") == number + 1
    thread.join()

    found = {user.name for user in users.select()}
    assert found == {f"{side} {number}" for side in ("here", "there") for number in range(150)}


def test_schema_changes_here_while_0_1_24_writes(project: Path, neighbour: Any) -> None:
    here = connect("shop", project_dir=project)
    over_there = neighbour.connect("shop", tenant="eager", project_dir=project)
    refused: list[str] = []

    def write_there() -> None:
        for number in range(100):
            try:
                over_there.insert("users", {"name": f"there {number}"})
            except Exception as error:  # noqa: BLE001 - whatever it is, it is looked at below
                refused.append(str(error))

    thread = threading.Thread(target=write_there)
    thread.start()
    for number in range(5):
        here.add_column("users", Column(f"extra{number}", "TEXT", default="'x'"))
        here.create_index("users", [f"extra{number}"])
    here.drop_column("users", "photo")
    thread.join()

    rows = here.with_tenant("eager").query("SELECT name, extra4 FROM users")
    assert len(refused) < 100
    assert all("maintenance" in message for message in refused)
    assert len(rows) == 100 - len(refused)
    assert {row["extra4"] for row in rows} <= {"x"}
    assert over_there.query("SELECT count(*) AS n FROM users WHERE extra0 = 'x'") == [{"n": len(rows)}]


def test_0_1_24_branches_from_files_that_are_open_here(project: Path, generate: Generate, neighbour: Any) -> None:
    """It copies files; what was written here last must be in them although connections are open."""
    here = connect("shop", project_dir=project)
    models = generate(here)
    for tenant in ("main", "eager", "lz"):
        models.with_tenant(tenant).Users.create(name="last")

    neighbour.connect("shop", project_dir=project).create_branch("dev")

    for tenant in ("main", "eager", "lz"):
        copied = neighbour.connect("shop", "dev", tenant, project_dir=project)
        assert copied.query("SELECT name FROM users WHERE name = 'last'") == [{"name": "last"}]
        assert connect("shop", "dev", tenant, project_dir=project).query(
            "SELECT name FROM users WHERE name = 'last'"
        ) == [{"name": "last"}]


def test_a_change_that_fails_over_there_loses_nothing_here(project: Path, neighbour: Any) -> None:
    """0.1.24 then puts copies back over the files, which are open here."""
    here = connect("shop", tenant="eager", project_dir=project)
    over_there = neighbour.connect("shop", project_dir=project)

    for turn in range(5):
        here.insert("users", {"name": f"before {turn}"})
        with pytest.raises(Exception, match="ChangeError"):
            over_there.create_view("users", "SELECT 1")
        here.insert("users", {"name": f"after {turn}"})

    assert len(here.query("SELECT name FROM users")) == 10
    assert neighbour.connect("shop", tenant="eager", project_dir=project).query("SELECT count(*) AS n FROM users") == [
        {"n": 10}
    ]


def test_a_tenant_renamed_by_0_1_24(project: Path, neighbour: Any) -> None:
    before = connect("shop", tenant="before", project_dir=project)
    assert before.query("SELECT name FROM users") == [{"name": "Bea 🐝"}]

    neighbour.connect("shop", project_dir=project).rename_tenant("before", "after")

    assert before.with_tenant("after").query("SELECT name FROM users") == [{"name": "Bea 🐝"}]
    with pytest.raises(TenantNotFoundError, match="before"):
        until_refused(before)


def test_a_tenant_deleted_by_0_1_24(project: Path, neighbour: Any) -> None:
    eager = connect("shop", tenant="eager", project_dir=project)
    eager.insert("users", {"name": "Ada"})

    neighbour.connect("shop", project_dir=project).delete_tenant("eager")

    with pytest.raises(TenantNotFoundError, match="eager"):
        until_refused(eager)
    eager.create_tenant("eager")
    assert eager.query("SELECT name FROM users") == []


def test_models_notice_a_change_of_0_1_24(project: Path, generate: Generate, neighbour: Any) -> None:
    models = generate(connect("shop", project_dir=project)).with_tenant("eager")
    assert models.Users.count() == 0

    neighbour.connect("shop", project_dir=project).add_column("users", Column("city", "TEXT"))

    with pytest.raises(DriftError, match="cinch-codegen generate shop"):
        until_drift(models)


def test_models_notice_that_a_branch_of_0_1_24_differs(project: Path, generate: Generate, neighbour: Any) -> None:
    models = generate(connect("shop", project_dir=project))
    neighbour.connect("shop", project_dir=project).create_branch("dev")
    assert [user.name for user in models.with_branch("dev").Users.select()] == ["Ada"]

    neighbour.connect("shop", "dev", project_dir=project).add_column("users", Column("city", "TEXT"))

    with pytest.raises(DriftError):
        until_drift(models.with_branch("dev"))
    assert [user.name for user in models.Users.select()] == ["Ada"]


def until_drift(models: Any) -> None:
    """Read again and again: the schema is looked at every tenth of a second."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        models.Users.count()


def until_refused(connection: CinchDB) -> None:
    """Write again and again: another process's change is noticed within a tenth of a second."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        connection.insert("users", {"name": "too late"})


def test_the_project_stays_readable_when_made_anew(project: Path, neighbour: Any) -> None:
    """A database and a tenant of 0.1.24 beside ours, each seen by the other side."""
    neighbour.init_database(project, "theirs")
    theirs = neighbour.connect("theirs", project_dir=project)
    theirs.create_table("notes", [Column("text", "TEXT")])

    connect("theirs", project_dir=project).insert("notes", {"text": "from here"})
    neighbour.connect("archive", project_dir=project).create_table("papers", [Column("title", "TEXT")])

    assert theirs.query("SELECT text FROM notes") == [{"text": "from here"}]
    assert [table.name for table in connect("archive", project_dir=project).list_tables()] == ["papers"]
