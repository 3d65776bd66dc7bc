"""Views and triggers that a change of the schema breaks, found by letting SQLite compile them."""

import sqlite3
from collections.abc import Iterator

from cinch_client._embedded._introspection import rows
from cinch_client._quoting import quote


def broken(connection: sqlite3.Connection) -> dict[str, str]:
    """Return what does not compile: a view or the triggers of a table, each with SQLite's complaint.

    Nothing is run: EXPLAIN only compiles.
    """
    problems: dict[str, str] = {}
    for what, sql in _probes(connection):
        try:
            connection.execute(f"EXPLAIN {sql}").close()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_ERROR:
                raise
            problems[what] = str(error)
    return problems


def _probes(connection: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    for (view,) in rows(connection, "SELECT name FROM sqlite_master WHERE type = 'view' ORDER BY name"):
        yield f"the view {view!r}", f"SELECT * FROM {quote(view)}"
    triggers = rows(
        connection,
        "SELECT tbl_name, group_concat(name, ', ') FROM sqlite_master WHERE type = 'trigger' GROUP BY tbl_name",
    )
    for table, names in triggers:
        what = f"a trigger of {table!r} ({names})"
        yield f"{what}, at INSERT", f"INSERT INTO {quote(table)} DEFAULT VALUES"
        yield f"{what}, at DELETE", f"DELETE FROM {quote(table)}"
        assignments = ", ".join(f"{quote(column)} = NULL" for column in _writable(connection, table))
        if assignments:
            yield f"{what}, at UPDATE", f"UPDATE {quote(table)} SET {assignments}"


def _writable(connection: sqlite3.Connection, table: str) -> list[str]:
    try:
        found = rows(connection, "SELECT name FROM pragma_table_xinfo(?, 'main') WHERE hidden = 0", (table,))
    except sqlite3.OperationalError as error:  # a view that does not compile; it is reported as such
        if error.sqlite_errorcode != sqlite3.SQLITE_ERROR:
            raise
        return []
    return [name for (name,) in found]
