"""Trips to a worker thread and back."""

import asyncio
import time
from contextvars import ContextVar

import pytest

from emmett_autoroutes._threads import off_loop, on_loop

who: ContextVar[str] = ContextVar("who", default="nobody")


def test_the_context_travels_along_both_ways() -> None:
    async def name() -> str:
        await asyncio.sleep(0)
        return who.get()

    async def main() -> tuple[str, str]:
        who.set("somebody")
        return await off_loop(who.get), await off_loop(lambda: on_loop(name()))

    assert asyncio.run(main()) == ("somebody", "somebody")


def test_errors_travel_back() -> None:
    def fail() -> None:
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        asyncio.run(off_loop(fail))


def test_a_cancelled_trip_ends_only_when_the_thread_is_back() -> None:
    done: list[str] = []

    def work() -> None:
        time.sleep(0.3)
        done.append("work")

    async def main() -> None:
        task = asyncio.create_task(off_loop(work))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert done == ["work"]

    asyncio.run(main())
