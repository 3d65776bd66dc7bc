"""Keyword filters → conditions. No other module knows what ``__`` in a keyword means."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, cast, get_args

from cinch_client import AnyOf, Condition, InvalidValueError, Operator, QueryError
from cinch_models_runtime._schemas import dump_json
from cinch_models_runtime._suggestions import did_you_mean

if TYPE_CHECKING:
    from cinch_models_runtime._rows import RowCodec

Filters: TypeAlias = Mapping[str, Any]
Where: TypeAlias = tuple[Condition | AnyOf, ...]
Comparisons: TypeAlias = Mapping[str, tuple[str, Operator]]

OPERATORS: tuple[Operator, ...] = get_args(Operator)
_JSON_OPERATORS: tuple[Operator, ...] = ("eq", "ne", "in", "not_in", "isnull")
_SEPARATOR = "__"


def comparisons(columns: Mapping[str, str], json_columns: Collection[str]) -> Comparisons:
    """Return every keyword that can filter, with what it compares and how.

    Args:
        columns: Field → column.
        json_columns: Columns whose text cannot be ordered or searched in a way that means something.
    """
    known: dict[str, tuple[str, Operator]] = {field: (column, "eq") for field, column in columns.items()}
    for field, column in columns.items():
        operators = _JSON_OPERATORS if column in json_columns else OPERATORS
        known |= {f"{field}{_SEPARATOR}{operator}": (column, operator) for operator in operators}
    return known


def conditions(codec: "RowCodec[Any]", filters: Filters) -> tuple[Condition, ...]:
    """Turn keywords into conditions that must all hold.

    Raises:
        QueryError: A keyword names no column or no operator; the message names the valid ones.
    """
    known = codec.comparisons
    try:
        found = [Condition(*known[keyword], value) for keyword, value in filters.items()]
    except KeyError as error:
        raise _unknown(str(error.args[0]), codec) from None
    return tuple([_with_json(condition, codec) for condition in found] if codec.json else found)


def alternatives(codec: "RowCodec[Any]", any_of: Sequence[Filters]) -> AnyOf:
    """Turn several sets of keywords into a condition that holds when all of one set do.

    Raises:
        QueryError: A keyword is unknown, or a set is empty: it would let every row through.
    """
    if isinstance(any_of, Mapping | str):
        raise QueryError(f"any_of is a list of filters, such as [{{'id': 'a'}}, {{'id': 'b'}}], not {any_of!r}")
    if not all(any_of):
        raise QueryError(f"any_of of {codec.name} holds an empty filter, which every row passes; leave it out")
    return AnyOf(tuple([conditions(codec, filters) for filters in any_of]))


def after(key: Sequence[str], values: Sequence[object]) -> Where:
    """Return the condition for the rows that come after the one with these *values* of *key*."""
    if len(key) == 1:
        return (Condition(key[0], "gt", values[0]),)
    equal = [Condition(column, "eq", value) for column, value in zip(key, values, strict=True)]
    greater = [Condition(column, "gt", value) for column, value in zip(key, values, strict=True)]
    return (AnyOf(tuple([(*equal[:length], greater[length]) for length in range(len(key))])),)


def _with_json(condition: Condition, codec: "RowCodec[Any]") -> Condition:
    column, operator, value = condition.column, condition.operator, condition.value
    if column not in codec.json or operator == "isnull" or value is None:
        return condition
    try:
        if operator in {"in", "not_in"} and isinstance(value, Iterable):
            members = cast("Iterable[object]", value)
            return Condition(column, operator, [None if member is None else dump_json(member) for member in members])
        return Condition(column, operator, dump_json(value))
    except ValueError as error:
        raise InvalidValueError(
            f"{codec.name}.{codec.fields[column]} cannot take a filter: {error}", column=column
        ) from error


def unknown_column(name: str, fields: Iterable[str], model: str) -> QueryError:
    """Make the error for a column that *model* does not have."""
    fields = list(fields)
    return QueryError(
        f"{model} has no column {name!r};{did_you_mean(name, fields)} its columns are {', '.join(fields)}"
    )


def _unknown(keyword: str, codec: "RowCodec[Any]") -> QueryError:
    field, separator, operator = keyword.rpartition(_SEPARATOR)
    if not separator or field not in codec.columns:
        return unknown_column(field or keyword, codec.columns, codec.name)
    allowed = _JSON_OPERATORS if codec.columns[field] in codec.json else OPERATORS
    return QueryError(
        f"{keyword!r} of {codec.name}: {operator!r} is not an operator of {field!r};"
        f"{did_you_mean(operator, allowed)} use one of {', '.join(allowed)}"
    )
