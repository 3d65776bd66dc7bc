"""Transactions: which one the calling thread and task has open, and how it ends."""

import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

from cinch_client._embedded._failures import translated
from cinch_client._embedded._pool import Lease
from cinch_client._engine import Scope

_Owner = tuple[int, object]


class Transaction:
    """An open transaction on one scope, with the connection that it holds."""

    __slots__ = ("depth", "engine", "lease", "owner", "scope")

    def __init__(self, engine: object, scope: Scope, lease: Lease) -> None:
        self.engine = engine
        self.scope = scope
        self.lease = lease
        self.owner = _owner()
        self.depth = 0

    @contextmanager
    def savepoint(self) -> Generator[None]:
        """Undo what happens inside the block, and only that, when it ends with an exception."""
        self.depth += 1
        name = f"cinch_{self.depth}"
        self._execute(f"SAVEPOINT {name}")
        try:
            yield
        except BaseException:
            # An error may have ended the whole transaction already (a full disk does).
            if self.lease.connection.in_transaction:
                self._execute(f"ROLLBACK TO {name}")
                self._execute(f"RELEASE {name}")
            raise
        else:
            self._execute(f"RELEASE {name}")
        finally:
            self.depth -= 1

    def _execute(self, statement: str) -> None:
        with translated(self.lease.file.path):
            self.lease.connection.execute(statement)


# A child task or thread may inherit the variable with its context; the owner tells that it is not its own.
opened: ContextVar[tuple[Transaction, ...]] = ContextVar("cinch_client_transactions", default=())


def joined(engine: object, scope: Scope) -> Transaction | None:
    """Return the transaction of this thread and task on the scope, or None."""
    for transaction in opened.get():
        if transaction.scope == scope and transaction.engine is engine and transaction.owner == _owner():
            return transaction
    return None


def elsewhere(engine: object) -> Scope | None:
    """Return the scope of a transaction that this thread and task has open on the engine, or None."""
    for transaction in opened.get():
        if transaction.engine is engine and transaction.owner == _owner():
            return transaction.scope
    return None


@contextmanager
def entered(transaction: Transaction) -> Generator[None]:
    """Make the transaction the one that operations of this thread and task join."""
    opened.set((*opened.get(), transaction))
    try:
        yield
    finally:
        opened.set(tuple(each for each in opened.get() if each is not transaction))


def _owner() -> _Owner:
    """Identify the running thread and, where asyncio runs, its task."""
    asyncio = sys.modules.get("asyncio")  # no task runs where asyncio was never imported
    task = None
    if asyncio is not None and asyncio._get_running_loop() is not None:  # noqa: SLF001 - documented for this use
        task = asyncio.current_task()
    return threading.get_ident(), task
