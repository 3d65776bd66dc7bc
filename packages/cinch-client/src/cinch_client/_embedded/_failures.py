"""SQLite's errors become ours here, and nowhere else."""

import re
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from cinch_client._errors import (
    BusyError,
    CinchError,
    ConstraintError,
    InvalidValueError,
    QueryError,
    QueryTimeoutError,
    StorageError,
)

# https://www.sqlite.org/rescode.html: the primary code is the low byte of an extended one.
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_STORAGE = {
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened",
    sqlite3.SQLITE_CORRUPT: "it is damaged",
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_IOERR: "reading or writing it failed",
    sqlite3.SQLITE_NOTADB: "it is not an SQLite database",
    sqlite3.SQLITE_PERM: "access to it is denied",
    sqlite3.SQLITE_READONLY: "it is read-only",
}
_CONSTRAINTS = {
    sqlite3.SQLITE_CONSTRAINT_UNIQUE: "unique",
    sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY: "unique",
    sqlite3.SQLITE_CONSTRAINT_ROWID: "unique",
    sqlite3.SQLITE_CONSTRAINT_NOTNULL: "not_null",
    sqlite3.SQLITE_CONSTRAINT_CHECK: "check",
    sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY: "foreign_key",
}
_PLACE = re.compile(r"constraint failed: (?P<what>.*)", re.DOTALL)


@contextmanager
def translated(file: Path) -> Generator[None]:
    """Raise this package's errors for those that SQLite or the system raise about *file* inside the block."""
    try:
        yield
    except OSError as error:
        raise StorageError(f"{error.filename or file}: {error.strerror or error}; nothing was written") from error
    except (sqlite3.Error, sqlite3.Warning, OverflowError, UnicodeEncodeError) as error:
        raise translate(error, file) from error


def translate(error: Exception, file: Path) -> CinchError:
    """Return the error of this package for one of SQLite's."""
    if isinstance(error, UnicodeEncodeError):
        return InvalidValueError(f"text with a lone surrogate cannot be stored: {error.object[:60]!r}")
    if isinstance(error, OverflowError):
        return InvalidValueError("an int does not fit into 64 bits")
    code = getattr(error, "sqlite_errorcode", None) or sqlite3.SQLITE_ERROR
    primary = code & 0xFF
    if primary in _BUSY:
        return BusyError(f"{file.name} is locked by another writer; try again")
    if primary == sqlite3.SQLITE_CONSTRAINT:
        return _constraint(error, code)
    if primary in _STORAGE:
        return StorageError(f"{file}: {_STORAGE[primary]}; nothing was written")
    if primary == sqlite3.SQLITE_INTERRUPT:
        return QueryTimeoutError("the query ran longer than its limit and was stopped")
    if primary == sqlite3.SQLITE_TOOBIG:
        return InvalidValueError("a text or blob is longer than SQLite can hold")
    if primary == sqlite3.SQLITE_MISMATCH:
        return InvalidValueError("a value does not fit the type of its column")
    return QueryError(str(error))


def _constraint(error: Exception, code: int) -> ConstraintError:
    kind = _CONSTRAINTS.get(code, "other")
    found = _PLACE.search(str(error))
    what = found["what"] if found else ""
    if kind == "foreign_key":
        return ConstraintError(
            "a foreign key refers to a row that does not exist, or is still referred to", constraint=kind
        )
    if kind == "check":
        return ConstraintError(f"the row breaks the check {what!r}", constraint=kind)
    if kind in {"unique", "not_null"} and "." in what and not what.startswith("index "):
        places = [place.rpartition(".") for place in what.split(", ")]
        table, columns = places[0][0], [name for _, _, name in places]
        listed = ", ".join(columns)
        problem = "cannot be NULL" if kind == "not_null" else "has this value in another row already"
        return ConstraintError(f"{table}.{listed} {problem}", constraint=kind, table=table, columns=columns)
    return ConstraintError(f"the row breaks a constraint: {error}", constraint=kind)
