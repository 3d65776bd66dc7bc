"""One value of one column: from JSON, from a form, from a URL; to JSON and to text. Pure.

Python values here are those Emmett's validators and pyDAL take; a datetime is a naive UTC one, as Emmett
stores it.
"""

import json
import math
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Final, cast

from ._columns import Column, Kind

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

_TRUE: Final = frozenset({"true", "on", "1", "yes"})
_FALSE: Final = frozenset({"false", "off", "0", "no"})


class InvalidValueError(ValueError):
    """A value that the column cannot take; the message is for whoever sent it."""


class ArrayText(str):
    """A text that pyDAL writes into a PostgreSQL array with `str`."""

    __slots__ = ()

    def __str__(self) -> str:
        escaped = self.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'


def from_json(column: Column, value: object) -> object:
    """Read a value of a JSON body strictly: a number is not a text, and a text is not a number.

    Raises:
        InvalidValueError: The value is not of the column's type or out of its range.
    """
    if value is None:
        return None
    kind = column.key_kind if column.kind == "reference" else column.kind
    return _JSON_READERS[kind](column, value)


def from_text(column: Column, text: str) -> object:
    """Read a value of a form field or of a URL; a blank is None, save for texts.

    Raises:
        InvalidValueError: The text is no value of the column's type or out of its range.
    """
    kind = column.key_kind if column.kind == "reference" else column.kind
    if kind in {"string", "text", "password"} and not (column.kind == "reference" and not text):
        return _checked_text(text)
    stripped = text.strip()
    if not stripped:
        return [] if kind in {"list_integer", "list_string"} else None
    return _TEXT_READERS[kind](column, stripped)


def to_json(column: Column, value: object) -> Json:
    """Write a value read from the database as JSON: dates and times as ISO 8601, decimals as text."""
    writer = JSON_WRITERS.get(column.kind)
    return cast("Json", value) if value is None or writer is None else writer(value)


def to_text(column: Column, value: object) -> str:
    """Write a value as a form field takes it back."""
    if value is None:
        return ""
    if column.kind == "boolean":
        return "true" if value else "false"
    if column.kind == "json":
        return json.dumps(value, ensure_ascii=False, indent=2)
    if column.kind in {"list_integer", "list_string"}:
        return "\n".join(str(item) for item in cast("list[object]", value))
    if column.kind == "datetime":
        return cast("datetime", value).isoformat(timespec="seconds")
    if column.kind in {"date", "time"}:
        return cast("date | time", value).isoformat()
    return str(value)


def to_validator(value: object) -> object:
    """Return *value* as Emmett's validators take it: its time validator cannot take a time."""
    return value.isoformat() if isinstance(value, time) else value


def load_json(text: str | bytes) -> object:
    """Parse a JSON text; NaN and infinities are refused.

    Raises:
        InvalidValueError: The text is not JSON.
    """
    try:
        return _DECODER.decode(text if isinstance(text, str) else text.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise InvalidValueError("is not valid JSON") from error


def _refuse_constant(name: str) -> float:
    raise ValueError(name)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


_DECODER: Final = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)


