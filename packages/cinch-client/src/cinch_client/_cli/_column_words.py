"""Columns as they are written on the command line: ``name:type[:not_null][:unique][:fk=table[.column]][:default=SQL]``.

These are the words of CinchDB 0.1, with ``unique`` and ``default`` besides.
"""

import click

from cinch_client import Column, ForeignKeyRef
from cinch_client import ForeignKeyAction as Action

FORMAT = "name:type[:not_null][:unique][:fk=table[.column][:action]][:default=SQL]"
ACTIONS: tuple[Action, ...] = ("CASCADE", "SET NULL", "RESTRICT", "NO ACTION")
_NOT_NULL = ("not_null", "notnull", "not_nullable")


def parse_column(word: str) -> Column:
    """Return the column that *word* describes.

    Raises:
        click.BadParameter: It describes none.
        cinch_client.ConfigurationError: The name or the type is not allowed.
    """
    body, is_default, default = word.partition(":default=")
    name, *parts = body.split(":")
    if not parts:
        raise click.BadParameter(f"{word!r} has no type; the format is {FORMAT}")
    kind, *rest = parts
    nullable, unique = True, False
    reference: ForeignKeyRef | None = None
    for part in rest:
        action = parse_action(part)
        match part.lower():
            case lowered if lowered in _NOT_NULL:
                nullable = False
            case "nullable":
                nullable = True
            case "unique":
                unique = True
            case _ if part.startswith("fk="):
                reference = parse_reference(part.removeprefix("fk="))
            case _ if action is not None and reference is not None:
                reference = ForeignKeyRef(reference.table, reference.column, on_delete=action)
            case _:
                raise click.BadParameter(f"{part!r} in {word!r} is not known; the format is {FORMAT}")
    return Column(name, kind, nullable, default if is_default else None, unique, reference)


def parse_reference(text: str, action: Action = "RESTRICT") -> ForeignKeyRef:
    """Return the reference ``table[.column][.action]``.

    Raises:
        click.BadParameter: It has another form.
    """
    table, *rest = text.split(".")
    if rest and (named := parse_action(rest[-1])) is not None:
        action = named
        rest.pop()
    if not table or len(rest) > 1:
        raise click.BadParameter(f"{text!r} is no reference; the format is table[.column][.action]")
    return ForeignKeyRef(table, rest[0] if rest else "id", on_delete=action)


def parse_action(text: str) -> Action | None:
    """Return the foreign key action that *text* is: ``cascade``, ``set null`` or ``set_null`` …; or None."""
    spelled = text.upper().replace("_", " ").replace("-", " ")
    return spelled if spelled in ACTIONS else None
