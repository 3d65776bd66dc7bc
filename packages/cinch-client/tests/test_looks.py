"""What a look at the project costs: it happens ten times a second, so it opens nothing."""

# pyright: reportPrivateUsage=false - what is open inside is what is tested

import time
from typing import TYPE_CHECKING, cast

from cinch_client import CinchDB

if TYPE_CHECKING:
    from cinch_client._embedded._engine import EmbeddedEngine


def test_a_look_uses_the_connections_that_are_open(shop: CinchDB) -> None:
    engine = cast("EmbeddedEngine", shop._engine)
    shop.query("SELECT 1")
    tenant = engine.tenants.file(shop._scope)
    open_before = {lease.connection for lease in (*engine.metadata._file.idle, *tenant.idle)}

    engine.tenants.look(tenant, time.monotonic() + 1)
    shop.query("SELECT 1")

    assert {lease.connection for lease in (*engine.metadata._file.idle, *tenant.idle)} == open_before


def test_a_look_that_finds_nothing_new_keeps_what_it_knows(shop: CinchDB) -> None:
    engine = cast("EmbeddedEngine", shop._engine)
    shop.query("SELECT 1")
    tenant = engine.tenants.file(shop._scope)
    engine.tenants.look(tenant, time.monotonic() + 1)
    known = tenant.branch

    engine.tenants.look(tenant, time.monotonic() + 2)

    assert tenant.branch is known
