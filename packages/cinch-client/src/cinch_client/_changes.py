"""Changes of a schema as frozen values; an engine carries them out on every tenant.

``check`` tells what can be told from the schema alone. What only the data, the triggers or the checks of a
tenant can tell, the engine finds out when it applies the change. ``str`` of a change says what it does.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TypeAlias

from cinch_client._definitions import Column, ForeignKeyRef, Index
from cinch_client._errors import (
    AlreadyExistsError,
    ColumnNotFoundError,
    IndexNotFoundError,
    SchemaError,
    TableNotFoundError,
)
from cinch_client._names import AUTOMATIC_COLUMNS, check_name
from cinch_client._quoting import fold, same_name
from cinch_client._schema import ForeignKey, IndexSchema, Schema, TableSchema


@dataclass(frozen=True, slots=True)
class CreateTable:
    """Make a table, and indexes on it."""

    name: str
    columns: tuple[Column, ...]
    indexes: tuple[Index, ...] = ()

    def __str__(self) -> str:
        return f"create table {self.name!r}"

    def check(self, schema: Schema) -> None:
        """Raise if *schema* has no room for it, or a reference or an index of it leads nowhere."""
        check_name(self.name, "table")
        _check_free(schema, self.name)
        names = [*AUTOMATIC_COLUMNS, *(column.name for column in self.columns)]
        _check_distinct(names, f"table {self.name!r}")
        for column in self.columns:
            if column.foreign_key is not None:
                self._check_reference(schema, column, column.foreign_key)
        taken = [self.name]
        for change in self.index_changes():
            _check_columns(names, change.columns, f"table {self.name!r}")
            _check_index(schema, change, taken)
            taken.append(change.index_name)

    def index_changes(self) -> "tuple[CreateIndex, ...]":
        """Return the indexes as changes that follow the table."""
        return tuple(CreateIndex(self.name, tuple(i.columns), i.name, i.unique) for i in self.indexes)

    def _check_reference(self, schema: Schema, column: Column, reference: ForeignKeyRef) -> None:
        if not same_name(reference.table, self.name):
            _check_reference(schema, column.name, reference)
            return
        target = next((c for c in self.columns if c.name == reference.column), None)
        _check_columns([*AUTOMATIC_COLUMNS, *(c.name for c in self.columns)], [reference.column], "the table")
        alone_unique = any(i.unique and tuple(i.columns) == (reference.column,) for i in self.indexes)
        if reference.column != "id" and not alone_unique and not (target and target.unique):
            raise _not_unique(column.name, reference)


@dataclass(frozen=True, slots=True)
class DropTable:
    """Remove a table, its rows and its indexes."""

    name: str

    def __str__(self) -> str:
        return f"drop table {self.name!r}"

    def check(self, schema: Schema) -> None:
        """Raise if there is no such table, or another one refers to it."""
        _table(schema, self.name)
        for other, key in _referring(schema, self.name):
            if other.name != self.name:
                columns = ", ".join(key.columns)
                raise SchemaError(
                    f"table {self.name!r} cannot be dropped: {other.name}.{columns} refers to it; "
                    f"drop that column or table first"
                )


@dataclass(frozen=True, slots=True)
class AddColumn:
    """Add a column behind the others; rows that exist get its default."""

    table: str
    column: Column

    def __str__(self) -> str:
        return f"add column {self.column.name!r} to table {self.table!r}"

    def check(self, schema: Schema) -> None:
        """Raise if there is no such table, it has such a column already, or its reference leads nowhere."""
        table = _ordinary_table(schema, self.table)
        _check_new_column(table, self.column.name)
        reference = self.column.foreign_key
        if reference is not None:
            if same_name(reference.table, self.table) and same_name(reference.column, self.column.name):
                raise SchemaError(f"column {self.column.name!r} cannot refer to itself")
            _check_reference(schema, self.column.name, reference)
        if self.column.unique:
            _check_index(schema, self.unique_index(), taken=())

    def unique_index(self) -> "CreateIndex":
        """Return the index by which an added column is unique."""
        return CreateIndex(self.table, (self.column.name,), unique=True)


@dataclass(frozen=True, slots=True)
class DropColumn:
    """Remove a column with its values, its own constraints and the indexes on it alone."""

    table: str
    column: str

    def __str__(self) -> str:
        return f"drop column {self.column!r} of table {self.table!r}"

    def check(self, schema: Schema) -> None:
        """Raise if there is no such column, or a key or an index of several columns needs it."""
        table = _ordinary_table(schema, self.table)
        _check_columns([column.name for column in table.columns], [self.column], f"table {self.table!r}")
        _check_own(self.column, "dropped")
        culprit = next(self._culprits(schema, table), None)
        if culprit is not None:
            raise SchemaError(f"column {self.table}.{self.column} cannot be dropped: {culprit}")

    def _culprits(self, schema: Schema, table: TableSchema) -> Iterator[str]:
        if self.column in table.primary_key:
            yield "it belongs to the primary key"
        for other, key in _referring(schema, self.table):
            if self.column in key.references:
                yield f"{other.name}.{', '.join(key.columns)} refers to it"
        for index in table.indexes:
            if self._shares(index.columns):
                yield f"the index {index.name!r} covers other columns, too; drop that first"
        yield from (f"the columns {', '.join(c)} are unique together" for c in table.unique if self._shares(c))
        for key in table.foreign_keys:
            if self._shares(key.columns):
                yield f"the columns {', '.join(key.columns)} refer to {key.table!r} together"
        if len(table.columns) == 1:
            yield "it is the only column; drop the table instead"

    def _shares(self, columns: Sequence[str | None]) -> bool:
        return self.column in columns and len(columns) > 1


@dataclass(frozen=True, slots=True)
class RenameColumn:
    """Give a column another name; indexes, views, triggers and foreign keys follow."""

    table: str
    old_name: str
    new_name: str

    def __str__(self) -> str:
        return f"rename column {self.old_name!r} of table {self.table!r}"

    def check(self, schema: Schema) -> None:
        """Raise if there is no such column, or the new name is taken or not allowed."""
        table = _ordinary_table(schema, self.table)
        _check_columns([column.name for column in table.columns], [self.old_name], f"table {self.table!r}")
        _check_own(self.old_name, "renamed")
        _check_own(self.new_name, "the new name of a column")
        check_name(self.new_name, "column")
        if not same_name(self.old_name, self.new_name) or self.old_name == self.new_name:
            _check_new_column(table, self.new_name)


@dataclass(frozen=True, slots=True)
class CreateIndex:
    """Make an index."""

    table: str
    columns: tuple[str, ...]
    name: str | None = None
    unique: bool = False

    def __str__(self) -> str:
        return f"create {'unique ' if self.unique else ''}index {self.index_name!r}"

    @property
    def index_name(self) -> str:
        """Its name: as given, or ``idx_<table>_<columns>``, ``uniq_…`` for a unique one."""
        if self.name is not None:
            return self.name
        return f"{'uniq' if self.unique else 'idx'}_{self.table}_{'_'.join(self.columns)}"

    def check(self, schema: Schema) -> None:
        """Raise if there is no such table or column, or the name is taken or not allowed."""
        table = _ordinary_table(schema, self.table)
        _check_columns([column.name for column in table.columns], self.columns, f"table {self.table!r}")
        _check_index(schema, self, taken=())


@dataclass(frozen=True, slots=True)
class DropIndex:
    """Remove an index."""

    name: str

    def __str__(self) -> str:
        return f"drop index {self.name!r}"

    def check(self, schema: Schema) -> None:
        """Raise if there is no such index, or a foreign key needs it."""
        table, index = _index(schema, self.name)
        if not index.unique:
            return
        for other, key in _referring(schema, table.name):
            if set(key.references) == set(index.columns) and not self._is_spare(table, index):
                raise SchemaError(
                    f"index {self.name!r} cannot be dropped: {other.name}.{', '.join(key.columns)} refers to "
                    f"{table.name}.{', '.join(key.references)}, which it keeps unique"
                )

    @staticmethod
    def _is_spare(table: TableSchema, index: IndexSchema) -> bool:
        """Tell whether the primary key or another unique index keeps the same columns unique."""
        twins = [i for i in table.indexes if i.unique and not i.partial and i.columns == index.columns]
        return index.partial or table.primary_key == index.columns or len(twins) > 1


@dataclass(frozen=True, slots=True)
class CreateView:
    """Make a view of one SELECT."""

    name: str
    sql: str

    def __str__(self) -> str:
        return f"create view {self.name!r}"

    def check(self, schema: Schema) -> None:
        """Raise if the name is taken or not allowed."""
        check_name(self.name, "view")
        _check_free(schema, self.name)


@dataclass(frozen=True, slots=True)
class UpdateView:
    """Give a view another SELECT."""

    name: str
    sql: str

    def __str__(self) -> str:
        return f"update view {self.name!r}"

    def check(self, schema: Schema) -> None:
        """Raise if there is no such view."""
        _check_view(schema, self.name)


@dataclass(frozen=True, slots=True)
class DropView:
    """Remove a view."""

    name: str

    def __str__(self) -> str:
        return f"drop view {self.name!r}"

    def check(self, schema: Schema) -> None:
        """Raise if there is no such view."""
        _check_view(schema, self.name)


Change: TypeAlias = (
    CreateTable
    | DropTable
    | AddColumn
    | DropColumn
    | RenameColumn
    | CreateIndex
    | DropIndex
    | CreateView
    | UpdateView
    | DropView
)


def _table(schema: Schema, name: str) -> TableSchema:
    table = schema.table(name)
    if table is None:
        if schema.view(name) is not None:
            raise TableNotFoundError(f"{name!r} is a view, not a table")
        raise TableNotFoundError(f"there is no table {name!r}; {_known((t.name for t in schema.tables), name)}")
    return table


def _ordinary_table(schema: Schema, name: str) -> TableSchema:
    table = _table(schema, name)
    if table.virtual:
        raise SchemaError(f"{name!r} is a virtual table; its columns and indexes cannot be changed")
    return table


def _check_view(schema: Schema, name: str) -> None:
    if schema.view(name) is None:
        raise TableNotFoundError(f"there is no view {name!r}; {_known((v.name for v in schema.views), name)}")


def _index(schema: Schema, name: str) -> tuple[TableSchema, IndexSchema]:
    indexes = [(table, index) for table in schema.tables for index in table.indexes]
    for table, index in indexes:
        if index.name == name:
            return table, index
    raise IndexNotFoundError(f"there is no index {name!r}; {_known((i.name for _, i in indexes), name)}")


def _known(names: Iterable[str], wanted: str) -> str:
    known = sorted(names)
    close = get_close_matches(wanted, known, n=3)
    if close:
        return f"did you mean {' or '.join(map(repr, close))}?"
    return f"there are: {', '.join(known)}" if known else "there are none"


def _check_free(schema: Schema, name: str) -> None:
    """Tables, views and indexes share their names."""
    for kind, names in (
        ("table", [table.name for table in schema.tables]),
        ("view", [view.name for view in schema.views]),
        ("index", [index.name for table in schema.tables for index in table.indexes]),
    ):
        if any(same_name(name, taken) for taken in names):
            article = "an" if kind == "index" else "a"
            raise AlreadyExistsError(f"there is {article} {kind} {name!r} already; choose another name")


def _check_index(schema: Schema, change: CreateIndex, taken: Sequence[str]) -> None:
    if not change.columns:
        raise SchemaError("an index needs at least one column")
    _check_distinct(change.columns, f"index {change.index_name!r}")
    if change.name is not None:
        check_name(change.name, "index")
    _check_free(schema, change.index_name)
    if any(same_name(change.index_name, name) for name in taken):
        raise AlreadyExistsError(f"two indexes would be called {change.index_name!r}; give one of them a name")


def _check_columns(names: Sequence[str], wanted: Iterable[str], place: str) -> None:
    for name in wanted:
        if name not in names:
            raise ColumnNotFoundError(f"{place} has no column {name!r}; {_known(names, name)}")


def _check_new_column(table: TableSchema, name: str) -> None:
    if any(same_name(name, column.name) for column in table.columns):
        raise AlreadyExistsError(f"table {table.name!r} has a column {name!r} already")


def _check_distinct(names: Iterable[str], place: str) -> None:
    seen: set[str] = set()
    for name in names:
        if fold(name) in seen:
            raise SchemaError(f"{place} would have the column {name!r} twice")
        seen.add(fold(name))


def _check_own(column: str, what: str) -> None:
    if column in AUTOMATIC_COLUMNS:
        raise SchemaError(f"{column!r} cannot be {what}: every table has it, and CinchDB fills it")


def _check_reference(schema: Schema, column: str, reference: ForeignKeyRef) -> None:
    target = _table(schema, reference.table)
    names = [each.name for each in target.columns]
    _check_columns(names, [reference.column], f"table {reference.table!r}, which {column!r} refers to,")
    if (reference.column,) not in {target.primary_key, *target.unique}:
        raise _not_unique(column, reference)


def _not_unique(column: str, reference: ForeignKeyRef) -> SchemaError:
    return SchemaError(
        f"column {column!r} cannot refer to {reference.table}.{reference.column}, which is not the primary "
        f"key and not unique; create a unique index on it first"
    )


def _referring(schema: Schema, table: str) -> list[tuple[TableSchema, ForeignKey]]:
    return [(other, key) for other in schema.tables for key in other.foreign_keys if same_name(key.table, table)]
