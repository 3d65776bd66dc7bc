"""What a tenant's schema is, as introspection returns it: frozen values that know no engine."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

ColumnType: TypeAlias = Literal["TEXT", "INTEGER", "REAL", "BLOB", "NUMERIC", "BOOLEAN"]
ForeignKeyAction: TypeAlias = Literal["CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT", "NO ACTION"]


@dataclass(frozen=True, slots=True)
class ColumnSchema:
    """One column of a table or view.

    Attributes:
        name: As the database has it.
        type: What its values are, or None when the declaration does not tell (a computed column of a view, say).
        declared_type: The declaration's own words, "" without one.
        nullable: Whether NULL can be stored.
        default: The SQL expression of its default, or None.
        primary_key: Its place in the primary key from 1, 0 outside it.
        generated: Whether the database computes it; it cannot be written then.
        choices: The values that a ``CHECK (column IN (…))`` allows, in its order; () without such a check.
    """

    name: str
    type: ColumnType | None
    declared_type: str = ""
    nullable: bool = True
    default: str | None = None
    primary_key: int = 0
    generated: bool = False
    choices: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """Columns that refer to a unique key of a table.

    Attributes:
        columns: The referring columns.
        table: The table they refer to.
        references: The columns there, one for each of *columns*.
        on_delete: What happens to this row when that one is deleted.
        on_update: What happens to this row when that key changes.
    """

    columns: tuple[str, ...]
    table: str
    references: tuple[str, ...]
    on_delete: ForeignKeyAction = "NO ACTION"
    on_update: ForeignKeyAction = "NO ACTION"


@dataclass(frozen=True, slots=True)
class IndexSchema:
    """An index that was created by a statement of its own.

    Attributes:
        name: As the database has it.
        table: The table it belongs to.
        columns: The indexed columns; an expression stands as None.
        unique: Whether no two rows may agree.
        partial: Whether it covers only the rows of its WHERE clause.
    """

    name: str
    table: str
    columns: tuple[str | None, ...]
    unique: bool = False
    partial: bool = False


@dataclass(frozen=True, slots=True)
class TableSchema:
    """One table.

    Attributes:
        name: As the database has it.
        columns: In the table's order.
        primary_key: Its columns in key order; () when the table has none.
        unique: Every other set of columns that is unique for all rows, be it by constraint or by index.
        foreign_keys: In declaration order.
        indexes: Those with a statement of their own, by name.
        virtual: Whether an SQLite module (FTS5, …) stores it.
    """

    name: str
    columns: tuple[ColumnSchema, ...]
    primary_key: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    indexes: tuple[IndexSchema, ...] = ()
    virtual: bool = False

    def column(self, name: str) -> ColumnSchema | None:
        """Return the column of that name, or None."""
        return next((column for column in self.columns if column.name == name), None)

    @property
    def makes_ids(self) -> bool:
        """Whether a row that is inserted without an ``id`` gets one.

        That is so when ``id`` is text and the primary key, and also when the table has no primary key at all and
        ``id`` cannot be NULL: CinchDB 0.1 loses the key when it drops a column.
        """
        column = self.column("id")
        if column is None or column.type != "TEXT" or column.default is not None or column.generated:
            return False
        return self.primary_key == ("id",) or (not self.primary_key and not column.nullable)


@dataclass(frozen=True, slots=True)
class ViewSchema:
    """One view: its columns, and the SELECT that defines it."""

    name: str
    columns: tuple[ColumnSchema, ...]
    sql: str

    def column(self, name: str) -> ColumnSchema | None:
        """Return the column of that name, or None."""
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True, slots=True)
class Schema:
    """Tables and views of one tenant, each sorted by name; system tables and shadow tables are left out."""

    tables: tuple[TableSchema, ...] = ()
    views: tuple[ViewSchema, ...] = ()
    fingerprint: str = field(init=False, compare=False)
    """A short hash of all that generated code depends on: equal for equal schemas on every tenant and engine.

    Indexes and unique keys have no part in it, because CinchDB 0.1 made indexes in one tenant only.
    """

    def __post_init__(self) -> None:
        text = json.dumps([*map(_essence, self.tables), *map(_essence, self.views)], separators=(",", ":"))
        object.__setattr__(self, "fingerprint", hashlib.sha256(text.encode()).hexdigest()[:16])

    def table(self, name: str) -> TableSchema | None:
        """Return the table of that name, or None."""
        return next((table for table in self.tables if table.name == name), None)

    def view(self, name: str) -> ViewSchema | None:
        """Return the view of that name, or None."""
        return next((view for view in self.views if view.name == name), None)

    def __iter__(self) -> Iterator[TableSchema | ViewSchema]:
        yield from self.tables
        yield from self.views


def _essence(relation: TableSchema | ViewSchema) -> list[object]:
    columns = [
        [
            column.name,
            column.type or column.declared_type.upper(),
            column.nullable,
            column.default is not None,
            column.primary_key,
            column.generated,
            list(column.choices),
        ]
        for column in relation.columns
    ]
    if isinstance(relation, ViewSchema):
        return ["view", relation.name, columns]
    keys = sorted([list(key.columns), key.table, list(key.references)] for key in relation.foreign_keys)
    return ["table", relation.name, columns, keys]
