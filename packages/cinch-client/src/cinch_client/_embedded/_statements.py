"""Which statements make a schema change on a tenant in its present state."""

import sqlite3
from collections.abc import Iterator
from itertools import takewhile

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
from cinch_client._embedded._ddl import column_sql, create_table_sql, is_constant, references_sql
from cinch_client._embedded._introspection import read_table
from cinch_client._embedded._rebuild import Statement, attached, rebuild_statements, table_text
from cinch_client._embedded._tokens import Token, group_end, mentions, significant
from cinch_client._embedded._views import create_view_sql
from cinch_client._errors import SchemaError
from cinch_client._quoting import quote


def foreign_keys_off(change: Change) -> bool:
    """Tell whether ``PRAGMA foreign_keys`` must be OFF before the transaction begins in which it is made."""
    match change:
        case DropTable() | DropColumn():
            return True
        case AddColumn(column=column):
            return column.default is not None and (column.foreign_key is not None or not is_constant(column.default))
        case _:
            return False


def statements(connection: sqlite3.Connection, change: Change) -> list[Statement]:
    """Return the statements of a change.

    Raises:
        SchemaError: A check, a key or an index needs what the change removes, or its SQL is not acceptable.
    """
    match change:
        case CreateTable():
            return [("CREATE", create_table_sql(change.name, change.columns)), *_indexes(connection, change)]
        case DropTable() | DropIndex() | DropView():
            return [("DROP", drop_sql(change))]
        case AddColumn():
            return _add_column(connection, change)
        case DropColumn():
            return _drop_column(connection, change)
        case RenameColumn():
            return [("RENAME", rename_sql(change))]
        case CreateIndex():
            return _create_index(connection, change)
        case CreateView():
            return [("CREATE", create_view_sql(connection, change.name, change.sql))]
        case UpdateView():
            return _update_view(connection, change)


def drop_sql(change: DropTable | DropIndex | DropView) -> str:
    """Return the DROP statement; an index may be missing, because 0.1 made indexes in one tenant only."""
    kind = {DropTable: "TABLE", DropIndex: "INDEX IF EXISTS", DropView: "VIEW"}[type(change)]
    return f"DROP {kind} {quote(change.name)}"


def add_column_sql(change: AddColumn) -> str:
    """Return the ALTER TABLE of an added column."""
    definition = _definition(change)
    return f"ALTER TABLE {quote(change.table)} ADD COLUMN {definition}"


def rename_sql(change: RenameColumn) -> str:
    """Return the ALTER TABLE of a renamed column."""
    old, new = quote(change.old_name), quote(change.new_name)
    return f"ALTER TABLE {quote(change.table)} RENAME COLUMN {old} TO {new}"


def create_index_sql(change: CreateIndex) -> str:
    """Return the CREATE INDEX of an index; where 0.1 has made it already, in one tenant, it does nothing."""
    unique = "UNIQUE " if change.unique else ""
    columns = ", ".join(map(quote, change.columns))
    name = quote(change.index_name)
    return f"CREATE {unique}INDEX IF NOT EXISTS {name} ON {quote(change.table)} ({columns})"


def _indexes(connection: sqlite3.Connection, change: CreateTable) -> Iterator[Statement]:
    for index in change.index_changes():
        yield from _create_index(connection, index)


def _create_index(connection: sqlite3.Connection, change: CreateIndex) -> list[Statement]:
    table = read_table(connection, change.table)
    for index in table.indexes if table else ():
        if index.name != change.index_name:
            continue
        if (index.columns, index.unique, index.partial) != (change.columns, change.unique, False):
            raise SchemaError(f"there is another index {index.name!r} on {change.table!r}; drop it first")
        return []
    return [("INDEX", create_index_sql(change))]


def _definition(change: AddColumn) -> str:
    definition = column_sql(change.column, unique=False)
    if change.column.foreign_key is not None:
        definition += f" {references_sql(change.column.foreign_key)}"
    return definition


def _add_column(connection: sqlite3.Connection, change: AddColumn) -> list[Statement]:
    """ALTER TABLE adds no UNIQUE, which becomes an index, and no default that is not a literal."""
    default = change.column.default
    if default is None or is_constant(default):
        added = [("ADD", add_column_sql(change))]
    else:
        table = table_text(connection, change.table)
        added = rebuild_statements(connection, table.with_column(change.column.name, _definition(change)))
    return [*added, ("INDEX", create_index_sql(change.unique_index()))] if change.column.unique else added


def _drop_column(connection: sqlite3.Connection, change: DropColumn) -> list[Statement]:
    new = table_text(connection, change.table).without_column(change.column)
    others = [column.name for column in new.columns]
    going: list[str] = []
    for kind, name, sql in attached(connection, change.table):
        if kind == "index" and _falls_with(change, name, sql, others):
            going.append(name)
        if kind == "trigger" and mentions(_occasion(sql), change.column):
            raise SchemaError(f"cannot {change}: the trigger {name!r} waits for its updates: {sql}")
    return rebuild_statements(connection, new, without_indexes=going)


def _falls_with(change: DropColumn, name: str, sql: str, others: list[str]) -> bool:
    """Tell whether an index is on the column alone; raise if it is on others, too."""
    tokens = significant(sql)
    opening = next(index for index, token in enumerate(tokens) if token.is_symbol("("))
    closing = group_end(tokens, opening)
    key, condition = tokens[opening:closing], tokens[closing:]
    if not mentions([*key, *condition], change.column):
        return False
    if not mentions(key, change.column) or any(mentions(key, other) for other in others):
        raise SchemaError(f"cannot {change}: the index {name!r} needs it: {sql}")
    return True


def _occasion(sql: str) -> list[Token]:
    """Return the columns of a trigger's UPDATE OF; SQLite would take it that they are gone without a word."""
    tokens = significant(sql)
    for index, token in enumerate(tokens[:-1]):
        if token.is_keyword("UPDATE") and tokens[index + 1].is_keyword("OF"):
            return [*takewhile(lambda token: not token.is_keyword("ON"), tokens[index + 2 :])]
        if token.is_keyword("BEGIN"):
            break
    return []


def _update_view(connection: sqlite3.Connection, change: UpdateView) -> list[Statement]:
    """A view is dropped and made again, and so are its triggers."""
    triggers = [("TRIGGER", sql) for kind, _, sql in attached(connection, change.name) if kind == "trigger"]
    created = create_view_sql(connection, change.name, change.sql)
    return [("DROP", f"DROP VIEW {quote(change.name)}"), ("CREATE", created), *triggers]
