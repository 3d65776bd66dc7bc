"""What can be asked of an engine, as frozen values. They know no SQL, no HTTP and no connection.

Values inside operations are plain Python: str, int, float, bool, bytes, None, and what
:mod:`cinch_client._values` turns into these (datetime, date, time, UUID, Decimal, enumerations).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

Operator: TypeAlias = Literal[
    "eq",
    "ne",
    "gt",
    "gte",
    "lt",
    "lte",
    "in",
    "not_in",
    "like",
    "ilike",
    "contains",
    "startswith",
    "endswith",
    "between",
    "isnull",
]

Value: TypeAlias = object
Row: TypeAlias = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison of a column with a value.

    Args:
        column: The column's name as the database has it.
        operator: What to compare by. ``eq`` with None is IS NULL, ``ne`` with None is IS NOT NULL; ``ne`` and
            ``not_in`` with a value also hold for rows where the column is NULL.
        value: A scalar; a collection for ``in`` and ``not_in``; a pair (low, high), both included, for ``between``;
            a bool for ``isnull``. ``like`` and ``ilike`` take SQL patterns (``%``, ``_``), the former case-sensitive;
            ``contains``, ``startswith`` and ``endswith`` take literal text, case-sensitive.
    """

    column: str
    operator: Operator
    value: Value


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True when all conditions of at least one alternative hold; no alternative at all is never true."""

    alternatives: tuple[tuple[Condition, ...], ...]


Where: TypeAlias = tuple[Condition | AnyOf, ...]


@dataclass(frozen=True, slots=True)
class Select:
    """Read rows.

    Args:
        table: A table or a view.
        columns: What to read, at least one, in this order; None reads every column.
        where: All must hold.
        order_by: Column names, ``-column`` for descending.
        limit: At most so many rows, 0 or more; None is all.
        offset: Rows to skip first, 0 or more.
    """

    table: str
    columns: tuple[str, ...] | None = None
    where: Where = ()
    order_by: tuple[str, ...] = ()
    limit: int | None = None
    offset: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Lookup:
    """Read the one row that has a key: a Select that is made once, for each table, and then given keys.

    The smallest and most frequent of all reads has a form of its own because making and compiling a Select costs as
    much as SQLite needs to find the row. Two lookups are never equal, so that an engine can remember what it compiled.

    Args:
        table: A table.
        columns: What to read, at least one, in this order.
        key: The columns of its primary key or of another unique key, at least one.
    """

    table: str
    columns: tuple[str, ...]
    key: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Count:
    """Count the rows for which all conditions hold."""

    table: str
    where: Where = ()


@dataclass(frozen=True, slots=True)
class Insert:
    """Write new rows, all or none, and give back what is stored.

    Args:
        table: A table.
        rows: What to set, one mapping per row; columns left out get the table's defaults, and the automatic
            columns (``id``, ``created_at``, ``updated_at``) are filled in where the table has them.
        conflict: Columns of a unique key: a row that exists by it is updated with what was given (an upsert).
        returning: The columns to give back; None is every column.
    """

    table: str
    rows: tuple[Mapping[str, Value], ...]
    conflict: tuple[str, ...] = ()
    returning: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """Change rows; ``updated_at`` is set where the table has it and *values* do not say otherwise.

    Args:
        table: A table.
        values: What to set, at least one column.
        where: All must hold; empty means every row.
        returning: The columns of the changed rows to give back, in no particular order. () gives just their number.
    """

    table: str
    values: Mapping[str, Value]
    where: Where = ()
    returning: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove the rows for which all conditions hold; empty means every row."""

    table: str
    where: Where = ()


Operation: TypeAlias = Select | Count | Insert | Update | Delete
