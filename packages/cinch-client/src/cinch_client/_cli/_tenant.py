"""``cinch-client tenant``: the tenants of a branch."""

from dataclasses import asdict

import click

from cinch_client import CinchDB, Tenant
from cinch_client._cli import _output
from cinch_client._cli._options import asking, confirm, json_option, on_branch, yes_option

_COLUMNS = ("name", "description", "materialized")


@click.group("tenant")
def group() -> None:
    """Tenants."""


@group.command("list")
@click.option("--all", "include_system", is_flag=True, help="The template __empty__, too.")
@json_option
@on_branch
def list_(connection: CinchDB, *, include_system: bool, as_json: bool) -> None:
    """List the tenants of a branch."""
    tenants = connection.list_tenants(include_system)
    _output.show_rows([asdict(tenant) for tenant in tenants], _COLUMNS, as_json=as_json)


@group.command()
@click.argument("names", nargs=-1, required=True)
@click.option("--description", help="What it is for; for one tenant only.")
@click.option("--copy-from", metavar="TENANT", help="Begin with the rows of another tenant; for one tenant only.")
@click.option("--lazy/--no-lazy", default=True, show_default=True, help="Make the file at the first write.")
@json_option
@on_branch
def create(
    connection: CinchDB,
    *,
    names: tuple[str, ...],
    description: str | None,
    copy_from: str | None,
    lazy: bool,
    as_json: bool,
) -> None:
    """Create a tenant, or several, all or none."""
    if len(names) == 1:
        made = [connection.create_tenant(names[0], description, copy_from=copy_from, lazy=lazy)]
    elif description is not None or copy_from is not None or not lazy:
        raise click.UsageError("--description, --copy-from and --no-lazy are for one tenant; create them one by one")
    else:
        made = connection.create_tenants(names)
    _tell(made, f"created {len(made)} tenants" if len(made) > 1 else f"created tenant {names[0]!r}", as_json=as_json)


@group.command()
@click.argument("name")
@yes_option
@on_branch
def delete(connection: CinchDB, *, name: str, yes: bool) -> None:
    """Delete a tenant and all its rows."""
    connection.get_tenant(name)
    confirm(f"Delete tenant {name!r} of {connection.database}/{connection.branch} for good?", yes=yes)
    connection.delete_tenant(name)
    _output.say(f"deleted tenant {name!r}")


@group.command()
@click.argument("source")
@click.argument("target")
@click.option("--description", help="What the copy is for.")
@json_option
@on_branch
def copy(connection: CinchDB, *, source: str, target: str, description: str | None, as_json: bool) -> None:
    """Copy a tenant, rows and all, as it is at one moment."""
    made = connection.create_tenant(target, description, copy_from=source, lazy=False)
    _tell([made], f"copied tenant {source!r} to {target!r}", as_json=as_json)


@group.command()
@click.argument("old_name")
@click.argument("new_name")
@json_option
@on_branch
def rename(connection: CinchDB, *, old_name: str, new_name: str, as_json: bool) -> None:
    """Rename a tenant."""
    renamed = connection.rename_tenant(old_name, new_name)
    _tell([renamed], f"renamed tenant {old_name!r} to {new_name!r}", as_json=as_json)


@group.command()
@asking
@click.argument("name")
@json_option
@on_branch
def info(connection: CinchDB, *, name: str, as_json: bool) -> None:
    """Show a tenant."""
    _output.show_facts(asdict(connection.get_tenant(name)), as_json=as_json)


def _tell(tenants: list[Tenant], message: str, *, as_json: bool) -> None:
    if as_json:
        _output.show_json([asdict(tenant) for tenant in tenants])
    _output.say(message)
