"""Tenants never meet: not through handles, objects, threads, processes or tasks."""

import asyncio
import multiprocessing
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import workers
from shop_by_hand import CinchModels

from cinch_client import TransactionScopeError

TENANTS = ["customer1", "customer2", "customer3"]


def owners(models: CinchModels) -> dict[str, set[str]]:
    """Return the names that each tenant holds; every row is named after the tenant that it was written for."""
    return {tenant: {user.name for user in models.with_tenant(tenant).Users.select()} for tenant in TENANTS}


def test_binding_a_second_tenant_leaves_the_first_alone(models: CinchModels):
    first = models.with_tenant("customer1").Users
    second = models.with_tenant("customer2").Users
    first.create(name="customer1")
    second.create(name="customer2")
    first.create(name="customer1")
    assert [user.name for user in first.select()] == ["customer1", "customer1"]
    assert [user.name for user in second.select()] == ["customer2"]
    assert models.Users.count() == 0


def test_an_object_is_saved_where_it_was_read(models: CinchModels):
    user = models.with_tenant("customer1").Users.create(name="customer1", age=1)
    new = models.with_tenant("customer1").Users(name="customer1")
    models.with_tenant("customer2").Users.create(name="customer2")
    models.with_tenant("customer2").Users.select()
    user.age = 2
    user.save()
    new.save()
    assert owners(models) == {"customer1": {"customer1"}, "customer2": {"customer2"}, "customer3": set()}
    assert sorted(user.age or 0 for user in models.with_tenant("customer1").Users.select()) == [0, 2]


def test_threads_share_one_container(models: CinchModels):
    start = threading.Barrier(6)

    def run(worker: int) -> None:
        start.wait()
        mine = TENANTS[worker % 3 :] + TENANTS[: worker % 3]
        workers.interleave(models, mine, f"thread {worker}", rounds=100)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(run, range(6)))
    assert owners(models) == {tenant: {tenant} for tenant in TENANTS}
    assert [models.with_tenant(tenant).Users.count() for tenant in TENANTS] == [6 * 101] * 3
    assert [models.with_tenant(tenant).Users.count(age=-100) for tenant in TENANTS] == [6] * 3


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_processes_share_one_container(models: CinchModels, method: str):
    context: Any = multiprocessing.get_context(method)
    models.with_tenant("customer1").Users.count()
    processes = [
        context.Process(target=workers.interleave, args=(models, TENANTS, f"process {number}", 40))
        for number in range(3)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert owners(models) == {tenant: {tenant} for tenant in TENANTS}
    assert [models.with_tenant(tenant).Users.count() for tenant in TENANTS] == [3 * 41] * 3


def test_tasks_have_transactions_of_their_own(models: CinchModels):
    async def write(tenant: str, *, fail: bool) -> None:
        scope = models.with_tenant(tenant)
        try:
            with scope.transaction():
                scope.Users.create(name=tenant)
                await asyncio.sleep(0)
                scope.Users.create(name=tenant)
                if fail:
                    raise ZeroDivisionError
        except ZeroDivisionError:
            return

    async def main() -> None:
        await asyncio.gather(*(write(tenant, fail=tenant == "customer2") for tenant in TENANTS))

    asyncio.run(main())
    assert [models.with_tenant(tenant).Users.count() for tenant in TENANTS] == [2, 0, 2]


def test_another_tenant_cannot_be_written_inside_a_transaction(models: CinchModels):
    other = models.with_tenant("customer2").Users

    def write() -> None:
        with models.with_tenant("customer1").transaction():
            models.with_tenant("customer1").Users.create(name="customer1")
            other.create(name="customer2")

    with pytest.raises(TransactionScopeError):
        write()
    assert owners(models) == {tenant: set() for tenant in TENANTS}
