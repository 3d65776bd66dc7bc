"""Connections that are kept per file and leased to one thread at a time."""

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from cinch_client._embedded._budget import Budget
from cinch_client._embedded._lease import Lease, PooledFile, inode_of

_IDLE_SECONDS = 60.0


class Pool:
    """Leases connections, opens what is missing and closes what has been idle for long.

    Args:
        open_connection: Opens a file that exists and prepares the connection.
        budget: How many may be open at once, shared with other pools.
        timeout: Seconds to wait for a free one when all are in use.
    """

    def __init__(self, open_connection: Callable[[Path], sqlite3.Connection], budget: Budget, timeout: float) -> None:
        self._open_connection = open_connection
        self._budget = budget
        self._timeout = timeout

    def lease(self, file: PooledFile) -> Lease:
        """Take an idle connection of *file*, or open one.

        Raises:
            BusyError: All connections of the process are in use, and none came back in time.
        """
        try:
            lease = file.idle.pop()
        except IndexError:
            lease = self._budget.open(lambda: self._connect(file), self._timeout)
        lease.used_at = time.monotonic()
        return lease

    def release(self, lease: Lease) -> None:
        """Give a connection back, unless a transaction keeps it."""
        if lease.held:
            return
        if lease.connection.in_transaction:  # cut off by Ctrl-C between beginning and being able to end it
            lease.connection.execute("ROLLBACK")
        file = lease.file
        if lease.inode != file.inode:
            self._budget.close(lease)
            return
        file.idle.append(lease)
        if self._budget.waiting:
            self._budget.came_back()

    def discard(self, lease: Lease) -> None:
        """Close a leased connection instead of giving it back."""
        self._budget.close(lease)

    def forget(self, file: PooledFile) -> None:
        """Close the idle connections of *file*; those in use are closed when they come back."""
        while file.idle:
            try:
                lease = file.idle.pop()
            except IndexError:
                return
            self._budget.close(lease)

    def close(self) -> None:
        """Close every idle connection of this pool."""
        self._budget.close_idle(owner=self)

    def close_idle(self, now: float) -> None:
        """Close the connections, of any pool, that nobody has used for a minute."""
        self._budget.close_idle(before=now - _IDLE_SECONDS)

    def open(self, path: Path) -> sqlite3.Connection:
        """Open a connection outside the pool, for the caller to close."""
        try:
            return self._open_connection(path)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_CANTOPEN or not path.exists():
                raise
            # The process itself may have run out of descriptors: make room and try once more.
            self._budget.close_idle()
            return self._open_connection(path)

    def _connect(self, file: PooledFile) -> Lease:
        while True:
            inode = inode_of(file.path_text)
            connection = self.open(file.path)
            if inode == inode_of(file.path_text):
                break
            connection.close()  # another process replaced the file just now
        if file.inode is None:
            file.inode = inode
        return Lease(self, file, connection, inode)
