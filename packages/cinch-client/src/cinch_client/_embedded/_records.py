"""Schema changes as CinchDB 0.1 records them, so that it can list, replay and merge them.

0.1 runs ``details["statements"]`` where there are any, one after the other in a transaction with foreign keys
on, and ``sql`` otherwise.
"""

import sqlite3
from dataclasses import dataclass, replace

from cinch_client._changes import (
    AddColumn,
    Change,
    CreateIndex,
    CreateTable,
    CreateView,
    DropColumn,
    DropIndex,
    DropTable,
    DropView,
    RenameColumn,
    UpdateView,
)
from cinch_client._embedded._introspection import read_table
from cinch_client._embedded._rebuild import FOREIGN_KEYS_OFF
from cinch_client._embedded._snapshot import Entry, definition_entries, definition_entry, table_entries
from cinch_client._embedded._statements import (
    add_column_sql,
    create_index_sql,
    drop_sql,
    foreign_keys_off,
    rename_sql,
    statements,
)
from cinch_client._embedded._views import select_text
from cinch_client._quoting import quote


@dataclass(frozen=True, slots=True)
class ChangeRecord:
    """One row of the table ``changes``, as far as the change itself says it.

    Attributes:
        type: ``create_table``, ``add_column`` …
        entity_type: ``table``, ``column``, ``view`` or ``index``.
        entity_name: The name of that; of a renamed column the new one.
        details: What else 0.1 records, ready for JSON, or None.
        sql: The statement, or the meaning where ``details`` has several.
    """

    type: str
    entity_type: str
    entity_name: str
    details: Entry | None
    sql: str


def records(change: Change, connection: sqlite3.Connection) -> tuple[ChangeRecord, ...]:
    """Describe a change; *connection* is a tenant that lacks it still. A table's indexes follow it."""
    match change:
        case CreateTable():
            return (_create_table(connection, change), *map(_create_index, change.index_changes()))
        case DropTable():
            return (ChangeRecord("drop_table", "table", change.name, None, f"DROP TABLE {quote(change.name)}"),)
        case AddColumn():
            return (_add_column(connection, change),)
        case DropColumn():
            return (_drop_column(connection, change),)
        case RenameColumn():
            # fallback_sqls is for an SQLite older than 3.25, and nothing reads it
            details: Entry = {"table": change.table, "old_name": change.old_name, "fallback_sqls": {}}
            return (ChangeRecord("rename_column", "column", change.new_name, details, rename_sql(change)),)
        case CreateIndex():
            return (_create_index(change),)
        case DropIndex():
            return (ChangeRecord("drop_index", "index", change.name, None, drop_sql(change)),)
        case CreateView() | UpdateView():
            return (_view(connection, change),)
        case DropView():
            return (ChangeRecord("drop_view", "view", change.name, None, drop_sql(change)),)


def _create_table(connection: sqlite3.Connection, change: CreateTable) -> ChangeRecord:
    ((_, sql),) = statements(connection, replace(change, indexes=()))
    details: Entry = {"columns": definition_entries(change.columns)}
    return ChangeRecord("create_table", "table", change.name, details, sql)


def _add_column(connection: sqlite3.Connection, change: AddColumn) -> ChangeRecord:
    details: Entry = {"table": change.table, "column_def": definition_entry(change.column)}
    steps = statements(connection, change)
    if len(steps) > 1 or foreign_keys_off(change):
        details["statements"] = _replayed(change, steps)
    return ChangeRecord("add_column", "column", change.column.name, details, add_column_sql(change))


def _drop_column(connection: sqlite3.Connection, change: DropColumn) -> ChangeRecord:
    steps = statements(connection, change)
    table = read_table(connection, change.table)
    columns = table_entries(table) if table else []
    details: Entry = {
        "table": change.table,
        "temp_table": f"__rebuild_{change.table}",
        "statements": _replayed(change, steps),
        "remaining_columns": [entry for entry in columns if entry["name"] != change.column],
    }
    meaning = f"-- DROP COLUMN {quote(change.column)} FROM {quote(change.table)}"
    return ChangeRecord("drop_column", "column", change.column, details, meaning)


def _create_index(change: CreateIndex) -> ChangeRecord:
    details: Entry = {"table": change.table, "columns": [*change.columns], "unique": change.unique}
    return ChangeRecord("create_index", "index", change.index_name, details, create_index_sql(change))


def _view(connection: sqlite3.Connection, change: CreateView | UpdateView) -> ChangeRecord:
    steps = statements(connection, change)
    details: Entry = {"sql_statement": select_text(change.name, change.sql)}
    if isinstance(change, CreateView):
        return ChangeRecord("create_view", "view", change.name, details, steps[0][1])
    (_, drop), (_, create) = steps[:2]
    details["drop_sql"] = drop
    if len(steps) > 2:
        details["statements"] = _replayed(change, steps)
    return ChangeRecord("update_view", "view", change.name, details, create)


def _replayed(change: Change, steps: list[tuple[str, str]]) -> list[list[str]]:
    """Return the statements for 0.1, which runs them with foreign keys on unless they say otherwise."""
    return [list(step) for step in [*(FOREIGN_KEYS_OFF if foreign_keys_off(change) else ()), *steps]]
