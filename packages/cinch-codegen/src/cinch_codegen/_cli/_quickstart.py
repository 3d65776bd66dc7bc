"""``cinch-codegen quickstart``."""

import os
from pathlib import Path
from textwrap import indent

import click

from cinch_codegen._cli._speech import put


@click.command(short_help="Make a small project, generate its package and run a program on it.")
@click.option(
    "--directory",
    default="cinch-quickstart",
    type=click.Path(path_type=Path),
    show_default=True,
    help="Where; replaced when a quickstart made it.",
)
def quickstart(directory: Path) -> int:
    """Make a project, generate its typed package, run a short program on it, and tell what happened.

    Exit codes: 0 done, 2 error.
    """
    from cinch_codegen._quickstart import make_quickstart

    made = make_quickstart(directory)
    put(_report(directory, made.said, [model.class_name for model in made.generation.plan.models]))
    return 0


def _report(directory: Path, said: str, models: list[str]) -> str:
    from cinch_codegen._quickstart._make import PACKAGE, PROGRAM, SETTINGS
    from cinch_codegen._quickstart._shops import DATABASE, SHOPS, TABLES, VIEW

    run = "uv run " if "UV" in os.environ else ""
    generate = f"{run}cinch-codegen generate --config {directory / SETTINGS}"
    return f"""\
Cinch quickstart

Made a project in {directory}
  database   {DATABASE}, branch main
  tables     {", ".join(TABLES)}
  view       {VIEW}
  tenants    {", ".join(shop.tenant for shop in SHOPS)} (an SQLite file each)

Generated the package {directory / PACKAGE}
  models     {", ".join(models)}

Ran {directory / PROGRAM}
{indent(said.rstrip(), "  ")}

Where to look next
  the program above             {directory / PROGRAM}
  a generated model             {directory / PACKAGE / "user.py"}
  the generator's settings      {directory / SETTINGS}

What to try next
  run the program again         {run}python {directory / PROGRAM}
  misspell a column in it, and let a type checker or your editor find it
  change the settings           {generate}
  is everything in step?        {generate} --check"""
