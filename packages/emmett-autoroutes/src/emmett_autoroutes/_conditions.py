"""What a reader asks a list for: conditions, order, position. Parsed strictly from text; pure.

The `where` language is emmett-rest's, whose clients know it; what emmett-rest ignores is refused here.
"""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

from ._columns import Column
from ._settings import suggest
from ._values import InvalidValueError, Json, from_json, load_json, to_json

_COMPARISONS: Final = {
    "$eq": "eq",
    "$ne": "ne",
    "$lt": "lt",
    "$le": "le",
    "$lte": "le",
    "$gt": "gt",
    "$ge": "ge",
    "$gte": "ge",
}
_TEXT_OPERATORS: Final = {
    "$like": "like",
    "$ilike": "ilike",
    "$contains": "contains",
    "$icontains": "icontains",
    "$regex": "contains",  # emmett-rest's `$regex` has always been "contains"
    "$iregex": "icontains",
}
_LISTS: Final = {"$in": "in", "$nin": "not_in"}
OPERATORS: Final = (*_COMPARISONS, *_LISTS, "$exists", *_TEXT_OPERATORS)
_MOST_CONDITIONS: Final = 100
_MOST_LISTED: Final = 1000
_DEEPEST: Final = 10
_LONGEST_CURSOR: Final = 4096


class InvalidQueryError(ValueError):
    """A parameter of a list is wrong.

    Attributes:
        parameter: Its name in the URL.
    """

    def __init__(self, parameter: str, problem: str) -> None:
        self.parameter = parameter
        super().__init__(f"{parameter}: {problem}")


@dataclass(frozen=True, slots=True)
class Compare:
    """One column against one value; the operator is a name such as `eq`, `not_in`, `icontains`."""

    column: Column
    operator: str
    value: object


@dataclass(frozen=True, slots=True)
class Every:
    """All of the conditions; none at all is always true."""

    parts: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class Either:
    """At least one of the conditions; none at all is never true."""

    parts: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class Negation:
    """Not the condition."""

    part: "Condition"


Condition = Compare | Every | Either | Negation


@dataclass(frozen=True, slots=True)
class SortKey:
    """One column to sort by."""

    column: Column
    descending: bool = False

    def __str__(self) -> str:
        """Return it as the URL has it."""
        return f"-{self.column.name}" if self.descending else self.column.name


def parse_where(text: str, columns: Mapping[str, Column]) -> Condition:
    """Read a `where` parameter.

    Args:
        text: A JSON object, such as `{"age": {"$gt": 18}, "$or": [{"name": "a"}, {"name": "b"}]}`.
        columns: Those that may be asked for.

    Raises:
        InvalidQueryError: Anything in it is unknown or of the wrong type.
    """
    try:
        value = load_json(text)
    except InvalidValueError as error:
        raise InvalidQueryError("where", str(error)) from error
    return _WhereReader(columns).read(value, 0)


class _WhereReader:
    def __init__(self, columns: Mapping[str, Column]) -> None:
        self._columns = columns
        self._count = 0

    def read(self, value: object, depth: int) -> Condition:
        if not isinstance(value, dict):
            raise InvalidQueryError("where", 'must be a JSON object such as {"name": {"$eq": "x"}}')
        if depth > _DEEPEST:
            raise InvalidQueryError("where", f"is nested more than {_DEEPEST} deep")
        items = cast("dict[str, object]", value).items()
        return Every(tuple(self._item(name, item, depth) for name, item in items))

    def _item(self, name: str, value: object, depth: int) -> Condition:
        self._count += 1
        if self._count > _MOST_CONDITIONS:
            raise InvalidQueryError("where", f"has more than {_MOST_CONDITIONS} conditions")
        if name in {"$and", "$or"}:
            if not isinstance(value, list) or not value:
                raise InvalidQueryError("where", f"{name} must be a list of conditions, at least one")
            parts = tuple(self.read(part, depth + 1) for part in cast("list[object]", value))
            return Every(parts) if name == "$and" else Either(parts)
        if name == "$not":
            return Negation(self.read(value, depth + 1))
        if name not in self._columns:
            raise InvalidQueryError("where", f"has the unknown column {name!r}; {suggest(name, self._columns)}")
        return self._column(self._columns[name], value)

    def _column(self, column: Column, value: object) -> Condition:
        if not isinstance(value, dict):
            return self._compare(column, "$eq", value)
        items = cast("dict[str, object]", value).items()
        if not items:
            raise InvalidQueryError("where", f"{column.name} has no operator")
        return Every(tuple(self._compare(column, operator, item) for operator, item in items))

    def _compare(self, column: Column, operator: str, value: object) -> Condition:
        if operator in _COMPARISONS:
            if value is None and operator not in {"$eq", "$ne"}:
                raise InvalidQueryError("where", f"{column.name}: {operator} cannot compare with null")
            return Compare(column, _COMPARISONS[operator], self._value(column, value))
        if operator in _LISTS:
            if not isinstance(value, list) or len(cast("list[object]", value)) > _MOST_LISTED:
                raise InvalidQueryError(
                    "where", f"{column.name}: {operator} wants a list of at most {_MOST_LISTED} values"
                )
            given = [self._value(column, item) for item in cast("list[object]", value)]
            if None in given:
                raise InvalidQueryError("where", f"{column.name}: {operator} cannot hold null; use $exists")
            return Compare(column, _LISTS[operator], given)
        if operator == "$exists":
            if not isinstance(value, bool):
                raise InvalidQueryError("where", f"{column.name}: $exists wants true or false")
            return Compare(column, "ne" if value else "eq", None)
        return self._text(column, operator, value)

    def _text(self, column: Column, operator: str, value: object) -> Condition:
        if operator not in _TEXT_OPERATORS:
            known = suggest(operator, OPERATORS)
            raise InvalidQueryError("where", f"{column.name} has the unknown operator {operator!r}; {known}")
        if column.kind not in {"string", "text"}:
            raise InvalidQueryError("where", f"{column.name}: {operator} is for texts only")
        if not isinstance(value, str):
            raise InvalidQueryError("where", f"{column.name}: {operator} wants a text")
        return Compare(column, _TEXT_OPERATORS[operator], self._value(column, value))

    def _value(self, column: Column, value: object) -> object:
        try:
            return from_json(column, value)
        except InvalidValueError as error:
            raise InvalidQueryError("where", f"{column.name} {error}") from error


