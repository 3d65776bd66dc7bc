"""Python values on their way into a column, and timestamps on their way out. Pure; no engine is known here."""

import datetime as dt
import enum
import math
import os
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Literal, TypeAlias, cast

from cinch_client._errors import InvalidValueError
from cinch_client._schema import ColumnSchema, ColumnType

NaiveTimestamps: TypeAlias = Literal["local", "utc"]
"""How a timestamp without an offset is read: as the machine's local time, as 0.1 wrote them, or as UTC."""

Storable: TypeAlias = str | int | float | bytes | None

_SHOWN = 60
_EXACT_DIGITS = 15
_INT64 = range(-(2**63), 2**63)


def new_id() -> str:
    """Make the id of a new row: a UUID of version 7, so that ids sort by the time they were made.

    Returns:
        36 lower-case characters with dashes.

    Source: RFC 9562, section 5.7; the 12 bits after the milliseconds count fractions of one (section 6.2, method 3).
    """
    milliseconds, nanoseconds = divmod(time.time_ns(), 1_000_000)
    fraction = nanoseconds * 4096 // 1_000_000
    text = f"{milliseconds:012x}7{fraction:03x}{int.from_bytes(os.urandom(8)) >> 2 | 1 << 63:016x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def now() -> str:
    """Return this moment as it is stored."""
    seconds, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
    return f"{_to_the_second(seconds)}.{nanoseconds // 1_000:06d}+00:00"


@lru_cache(maxsize=1)
def _to_the_second(seconds: int) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).strftime("%Y-%m-%dT%H:%M:%S")


def parse_timestamp(text: str, naive: NaiveTimestamps = "local") -> dt.datetime:
    """Read a stored timestamp.

    Args:
        text: ISO 8601, with or without an offset.
        naive: What a timestamp without an offset means: this machine's local time, or UTC.

    Returns:
        The moment in UTC, aware.

    Raises:
        InvalidValueError: *text* is no timestamp.
    """
    try:
        return _aware(dt.datetime.fromisoformat(text), naive)
    except ValueError as error:
        raise InvalidValueError(f"{_shown(text)} is not an ISO 8601 timestamp") from error
    except OverflowError as error:
        raise InvalidValueError(f"{_shown(text)} is outside the years 1 to 9999 in UTC") from error


def _aware(moment: dt.datetime, naive: NaiveTimestamps) -> dt.datetime:
    if moment.tzinfo is None and naive == "utc":
        return moment.replace(tzinfo=dt.UTC)
    return moment.astimezone(dt.UTC)


def encode(value: object, column: ColumnSchema, naive: NaiveTimestamps) -> Storable:
    """Turn *value* into what is stored in *column*.

    Args:
        value: What the caller gave.
        column: Where it goes.
        naive: What a datetime without an offset means.

    Raises:
        InvalidValueError: The column cannot take the value; the message names both.
    """
    if value is None or type(value) is _AS_IT_IS.get(column.type):
        return cast("str | bytes | None", value)
    encoded = _native(value, naive)
    refusal = _REFUSALS[column.type](encoded)
    if refusal is not None:
        raise _refused(value, column, refusal)
    return float(cast("float", encoded)) if column.type == "REAL" else _plain(encoded)


def encode_comparison(value: object, column: ColumnSchema, naive: NaiveTimestamps) -> Storable:
    """Turn *value* into what *column* is compared with: like :func:`encode`, but any number compares with a number."""
    if value is None or type(value) is _AS_IT_IS.get(column.type):
        return cast("str | bytes | None", value)
    encoded = _native(value, naive)
    if column.type in _NUMBERS and isinstance(encoded, int | float):
        refusal = _unstorable(encoded)
    else:
        refusal = _REFUSALS[column.type](encoded)
    if refusal is not None:
        raise _refused(value, column, refusal)
    return _plain(encoded)


def encode_pattern(value: object, column: ColumnSchema) -> str:
    """Return the text that a pattern operator looks for.

    Raises:
        InvalidValueError: *value* is no text.
    """
    if isinstance(value, enum.Enum):
        value = value.value
    if not isinstance(value, str):
        raise _refused(value, column, "a pattern is a str")
    return value


