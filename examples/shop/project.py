"""The database of the example: what a migration of a real application would do once."""

from pathlib import Path

import cinch_client
from cinch_client import CinchDB, Column, ForeignKeyRef, Index


def make_project(directory: Path) -> CinchDB:
    """Make a project with the database ``shop`` and two tenants in *directory*."""
    cinch_client.init_project(directory, "shop")
    db = cinch_client.connect("shop", project_dir=directory)
    db.create_table(
        "products",
        [
            Column("sku", "TEXT", nullable=False, unique=True),
            Column("title", "TEXT", nullable=False),
            Column("price", "INTEGER", nullable=False),
            Column("available", "BOOLEAN", nullable=False, default="1"),
        ],
    )
    db.create_table(
        "orders",
        [Column("customer", "TEXT", nullable=False), Column("status", "TEXT", nullable=False, default="'open'")],
        indexes=[Index(["status"])],
    )
    db.create_table(
        "order_lines",
        [
            Column("order_id", "TEXT", nullable=False, foreign_key=ForeignKeyRef("orders", on_delete="CASCADE")),
            Column("product_id", "TEXT", nullable=False, foreign_key=ForeignKeyRef("products")),
            Column("quantity", "INTEGER", nullable=False, default="1"),
        ],
    )
    db.create_view(
        "best_sellers",
        "SELECT products.title AS title, sum(order_lines.quantity) AS sold FROM order_lines "
        "JOIN products ON products.id = order_lines.product_id GROUP BY products.id ORDER BY sold DESC",
    )
    db.create_tenants(["bakery", "bookshop"])
    return db
