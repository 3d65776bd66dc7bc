"""A table made anew from another definition, because SQLite's ALTER TABLE can change only a little.

The statements follow https://www.sqlite.org/lang_altertable.html#otheralter. They run inside the caller's
transaction. ``PRAGMA foreign_keys`` must be OFF before that begins, because inside a transaction it cannot be
switched: with it ON, dropping the old table would delete or refuse the rows that refer to it.
"""

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from typing import TypeAlias

from cinch_client._embedded._introspection import rows
from cinch_client._embedded._table_text import TableText, read_table_text
from cinch_client._embedded._tokens import significant
from cinch_client._errors import TableNotFoundError
from cinch_client._quoting import fold, quote

Statement: TypeAlias = tuple[str, str]
"""A step's name, as change records have it, and its SQL."""

Violations: TypeAlias = frozenset[tuple[object, ...]]

FOREIGN_KEYS_OFF: tuple[Statement, ...] = (
    ("COMMIT", "COMMIT"),
    ("FOREIGN_KEYS", "PRAGMA foreign_keys = OFF"),
    ("BEGIN", "BEGIN IMMEDIATE"),
)
"""What must precede the statements where they are replayed inside a transaction, as CinchDB 0.1 does it."""

ALTER_AS_WRITTEN = "PRAGMA legacy_alter_table = ON"
ALTER_WITH_CARE = "PRAGMA legacy_alter_table = OFF"


def table_text(connection: sqlite3.Connection, table: str) -> TableText:
    """Return the definition of a table.

    Raises:
        TableNotFoundError: There is none of that name.
        SchemaError: It is no ordinary table.
    """
    found = rows(connection, "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (table,))
    if not found:
        raise TableNotFoundError(f"there is no table {table!r}")
    return read_table_text(found[0][0])


def rebuild_statements(
    connection: sqlite3.Connection, new: TableText, *, without_indexes: Collection[str] = ()
) -> list[Statement]:
    """Return the statements that give the table ``new.name`` the definition *new*.

    Rows keep their rowids and what is in columns of both definitions; AUTOINCREMENT goes on where it was.
    Indexes and triggers are made again; views are left alone.

    Args:
        connection: The tenant as it is before.
        new: The definition.
        without_indexes: Indexes that are not to be made again.
    """
    name = new.name
    temporary = _free_name(connection, f"__rebuild_{name}")
    statements: list[Statement] = [
        (
            "LEGACY",
            ALTER_AS_WRITTEN,
        ),  # or the renaming below would look into views that name the dropped table
        ("CREATE", new.called(temporary).sql()),
        ("COPY", _copy_sql(connection, new, temporary)),
    ]
    if any(token.is_keyword("AUTOINCREMENT") for column in new.columns for token in significant(column.text)):
        statements += _sequence_statements(name, temporary)
    statements += [
        ("DROP", f"DROP TABLE {quote(name)}"),
        ("RENAME", f"ALTER TABLE {quote(temporary)} RENAME TO {quote(name)}"),
        ("MODERN", ALTER_WITH_CARE),
    ]
    statements += [
        (kind.upper(), sql)
        for kind, index, sql in attached(connection, name)
        if kind == "trigger" or index not in without_indexes
    ]
    return statements


def attached(connection: sqlite3.Connection, table: str) -> list[tuple[str, str, str]]:
    """Return kind, name and SQL of the indexes and triggers of a table or view, oldest first."""
    return rows(
        connection,
        "SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL "
        "AND tbl_name = ? COLLATE NOCASE ORDER BY type, rowid",
        (table,),
    )


def foreign_key_violations(connection: sqlite3.Connection, table: str) -> Violations:
    """Return what is wrong with the references of a table and of those that refer to it."""
    return frozenset(found for each in _family(connection, table) for found in _violations(connection, each))


def check_foreign_keys_off(connection: sqlite3.Connection) -> None:
    """Raise RuntimeError if the caller has forgotten to switch foreign keys off."""
    if rows(connection, "PRAGMA foreign_keys") != [(0,)]:
        raise RuntimeError("foreign_keys must be OFF before the transaction begins in which a table is made anew")


def _copy_sql(connection: sqlite3.Connection, new: TableText, temporary: str) -> str:
    facts = rows(
        connection,
        "SELECT c.name, c.type, c.pk, l.wr FROM pragma_table_xinfo(?, 'main') AS c, pragma_table_list AS l "
        "WHERE c.hidden = 0 AND l.schema = 'main' AND l.name = ?",
        (new.name, new.name),
    )
    kept = {fold(column.name) for column in new.columns}
    copied = [column for column, _, _, _ in facts if fold(column) in kept]
    keys = [declared.upper() for _, declared, key, _ in facts if key]
    if not facts[0][3] and keys != ["INTEGER"]:  # neither WITHOUT ROWID nor a key that is the rowid
        copied = [*_rowid([column.name for column in new.columns], [row[0] for row in facts]), *copied]
    columns = ", ".join(map(quote, copied))
    return f"INSERT INTO {quote(temporary)} ({columns}) SELECT {columns} FROM {quote(new.name)}"


def _rowid(*tables: Sequence[str]) -> list[str]:
    """Return a name by which the rowid can be reached in tables with these columns, if there is one."""
    hidden = {fold(column) for columns in tables for column in columns}
    return [name for name in ("rowid", "_rowid_", "oid") if name not in hidden][:1]


def _sequence_statements(name: str, temporary: str) -> Iterator[Statement]:
    old, new = (name.replace("'", "''") for name in (name, temporary))
    yield "SEQUENCE", f"DELETE FROM sqlite_sequence WHERE name = '{new}'"
    select = f"SELECT '{new}', seq FROM sqlite_sequence WHERE name = '{old}'"
    yield "SEQUENCE", f"INSERT INTO sqlite_sequence (name, seq) {select}"


def _free_name(connection: sqlite3.Connection, wanted: str) -> str:
    taken = {fold(name) for (name,) in rows(connection, "SELECT name FROM sqlite_master")}
    name = wanted
    while fold(name) in taken:
        name += "_"
    return name


def _family(connection: sqlite3.Connection, table: str) -> list[str]:
    children = rows(
        connection,
        "SELECT DISTINCT m.name FROM sqlite_master AS m, pragma_foreign_key_list(m.name, 'main') AS k "
        "WHERE m.type = 'table' AND k.\"table\" = ? COLLATE NOCASE",
        (table,),
    )
    return [table, *(name for (name,) in children if name != table)]


def _violations(connection: sqlite3.Connection, table: str) -> list[tuple[object, ...]]:
    try:
        return rows(connection, "SELECT ?, rowid, parent FROM pragma_foreign_key_check(?)", (table, table))
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_ERROR:
            raise
        return [(table, str(error))]  # foreign key mismatch: the columns referred to are not unique
