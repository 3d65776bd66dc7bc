"""A schema in the words of CinchDB 0.1, which answers questions about tables from snapshots of this form."""

from typing import TypeAlias

from cinch_client._definitions import Column
from cinch_client._embedded._ddl import default_sql
from cinch_client._errors import SchemaError
from cinch_client._schema import ColumnSchema, ForeignKey, Schema, TableSchema

Entry: TypeAlias = dict[str, object]

_AUTOMATIC: tuple[Entry, ...] = (
    {"name": "id", "type": "TEXT", "nullable": False, "default": None, "unique": True, "foreign_key": None},
    {
        "name": "created_at",
        "type": "TEXT",
        "nullable": False,
        "default": None,
        "unique": False,
        "foreign_key": None,
    },
    {
        "name": "updated_at",
        "type": "TEXT",
        "nullable": True,
        "default": None,
        "unique": False,
        "foreign_key": None,
    },
)


def snapshot(schema: Schema) -> dict[str, list[Entry]]:
    """Return every table's columns, by name.

    0.1 has fewer words: a type that it does not know becomes TEXT; keys and unique sets of several columns
    are left out.
    """
    return {table.name: table_entries(table) for table in schema.tables}


def table_entries(table: TableSchema) -> list[Entry]:
    """Return the columns of one table."""
    return [_entry(table, column) for column in table.columns]


def definition_entries(columns: tuple[Column, ...]) -> list[Entry]:
    """Return the columns of a table that is to be created, the automatic ones included."""
    return [*map(dict, _AUTOMATIC), *map(definition_entry, columns)]


def definition_entry(column: Column) -> Entry:
    """Return a column that is to be created."""
    reference = column.foreign_key
    return {
        "name": column.name,
        "type": column.type,
        "nullable": column.nullable,
        "default": None if column.default is None else default_sql(column.name, column.default),
        "unique": column.unique,
        "foreign_key": reference
        and {
            "table": reference.table,
            "column": reference.column,
            "on_delete": reference.on_delete,
            "on_update": reference.on_update,
        },
    }


def _entry(table: TableSchema, column: ColumnSchema) -> Entry:
    key = next((k for k in table.foreign_keys if k.columns == (column.name,) and k.references), None)
    return {
        "name": column.name,
        "type": column.type or "TEXT",
        "nullable": column.nullable,
        "default": _default(column),
        "unique": (column.name,) in {table.primary_key, *table.unique},
        "foreign_key": key and _reference(key),
    }


def _reference(key: ForeignKey) -> Entry:
    return {
        "table": key.table,
        "column": key.references[0],
        "on_delete": _action(key.on_delete),
        "on_update": _action(key.on_update),
    }


def _action(action: str) -> str:
    """Return the action as 0.1 has it: it writes nothing for RESTRICT, which SQLite reads as NO ACTION."""
    return "RESTRICT" if action in {"NO ACTION", "SET DEFAULT"} else action


def _default(column: ColumnSchema) -> str | None:
    """Return the default as 0.1 pastes it behind DEFAULT; SQLite tells expressions without parentheses."""
    if column.default is None:
        return None
    try:
        return default_sql(column.name, column.default)
    except SchemaError:  # a bare name, which only SQLite takes for a text
        return column.default
