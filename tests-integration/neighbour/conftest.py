"""Projects that 0.1.24 made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cinch_client import Column, ForeignKeyRef

if TYPE_CHECKING:
    from pathlib import Path

ADA = {
    "name": "Ada Łovelace 🧮",
    "email": "ada@example.com",
    "age": 36,
    "height": 1.65,
    "balance": 12.5,
    "active": True,
    "photo": b"\x00\xff\x89PNG",
}

TO_USERS = ForeignKeyRef("users", on_delete="CASCADE")


@pytest.fixture
def shop(tmp_path: Path, neighbour: Any) -> Path:
    """A project of 0.1.24 whose database `shop` has a tenant with rows (acme) and a lazy one (lz)."""
    project = tmp_path / "old"
    neighbour.init_project(project)
    neighbour.init_database(project, "shop", lazy=False)
    shop = neighbour.connect("shop", project_dir=project)
    shop.create_table(
        "users",
        [
            Column("name", "TEXT", nullable=False),
            Column("email", "TEXT", unique=True),
            Column("age", "INTEGER"),
            Column("height", "REAL"),
            Column("balance", "NUMERIC"),
            Column("active", "BOOLEAN", nullable=False, default="1"),
            Column("photo", "BLOB"),
            Column("city", "TEXT", nullable=False, default="'Zürich'"),
        ],
    )
    shop.create_table(
        "orders",
        [
            Column("user_id", "TEXT", nullable=False, foreign_key=TO_USERS),
            Column("total", "REAL", nullable=False),
        ],
    )
    shop.create_tenant("acme", lazy=False)
    shop.create_tenant("lz")
    shop.create_view("adults", "SELECT id, name, age FROM users WHERE age >= 18")
    acme = neighbour.connect("shop", tenant="acme", project_dir=project)
    acme.insert("users", {"id": "ada", **ADA})
    acme.insert("users", {"id": "bob", "name": "Bob", "age": 7, "active": False})
    acme.insert("orders", {"id": "o1", "user_id": "ada", "total": 99.5})
    return project
