"""Work with two tenants of one database through generated models."""

import tempfile
from pathlib import Path

from project import make_project
from shop_models import CinchModels, create_models

from cinch_client import ConstraintError

GOODS = {
    "bakery": [("rye", "Rye bread", 420), ("roll", "Sesame roll", 90)],
    "bookshop": [("sicp", "Structure and Interpretation", 5200), ("gödel", "Gödel, Escher, Bach", 2900)],
}


def stock(shop: CinchModels, goods: list[tuple[str, str, int]]) -> None:
    """Fill an empty shop."""
    shop.Products.bulk_create([{"sku": sku, "title": title, "price": price} for sku, title, price in goods])


def import_order(shop: CinchModels, customer: str, quantities: dict[str, int]) -> None:
    """Write an order with its lines, all of it or nothing."""
    with shop.transaction():
        order = shop.Orders.create(customer=customer)
        for sku, quantity in quantities.items():
            product = shop.Products.first(sku=sku)
            shop.OrderLines.create(
                order_id=order.id, product_id=product.id if product else f"unknown:{sku}", quantity=quantity
            )


def main() -> None:
    """Make the project, fill it, and report."""
    with tempfile.TemporaryDirectory() as directory:
        models = create_models(make_project(Path(directory)))
        for tenant, goods in GOODS.items():
            stock(models.with_tenant(tenant), goods)

        bakery = models.with_tenant("bakery")
        import_order(bakery, "Ada", {"rye": 1, "roll": 6})
        import_order(bakery, "Grace", {"roll": 12})
        import_order(models.with_tenant("bookshop"), "Ada", {"sicp": 1})
        try:
            import_order(bakery, "Alan", {"rye": 2, "croissant": 4})
        except ConstraintError as error:
            print(f"Alan's order was not kept: {error}")

        for tenant in GOODS:
            shop = models.with_tenant(tenant)
            print(f"{tenant}: {shop.Orders.count(status='open')} open orders")
            for line in shop.OrderLines.select(include=["product", "order"]):
                print(f"  {line.order.customer} gets {line.quantity} × {line.product.title}")
            for best in shop.BestSellersView.select(limit=1):
                print(f"  sells best: {best.title} ({best.sold})")


if __name__ == "__main__":
    main()
