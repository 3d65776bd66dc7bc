"""The maintenance flag of CinchDB 0.1: reads go on, writes are refused."""

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cinch_client import CinchDB, Column, MaintenanceError, connect, init_database


def names(db: CinchDB) -> list[object]:
    return [row["name"] for row in db.query("SELECT name FROM users ORDER BY name")]


@pytest.mark.parametrize("table", ["databases", "branches"])
@pytest.mark.parametrize("reason", ["moving house", None])
def test_no_writes_in_maintenance_mode(
    shop: CinchDB, project: Path, raw: Callable[[Path], sqlite3.Connection], table: str, reason: str | None
) -> None:
    shop.create_tenants(["acme", "lz"])
    shop.insert("users", {"name": "a"})
    metadata = raw(project / ".cinchdb" / "metadata.db")
    metadata.execute(f"UPDATE {table} SET maintenance_mode = 1, maintenance_reason = ?", (reason,))
    deadline = time.monotonic() + 30
    refusal = None
    while refusal is None:  # it is seen within the look
        assert time.monotonic() < deadline
        try:
            shop.insert("users", {"name": "just before it was seen"})
        except MaintenanceError as error:
            refusal = error
    assert str(refusal) == f"main/main is in maintenance mode: {reason or 'no reason given'}; try later"
    assert refusal.retryable
    before = names(shop)
    for write in (
        lambda: shop.insert("users", {"name": "x"}),
        lambda: shop.update_where("users", {"name": "x"}, name="a"),
        lambda: shop.delete_where("users", name="a"),
        lambda: shop.transaction().__enter__(),
        lambda: shop.with_tenant("lz").insert("users", {"name": "x"}),
        lambda: shop.create_table("t", [Column("a", "TEXT")]),
        lambda: shop.create_tenant("t"),
        lambda: shop.create_tenants(["t"]),
        lambda: shop.copy_tenant("main", "t"),
        lambda: shop.rename_tenant("acme", "t"),
        lambda: shop.delete_tenant("acme"),
    ):
        with pytest.raises(MaintenanceError):
            write()
    assert names(shop) == before
    assert [tenant.name for tenant in shop.list_tenants()] == ["acme", "lz", "main"]
    metadata.execute(f"UPDATE {table} SET maintenance_mode = 0")
    while True:
        try:
            shop.insert("users", {"name": "x"})
            break
        except MaintenanceError:
            assert time.monotonic() < deadline


def test_maintenance_is_over_one_database_only(project: Path, raw: Callable[[Path], sqlite3.Connection]) -> None:
    init_database(project, "other")
    raw(project / ".cinchdb" / "metadata.db").execute("UPDATE databases SET maintenance_mode = 1 WHERE name = 'main'")
    with connect("other", project_dir=project) as db:
        db.create_table("t", [])
        db.insert("t", {})
    with connect("main", project_dir=project) as db, pytest.raises(MaintenanceError):
        db.create_table("t", [])
