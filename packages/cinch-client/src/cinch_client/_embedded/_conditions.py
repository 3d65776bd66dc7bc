"""Conditions become SQL text here, and their values parameters.

The text depends on a condition's shape only: its column, its operator, and whether its value is None or a list of a
certain kind. Each condition compiles to its text and to one function that appends the parameters of its value.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import cast
from uuid import UUID

from cinch_client._errors import InvalidValueError, QueryError
from cinch_client._operations import AnyOf, Condition, Where
from cinch_client._schema import ColumnSchema
from cinch_client._values import NaiveTimestamps, Storable, encode_comparison, encode_pattern

Bind = Callable[[object, list[Storable]], None]
Shape = tuple[object, ...]
Compiled = tuple[str, Bind]

_COMPARISONS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def compile_condition(name: str, condition: Condition, column: ColumnSchema, naive: NaiveTimestamps) -> Compiled:
    """Compile one condition on *column*, which SQL knows by the qualified and quoted *name*.

    Raises:
        QueryError: The operator is unknown, or its value is of the wrong kind.
    """
    compiler = _OPERATORS.get(condition.operator)
    if compiler is None:
        known = ", ".join(_OPERATORS)
        raise QueryError(f"{condition.operator!r} is not an operator of a condition; use one of {known}")
    return compiler(name, condition, column, naive)


def parameters(binds: Sequence[Bind], where: Where, *, nested: bool) -> list[Storable]:
    """Return the parameters of all conditions of *where*, in their order; *binds* are what they compiled to."""
    found: list[Storable] = []
    if nested:
        where = tuple(_flat(where))
    for bind, condition in zip(binds, where, strict=True):
        bind(getattr(condition, "value"), found)  # noqa: B009 - no AnyOf is left, and a cast costs a call
    return found


def is_nested(where: Where) -> bool:
    """Tell whether conditions stand inside AnyOf."""
    return any(isinstance(term, AnyOf) for term in where)


def _flat(where: Where) -> Iterator[Condition]:
    for term in where:
        if isinstance(term, Condition):
            yield term
        else:
            for alternative in term.alternatives:
                yield from alternative


def shape(term: Condition | AnyOf) -> Shape:
    """Return all of a term that decides its text."""
    if isinstance(term, AnyOf):
        return tuple(tuple(map(shape, alternative)) for alternative in term.alternatives)
    operator, value = term.operator, term.value
    if operator in {"in", "not_in"}:
        return (term.column, operator, _list_shape(value, operator))
    return (term.column, operator, value is None, value is False)


def _nothing(_value: object, _parameters: list[Storable]) -> None:
    return


def _scalar(column: ColumnSchema, naive: NaiveTimestamps) -> Bind:
    def bind(value: object, parameters: list[Storable]) -> None:
        parameters.append(encode_comparison(value, column, naive))

    return bind


def _eq(name: str, condition: Condition, column: ColumnSchema, naive: NaiveTimestamps) -> Compiled:
    if condition.value is None:
        return f"{name} IS NULL", _nothing
    return f"{name} = ?", _scalar(column, naive)


def _ne(name: str, condition: Condition, column: ColumnSchema, naive: NaiveTimestamps) -> Compiled:
    if condition.value is None:
        return f"{name} IS NOT NULL", _nothing
    return f"{name} IS NOT ?", _scalar(column, naive)


def _comparison(name: str, condition: Condition, column: ColumnSchema, naive: NaiveTimestamps) -> Compiled:
    if condition.value is None:
        raise InvalidValueError(
            f"column {column.name!r} cannot be compared with None by {condition.operator!r}; use 'isnull'",
            column=column.name,
        )
    return f"{name} {_COMPARISONS[condition.operator]} ?", _scalar(column, naive)


def _between(name: str, _condition: Condition, column: ColumnSchema, naive: NaiveTimestamps) -> Compiled:
    def bind(value: object, parameters: list[Storable]) -> None:
        if not isinstance(value, list | tuple) or len(cast("Sequence[object]", value)) != 2 or None in value:
            raise QueryError(f"'between' on {column.name!r} takes a pair (low, high), not {value!r}")
        low, high = cast("Sequence[object]", value)
        parameters.append(encode_comparison(low, column, naive))
        parameters.append(encode_comparison(high, column, naive))

    return f"{name} BETWEEN ? AND ?", bind


def _isnull(name: str, condition: Condition, column: ColumnSchema, _naive: NaiveTimestamps) -> Compiled:
    def check(value: object, _parameters: list[Storable]) -> None:
        if not isinstance(value, bool):
            raise QueryError(f"'isnull' on {column.name!r} takes True or False, not {value!r}")

    return f"{name} IS {'NOT ' if condition.value is False else ''}NULL", check


def _values_of(value: object, operator: str) -> Collection[object]:
    if isinstance(value, Collection) and not isinstance(value, str | bytes | Mapping):
        return cast("Collection[object]", value)
    raise QueryError(f"{operator!r} takes a list, tuple or set of values, not {value!r}")


def _list_shape(value: object, operator: str) -> tuple[int, bool]:
    """Return how many parameters the list needs (0 if it travels as one JSON text), and whether it holds None."""
    values = _values_of(value, operator)
    given = [item for item in values if item is not None]
    return (0 if all(map(_fits_json, given)) else len(given), len(given) < len(values))


def _fits_json(value: object) -> bool:
    """Tell whether SQLite reads from JSON exactly what it would be given as a parameter."""
    return isinstance(value, int | date | UUID) or (isinstance(value, str) and "\0" not in value)


def _in(name: str, condition: Condition, column: ColumnSchema, naive: NaiveTimestamps) -> Compiled:
    count, holds_none = _list_shape(condition.value, condition.operator)
    source = ", ".join("?" * count) if count else "SELECT value FROM json_each(?)"
    if condition.operator == "in":
        text = f"({name} IN ({source}) OR {name} IS NULL)" if holds_none else f"{name} IN ({source})"
    else:
        text = f"{name} NOT IN ({source})" if holds_none else f"({name} NOT IN ({source}) OR {name} IS NULL)"
    if holds_none and condition.operator == "not_in":
        text = f"({text} AND {name} IS NOT NULL)"

    def bind(value: object, parameters: list[Storable]) -> None:
        values = _values_of(value, condition.operator)
        encoded = [encode_comparison(item, column, naive) for item in values if item is not None]
        if count:
            parameters.extend(encoded)
        else:
            parameters.append(json.dumps(encoded, ensure_ascii=False))

    return text, bind


def _pattern(text: str, convert: Callable[[str], str]) -> Callable[..., Compiled]:
    def compile_pattern(name: str, condition: Condition, column: ColumnSchema, _naive: NaiveTimestamps) -> Compiled:
        def bind(value: object, parameters: list[Storable]) -> None:
            pattern = encode_pattern(value, column)
            if "\0" in pattern and condition.operator != "contains":
                # GLOB and LIKE end at the first NUL, and would find what the pattern does not say.
                raise InvalidValueError(
                    f"{condition.operator!r} on {column.name!r} cannot look for text with NUL; 'contains' can",
                    column=column.name,
                )
            parameters.append(convert(pattern))

        return text.format(name), bind

    return compile_pattern


def _glob_literal(text: str) -> str:
    return "".join(f"[{character}]" if character in "*?[" else character for character in text)


def _glob_from_like(pattern: str) -> str:
    return "".join({"%": "*", "_": "?"}.get(character) or _glob_literal(character) for character in pattern)


_OPERATORS: dict[str, Callable[[str, Condition, ColumnSchema, NaiveTimestamps], Compiled]] = {
    "eq": _eq,
    "ne": _ne,
    "gt": _comparison,
    "gte": _comparison,
    "lt": _comparison,
    "lte": _comparison,
    "in": _in,
    "not_in": _in,
    "like": _pattern("{} GLOB ?", _glob_from_like),
    "ilike": _pattern("{} LIKE ?", str),
    "contains": _pattern("instr({}, ?) > 0", str),
    "startswith": _pattern("{} GLOB ?", lambda text: f"{_glob_literal(text)}*"),
    "endswith": _pattern("{} GLOB ?", lambda text: f"*{_glob_literal(text)}"),
    "between": _between,
    "isnull": _isnull,
}
