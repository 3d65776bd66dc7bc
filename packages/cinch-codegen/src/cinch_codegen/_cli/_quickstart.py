"""``cinch-codegen quickstart``."""

from pathlib import Path

import click


@click.command(short_help="Make a small project, generate its package and run a program on it.")
@click.option(
    "--directory", default="cinch-quickstart", type=click.Path(file_okay=False, path_type=Path), show_default=True
)
def quickstart(directory: Path) -> int:
    """Make a project in --directory, generate its typed package, run a short program on it, and tell what happened."""
    return 0
