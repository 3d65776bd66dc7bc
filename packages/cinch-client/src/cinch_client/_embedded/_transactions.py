"""Transactions: which one the calling thread and task has open, and how it ends."""

import os
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar

from cinch_client._embedded._failures import translated
from cinch_client._embedded._lease import Lease
from cinch_client._engine import Scope
from cinch_client._errors import StorageError

_Owner = tuple[int, int, object]


class Transaction:
    """An open transaction on one scope, with the connection that it holds."""

    __slots__ = ("_undos", "depth", "engine", "lease", "owner", "scope")

    def __init__(self, engine: object, scope: Scope, lease: Lease) -> None:
        self.engine = engine
        self.scope = scope
        self.lease = lease
        self.owner = _owner()
        self.depth = 0
        self._undos: list[Callable[[], None]] = []

    @property
    def is_inherited(self) -> bool:
        """Whether this process is a fork of the one that began it, and must not touch its connection."""
        return self.owner[0] != os.getpid()

    def check_alive(self) -> None:
        """Raise a StorageError when an error has ended the transaction, so that nothing is written outside of it."""
        if not self.lease.connection.in_transaction:
            raise StorageError("an error inside the transaction has rolled it back as a whole; leave its block")

    def on_rollback(self, undo: Callable[[], None]) -> None:
        """Call *undo* if what is written up to here is rolled back; the last one added is called first."""
        self._undos.append(undo)

    @contextmanager
    def savepoint(self) -> Generator[None]:
        """Undo what happens inside the block, and only that, when it ends with an exception."""
        self.check_alive()  # outside of one, a savepoint would begin a transaction of its own
        self.depth += 1
        name, undos = f"cinch_{self.depth}", len(self._undos)
        self._execute(f"SAVEPOINT {name}")
        try:
            yield
        except BaseException:
            # An error may have ended the whole transaction already (a full disk does).
            if not self.is_inherited and self.lease.connection.in_transaction:
                self._execute(f"ROLLBACK TO {name}")
                self._execute(f"RELEASE {name}")
            self._undo(undos)
            raise
        else:
            if not self.is_inherited:
                self.check_alive()
                self._execute(f"RELEASE {name}")
        finally:
            self.depth -= 1

    def commit(self) -> None:
        """Keep what was written."""
        self.check_alive()
        self._execute("COMMIT")
        self._undos.clear()

    def end(self) -> None:
        """Undo what was not kept."""
        if self.lease.connection.in_transaction:
            self._execute("ROLLBACK")
        self._undo(0)

    def _undo(self, kept: int) -> None:
        while len(self._undos) > kept:
            self._undos.pop()()

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
    """Identify the running process and thread and, where asyncio runs, its task."""
    asyncio = sys.modules.get("asyncio")  # no task runs where asyncio was never imported
    task = None
    if asyncio is not None and asyncio._get_running_loop() is not None:  # noqa: SLF001 - documented for this use
        task = asyncio.current_task()
    return os.getpid(), threading.get_ident(), task
