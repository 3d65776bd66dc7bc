"""Work off the event loop: one trip to a worker thread and back, within the request's context."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar, copy_context
from typing import TypeVar

Result = TypeVar("Result")

_threads = ThreadPoolExecutor(thread_name_prefix="autoroutes")

_request_loop: ContextVar[asyncio.AbstractEventLoop] = ContextVar("emmett_autoroutes_loop")


async def off_loop(work: Callable[[], Result]) -> Result:
    """Run *work* in a worker thread, with the request's own database connection.

    A request that is cancelled waits for the thread all the same: the connection goes back to the pool when
    the request ends, and must not be in use then.
    """
    loop = asyncio.get_running_loop()
    _request_loop.set(loop)
    done = _threads.submit(copy_context().run, work)
    try:
        return await asyncio.wrap_future(done)
    except asyncio.CancelledError:
        while not done.done():
            await asyncio.wait([asyncio.wrap_future(done)])
        raise


def on_loop(awaitable: Awaitable[Result]) -> Result:
    """Wait, in a worker thread of `off_loop`, for *awaitable* to run on the request's event loop."""

    async def wait() -> Result:
        return await awaitable

    return asyncio.run_coroutine_threadsafe(wait(), _request_loop.get()).result()