def parse_sort(parameter: str, text: str, columns: Mapping[str, Column]) -> tuple[SortKey, ...]:
    """Read `-created_at,name`.

    Raises:
        InvalidQueryError: A column is unknown, or named twice.
    """
    keys: list[SortKey] = []
    for part in text.split(","):
        name = part.strip().removeprefix("-")
        if name not in columns:
            raise InvalidQueryError(parameter, f"has the unknown column {name!r}; {suggest(name, columns)}")
        if any(key.column.name == name for key in keys):
            raise InvalidQueryError(parameter, f"names the column {name!r} twice")
        keys.append(SortKey(columns[name], descending=part.strip().startswith("-")))
    return tuple(keys)


def with_key(order: Sequence[SortKey], key: Column) -> tuple[SortKey, ...]:
    """Return *order* made unambiguous by the primary key."""
    if any(part.column.name == key.name for part in order):
        return tuple(order)
    return (*order, SortKey(key, descending=bool(order) and order[-1].descending))


def parse_number(parameter: str, text: str, most: int) -> int:
    """Read a whole number from 1 to *most*.

    Raises:
        InvalidQueryError: It is none.
    """
    digits = text if text.isascii() and text.isdigit() and len(text) <= 10 else ""
    if not digits or not 1 <= int(digits) <= most:
        raise InvalidQueryError(parameter, f"must be a whole number from 1 to {most}, not {text[:40]!r}")
    return int(digits)


def parse_names(parameter: str, text: str, allowed: Sequence[str]) -> tuple[str, ...]:
    """Read a comma-separated list of names out of *allowed*.

    Raises:
        InvalidQueryError: One is not among them.
    """
    names = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
    for name in names:
        if name not in allowed:
            raise InvalidQueryError(parameter, f"has the unknown name {name[:40]!r}; {suggest(name, allowed)}")
    return names


def write_cursor(order: Sequence[SortKey], values: Mapping[str, object]) -> str:
    """Return the position after the row with *values*, for a list in this *order*."""
    position: list[Json] = [to_json(key.column, values[key.column.name]) for key in order]
    packed = json.dumps([",".join(map(str, order)), position], separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")


def read_cursor(text: str, order: Sequence[SortKey]) -> Condition:
    """Return the condition for what comes after the position *text*; nulls are the caller's business.

    Raises:
        InvalidQueryError: It is no position in a list of this order.
    """
    try:
        if len(text) > _LONGEST_CURSOR:
            raise ValueError(text)
        unpacked = load_json(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        sorting, position = cast("tuple[object, object]", unpacked)
        if sorting != ",".join(map(str, order)) or not isinstance(position, list):
            raise ValueError(text)
        pairs = zip(order, cast("list[object]", position), strict=True)
        values = [from_json(key.column, value) for key, value in pairs]
    except (ValueError, TypeError, binascii.Error) as error:
        raise InvalidQueryError("after", "is no position of this list; take it from meta.next") from error
    return _after(list(zip(order, values, strict=True)))


def _after(position: Sequence[tuple[SortKey, object]]) -> Condition:
    (key, value), *rest = position
    further = Compare(key.column, "after_desc" if key.descending else "after_asc", value)
    if not rest:
        return further
    return Either((further, Every((Compare(key.column, "eq", value), _after(rest)))))
