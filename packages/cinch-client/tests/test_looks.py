"""What a look at the project costs: it happens ten times a second, so it opens nothing."""

import time
from typing import Any, cast

from cinch_client import CinchDB


def inside(db: CinchDB) -> tuple[Any, Any]:
    """Return the engine and what it knows of the tenant's file."""
    within = cast("Any", db)
    return within._engine, within._engine.tenants.file(within._scope)


def test_a_look_uses_the_connections_that_are_open(shop: CinchDB) -> None:
    shop.query("SELECT 1")
    engine, tenant = inside(shop)
    metadata = engine.metadata._file
    open_before = {lease.connection for lease in (*metadata.idle, *tenant.idle)}

    engine.tenants.look(tenant, time.monotonic() + 1)
    shop.query("SELECT 1")

    assert {lease.connection for lease in (*metadata.idle, *tenant.idle)} == open_before


def test_a_look_that_finds_nothing_new_keeps_what_it_knows(shop: CinchDB) -> None:
    shop.query("SELECT 1")
    engine, tenant = inside(shop)
    engine.tenants.look(tenant, time.monotonic() + 1)
    known = tenant.branch

    engine.tenants.look(tenant, time.monotonic() + 2)

    assert tenant.branch is known
