"""Projects that 0.1.24 made are read and written here, and 0.1.24 goes on with them."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from cinch_client import (
    Column,
    ConstraintError,
    MaintenanceError,
    connect,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cinch_client import CinchDB

    Generate = Callable[[CinchDB], Any]


def without_times(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in {"created_at", "updated_at"}}


def test_rows_are_read_as_dicts(shop: Path) -> None:
    acme = connect("shop", tenant="acme", project_dir=shop)

    rows = acme.query("SELECT * FROM users ORDER BY id")

    assert [without_times(row) for row in rows] == [
        {
            "id": "ada",
            "name": "Ada Łovelace 🧮",
            "email": "ada@example.com",
            "age": 36,
            "height": 1.65,
            "balance": 12.5,
            "active": True,
            "photo": b"\x00\xff\x89PNG",
            "city": "Zürich",
        },
        {
            "id": "bob",
            "name": "Bob",
            "email": None,
            "age": 7,
            "height": None,
            "balance": None,
            "active": False,
            "photo": None,
            "city": "Zürich",
        },
    ]
    assert acme.query("SELECT * FROM adults") == [{"id": "ada", "name": "Ada Łovelace 🧮", "age": 36}]


def test_rows_are_read_as_models(shop: Path, generate: Generate) -> None:
    models = generate(connect("shop", project_dir=shop)).with_tenant("acme")

    ada, bob = models.Users.select(order_by="id")

    assert (ada.name, ada.age, ada.height, ada.balance) == ("Ada Łovelace 🧮", 36, 1.65, 12.5)
    assert (ada.active, bob.active, ada.photo) == (True, False, b"\x00\xff\x89PNG")
    assert ada.created_at.tzinfo is not None
    assert [order.total for order in models.Orders.select(user_id="ada")] == [99.5]
    assert [adult.name for adult in models.AdultsView.select()] == ["Ada Łovelace 🧮"]


def test_relations_of_0_1_24_are_loaded(shop: Path, generate: Generate) -> None:
    models = generate(connect("shop", project_dir=shop)).with_tenant("acme")

    (order,) = models.Orders.select(include=["user"])
    ada = models.Users.select(id="ada", include=["orders"])[0]

    assert order.user.name == "Ada Łovelace 🧮"
    assert [one.id for one in ada.orders] == ["o1"]


def test_0_1_24_reads_what_models_wrote(shop: Path, generate: Generate, neighbour: Any) -> None:
    models = generate(connect("shop", project_dir=shop)).with_tenant("acme")
    eve = models.Users.create(name="Eve 伊芙", age=28, height=1.7, active=False, photo=b"\x01")
    models.Users.get("bob").update(name="Robert", active=True)
    models.Orders.create(user_id=eve.id, total=3.25)
    models.Users.get("ada").delete()

    acme = neighbour.connect("shop", tenant="acme", project_dir=shop)
    rows = acme.query("SELECT name, age, height, active, photo, city FROM users ORDER BY name")

    assert rows == [
        {"name": "Eve 伊芙", "age": 28, "height": 1.7, "active": 0, "photo": b"\x01", "city": "Zürich"},
        {"name": "Robert", "age": 7, "height": None, "active": 1, "photo": None, "city": "Zürich"},
    ]
    assert acme.query("SELECT user_id, total FROM orders") == [{"user_id": eve.id, "total": 3.25}]
    assert acme.select("users", ["id", "name"], name="Robert") == [{"id": "bob", "name": "Robert"}]


def test_0_1_24_writes_to_what_models_wrote(shop: Path, generate: Generate, neighbour: Any) -> None:
    models = generate(connect("shop", project_dir=shop)).with_tenant("acme")
    eve = models.Users.create(name="Eve", active=True)
    acme = neighbour.connect("shop", tenant="acme", project_dir=shop)

    acme.update("users", {"id": eve.id, "age": 28})
    acme.insert("users", {"name": "Dan", "age": 50}, {"name": "Fay", "age": 51})
    acme.update_where("users", {"city": "Bern"}, age__gte=50)
    acme.delete_where("users", name="Bob")

    found = models.Users.select(order_by="name")
    assert [(user.name, user.age, user.city) for user in found] == [
        ("Ada Łovelace 🧮", 36, "Zürich"),
        ("Dan", 50, "Bern"),
        ("Eve", 28, "Zürich"),
        ("Fay", 51, "Bern"),
    ]


def test_constraints_of_0_1_24_hold(shop: Path) -> None:
    acme = connect("shop", tenant="acme", project_dir=shop)

    with pytest.raises(ConstraintError) as dangling:
        acme.insert("orders", {"user_id": "nobody", "total": 1.0})
    with pytest.raises(ConstraintError) as duplicate:
        acme.insert("users", {"name": "Ada", "email": "ada@example.com"})

    assert dangling.value.constraint == "foreign_key"
    assert (duplicate.value.constraint, duplicate.value.columns) == ("unique", ("email",))


def test_reading_a_lazy_tenant_makes_no_file(shop: Path, generate: Generate) -> None:
    lazy = generate(connect("shop", tenant="lz", project_dir=shop))

    assert lazy.Users.select() == []
    assert lazy.Users.count() == 0
    assert lazy.AdultsView.count() == 0

    assert list(shop.rglob("lz.db")) == []


def test_writing_to_a_lazy_tenant(shop: Path, generate: Generate, neighbour: Any) -> None:
    lazy = generate(connect("shop", tenant="lz", project_dir=shop))

    lazy.Users.create(id="zed", name="Zed", active=True)

    over_there = neighbour.connect("shop", tenant="lz", project_dir=shop)
    assert over_there.query("SELECT name FROM users") == [{"name": "Zed"}]
    over_there.insert("users", {"name": "Amy"})
    assert [user.name for user in lazy.Users.select(order_by="name")] == ["Amy", "Zed"]


def test_naive_times_are_local(
    shop: Path, start_neighbour: Callable[..., Any], generate: Generate, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokyo = start_neighbour(TZ="Asia/Tokyo").connect("shop", tenant="acme", project_dir=shop)
    before = datetime.now(UTC)
    tokyo.insert("users", {"id": "kei", "name": "Kei"})
    after = datetime.now(UTC)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        local = generate(connect("shop", tenant="acme", project_dir=shop)).Users.get("kei")
        utc = connect("shop", tenant="acme", project_dir=shop, naive_timestamps="utc")
        nine_hours_later = generate(utc).Users.get("kei")
    finally:
        monkeypatch.undo()
        time.tzset()

    assert before <= local.created_at <= after
    assert (nine_hours_later.created_at - local.created_at).total_seconds() == 9 * 3600


def test_times_that_0_1_24_cannot_misread(shop: Path, generate: Generate, neighbour: Any) -> None:
    models = generate(connect("shop", tenant="acme", project_dir=shop))
    eve = models.Users.create(name="Eve", active=True)

    (row,) = neighbour.connect("shop", tenant="acme", project_dir=shop).query(
        "SELECT created_at FROM users WHERE name = 'Eve'"
    )

    assert datetime.fromisoformat(row["created_at"]) == eve.created_at
    assert row["created_at"].endswith("+00:00")


def test_copied_branch(shop: Path, generate: Generate, neighbour: Any) -> None:
    neighbour.connect("shop", project_dir=shop).create_branch("dev")
    main = generate(connect("shop", tenant="acme", project_dir=shop))
    dev = generate(connect("shop", "dev", "acme", project_dir=shop))

    dev.Users.create(name="Only in dev", active=True)
    main.Users.get("bob").delete()

    assert [user.name for user in dev.Users.select(order_by="name")] == [
        "Ada Łovelace 🧮",
        "Bob",
        "Only in dev",
    ]
    assert [user.name for user in main.Users.select()] == ["Ada Łovelace 🧮"]
    assert neighbour.connect("shop", "dev", "acme", project_dir=shop).query("SELECT count(*) AS n FROM users") == [
        {"n": 3}
    ]


def test_lazy_tenant_of_a_copied_branch(shop: Path, neighbour: Any) -> None:
    neighbour.connect("shop", project_dir=shop).create_branch("dev")

    connect("shop", "dev", "lz", project_dir=shop).insert("users", {"name": "Zed"})

    assert connect("shop", "main", "lz", project_dir=shop).query("SELECT name FROM users") == []
    assert neighbour.connect("shop", "dev", "lz", project_dir=shop).query("SELECT name FROM users") == [{"name": "Zed"}]


def test_boolean_column_that_was_added(shop: Path, generate: Generate, neighbour: Any) -> None:
    """Over there an added BOOLEAN column is declared INTEGER with a check."""
    over_there = neighbour.connect("shop", tenant="acme", project_dir=shop)
    over_there.add_column("users", Column("vip", "BOOLEAN"))
    over_there.update("users", {"id": "ada", "vip": True})
    models = generate(connect("shop", tenant="acme", project_dir=shop))

    assert [user.vip for user in models.Users.select(order_by="id")] == [True, None]
    models.Users.get("bob").update(vip=False)

    assert over_there.query("SELECT vip FROM users ORDER BY id") == [{"vip": 1}, {"vip": 0}]


def test_key_value_table_is_left_alone(shop: Path, generate: Generate, neighbour: Any) -> None:
    over_there = neighbour.connect("shop", tenant="acme", project_dir=shop)
    getattr(over_there, "kv.set")("theme", "dark")
    here = connect("shop", tenant="acme", project_dir=shop)

    assert [table.name for table in here.list_tables()] == ["orders", "users"]
    generate(here).Users.create(name="Eve", active=True)
    here.add_column("users", Column("note", "TEXT"))

    assert getattr(over_there, "kv.get")("theme") == "dark"


def test_names_that_0_1_24_does_not_check(shop: Path, generate: Generate, neighbour: Any) -> None:
    """Added and renamed columns and views may have any name over there, if it is quoted by hand."""
    over_there = neighbour.connect("shop", project_dir=shop)
    over_there.create_table("notes", [Column("text", "TEXT"), Column("number", "INTEGER")])
    over_there.rename_column("notes", "number", '"Numéro 1"')
    over_there.create_view('"All notes"', 'SELECT text, "Numéro 1" FROM notes')
    here = connect("shop", project_dir=shop)

    here.insert("notes", {"text": "hello", "Numéro 1": 5})
    here.rename_column("notes", "Numéro 1", "number")
    models = generate(here)

    assert [view.name for view in here.list_views()] == ["All notes", "adults"]
    assert here.query('SELECT * FROM "All notes"') == [{"text": "hello", "number": 5}]
    assert [note.number for note in models.Notes.select()] == [5]
    assert over_there.query("SELECT number FROM notes") == [{"number": 5}]


def test_maintenance_mode_of_0_1_24(shop: Path) -> None:
    acme = connect("shop", tenant="acme", project_dir=shop)
    with closing(sqlite3.connect(shop / ".cinchdb" / "metadata.db")) as metadata:
        metadata.execute("UPDATE branches SET maintenance_mode = 1, maintenance_reason = 'moving house'")
        metadata.commit()
    refused = connect("shop", tenant="acme", project_dir=shop)

    with pytest.raises(MaintenanceError, match="moving house"):
        refused.insert("users", {"name": "Eve"})

    assert acme.query("SELECT count(*) AS n FROM users") == [{"n": 2}]


def test_0_1_24_goes_on_with_the_schema(shop: Path, generate: Generate, neighbour: Any) -> None:
    """After changes made here it lists, changes, branches and merges as if it had made them itself."""
    here = connect("shop", project_dir=shop)
    here.create_table("tags", [Column("label", "TEXT", nullable=False, default="'none'")])
    here.add_column("users", Column("vip", "BOOLEAN"))
    here.rename_column("users", "height", "tallness")
    here.drop_column("users", "photo")
    here.create_tenant("lately")
    over_there = neighbour.connect("shop", project_dir=shop)

    assert sorted(table["name"] for table in over_there.list_tables()) == ["orders", "tags", "users"]
    assert [column["name"] for column in over_there.list_columns("users")][3:] == [
        "name",
        "email",
        "age",
        "tallness",
        "balance",
        "active",
        "city",
        "vip",
    ]
    assert sorted(tenant["name"] for tenant in over_there.list_tenants()) == ["acme", "lately", "lz", "main"]
    assert [change["type"] for change in over_there.list_changes()][-4:] == [
        "create_table",
        "add_column",
        "rename_column",
        "drop_column",
    ]
    over_there.create_branch("feature")
    feature = neighbour.connect("shop", "feature", project_dir=shop)
    feature.create_table("drafts", [Column("text", "TEXT")])
    feature.add_column("tags", Column("colour", "TEXT"))
    over_there.merge_branches("feature", "main")
    models = generate(here.with_tenant("acme"))
    models.Tags.create(colour="red")
    models.Drafts.create(text="first")
    assert models.Tags.select()[0].label == "none"
    assert models.Users.get("ada").tallness == 1.65
