"""Open SQLite connections, kept per file and leased to one thread at a time.

A connection costs three file descriptors (database, WAL, shared memory) and about 150 KB; opening one costs as much
as fifty small reads. So they are kept, but never more than the process may hold.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from cinch_client._embedded._forks import call_after_fork
from cinch_client._errors import BusyError

if TYPE_CHECKING:
    from cinch_client._embedded._tenant_schema import TenantSchema

_DESCRIPTORS = 3
_HEADROOM = 128
_MOST = 300
_IDLE_SECONDS = 60.0


Inode: TypeAlias = tuple[int, int]


def inode_of(path: str | Path) -> Inode | None:
    """Return what identifies the file at *path* whatever it is called, or None when there is none."""
    try:
        status = os.stat(path)  # noqa: PTH116 - a third of the cost of Path.stat, and asked after every write
    except FileNotFoundError:
        return None
    return (status.st_dev, status.st_ino)


class Lease:
    """One open connection to one file.

    Attributes:
        connection: The connection.
        file: What it is kept for.
        inode: What it was opened on.
        schema: The schema that the file had when it was last looked at; the engine sets it with the first lease.
        schema_version: SQLite's cookie of that schema.
        epoch: When that was, as a count of the file's looks.
        held: Whether a transaction keeps it.
        used_at: When it was last taken, by the monotonic clock.
    """

    __slots__ = ("connection", "epoch", "file", "held", "inode", "schema", "schema_version", "used_at")

    schema: "TenantSchema"

    def __init__(self, file: "PooledFile", connection: sqlite3.Connection, inode: Inode | None) -> None:
        self.file = file
        self.connection = connection
        self.inode = inode
        self.schema_version = -1
        self.epoch = -1
        self.held = False
        self.used_at = 0.0

    def is_in_place(self) -> bool:
        """Tell whether the file's path still names the file that the connection is open on."""
        return inode_of(self.file.path_text) == self.inode


class PooledFile:
    """The idle connections of one file. ``idle`` is a stack: taking and giving back are single, atomic list calls.

    Attributes:
        path: The file.
        idle: Connections that nobody uses now.
        inode: Device and inode of the file that connections are kept for; those to any other are closed when they
            come back, because the file was replaced or removed.
        epoch: How often the project was looked at; a lease of an earlier epoch has to look at its schema again.
    """

    __slots__ = ("epoch", "idle", "inode", "path", "path_text")

    def __init__(self, path: Path) -> None:
        self.path = path
        self.path_text = str(path)
        self.idle: list[Lease] = []
        self.inode: Inode | None = None
        self.epoch = 0


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


class Pool:
    """Leases connections, opens what is missing and closes what has been idle for long.

    Args:
        open_connection: Opens a file that exists and prepares the connection.
        limit: How many may be open at once.
        timeout: Seconds to wait for a free one when all are in use.
    """

    def __init__(self, open_connection: Callable[[Path], sqlite3.Connection], limit: int, timeout: float) -> None:
        self._open_connection = open_connection
        self._limit = limit
        self._timeout = timeout
        self._changed = threading.Condition()
        self._leases: set[Lease] = set()
        self._opening = 0
        self._waiting = 0
        call_after_fork(self)

    def lease(self, file: PooledFile) -> Lease:
        """Take an idle connection of *file*, or open one.

        Raises:
            BusyError: All connections of the process are in use, and none came back in time.
        """
        try:
            return file.idle.pop()
        except IndexError:
            return self._open(file)

    def release(self, lease: Lease) -> None:
        """Give a connection back, unless a transaction keeps it."""
        if lease.held:
            return
        file = lease.file
        if lease.inode != file.inode:
            self.discard(lease)
            return
        file.idle.append(lease)
        if self._waiting:
            with self._changed:
                self._changed.notify()

    def discard(self, lease: Lease) -> None:
        """Close a leased connection instead of giving it back."""
        with self._changed:
            self._leases.remove(lease)
            self._changed.notify()
        lease.connection.close()

    def forget(self, file: PooledFile) -> None:
        """Close the idle connections of *file*; those in use are closed by :meth:`discard` when they come back."""
        while file.idle:
            try:
                lease = file.idle.pop()
            except IndexError:
                return
            self.discard(lease)

    def close(self) -> None:
        """Close every idle connection."""
        with self._changed:
            while self._evict(older_than=float("inf")):
                pass

    def close_idle(self, now: float) -> None:
        """Close the connections that nobody has used for a minute."""
        with self._changed:
            while self._evict(older_than=now - _IDLE_SECONDS):
                pass

    def _open(self, file: PooledFile) -> Lease:
        self._reserve()
        try:
            lease = self._connect(file)
        except BaseException:
            with self._changed:
                self._opening -= 1
                self._changed.notify()
            raise
        with self._changed:
            self._opening -= 1
            self._leases.add(lease)
        return lease

    def _connect(self, file: PooledFile) -> Lease:
        try:
            connection = self._open_connection(file.path)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_CANTOPEN or not file.path.exists():
                raise
            # The process itself may have run out of descriptors: make room and try once more.
            self.close()
            connection = self._open_connection(file.path)
        inode = inode_of(file.path)
        if file.inode is None:
            file.inode = inode
        return Lease(file, connection, inode)

    def _reserve(self) -> None:
        deadline = time.monotonic() + self._timeout
        with self._changed:
            while len(self._leases) + self._opening >= self._limit and not self._evict(older_than=float("inf")):
                self._waiting += 1
                try:
                    in_time = self._changed.wait(deadline - time.monotonic())
                finally:
                    self._waiting -= 1
                if not in_time:
                    raise BusyError(f"all {self._limit} connections of this process are in use; try again")
            self._opening += 1

    def _evict(self, older_than: float) -> bool:
        """Close the connection that has been idle longest, if that is since before *older_than*."""
        for lease in sorted(self._leases, key=_used_at):
            if lease.used_at > older_than:
                return False
            try:
                lease.file.idle.remove(lease)
            except ValueError:  # in use
                continue
            self._leases.remove(lease)
            lease.connection.close()
            return True
        return False

    def after_fork(self) -> None:
        """After a fork: the child must neither use nor close what the parent has open."""
        _abandoned.extend(self._leases)
        for lease in self._leases:
            lease.file.idle.clear()
        self._leases.clear()
        self._changed = threading.Condition()
        self._opening = self._waiting = 0


def _used_at(lease: Lease) -> float:
    return lease.used_at


_abandoned: list[Lease] = []
"""Connections of parent processes, kept so that nothing in a child ever closes them."""
