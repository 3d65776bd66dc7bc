"""``cinch-codegen generate``."""

from pathlib import Path
from typing import Unpack

import click

from cinch_codegen._cli._reports import put_check, put_diff, put_result
from cinch_codegen._cli._speech import progress
from cinch_codegen._cli._watch import watch as watch_database
from cinch_codegen._generation import Generation, open_database, prepare, tenant_states
from cinch_codegen._options import Overrides, Settings, find_configuration, read_settings

_DIRECTORY = click.Path(file_okay=False, path_type=Path)


@click.command(short_help="Write the package, or compare it with the database.")
@click.argument("database", required=False)
@click.option("-o", "--output", type=_DIRECTORY, help="The package directory; with --dist, the distribution's.")
@click.option("-b", "--branch", help="The branch whose schema counts. [default: main]")
@click.option("-t", "--tenant", help="The tenant whose schema counts. [default: main]")
@click.option("-p", "--project-dir", type=_DIRECTORY, help="Where .cinchdb is. [default: here or above]")
@click.option("--package-name", help="The package's name, where the output directory does not tell.")
@click.option("--views/--no-views", default=None, help="Models for views, too. [default: views]")
@click.option("--singular/--no-singular", default=None, help="Name classes in the singular: users → User.")
@click.option("--dist/--no-dist", default=None, help="Write an installable distribution around the package.")
@click.option("--force", is_flag=True, help="Replace files that were edited or are not ours.")
@click.option("--check", is_flag=True, help="Write nothing: are code, database and tenants in step? Exit 1 if not.")
@click.option("--diff", is_flag=True, help="Write nothing: print what would change. Exit 1 if anything.")
@click.option("--watch", is_flag=True, help="Write now and whenever the schema changes, until Ctrl-C.")
@click.option("--json", "machine", is_flag=True, help="Print the result as JSON.")
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The pyproject.toml to read. [default: the nearest with [tool.cinch-codegen]]",
)
def generate(
    *,
    force: bool,
    check: bool,
    diff: bool,
    watch: bool,
    machine: bool,
    config: Path | None,
    **given: Unpack[Overrides],
) -> int:
    """Generate the typed package for DATABASE.

    What is not given here comes from [tool.cinch-codegen] of pyproject.toml.

    Exit codes: 0 done or nothing to do, 1 the output differs (--check, --diff), 2 error.
    """
    if sum((check, diff, watch)) > 1:
        raise click.UsageError("--check, --diff and --watch exclude each other")
    if machine and (diff or watch):
        raise click.UsageError("--json goes with a plain run or with --check")
    settings = _settings(config, given)
    if watch:
        return watch_database(settings, force=force)
    if check:
        return _check(settings, machine=machine)
    generation = _prepare(settings)
    if diff:
        return put_diff(generation)
    generation.write(force=force)
    put_result(generation, machine=machine)
    return 0


def _settings(config: Path | None, given: Overrides) -> Settings:
    file = config or find_configuration(Path.cwd())
    settings = read_settings(file) if file else Settings()
    output, project = given.get("output"), given.get("project_dir")
    return settings.override(
        **{
            **given,
            "output": output.absolute() if output else None,
            "project_dir": project.absolute() if project else None,
        }
    )


def _prepare(settings: Settings) -> Generation:
    options = settings.options()
    schema = open_database(settings).schema()
    _, directory = settings.target()
    with progress(len(schema.tables) + len(schema.views)) as steps:
        return prepare(schema, options, directory, steps)


def _check(settings: Settings, *, machine: bool) -> int:
    generation = _prepare(settings)
    states = tenant_states(open_database(settings), generation.plan.fingerprint)
    return put_check(generation, states, machine=machine)
