"""How a record is called: never by its key alone if it has a name."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from ._columns import TableFacts

_PLACEHOLDER = re.compile(r"%\((\w+)\)")
_USUAL_NAMES = ("name", "title", "label", "subject", "email", "username", "role", "slug", "code")


@dataclass(frozen=True, slots=True)
class Label:
    """The name of a table's records.

    Attributes:
        columns: What has to be read for it.
        make: From these values, by name, to the text.
    """

    columns: tuple[str, ...]
    make: Callable[[Mapping[str, object]], str]


def read_label(facts: TableFacts, configured: object, record: Callable[[Mapping[str, object]], object]) -> Label:
    """Decide how the records of a table are called.

    Args:
        facts: The table.
        configured: The `record_label` option: a column, a `%(column)s` text, a function of the row, or None.
        record: Makes a row of values, for a function.
    """
    spec = configured if configured is not None else facts.label_format
    names = {column.name for column in facts.columns}
    if callable(spec):
        shown = tuple(column.name for column in facts.columns if column.is_usable and column.kind != "password")
        function = cast("Callable[[object], object]", spec)
        return Label(shown, lambda values: str(function(record(values))))
    placeholders = dict.fromkeys(_PLACEHOLDER.findall(spec)) if isinstance(spec, str) else {}
    if isinstance(spec, str) and placeholders and names.issuperset(placeholders):
        columns = tuple(placeholders)
        return Label(columns, lambda values: spec % {name: _text(values[name]) for name in columns})
    if not isinstance(spec, str) or spec not in names:  # a format may name what is no column
        spec = next((name for name in _USUAL_NAMES if _can_name(facts, name)), None)
    if spec is None:
        return Label((facts.keys[0],), lambda values: f"#{values[facts.keys[0]]}")
    column = spec
    return Label((column, facts.keys[0]), lambda values: _text(values[column]) or f"#{values[facts.keys[0]]}")


def _can_name(facts: TableFacts, name: str) -> bool:
    return any(c.name == name and c.readable and c.kind in {"string", "text"} for c in facts.columns)


def _text(value: object) -> str:
    return "" if value is None else str(value)


def title_of(tablename: str) -> str:
    """Return `Order items` for `order_items`."""
    return tablename.replace("_", " ").strip().capitalize()
