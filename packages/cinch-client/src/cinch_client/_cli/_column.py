"""``cinch-client column``: the columns of a table."""

from dataclasses import asdict

import click

from cinch_client import CinchDB, Column, TableSchema
from cinch_client._cli import _output
from cinch_client._cli._column_words import ACTIONS, parse_action, parse_column, parse_reference
from cinch_client._cli._options import asking, confirm, json_option, on_branch, on_tenant, yes_option
from cinch_client._cli._table import COLUMN_FACTS, column_rows


@click.group("column")
def group() -> None:
    """Columns."""


@group.command("list")
@click.argument("table")
@json_option
@on_tenant
def list_(connection: CinchDB, *, table: str, as_json: bool) -> None:
    """List the columns of a table."""
    found = connection.get_table(table)
    if as_json:
        _output.show_json([asdict(column) for column in found.columns])
        return
    _output.show_rows(column_rows(found), COLUMN_FACTS, as_json=False)


@group.command()
@click.argument("table")
@click.argument("name")
@click.argument("type_", metavar="[TYPE]", required=False)
@click.option("--nullable/--not-null", default=True, show_default=True, help="Whether NULL can be stored.")
@click.option("--default", metavar="SQL", help="An SQL expression; text wants quotes: \"'n/a'\".")
@click.option("--unique", "-u", is_flag=True, help="No two rows may agree.")
@click.option("--references", metavar="TABLE[.COLUMN]", help="What it refers to.")
@click.option("--on-delete", type=click.Choice(ACTIONS, case_sensitive=False), default="RESTRICT", show_default=True)
@json_option
@on_branch
def add(
    connection: CinchDB,
    *,
    table: str,
    name: str,
    type_: str | None,
    nullable: bool,
    default: str | None,
    unique: bool,
    references: str | None,
    on_delete: str,
    as_json: bool,
) -> None:
    """Add a column to a table, in every tenant of the branch.

    Either NAME and TYPE, with options, or NAME alone as in 'table create': age:int:not_null:default=0.
    """
    if type_ is None:
        if not nullable or default is not None or unique or references is not None:
            raise click.UsageError("options go with NAME and TYPE; or write them into the word, as in age:int:unique")
        column = parse_column(name)
    else:
        action = parse_action(on_delete) or "RESTRICT"
        reference = None if references is None else parse_reference(references, action)
        column = Column(name, type_, nullable, default, unique, reference)
    connection.add_column(table, column)
    if as_json:
        _output.show_json(asdict(connection.get_column_info(table, column.name)))
    _output.say(f"added column {column.name!r} to table {table!r}")


@group.command()
@click.argument("table")
@click.argument("name")
@yes_option
@on_branch
def drop(connection: CinchDB, *, table: str, name: str, yes: bool) -> None:
    """Drop a column and its values, in every tenant of the branch."""
    connection.get_column_info(table, name)
    tenants = len(connection.list_tenants())
    confirm(f"Drop column {table}.{name} and its values in all {tenants} tenants for good?", yes=yes)
    connection.drop_column(table, name)
    _output.say(f"dropped column {name!r} of table {table!r}")


@group.command()
@click.argument("table")
@click.argument("old_name")
@click.argument("new_name")
@on_branch
def rename(connection: CinchDB, *, table: str, old_name: str, new_name: str) -> None:
    """Rename a column; indexes, views and foreign keys follow."""
    connection.rename_column(table, old_name, new_name)
    _output.say(f"renamed column {old_name!r} of table {table!r} to {new_name!r}")


@group.command()
@asking
@click.argument("table")
@click.argument("name")
@json_option
@on_tenant
def info(connection: CinchDB, *, table: str, name: str, as_json: bool) -> None:
    """Show a column."""
    column = connection.get_column_info(table, name)
    if as_json:
        _output.show_json(asdict(column))
        return
    found = connection.schema().table(table) or TableSchema(table, (column,))
    _output.show_facts(next(row for row in column_rows(found) if row["name"] == name), as_json=False)
