"""One open connection to one file, and the file that it is kept for."""

import os
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from cinch_client._embedded._tenant_schema import TenantSchema

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
        owner: The pool that it belongs to.
        connection: The connection.
        file: What it is kept for.
        inode: What it was opened on.
        schema: The schema that the file had when it was last looked at; the engine sets it with the first lease.
        schema_version: SQLite's cookie of that schema.
        epoch: When that was, as a count of the file's looks.
        held: Whether a transaction keeps it.
        used_at: When it was last taken, by the monotonic clock.
    """

    __slots__ = ("connection", "epoch", "file", "held", "inode", "owner", "schema", "schema_version", "used_at")

    schema: "TenantSchema"

    def __init__(self, owner: object, file: "PooledFile", connection: sqlite3.Connection, inode: Inode | None) -> None:
        self.owner = owner
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