def _checked_text(text: str) -> str:
    if "\0" in text:
        raise InvalidValueError("must not contain a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidValueError("is not valid Unicode") from error
    return text


def _checked_integer(column: Column, value: int) -> int:
    least, most = column.bounds
    if not least <= value <= most:
        raise InvalidValueError(f"must be from {least} to {most}")
    return value


def _integer_from_text(column: Column, text: str) -> int:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 20:
        raise InvalidValueError("must be a whole number")
    return _checked_integer(column, int(text))


def _integer_from_json(column: Column, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidValueError("must be a whole number")
    return _checked_integer(column, value)


def _float_from_text(_column: Column, text: str) -> float:
    try:
        return _finite(text)
    except ValueError as error:
        raise InvalidValueError("must be a number") from error


def _float_from_json(_column: Column, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidValueError("must be a number")
    try:
        return float(value)
    except OverflowError as error:
        raise InvalidValueError("is too large") from error


def _decimal_from_text(column: Column, text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise InvalidValueError("must be a decimal number") from error
    exponent = value.as_tuple().exponent
    if not value.is_finite() or not isinstance(exponent, int):
        raise InvalidValueError("must be a decimal number")
    if -exponent > column.scale and value != round(value, column.scale):
        raise InvalidValueError(f"must have at most {column.scale} digits after the point")
    if column.length and value and value.adjusted() >= column.length - column.scale:
        raise InvalidValueError(f"must have at most {column.length - column.scale} digits before the point")
    return value


def _decimal_from_json(column: Column, value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise InvalidValueError("must be a decimal number, best as a text")
    return _decimal_from_text(column, str(value))


def _boolean_from_text(_column: Column, text: str) -> bool:
    lowered = text.lower()
    if lowered in _TRUE | _FALSE:
        return lowered in _TRUE
    raise InvalidValueError("must be true or false")


def _boolean_from_json(_column: Column, value: object) -> bool:
    if not isinstance(value, bool):
        raise InvalidValueError("must be true or false")
    return value


def _text_from_json(_column: Column, value: object) -> str:
    if not isinstance(value, str):
        raise InvalidValueError("must be a text")
    return _checked_text(value)


def _date_from_text(_column: Column, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidValueError("must be a date such as 2026-01-31") from error


def _time_from_text(_column: Column, text: str) -> time:
    try:
        value = time.fromisoformat(text)
    except ValueError as error:
        raise InvalidValueError("must be a time such as 13:45:00") from error
    if value.tzinfo is not None:
        raise InvalidValueError("must be a time without a zone, such as 13:45:00")
    return value.replace(microsecond=0)


def _datetime_from_text(_column: Column, text: str) -> datetime:
    try:
        value = datetime.fromisoformat(text)
        if value.tzinfo is not None:
            value = value.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError) as error:
        raise InvalidValueError("must be a date and time such as 2026-01-31T13:45:00Z") from error
    return value.replace(microsecond=0)


def _json_from_json(_column: Column, value: object) -> object:
    if not isinstance(value, dict | list):
        raise InvalidValueError("must be a JSON object or array")
    _checked_text(json.dumps(value, ensure_ascii=False))
    if "\\u0000" in json.dumps(value):
        raise InvalidValueError("must not contain a NUL character")
    return cast("object", value)


def _json_from_text(column: Column, text: str) -> object:
    return _json_from_json(column, load_json(text))


def _integers_from_json(column: Column, value: object) -> list[int]:
    if not isinstance(value, list):
        raise InvalidValueError("must be a list of whole numbers")
    return [_integer_from_json(column, item) for item in cast("list[object]", value)]


def _integers_from_text(column: Column, text: str) -> list[int]:
    return [_integer_from_text(column, item) for item in text.split()]


def _texts_from_json(column: Column, value: object) -> list[str]:
    if not isinstance(value, list):
        raise InvalidValueError("must be a list of texts")
    items = [_text_from_json(column, item) for item in cast("list[object]", value)]
    if any(not item.strip() for item in items):
        raise InvalidValueError("must not contain blank texts")
    return items


def _texts_from_text(_column: Column, text: str) -> list[str]:
    return [_checked_text(line.strip()) for line in text.splitlines() if line.strip()]


def _refuse(column: Column, _value: object) -> object:
    raise InvalidValueError(f"cannot be written: its type is {column.type}")


def _through_text(read: Callable[[Column, str], object]) -> Callable[[Column, object], object]:
    def reader(column: Column, value: object) -> object:
        if not isinstance(value, str):
            read(column, "")  # raises with the message that shows the right form
        return read(column, cast("str", value))

    return reader


_JSON_READERS: Final[Mapping[Kind, Callable[[Column, object], object]]] = {
    "integer": _integer_from_json,
    "float": _float_from_json,
    "decimal": _decimal_from_json,
    "boolean": _boolean_from_json,
    "string": _text_from_json,
    "text": _text_from_json,
    "password": _text_from_json,
    "date": _through_text(_date_from_text),
    "time": _through_text(_time_from_text),
    "datetime": _through_text(_datetime_from_text),
    "json": _json_from_json,
    "upload": _refuse,
    "list_integer": _integers_from_json,
    "list_string": _texts_from_json,
    "reference": _integer_from_json,
    "inside": _refuse,
}

_TEXT_READERS: Final[Mapping[Kind, Callable[[Column, str], object]]] = {
    "integer": _integer_from_text,
    "float": _float_from_text,
    "decimal": _decimal_from_text,
    "boolean": _boolean_from_text,
    "date": _date_from_text,
    "time": _time_from_text,
    "datetime": _datetime_from_text,
    "json": _json_from_text,
    "upload": _refuse,
    "list_integer": _integers_from_text,
    "list_string": _texts_from_text,
    "reference": _integer_from_text,
    "inside": _refuse,
}


def _datetime_to_json(value: object) -> str:
    moment = cast("datetime", value)
    return moment.replace(tzinfo=None).isoformat() + "Z"


def _isoformat(value: object) -> str:
    return cast("date | time", value).isoformat()


JSON_WRITERS: Final[Mapping[Kind, Callable[[object], Json]]] = {
    "decimal": str,
    "datetime": _datetime_to_json,
    "date": _isoformat,
    "time": _isoformat,
}
