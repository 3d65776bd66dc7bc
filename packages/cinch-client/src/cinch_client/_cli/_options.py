"""The options that commands share, and the connection they lead to."""

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Concatenate, ParamSpec

import click

from cinch_client import CinchDB, NotFoundError, connect
from cinch_client._cli._project import Project, find_project

P = ParamSpec("P")
Command = Callable[..., None]


def project_option(command: Command) -> Command:
    """Add ``--project-dir``, which arrives as ``project_dir``."""
    return click.option(
        "--project-dir",
        envvar="CINCHDB_PROJECT_DIR",
        type=click.Path(path_type=Path, file_okay=False),
        help="The directory that holds .cinchdb; by default the current one or the nearest above that does.",
    )(command)


def on_project(command: Callable[Concatenate[Project, P], None]) -> Command:
    """Add ``--project-dir`` and give the command the project."""

    @functools.wraps(command)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> None:
        project_dir: Any = kwargs.pop("project_dir")
        command(find_project(project_dir), *args, **kwargs)

    return project_option(wrapper)


def on_branch(command: Callable[Concatenate[CinchDB, P], None]) -> Command:
    """Add ``--project-dir``, ``--database`` and ``--branch``, and give the command a connection."""

    @functools.wraps(command)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> None:
        project_dir: Any = kwargs.pop("project_dir")
        database: Any = kwargs.pop("database")
        branch: Any = kwargs.pop("branch")
        tenant: Any = kwargs.pop("tenant", "main")
        with open_connection(find_project(project_dir), database, branch, tenant) as connection:
            command(connection, *args, **kwargs)

    branch_option = click.option(
        "--branch", "-b", envvar="CINCHDB_BRANCH", help="The branch; the active one by default."
    )
    database_option = click.option(
        "--database", "-d", envvar="CINCHDB_DATABASE", help="The database; the active one by default."
    )
    return project_option(database_option(branch_option(wrapper)))


def on_tenant(command: Callable[Concatenate[CinchDB, P], None]) -> Command:
    """Add ``--tenant`` to what :func:`on_branch` adds."""
    return click.option("--tenant", "-t", default="main", show_default=True, help="The tenant.")(on_branch(command))


def json_option(command: Command) -> Command:
    """Add ``--json``, which arrives as ``as_json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, for machines.")(command)


def yes_option(command: Command) -> Command:
    """Add ``--yes``, which arrives as ``yes``; 0.1 called it ``--force``."""
    return click.option("--yes", "-y", "--force", "-f", "yes", is_flag=True, help="Do not ask.")(command)


def open_connection(project: Project, database: str | None, branch: str | None, tenant: str) -> CinchDB:
    """Connect to what was named, or else to what is active."""
    name = database or project.active_database
    return connect(name, branch or project.branch_of(name), tenant, project_dir=project.directory)


def confirm(question: str, *, yes: bool) -> None:
    """Ask before something is destroyed.

    Raises:
        click.UsageError: Nobody is there to answer.
        Declined: The answer is no.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError(f"there is no terminal to ask {question!r}; pass --yes")
    if not click.confirm(question, err=True):
        raise Declined


def asking(command: Callable[P, None]) -> Callable[P, None]:
    """Mark a command that only asks: that something is not there is an answer then, not an error."""

    @functools.wraps(command)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except NotFoundError as error:
            raise Negative(str(error)) from error

    return wrapper


class Negative(Exception):  # noqa: N818 - an answer, not an error
    """What was asked for does not exist."""


class Declined(Exception):  # noqa: N818 - an answer, not an error
    """The question was answered with no."""
