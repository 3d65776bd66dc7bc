"""``cinch-client db``: the databases of a project."""

import click

from cinch_client import connect, delete_database, init_database, list_databases
from cinch_client._cli import _output
from cinch_client._cli._options import asking, confirm, json_option, on_project, open_connection, yes_option
from cinch_client._cli._project import Project


@click.group("db")
def group() -> None:
    """Databases."""


@group.command("list")
@json_option
@on_project
def list_(project: Project, *, as_json: bool) -> None:
    """List the databases."""
    rows = [{"name": n, "active": n == project.active_database} for n in list_databases(project.directory)]
    _output.show_rows(rows, ["name", "active"], as_json=as_json)


@group.command()
@click.argument("name")
@click.option("--description", help="What it is for.")
@click.option("--branch", "-b", default="main", show_default=True, help="Its first branch.")
@click.option("--switch", "-s", is_flag=True, help="Make it the active one.")
@json_option
@on_project
def create(project: Project, *, name: str, description: str | None, branch: str, switch: bool, as_json: bool) -> None:
    """Create a database."""
    init_database(project.directory, name, branch, description)
    if switch:
        project.activate(name, branch)
    if as_json:
        _output.show_json({"name": name, "branch": branch, "active": switch})
    _output.say(f"created database {name!r} with the branch {branch!r}")


@group.command()
@click.argument("name")
@yes_option
@on_project
def delete(project: Project, *, name: str, yes: bool) -> None:
    """Delete a database with all its branches, tenants and files."""
    if name in list_databases(project.directory):
        confirm(f"Delete database {name!r} with all its branches, tenants and rows for good?", yes=yes)
    delete_database(project.directory, name)
    _output.say(f"deleted database {name!r}")
    if name == project.active_database:
        _output.warn("it was the active database; choose another with 'cinch-client db switch'")


@group.command()
@asking
@click.argument("name", required=False, envvar="CINCHDB_DATABASE")
@click.option("--branch", "-b", envvar="CINCHDB_BRANCH", help="The branch whose tenants, tables and views to show.")
@json_option
@on_project
def info(project: Project, *, name: str | None, branch: str | None, as_json: bool) -> None:
    """Show a database, the active one by default."""
    with open_connection(project, name, branch, "main") as connection:
        facts: dict[str, object] = {
            "name": connection.database,
            "active": connection.database == project.active_database,
            "branches": connection.list_branches(),
            "branch": connection.branch,
            "tenants": len(connection.list_tenants()),
            "tables": [table.name for table in connection.list_tables()],
            "views": [view.name for view in connection.list_views()],
        }
    _output.show_facts(facts, as_json=as_json)


@group.command()
@click.argument("name")
@click.option("--branch", "-b", default="main", show_default=True, help="The branch to make active.")
@on_project
def switch(project: Project, *, name: str, branch: str) -> None:
    """Make a database the active one."""
    connect(name, branch, project_dir=project.directory).close()
    project.activate(name, branch)
    _output.say(f"database {name!r}, branch {branch!r}, is active now")
