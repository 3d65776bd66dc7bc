"""Letting somebody else's SQL read, and nothing but read."""

import sqlite3
import time
from collections.abc import Generator
from contextlib import contextmanager

from cinch_client._errors import QueryError

_STEPS_BETWEEN_LOOKS = 10_000

# https://www.sqlite.org/c3ref/c_alter_table.html
_READING = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE}

# Pragmas that only tell something; of each, only the reading form (without a value) is let through, except those whose
# value names what to tell about.
_TELLING = frozenset(
    "collation_list compile_options data_version database_list encoding foreign_key_list freelist_count function_list "
    "index_info index_list index_xinfo module_list page_count page_size pragma_list schema_version table_info "
    "table_list table_xinfo user_version application_id".split()
)
_TELLING_ABOUT = frozenset(
    "foreign_key_list index_info index_list index_xinfo table_info table_list table_xinfo".split()
)
_UNSAFE_FUNCTIONS = frozenset({"load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"})


class ReadGuard:
    """An SQLite authorizer that allows reading alone, and remembers which columns were read.

    Source: https://www.sqlite.org/c3ref/set_authorizer.html
    """

    def __init__(self) -> None:
        self.refused: str | None = None
        self.read: set[tuple[str, str]] = set()

    def __call__(
        self, action: int, first: str | None, second: str | None, _database: str | None, _view: str | None
    ) -> int:
        """Decide about one action of a statement that is being prepared."""
        if action == sqlite3.SQLITE_READ and first is not None and second is not None:
            self.read.add((first, second))
        if self._allowed(action, (first or "").lower(), second):
            return sqlite3.SQLITE_OK
        self.refused = _described(action, first, second)
        return sqlite3.SQLITE_DENY

    @staticmethod
    def _allowed(action: int, first: str, second: str | None) -> bool:
        if action == sqlite3.SQLITE_PRAGMA:
            return first in _TELLING and (second is None or first in _TELLING_ABOUT)
        if action == sqlite3.SQLITE_UPDATE:
            # Asked when a table-valued function (json_each, pragma_table_info) is used for the first time. SQLite
            # itself refuses statements that write there, as long as PRAGMA writable_schema is out of reach.
            return first == "sqlite_master"
        if action == sqlite3.SQLITE_FUNCTION:
            return (second or "").lower() not in _UNSAFE_FUNCTIONS
        return action in _READING


@contextmanager
def read_only(connection: sqlite3.Connection, timeout: float) -> Generator[ReadGuard]:
    """Allow nothing but reading on *connection*, for at most *timeout* seconds.

    Setting an authorizer makes SQLite prepare every cached statement anew, so nothing that was prepared without the
    guard runs under it, and the other way round.
    """
    guard = ReadGuard()
    deadline = time.monotonic() + timeout
    connection.set_authorizer(guard)
    connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS_BETWEEN_LOOKS)
    try:
        yield guard
    finally:
        connection.set_progress_handler(None, 0)
        connection.set_authorizer(None)


def refused(guard: ReadGuard) -> QueryError:
    """Make the error for a statement that the guard stopped."""
    return QueryError(f"query() only reads: {guard.refused} is not allowed; use insert, update or delete to write")


def _described(action: int, first: str | None, second: str | None) -> str:
    names = {
        sqlite3.SQLITE_ATTACH: "ATTACH",
        sqlite3.SQLITE_DETACH: "DETACH",
        sqlite3.SQLITE_DELETE: "DELETE",
        sqlite3.SQLITE_INSERT: "INSERT",
        sqlite3.SQLITE_PRAGMA: "PRAGMA",
        sqlite3.SQLITE_TRANSACTION: "a transaction statement",
        sqlite3.SQLITE_SAVEPOINT: "SAVEPOINT",
        sqlite3.SQLITE_UPDATE: "UPDATE",
        sqlite3.SQLITE_FUNCTION: "the function",
    }
    what = names.get(action, "changing the schema")
    detail = second if action == sqlite3.SQLITE_FUNCTION else first
    return f"{what} {detail}" if detail and action in names else what
