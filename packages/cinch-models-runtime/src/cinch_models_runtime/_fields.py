"""What generated models declare their columns with."""

from typing import Annotated, Any, Final, TypeAlias

from pydantic import Field

from cinch_client import new_id

__all__ = ["UNSET", "Field", "Json", "JsonColumn", "from_database", "new_id"]


class JsonColumn:
    """Marks a column whose text holds a JSON document."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "JSON"


Json: TypeAlias = Annotated[Any, JsonColumn()]
"""A TEXT column that holds JSON: any value that :func:`json.dumps` takes; None is NULL where allowed."""


class _Unset:
    __slots__ = ()

    def __repr__(self) -> str:
        return "<unset>"


UNSET: Final = _Unset()
"""Stands for a value that nobody has given."""


def _unset() -> object:
    return UNSET


def from_database(column: str | None = None) -> Any:  # noqa: ANN401 - stands as the default of a field of any type
    """Declare a column that the database fills when nothing is given for it.

    Args:
        column: The column's name where it differs from the field's.
    """
    return Field(default_factory=_unset, validation_alias=column, serialization_alias=column)
