"""What is printed: data on stdout, as tables for people and as JSON for machines; everything else on stderr."""

import base64
import json
import math
import os
import sys
from collections.abc import Mapping, Sequence
from typing import cast

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

_WIDE = 10_000


def show_rows(rows: Sequence[Mapping[str, object]], columns: Sequence[str], *, as_json: bool) -> None:
    """Print rows, each with these columns."""
    if as_json:
        show_json(rows)
        return
    if not rows:
        return
    console = _console()
    table = Table(box=box.SIMPLE_HEAD if console.is_terminal else None, pad_edge=False, highlight=False)
    for column in columns:
        table.add_column(Text(_visible(column)), overflow="fold")
    for row in rows:
        table.add_row(*(_cell(row[column]) for column in columns))
    _print(console, table)


def show_facts(facts: Mapping[str, object], *, as_json: bool) -> None:
    """Print one thing: its facts, a line each."""
    if as_json:
        show_json(facts)
        return
    grid = Table.grid(padding=(0, 2))
    for name, value in facts.items():
        grid.add_row(Text(name, style="bold"), _cell(value))
    _print(_console(), grid)


def show_json(data: object) -> None:
    """Print *data* as JSON. Bytes become ``{"base64": …}``; infinity, which JSON lacks, a string."""
    click.echo(json.dumps(_plain(data), ensure_ascii=False, indent=2))


def say(message: str) -> None:
    """Tell people what was done."""
    click.echo(_visible(message), err=True)


def complain(message: str, hint: str | None = None) -> None:
    """Tell what went wrong and what to do about it."""
    _labelled("error:", "red", message)
    if hint:
        _labelled("hint:", "cyan", hint)


def warn(message: str) -> None:
    """Tell what is odd."""
    _labelled("warning:", "yellow", message)


def _labelled(label: str, color: str, message: str) -> None:
    if sys.stderr.isatty() and _colored():
        label = click.style(label, fg=color, bold=True)
    click.echo(f"{label} {_visible(message)}", err=True)


def _colored() -> bool:
    return not os.environ.get("NO_COLOR")  # https://no-color.org


def _console() -> Console:
    """Return a console that does not cut lines which go into a pipe."""
    return Console(
        color_system="auto" if _colored() else None,
        highlight=False,
        markup=False,
        emoji=False,
        width=None if sys.stdout.isatty() else _WIDE,
    )


def _print(console: Console, table: Table) -> None:
    with console.capture() as capture:
        console.print(table)
    click.echo(
        "\n".join(line.rstrip() for line in capture.get().splitlines()), color=True
    )  # rich has decided about color already


def _cell(value: object) -> Text:
    match value:
        case None:
            return Text("-", style="dim")
        case bool():
            return Text("yes" if value else "no")
        case bytes():
            return Text(f"x'{value[:32].hex()}'" + ("…" if len(value) > 32 else ""))
        case list() | tuple():
            return Text(", ".join(_cell(each).plain for each in cast("Sequence[object]", value)))
        case _:
            return Text(_visible(str(value)))


def _visible(text: str) -> str:
    """Return *text* without what a terminal would obey."""
    return "".join(c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in text)


def _plain(value: object) -> object:
    match value:
        case bytes():
            return {"base64": base64.b64encode(value).decode()}
        case float() if not math.isfinite(value):
            return str(value)
        case dict():
            return {key: _plain(each) for key, each in cast("dict[str, object]", value).items()}
        case list() | tuple():
            return [_plain(each) for each in cast("Sequence[object]", value)]
        case _:
            return value
