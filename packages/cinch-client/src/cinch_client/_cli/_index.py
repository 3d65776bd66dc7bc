"""``cinch-client index``: the indexes of a branch."""

from dataclasses import asdict

import click

from cinch_client import CinchDB
from cinch_client._cli import _output
from cinch_client._cli._options import asking, confirm, json_option, on_branch, on_tenant, yes_option

_COLUMNS = ("name", "table", "columns", "unique", "partial")


@click.group("index")
def group() -> None:
    """Indexes."""


@group.command("list")
@click.argument("table", required=False)
@json_option
@on_tenant
def list_(connection: CinchDB, *, table: str | None, as_json: bool) -> None:
    """List the indexes of a table, or of all."""
    rows = [asdict(index) for index in connection.list_indexes(table)]
    _output.show_rows(rows, _COLUMNS, as_json=as_json)


@group.command()
@click.argument("table")
@click.argument("columns", nargs=-1, required=True)
@click.option("--name", "-n", help="Its name; idx_TABLE_COLUMNS by default, uniq_… for a unique one.")
@click.option("--unique", "-u", is_flag=True, help="No two rows may agree in all the columns.")
@json_option
@on_branch
def create(
    connection: CinchDB, *, table: str, columns: tuple[str, ...], name: str | None, unique: bool, as_json: bool
) -> None:
    """Create an index in every tenant of the branch."""
    made = connection.create_index(table, columns, name, unique)
    if as_json:
        _output.show_json(asdict(connection.get_index_info(made)))
    _output.say(f"created index {made!r}")


@group.command()
@click.argument("name")
@yes_option
@on_branch
def drop(connection: CinchDB, *, name: str, yes: bool) -> None:
    """Drop an index in every tenant of the branch; no row is lost."""
    index = connection.get_index_info(name)
    if index.unique:
        confirm(f"Drop index {name!r}, which keeps rows of {index.table!r} unique?", yes=yes)
    connection.drop_index(name, if_exists=False)
    _output.say(f"dropped index {name!r}")


@group.command()
@asking
@click.argument("name")
@json_option
@on_tenant
def info(connection: CinchDB, *, name: str, as_json: bool) -> None:
    """Show an index."""
    _output.show_facts(asdict(connection.get_index_info(name)), as_json=as_json)
