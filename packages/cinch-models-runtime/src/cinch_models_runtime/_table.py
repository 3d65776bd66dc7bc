"""What a generated model declares about its table."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Relation:
    """Rows of another table that belong to a row of this one.

    Args:
        name: The attribute that holds them.
        model: The other model's name in the container.
        columns: Columns of this table, as the database names them.
        references: The columns there that hold the same values, one for each of *columns*.
        many: Whether there can be several such rows; the attribute is a list then, otherwise a row or None.
    """

    name: str
    model: str
    columns: tuple[str, ...]
    references: tuple[str, ...]
    many: bool


@dataclass(frozen=True, slots=True)
class Table:
    """A table or view, as the database names it.

    Args:
        name: Its name.
        key: The columns of its primary key in key order; () when it has none.
        relations: What can be included.
    """

    name: str
    key: tuple[str, ...] = ()
    relations: tuple[Relation, ...] = ()
