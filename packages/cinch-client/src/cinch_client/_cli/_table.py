"""``cinch-client table``: the tables of a branch."""

from dataclasses import asdict

import click

from cinch_client import CinchDB, ForeignKey, Index, TableSchema
from cinch_client._cli import _output
from cinch_client._cli._column_words import parse_column
from cinch_client._cli._options import asking, confirm, json_option, on_branch, on_tenant, yes_option

COLUMN_FACTS = ("name", "type", "nullable", "default", "unique", "references", "choices")


@click.group("table")
def group() -> None:
    """Tables."""


@group.command("list")
@click.option("--all", "include_system", is_flag=True, help="CinchDB's own tables, too.")
@json_option
@on_tenant
def list_(connection: CinchDB, *, include_system: bool, as_json: bool) -> None:
    """List the tables."""
    rows = [
        {"name": table.name, "columns": len(table.columns), "indexes": len(table.indexes)}
        for table in connection.list_tables(include_system)
    ]
    _output.show_rows(rows, ["name", "columns", "indexes"], as_json=as_json)


@group.command(epilog="Example: cinch-client table create orders total:float:not_null user_id:text:fk=users.id:cascade")
@click.argument("name")
@click.argument("columns", nargs=-1)
@click.option("--index", "-i", "indexes", multiple=True, metavar="COLUMN[,COLUMN…]", help="Index these columns.")
@click.option("--unique", "-u", "uniques", multiple=True, metavar="COLUMN[,COLUMN…]", help="Unique together.")
@json_option
@on_branch
def create(
    connection: CinchDB,
    *,
    name: str,
    columns: tuple[str, ...],
    indexes: tuple[str, ...],
    uniques: tuple[str, ...],
    as_json: bool,
) -> None:
    """Create a table in every tenant of the branch.

    The columns id, created_at and updated_at come by themselves. Others are written
    name:type[:not_null][:unique][:fk=table[.column][:action]][:default=SQL], with the types TEXT, INTEGER, REAL,
    BLOB, NUMERIC and BOOLEAN (or str, int, float, bytes, bool …), in any case, and the actions cascade, set_null,
    restrict and no_action. A default is an SQL expression and stands last: name:text:default="'n/a'".
    """
    wanted = [Index(_names(text)) for text in indexes] + [Index(_names(text), unique=True) for text in uniques]
    table = connection.create_table(name, [parse_column(word) for word in columns], wanted)
    if as_json:
        _output.show_json(asdict(table))
    _output.say(f"created table {name!r} with {len(table.columns)} columns")


@group.command()
@click.argument("name")
@yes_option
@on_branch
def delete(connection: CinchDB, *, name: str, yes: bool) -> None:
    """Delete a table and its rows in every tenant of the branch."""
    connection.get_table(name)
    tenants = len(connection.list_tenants())
    confirm(f"Delete table {name!r} and its rows in all {tenants} tenants for good?", yes=yes)
    connection.drop_table(name)
    _output.say(f"deleted table {name!r}")


@group.command()
@asking
@click.argument("name")
@json_option
@on_tenant
def info(connection: CinchDB, *, name: str, as_json: bool) -> None:
    """Show the columns and indexes of a table."""
    table = connection.get_table(name)
    if as_json:
        _output.show_json(asdict(table))
        return
    _output.show_rows(column_rows(table), COLUMN_FACTS, as_json=False)
    if table.indexes:
        _output.show_rows([asdict(index) for index in table.indexes], ["name", "columns", "unique"], as_json=False)


def column_rows(table: TableSchema) -> list[dict[str, object]]:
    """Return what people want to know of each column of a table."""
    return [
        {
            "name": column.name,
            "type": column.type or column.declared_type or None,
            "nullable": column.nullable,
            "default": column.default,
            "unique": (column.name,) in {table.primary_key, *table.unique},
            "references": ", ".join(_target(k, column.name) for k in table.foreign_keys if column.name in k.columns)
            or None,
            "choices": column.choices or None,
        }
        for column in table.columns
    ]


def _target(key: ForeignKey, column: str) -> str:
    if not key.references:
        return key.table
    action = "" if key.on_delete == "NO ACTION" else f" on delete {key.on_delete.lower()}"
    return f"{key.table}.{key.references[key.columns.index(column)]}{action}"


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(","))
