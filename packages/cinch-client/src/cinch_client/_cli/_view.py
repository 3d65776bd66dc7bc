"""``cinch-client view``: the views of a branch."""

from dataclasses import asdict

import click

from cinch_client import CinchDB
from cinch_client._cli import _output
from cinch_client._cli._options import asking, confirm, json_option, on_branch, on_tenant, yes_option


@click.group("view")
def group() -> None:
    """Views."""


@group.command("list")
@json_option
@on_tenant
def list_(connection: CinchDB, *, as_json: bool) -> None:
    """List the views."""
    rows = [{"name": view.name, "columns": [c.name for c in view.columns]} for view in connection.list_views()]
    _output.show_rows(rows, ["name", "columns"], as_json=as_json)


@group.command()
@click.argument("name")
@click.argument("sql")
@json_option
@on_branch
def create(connection: CinchDB, *, name: str, sql: str, as_json: bool) -> None:
    """Create a view of one SELECT, in every tenant of the branch."""
    view = connection.create_view(name, sql)
    if as_json:
        _output.show_json(asdict(view))
    _output.say(f"created view {name!r} with {len(view.columns)} columns")


@group.command()
@click.argument("name")
@click.argument("sql")
@json_option
@on_branch
def update(connection: CinchDB, *, name: str, sql: str, as_json: bool) -> None:
    """Give a view another SELECT."""
    view = connection.update_view(name, sql)
    if as_json:
        _output.show_json(asdict(view))
    _output.say(f"updated view {name!r}")


@group.command()
@click.argument("name")
@yes_option
@on_branch
def delete(connection: CinchDB, *, name: str, yes: bool) -> None:
    """Delete a view; no row is lost."""
    connection.get_view(name)
    confirm(f"Delete view {name!r}?", yes=yes)
    connection.drop_view(name)
    _output.say(f"deleted view {name!r}")


@group.command()
@asking
@click.argument("name")
@json_option
@on_tenant
def info(connection: CinchDB, *, name: str, as_json: bool) -> None:
    """Show the columns and the SELECT of a view."""
    view = connection.get_view(name)
    if as_json:
        _output.show_json(asdict(view))
        return
    columns = [f"{c.name} {c.type}" if c.type else c.name for c in view.columns]
    _output.show_facts({"name": view.name, "columns": columns, "sql": view.sql}, as_json=False)
