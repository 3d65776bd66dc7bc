"""How many SQLite connections the process holds, over all its engines.

A connection costs three file descriptors (database, WAL, shared memory) and about 150 KB; opening one costs as much
as fifty small reads. So they are kept, but never more than the process may hold.
"""

import os
import threading
import time
from collections.abc import Callable

from cinch_client._embedded._forks import call_after_fork
from cinch_client._embedded._lease import Lease
from cinch_client._errors import BusyError

_DESCRIPTORS = 3
_HEADROOM = 128
_MOST = 300
_FORK_SECONDS = 1.0

_abandoned: list[Lease] = []
"""Connections of parent processes, kept so that nothing in a child ever closes them."""


def connection_limit() -> int:
    """Return how many connections this process may hold, from its limit of open files."""
    try:
        import resource
    except ImportError:  # Windows has neither the module nor the limit
        return _MOST
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return _MOST
    return max(4, min(_MOST, (soft - min(_HEADROOM, soft // 4)) // _DESCRIPTORS))


class Budget:
    """The connections that may be open at once.

    Args:
        limit: How many.

    Attributes:
        waiting: How many threads wait for one to come back.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._changed = threading.Condition()
        self._leases: set[Lease] = set()
        self._opening = 0
        self.waiting = 0
        self._forking = False
        call_after_fork(self)

    def before_fork(self) -> None:
        """Close the connections of the process, waiting shortly for those in use; only transactions keep theirs.

        SQLite holds its locks per process and keeps in memory which it has. A child inherits that memory without the
        locks: on a file that was open at the fork it would write unlocked, into a log that the parent then deletes.
        """
        deadline = time.monotonic() + _FORK_SECONDS
        with self._changed:
            self._forking = True
            self.waiting += 1
            while not self._is_quiet() and self._changed.wait(deadline - time.monotonic()):
                pass
            self.waiting -= 1

    def after_fork_in_parent(self) -> None:
        """Go on as before."""
        with self._changed:
            self._forking = False
            self._changed.notify_all()

    def after_fork(self) -> None:
        """Forget what the parent has open; the child must neither use nor close it."""
        _abandoned.extend(self._leases)
        for lease in self._leases:
            lease.file.idle.clear()
        self._leases.clear()
        self._changed = threading.Condition()
        self._opening = self.waiting = 0
        self._forking = False

    def open(self, connect: Callable[[], Lease], timeout: float) -> Lease:
        """Open a connection when there is room for it; the one that was idle longest makes room.

        Args:
            connect: Opens it.
            timeout: Seconds to wait while all are in use.

        Raises:
            BusyError: None came back in time.
        """
        self._reserve(timeout)
        lease: Lease | None = None
        try:
            lease = connect()
            return lease
        finally:
            with self._changed:
                self._opening -= 1
                if lease is None:
                    self._changed.notify_all()
                else:
                    self._leases.add(lease)

    def close(self, lease: Lease) -> None:
        """Close a connection that is not idle."""
        with self._changed:
            self._leases.discard(lease)
            self._changed.notify_all()
        lease.connection.close()

    def close_idle(self, *, before: float = float("inf"), owner: object = None) -> None:
        """Close the idle connections, of one owner or all, that were last used *before* a monotonic moment."""
        with self._changed:
            while self._evict(before, owner):
                pass

    def came_back(self) -> None:
        """Wake a thread that waits for a connection, because one is idle again."""
        if self.waiting:
            with self._changed:
                if self._forking:
                    self._is_quiet()
                self._changed.notify_all()

    def _is_quiet(self) -> bool:
        """Close what is idle, and tell whether only transactions hold connections then."""
        while self._evict():
            pass
        return not self._opening and all(lease.held for lease in self._leases)

    def _reserve(self, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        with self._changed:
            self.waiting += 1  # before looking, or a connection that comes back meanwhile wakes nobody
            try:
                while self._is_full():
                    if not self._changed.wait(deadline - time.monotonic()) and self._is_full():
                        raise BusyError(f"all {self._limit} connections of this process are in use; try again")
            finally:
                self.waiting -= 1
            self._opening += 1

    def _is_full(self) -> bool:
        """Tell whether there is no room for another connection, after having made some if that is possible."""
        return self._forking or (len(self._leases) + self._opening >= self._limit and not self._evict())

    def _evict(self, before: float = float("inf"), owner: object = None) -> bool:
        """Close the connection that has been idle longest, if there is one; tell whether."""
        for lease in sorted(self._leases, key=_used_at):
            if lease.used_at > before:
                return False
            if owner is not None and lease.owner is not owner:
                continue
            try:
                lease.file.idle.remove(lease)
            except ValueError:  # in use
                continue
            self._leases.remove(lease)
            lease.connection.close()
            return True
        return False


def _used_at(lease: Lease) -> float:
    return lease.used_at


process_budget = Budget(connection_limit())
"""What all engines of the process share."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=process_budget.before_fork, after_in_parent=process_budget.after_fork_in_parent)