def encode_parameters(
    parameters: Sequence[object] | Mapping[str, object], naive: NaiveTimestamps
) -> list[Storable] | dict[str, Storable]:
    """Turn the parameters of free SQL into what the driver binds.

    Raises:
        InvalidValueError: A value cannot be stored in any column.
    """
    if isinstance(parameters, Mapping):
        return {name: _parameter(value, repr(name), naive) for name, value in parameters.items()}
    return [_parameter(value, str(position), naive) for position, value in enumerate(parameters, 1)]


def _parameter(value: object, name: str, naive: NaiveTimestamps) -> Storable:
    encoded = _native(value, naive)
    refusal = _refuse_unknown(encoded) if encoded is not None else None
    if refusal is not None:
        raise InvalidValueError(f"parameter {name} cannot be {_shown(value)}: {refusal}")
    return _plain(encoded)


def _refused(value: object, column: ColumnSchema, refusal: str) -> InvalidValueError:
    kind = column.type or column.declared_type
    place = f"column {column.name!r} ({kind})" if kind else f"column {column.name!r}"
    return InvalidValueError(f"{place} cannot take {_shown(value)}: {refusal}", column=column.name)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _native(value: object, naive: NaiveTimestamps) -> object:
    """Reduce the richer types of Python to those that are stored; leave what is unknown as it is."""
    kind = type(value)
    if kind is str or kind is int or value is None:
        return value
    if isinstance(value, enum.Enum):
        value = value.value
    if isinstance(value, dt.datetime):
        try:
            return _aware(value, naive).isoformat(timespec="microseconds")
        except (OverflowError, ValueError):  # before the year 1 or after 9999 in UTC: no column takes it
            return value
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, Decimal) and value.is_finite():
        return _Number(value)
    if isinstance(value, bytearray | memoryview):
        return bytes(cast("bytearray", value))
    return value


class _Number(str):
    """The text of a Decimal, which a numeric column takes, too: SQLite stores the number that it spells."""

    __slots__ = ()


def _plain(encoded: object) -> Storable:
    """Give what the refusals let through in the exact types that the driver binds without asking for an adapter."""
    if isinstance(encoded, str):
        return str(encoded)
    if isinstance(encoded, int):
        return int(encoded)
    return cast("float | bytes | None", encoded)


def _unstorable(value: object) -> str | None:
    if isinstance(value, int) and value not in _INT64:
        return "it does not fit into 64 bits"
    if isinstance(value, float) and math.isnan(value):
        return "NaN cannot be stored"
    return None


def _refuse_text(value: object) -> str | None:
    return None if isinstance(value, str) else f"it takes str, not {type(value).__name__}"


def _refuse_integer(value: object) -> str | None:
    if isinstance(value, int):
        return _unstorable(value)
    return f"it takes int, not {type(value).__name__}"


def _refuse_real(value: object) -> str | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _unstorable(value)
    return _rounded(value) if isinstance(value, _Number) else f"it takes float, not {type(value).__name__}"


def _refuse_numeric(value: object) -> str | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _unstorable(value)
    if not isinstance(value, _Number):
        return f"it takes int, float or Decimal, not {type(value).__name__}"
    number = Decimal(value)
    return None if number == number.to_integral_value() and int(number) in _INT64 else _rounded(value)


def _rounded(value: str) -> str | None:
    digits = len(Decimal(value).normalize().as_tuple().digits)
    return f"SQLite would round it to {_EXACT_DIGITS} digits; use a TEXT column" if digits > _EXACT_DIGITS else None


def _refuse_boolean(value: object) -> str | None:
    return None if isinstance(value, int) and value in (0, 1) else "it takes True or False"


def _refuse_blob(value: object) -> str | None:
    return None if isinstance(value, bytes) else f"it takes bytes, not {type(value).__name__}"


def _refuse_unknown(value: object) -> str | None:
    if isinstance(value, str | int | float | bytes):
        return _unstorable(value)
    return f"it takes str, int, float or bytes, not {type(value).__name__}"


_AS_IT_IS: dict[ColumnType | None, type] = {"TEXT": str, "BLOB": bytes}
_NUMBERS = frozenset({"INTEGER", "REAL", "NUMERIC", "BOOLEAN"})
_REFUSALS: dict[ColumnType | None, Callable[[object], str | None]] = {
    "TEXT": _refuse_text,
    "INTEGER": _refuse_integer,
    "REAL": _refuse_real,
    "NUMERIC": _refuse_numeric,
    "BOOLEAN": _refuse_boolean,
    "BLOB": _refuse_blob,
    None: _refuse_unknown,
}
