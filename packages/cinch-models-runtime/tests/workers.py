"""What other processes do in test_isolation.py; not a test file, so that a spawned process can import it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shop_by_hand import CinchModels


def interleave(models: "CinchModels", tenants: list[str], worker: str, rounds: int) -> None:
    """Write to each tenant in turn, each time through what was made before the others were touched."""
    handles = {tenant: models.with_tenant(tenant).Users for tenant in tenants}
    objects = {tenant: handles[tenant].create(name=tenant, class_=worker, age=0) for tenant in tenants}
    for number in range(1, rounds + 1):
        for tenant in tenants:
            handles[tenant].create(name=tenant, class_=worker, age=number)
        for tenant in reversed(tenants):
            user = objects[tenant]
            user.age = -number
            user.save()
            found = models.with_tenant(tenant).Users.get(user.id)
            assert (found.name, found.age) == (tenant, -number)
            assert not handles[tenant].exists(name__ne=tenant)
