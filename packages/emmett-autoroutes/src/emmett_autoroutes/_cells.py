"""How values look in lists and details: escaped, short, and by name instead of by key. Pure."""

import json
import re
from collections.abc import Callable, Mapping
from html import escape
from typing import TYPE_CHECKING, Final, cast

from ._columns import Column, Kind
from ._ui_options import FieldOptions

if TYPE_CHECKING:
    from datetime import datetime

SHORT: Final = 80
_STORED_NAME = re.compile(r"[^.]*\.[^.]*\.[^.]*\.(?P<name>[0-9a-fA-F]+)\.\w+")
NUMERIC: Final = frozenset({"integer", "float", "decimal"})

Cell = Callable[[object], str]


def cell_writer(column: Column, options: FieldOptions | None, *, short: bool) -> Cell:
    """Return what turns a value of *column* into HTML.

    Args:
        column: The column.
        options: How it is configured, if it is.
        short: Cut long texts, as in lists.
    """
    if options is not None and options.formatter is not None:
        formatter = options.formatter
        return lambda value: escape(formatter(value))
    labels = _labels(column, options)
    if labels:
        return lambda value: escape(labels.get(str(value), _plain(value)))
    write = _WRITERS.get(column.kind)
    if write is not None:
        return lambda value: "" if value is None else write(value)
    if short and column.kind in {"string", "text"}:
        return _shortened
    return lambda value: escape(_plain(value))


def _labels(column: Column, options: FieldOptions | None) -> Mapping[str, str]:
    if options is not None and options.choices is not None:
        return {str(value): label for value, label in options.choices}
    return dict(column.choices or ())


def _plain(value: object) -> str:
    return "" if value is None else str(value)


def _shortened(value: object) -> str:
    text = _plain(value)
    return escape(text if len(text) <= SHORT else f"{text[: SHORT - 1]}…")


def _boolean(value: object) -> str:
    return "Yes" if value else "No"


def _moment(value: object) -> str:
    moment = cast("datetime", value)
    return f'<time datetime="{moment.isoformat()}Z">{moment.isoformat(" ", "minutes")}</time>'


def _day(value: object) -> str:
    return f'<time datetime="{value}">{value}</time>'


def _json(value: object) -> str:
    return f"<code>{escape(json.dumps(value, ensure_ascii=False)[:500])}</code>"


def _items(value: object) -> str:
    return escape(", ".join(str(item) for item in cast("list[object]", value)))


def _upload(value: object) -> str:
    """Emmett keeps the original name, as hexadecimal digits, in the name of the file it stores."""
    match = _STORED_NAME.fullmatch(str(value))
    name = bytes.fromhex(match["name"]).decode("utf-8", "replace") if match and len(match["name"]) % 2 == 0 else value
    return escape(str(name))


_WRITERS: Final[Mapping[Kind, Cell]] = {
    "boolean": _boolean,
    "datetime": _moment,
    "date": _day,
    "time": lambda value: escape(str(value)),
    "json": _json,
    "list_integer": _items,
    "list_string": _items,
    "upload": _upload,
}
