"""The command line as a whole: its groups, the commands that are in none, and what an error looks like."""

import csv
import logging
import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from cinch_client import CinchDB, CinchError, __version__, init_project
from cinch_client import list_databases as databases_of
from cinch_client._cli import _column, _database, _index, _output, _table, _tenant, _view
from cinch_client._cli._options import Declined, Negative, asking, json_option, on_project, on_tenant
from cinch_client._cli._project import Project

_EPILOG = (
    "Exit codes: 0 done; 1 the answer is no (what was asked for does not exist, a question was declined); 2 error."
)
_NO_ARGUMENTS: Any = getattr(click.exceptions, "NoArgsIsHelpError", ())  # click 8.1 prints the help itself
_VARIABLES = ("CINCHDB_PROJECT_DIR", "CINCHDB_DATABASE", "CINCHDB_BRANCH")


class _ListingGroup(click.Group):
    """Lists its commands in the order in which they were added."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return [*self.commands]


@click.group(cls=_ListingGroup, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="cinch-client")
def app() -> None:
    """Look after CinchDB projects: one SQLite file per tenant, schemas on branches."""


@app.command()
@click.argument("path", required=False, type=click.Path(path_type=Path, file_okay=False))
@click.option("--project-dir", type=click.Path(path_type=Path, file_okay=False), help="The same as PATH.")
@click.option("--database", "-d", default="main", show_default=True, help="The first database.")
@click.option("--branch", "-b", default="main", show_default=True, help="Its first branch.")
@json_option
def init(*, path: Path | None, project_dir: Path | None, database: str, branch: str, as_json: bool) -> None:
    """Make a project in PATH, the current directory by default."""
    directory = init_project(path or project_dir, database, branch)
    if as_json:
        _output.show_json({"project_dir": str(directory), "database": database, "branch": branch})
    _output.say(f"made a project in {directory}, with the database {database!r} and its branch {branch!r}")


@app.command()
@asking
@json_option
@on_project
def status(project: Project, *, as_json: bool) -> None:
    """Show the project, what is active in it, and the environment variables that have a say."""
    facts: dict[str, object] = {
        "project_dir": str(project.directory),
        "active_database": project.active_database,
        "active_branch": project.active_branch,
        "databases": databases_of(project.directory),
        "environment": {name: os.environ[name] for name in _VARIABLES if name in os.environ},
    }
    if not as_json:
        facts |= {"environment": [f"{name}={os.environ[name]}" for name in _VARIABLES if name in os.environ]}
    _output.show_facts(facts, as_json=as_json)


@app.command()
@click.argument("sql")
@click.option("--format", "-f", "form", type=click.Choice(["table", "json", "csv"]), default="table", show_default=True)
@click.option("--limit", "-l", type=click.IntRange(min=0), help="Print at most so many rows.")
@json_option
@on_tenant
def query(connection: CinchDB, *, sql: str, form: str, limit: int | None, as_json: bool) -> None:
    """Run read-only SQL on a tenant; SQL is '-' to read it from stdin."""
    rows = connection.query(sys.stdin.read() if sql == "-" else sql)[:limit]
    columns = [*rows[0]] if rows else []
    if form == "csv" and not as_json:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_csv_value(value) for value in row.values()] for row in rows)
        return
    _output.show_rows(rows, columns, as_json=as_json or form == "json")
    if form == "table" and not as_json:
        _output.say(f"{len(rows)} {'row' if len(rows) == 1 else 'rows'}")


@app.command()
def version() -> None:
    """Show the version."""
    click.echo(__version__)


for _group in (_database.group, _tenant.group, _table.group, _column.group, _view.group, _index.group):
    app.add_command(_group)


def run(arguments: Sequence[str]) -> int:
    """Run a command and return its exit code; whatever goes wrong is told without a traceback."""
    logging.basicConfig(format="warning: %(message)s")
    with warnings.catch_warnings():
        warnings.simplefilter("default", UserWarning)
        warnings.showwarning = _show_warning
        try:
            return _run(arguments)
        except BrokenPipeError:
            # Whoever reads has enough. Python would complain when it flushes stdout at the end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0


def _show_warning(message: Warning | str, *_where: object, **_more: object) -> None:
    _output.warn(str(message))


def _run(arguments: Sequence[str]) -> int:
    try:
        app.main([*arguments], prog_name="cinch-client", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except Declined:
        _output.say("nothing was done")
        return 1
    except (click.Abort, KeyboardInterrupt):
        _output.say("interrupted")
        return 130
    except click.ClickException as error:
        _complain_about_usage(error)
        return 2
    except Negative as answer:
        _output.complain(*_halves(str(answer)))
        return 1
    except CinchError as error:
        _output.complain(*_halves(str(error)))
        return 2
    except BrokenPipeError:
        raise
    except OSError as error:
        _output.complain(str(error))
        return 2
    return 0


def _complain_about_usage(error: click.ClickException) -> None:
    context = error.ctx if isinstance(error, click.UsageError) else None
    if isinstance(error, _NO_ARGUMENTS):
        click.echo(error.format_message(), err=True)
        return
    path = context.command_path if context is not None else "cinch-client"
    message, hint = _halves(error.format_message())
    _output.complain(message, hint or f"see '{path} --help'")


def _halves(message: str) -> tuple[str, str | None]:
    """Return what is wrong and what to do, which the messages of this package keep apart by a semicolon."""
    problem, _, remedy = message.rpartition("; ")
    return (problem, remedy) if problem else (remedy, None)


def _csv_value(value: object) -> object:
    return value.hex() if isinstance(value, bytes) else value
