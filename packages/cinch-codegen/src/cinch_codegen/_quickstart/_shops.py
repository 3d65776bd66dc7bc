"""The sample project: three shops that share one schema, each a tenant with a file of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cinch_client import CinchDB, Column, ForeignKeyRef, connect, init_project

DATABASE = "shop"
TABLES = ("users", "products", "orders", "order_items")
VIEW = "order_totals"

_VIEW_SQL = """
SELECT orders.id AS order_id, users.name AS customer, orders.status AS status,
       sum(order_items.quantity) AS pieces,
       sum(order_items.quantity * products.price_cents) AS total_cents
FROM orders
JOIN users ON users.id = orders.user_id
JOIN order_items ON order_items.order_id = orders.id
JOIN products ON products.id = order_items.product_id
GROUP BY orders.id
"""


@dataclass(frozen=True, slots=True)
class Shop:
    """One tenant and what it sells to whom.

    Attributes:
        tenant: Its name.
        customers: Name and email address.
        products: SKU, title, and price in cents.
        orders: The customer's place in *customers*, the status, and places in *products* with quantities.
    """

    tenant: str
    customers: Sequence[tuple[str, str]]
    products: Sequence[tuple[str, str, int]]
    orders: Sequence[tuple[int, str, Sequence[tuple[int, int]]]]


SHOPS = (
    Shop(
        "lumen-books",
        (
            ("Ines Duarte", "ines@lumen.example"),
            ("Tomasz Nowak", "tomasz@lumen.example"),
            ("Mei Lin", "mei@lumen.example"),
        ),
        (("B-001", "The Sea Around Us", 1890), ("B-002", "Invisible Cities", 1450), ("B-003", "Ficciones", 1320)),
        ((0, "paid", ((0, 1), (1, 1))), (1, "shipped", ((2, 3),)), (0, "new", ((1, 2),))),
    ),
    Shop(
        "oak-coffee",
        (("Samuel Okafor", "samuel@oak.example"), ("Lea Brandt", "lea@oak.example")),
        (("C-250", "Sidama, 250 g", 1150), ("C-1K", "House blend, 1 kg", 2990), ("F-100", "Paper filters, 100", 420)),
        ((0, "shipped", ((0, 2), (2, 1))), (1, "paid", ((1, 1),))),
    ),
    Shop(
        "vela-cycles",
        (
            ("Noor Haddad", "noor@vela.example"),
            ("Pekka Laine", "pekka@vela.example"),
            ("Ana Souza", "ana@vela.example"),
        ),
        (("V-28", "Inner tube 28 inch", 790), ("V-L1", "Dynamo light", 4900)),
        ((2, "new", ((0, 4), (1, 1))),),
    ),
)


def make_shops(directory: Path) -> None:
    """Make the project in *directory*: the tables, the view, and every shop with its rows."""
    init_project(directory, DATABASE)
    connection = connect(DATABASE, project_dir=directory)
    _make_tables(connection)
    connection.create_view(VIEW, _VIEW_SQL.strip())
    connection.create_tenants([shop.tenant for shop in SHOPS])
    for shop in SHOPS:
        tenant = connection.with_tenant(shop.tenant)
        with tenant.transaction():
            _open_shop(tenant, shop)
    connection.close()


def _make_tables(connection: CinchDB) -> None:
    connection.create_table(
        "users",
        [
            Column("name", "TEXT", nullable=False),
            Column("email", "TEXT", nullable=False, unique=True),
            Column("newsletter", "BOOLEAN", nullable=False, default="0"),
        ],
    )
    connection.create_table(
        "products",
        [
            Column("sku", "TEXT", nullable=False, unique=True),
            Column("title", "TEXT", nullable=False),
            Column("price_cents", "INTEGER", nullable=False),
        ],
    )
    connection.create_table(
        "orders",
        [
            Column("user_id", "TEXT", nullable=False, foreign_key=ForeignKeyRef("users")),
            Column("status", "TEXT", nullable=False, default="'new'"),
            Column("note", "TEXT"),
        ],
    )
    connection.create_table(
        "order_items",
        [
            Column("order_id", "TEXT", nullable=False, foreign_key=ForeignKeyRef("orders", on_delete="CASCADE")),
            Column("product_id", "TEXT", nullable=False, foreign_key=ForeignKeyRef("products")),
            Column("quantity", "INTEGER", nullable=False, default="1"),
        ],
    )


def _open_shop(tenant: CinchDB, shop: Shop) -> None:
    users = [str(tenant.insert("users", {"name": name, "email": email})["id"]) for name, email in shop.customers]
    products = [
        str(tenant.insert("products", {"sku": sku, "title": title, "price_cents": price})["id"])
        for sku, title, price in shop.products
    ]
    for customer, status, items in shop.orders:
        order = tenant.insert("orders", {"user_id": users[customer], "status": status})
        for product, quantity in items:
            row = {"order_id": order["id"], "product_id": products[product], "quantity": quantity}
            tenant.insert("order_items", row)
