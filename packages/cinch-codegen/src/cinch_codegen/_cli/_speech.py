"""How the command line talks: data on stdout, everything else on stderr, colours only where they are wanted."""

import json
import logging
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager

import click

from cinch_codegen._generation import Steps

_BIG = 200
"""Models, from which on a person would wonder."""


def say(text: str) -> None:
    """Tell the person at the terminal."""
    click.echo(text, err=True)


def say_error(message: str, *, hint: str = "") -> None:
    """Tell what is wrong and what to do about it."""
    _labelled("error", "red", message)
    if hint:
        _labelled("hint", "cyan", hint)


def say_note(message: str) -> None:
    """Tell what is worth knowing."""
    _labelled("note", "yellow", message)


class Notes(logging.Handler):
    """Says what libraries log as a warning, each thing once."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._said: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Say the record's message."""
        message = record.getMessage()
        if message not in self._said:
            self._said.add(message)
            say_note(message)


def put(text: str) -> None:
    """Write data."""
    click.echo(text)


def put_json(document: object) -> None:
    """Write data for a machine."""
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))


@contextmanager
def progress(models: int) -> Generator[Steps | None]:
    """Give something to call after each file: it moves a bar, if there is a terminal and enough to do."""
    if models < _BIG or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("models", total=models)
        yield lambda done: bar.update(task, completed=done)


def _labelled(label: str, colour: str, message: str) -> None:
    plain = "NO_COLOR" in os.environ or not sys.stderr.isatty()
    click.echo((f"{label}:" if plain else click.style(f"{label}:", fg=colour, bold=True)) + f" {message}", err=True)
