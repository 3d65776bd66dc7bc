"""The keyword filters of the dict-level API: ``column=value`` and ``column__operator=value``."""

from collections.abc import Mapping
from typing import Literal, cast, get_args

from cinch_client._errors import QueryError
from cinch_client._operations import AnyOf, Condition, Operator, Where

_OPERATORS = frozenset(get_args(Operator))


def where(filters: Mapping[str, object], operator: Literal["AND", "OR"] = "AND") -> Where:
    """Return the conditions that *filters* spell.

    A key whose last part after ``__`` is an operator is split there; any other key is a column as it stands. So a
    column that is itself called ``age__gte`` is addressed as ``age__gte__eq``.

    Raises:
        QueryError: *operator* is neither AND nor OR, or a key has an unknown operator.
    """
    conditions = tuple(_condition(key, value) for key, value in filters.items())
    if operator == "AND":
        return conditions
    if operator == "OR":
        return (AnyOf(tuple((condition,) for condition in conditions)),)
    raise QueryError(f"filters are joined by 'AND' or 'OR', not {operator!r}")


def _condition(key: str, value: object) -> Condition:
    column, separator, operator = key.rpartition("__")
    if not separator or not column:
        return Condition(key, "eq", value)
    if operator not in _OPERATORS:
        raise QueryError(f"{key!r} ends with no operator; use one of {', '.join(sorted(_OPERATORS))}")
    return Condition(column, cast("Operator", operator), value)
