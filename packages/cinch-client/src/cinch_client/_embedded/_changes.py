"""Schema changes made on one tenant.

It happens inside the caller's transaction, which the caller rolls back when an error leaves :func:`apply`.
What SQLite refuses because of the schema or the data becomes a SchemaError; what has other causes (a lock, a
full disk, damage) passes as ``sqlite3.Error``.
"""

import sqlite3

from cinch_client._changes import (
    AddColumn,
    Change,
    CreateIndex,
    DropColumn,
    RenameColumn,
)
from cinch_client._embedded._dependents import broken
from cinch_client._embedded._introspection import rows
from cinch_client._embedded._rebuild import (
    ALTER_WITH_CARE,
    Statement,
    check_foreign_keys_off,
    foreign_key_violations,
)
from cinch_client._embedded._records import ChangeRecord, records
from cinch_client._embedded._statements import foreign_keys_off, statements
from cinch_client._errors import AlreadyExistsError, SchemaError
from cinch_client._quoting import quote

__all__ = ["ChangeRecord", "apply", "foreign_keys_off", "records"]


def apply(change: Change, connection: sqlite3.Connection) -> None:
    """Make a change that was checked.

    Raises:
        SchemaError: The tenant's data, a view, a trigger, a check or an index forbids it.
        RuntimeError: No transaction is open, or foreign keys are on where they must be off.
    """
    if not connection.in_transaction:
        raise RuntimeError("a schema change wants a transaction around it")
    if foreign_keys_off(change):
        check_foreign_keys_off(connection)
    broken_before = broken(connection)
    table = change.table if isinstance(change, AddColumn | DropColumn) and foreign_keys_off(change) else None
    wrong_before = foreign_key_violations(connection, table) if table else frozenset[object]()
    _run(connection, change, statements(connection, change))
    for what, problem in broken(connection).items():
        if what not in broken_before:
            raise SchemaError(f"cannot {change}: {what} would no longer work: {problem}")
    if table and (wrong := foreign_key_violations(connection, table) - wrong_before):
        raise SchemaError(f"cannot {change}: rows would refer to what is not there ({len(wrong)} of them)")


def _run(connection: sqlite3.Connection, change: Change, steps: list[Statement]) -> None:
    try:
        for _, sql in steps:
            connection.execute(sql)
    except sqlite3.IntegrityError as error:
        raise _refused_by_data(connection, change, error) from error
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_ERROR:
            raise
        raise _refused(change, str(error)) from error
    finally:
        connection.execute(ALTER_WITH_CARE)


def _refused(change: Change, problem: str) -> SchemaError | AlreadyExistsError:
    if "already exists" in problem or "already another table or index" in problem:
        return AlreadyExistsError(f"cannot {change}: {problem}")
    if "NOT NULL column with default value NULL" in problem:
        return SchemaError(f"cannot {change}: the rows of {_table(change)!r} would have no value; give it a default")
    if problem.startswith("error in "):
        return SchemaError(f"cannot {change}: {problem}; put that right or drop it first")
    return SchemaError(f"cannot {change}: {problem}")


def _refused_by_data(connection: sqlite3.Connection, change: Change, error: sqlite3.Error) -> SchemaError:
    if error.sqlite_errorcode != sqlite3.SQLITE_CONSTRAINT_UNIQUE:
        return SchemaError(f"cannot {change}: the rows of {_table(change)!r} break it: {error}")
    if not isinstance(change, CreateIndex):
        return SchemaError(f"cannot {change}: its rows would not be unique ({error})")
    columns = ", ".join(map(quote, change.columns))
    without = " OR ".join(f"{quote(column)} IS NULL" for column in change.columns)
    twins = rows(
        connection,
        f"SELECT {columns}, count(*) FROM {quote(change.table)} WHERE NOT ({without}) "
        f"GROUP BY {columns} HAVING count(*) > 1 LIMIT 1",
    )
    *values, count = twins[0] if twins else ("?", "some")
    value = ", ".join(map(repr, values))
    return SchemaError(
        f"cannot {change}: {count} rows of {change.table!r} have {value} in {', '.join(change.columns)}; "
        f"change or delete all but one"
    )


def _table(change: Change) -> str:
    match change:
        case AddColumn() | DropColumn() | RenameColumn() | CreateIndex():
            return change.table
        case _:
            return change.name
