"""One model's table on its database: the untyped half of the ORM that runs per request, off the event loop.

Lists and details are read as the driver's tuples, because pyDAL's row objects are two thirds of the cost of
a list; writes go through Emmett's rows, so that every callback of the model fires.
"""

# pyright: reportMissingTypeStubs=false
import operator
from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import datetime
from functools import reduce
from typing import cast

from emmett.orm.objects import TransactionOp, TransactionOpContext, TransactionOps
from pydal.objects import Query as PydalQuery
from pydal.objects import Set as PydalSet

from ._columns import Column, TableFacts
from ._conditions import Compare, Condition, Every, Negation, SortKey
from ._orm import ModelClass, Query, Record, Untyped, read_facts
from ._transactions import Transaction
from ._values import ArrayText

Raw = tuple[object, ...]
_MOST_STATEMENTS = 256
_BOOLEANS = {"T": True, "F": False, True: True, False: False}


class VetoError(Exception):
    """A callback of the model prevented the change."""


class Store:
    """The table of one model.

    Attributes:
        facts: What is known of the table.
        transaction: What the request does to its database.
    """

    def __init__(self, model: ModelClass, facts: TableFacts | None = None) -> None:
        untyped: Untyped = model
        self.model = model
        self.facts: TableFacts = facts or read_facts(model)
        self._table: Untyped = untyped.table
        self._instance: Untyped = self._table._model_
        self._db: Untyped = untyped.db
        self._adapter: Untyped = self._db._adapter
        self._text_lists = [c.name for c in self.facts.columns if c.kind == "list_string"]
        self.transaction = Transaction(self._db)
        self._readers: dict[str, Callable[[object], object] | None] = {}
        self._statements: dict[Hashable, str] = {}
        self._computed = {c.name for c in self.facts.columns if c.is_computed}
        self._stored = tuple(c for c in self.facts.columns if c.kind not in {"inside", "password"})

    @property
    def dialect(self) -> str:
        """The database's kind, such as `sqlite` or `postgres`."""
        return cast("str", self._adapter.dbengine)

    @property
    def nulls_first(self) -> bool:
        """Whether an ascending order begins with nulls."""
        return self.dialect != "postgres"

    @property
    def versioned(self) -> tuple[Column, ...]:
        """The columns whose values make a row's version, in the order that `version` takes them."""
        return self._stored

    def field(self, name: str) -> Untyped:
        """Return pyDAL's field."""
        return self._table[name]

    def every_row(self) -> Query:
        """Return the condition that holds for every row."""
        return cast("Query", self._instance._query_id)

    def with_key(self, key: object) -> Query:
        """Return the condition that holds for the row with the primary key *key*."""
        return cast("Query", self._table._id == key)

    def with_keys(self, keys: Sequence[object]) -> Query:
        """Return the condition that holds for the rows with one of *keys*."""
        return cast("Query", self._table._id.belongs(list(keys)))

    def keys_of(self, query: Query) -> str:
        """Return the nested select of the keys of *query*'s rows."""
        return cast("str", self._db(query)._select(self._table._id))

    def referring(self, column: str, target: "Store", rows: Query) -> Query:
        """Return the condition for the rows of this table whose *column* points to *rows* of *target*."""
        return cast("Query", self._table[column].belongs(target.keys_of(rows)))

    def aliased(self, name: str) -> Untyped:
        """Return pyDAL's table under another name."""
        return self._table.with_alias(name)

    def as_filter(self, value: object) -> Query | None:
        """Return *value* as a condition on this table alone, or None if it is none."""
        condition: Untyped = cast("Untyped", value).query if isinstance(value, PydalSet) else value
        if not isinstance(condition, PydalQuery):
            return None
        tables = set(self._adapter.tables(condition))
        return cast("Query", condition) if tables <= {self.facts.tablename} else None

    def compile(self, condition: Condition) -> Query:
        """Turn *condition* into pyDAL's."""
        if isinstance(condition, Compare):
            return self._compare(condition)
        if isinstance(condition, Negation):
            return ~self.compile(condition.part)
        parts = [self.compile(part) for part in condition.parts]
        if not parts:
            return self.every_row() if isinstance(condition, Every) else ~self.every_row()
        if isinstance(condition, Every):
            return reduce(lambda one, other: one & other, parts)
        return reduce(lambda one, other: one | other, parts)

    def _compare(self, compare: Compare) -> Query:
        field, value = self._table[compare.column.name], compare.value
        if compare.operator in {"after_asc", "after_desc"}:
            return self._after(field, value, descending=compare.operator == "after_desc")
        return cast("Query", _COMPARE[compare.operator](field, value))

    def _after(self, field: Untyped, value: object, *, descending: bool) -> Query:
        """What sorts after *value*; where nulls stand depends on the database and the direction."""
        nulls_come_first = self.nulls_first != descending
        if value is None:
            return cast("Query", field != None) if nulls_come_first else ~self.every_row()  # noqa: E711 - SQL
        beyond = field < value if descending else field > value
        return cast("Query", beyond if nulls_come_first else beyond | (field == None))  # noqa: E711 - SQL

    def order(self, keys: Sequence[SortKey]) -> list[Untyped]:
        """Turn sort keys into pyDAL's."""
        return [~self._table[key.column.name] if key.descending else self._table[key.column.name] for key in keys]

    # reading

    def select(
        self,
        query: Query,
        fields: Sequence[Untyped],
        *,
        order: Sequence[Untyped] = (),
        joins: Sequence[Untyped] = (),
        limit: tuple[int, int] | None = None,
        remember: Hashable = None,
    ) -> list[Raw]:
        """Return the driver's tuples, one value per field.

        Args:
            query: Which rows.
            fields: What of them.
            order: In which order.
            joins: Left joins.
            limit: First row, and the row after the last one.
            remember: Names this very statement, if it can be used again: to compose it costs as much as to
                run it.
        """
        sql = self._adapter._select_wcols(
            query, fields, left=list(joins) or False, orderby=list(order) or False, limitby=limit or False
        )[1]
        if remember is not None:
            self._remember(remember, sql)
        return self._run(sql)

    def select_again(self, name: Hashable) -> list[Raw] | None:
        """Run the statement that a `select` was told to remember; None if there is none of this name."""
        sql = self._statements.get(name)
        return None if sql is None else self._run(sql)

    def _run(self, sql: str) -> list[Raw]:
        cursor = self._adapter.execute(sql)  # most drivers give the cursor back, and Emmett takes long to find it
        return list((self._adapter.cursor if cursor is None else cursor).fetchall())

    def _remember(self, name: Hashable, sql: str) -> None:
        if len(self._statements) >= _MOST_STATEMENTS:
            self._statements.clear()
        self._statements[name] = sql

    @property
    def has_common_filter(self) -> bool:
        """Whether the app narrows every query to this table, maybe differently for each request."""
        return self._table._common_filter is not None

    def count(self, query: Query) -> int:
        """Return the number of rows for which *query* holds."""
        if query is self._instance._query_id and not self.has_common_filter:
            self._adapter.execute(f"SELECT COUNT(*) FROM {self._table._rname};")  # it need not look at the rows
            return int(self._adapter.cursor.fetchone()[0])
        return int(self._adapter.count(query))

    def exists(self, query: Query) -> bool:
        """Tell whether *query* holds for any row."""
        return bool(self.select(query, [self._table._id], limit=(0, 1)))

    def reader(self, column: Column) -> Callable[[object], object] | None:
        """Return what turns the driver's value into a Python value; None if it is one already."""
        if column.name not in self._readers:
            self._readers[column.name] = self._make_reader(column)
        return self._readers[column.name]

    def _make_reader(self, column: Column) -> Callable[[object], object] | None:
        if column.kind in {"integer", "string", "text", "float", "reference", "upload", "password"}:
            return None
        field, parse = self._table[column.name], self._adapter.parse_value
        kind, internal = field.type, field._itype

        def read_boolean(raw: object) -> object:
            known = _BOOLEANS.get(cast("str | bool", raw))
            return parse(raw, internal, kind, True) if known is None else known

        def read(raw: object) -> object:
            value = parse(raw, internal, kind, True)
            return value.replace(tzinfo=None) if isinstance(value, datetime) else value

        return read_boolean if column.kind == "boolean" else read

    def values_reader(self, columns: Sequence[Column]) -> Callable[[Raw], dict[str, object]]:
        """Return what turns the driver's tuple of *columns* into Python values by column name."""
        readers = [(column.name, self.reader(column)) for column in columns]

        def read(raw: Raw) -> dict[str, object]:
            return {
                name: value if value is None or reader is None else reader(value)
                for (name, reader), value in zip(readers, raw, strict=True)
            }

        return read

    def read_values(self, raw: Raw, columns: Sequence[Column]) -> dict[str, object]:
        """Turn a driver's tuple into Python values by column name."""
        return self.values_reader(columns)(raw)

    def fetch(self, access_query: Query | None, key: object, *, for_update: bool = False) -> Raw | None:
        """Return the driver's tuple of the versioned columns of one row, or None.

        Args:
            access_query: Narrows which rows may be seen; None narrows nothing.
            key: The row's key.
            for_update: Keep others from changing it until the transaction ends.
        """
        locks_rows = for_update and self.dialect != "sqlite"
        if for_update:
            self.transaction.lock()
        if access_query is None and not locks_rows and not self.has_common_filter:
            sql = self._compose_by_key(key)
        else:
            query = self.with_key(key)
            sql = self._compose(query if access_query is None else query & access_query, for_update=locks_rows)
        rows = self._run(sql)
        return rows[0] if rows else None

    def _compose(self, query: Query, *, for_update: bool) -> str:
        fields = [self._table[column.name] for column in self._stored]
        return cast("str", self._adapter._select_wcols(query, fields, for_update=for_update)[1])

    def _compose_by_key(self, key: object) -> str:
        """Compose the statement once, with a key found nowhere else in it, and put others in its place."""
        kind = self._table._id.type
        placeholder = 7_301_984_265 if self.facts.key.kind == "integer" else "autoroutes key"
        if "by key" not in self._statements:
            self._remember("by key", self._compose(self.with_key(placeholder), for_update=False))
        represent = self._adapter.represent
        return self._statements["by key"].replace(represent(placeholder, kind), represent(key, kind))

    def record(self, values: Mapping[str, object]) -> Record:
        """Return an Emmett row of a stored row's *values*, relations included."""
        row = self._instance._rowclass_._from_engine({})
        for name, value in values.items():
            setattr(row, name, value)
        row._changes.clear()
        return cast("Record", row)

    def insert(self, values: Mapping[str, object]) -> object:
        """Insert a row as Emmett's own `save` does, callbacks included, and return its key.

        Unlike `save`, it leaves computed columns to Emmett: `save` hands them over as null.

        Raises:
            VetoError: A callback prevented it.
        """
        row = self._instance.__class__.new(**values)
        if any(callback(row) for callback in self._table._before_save):
            raise VetoError
        fields = self._for_driver({name: row[name] for name in self._instance._fieldset_initable - self._computed})
        inserted = self._table.insert(**fields)
        if not inserted:
            raise VetoError
        self._instance._set_row_persistence(row, inserted)
        self._after_save(row, fields, inserted)
        return row[self.facts.keys[0]]

    def update(self, record: Record, values: Mapping[str, object]) -> None:
        """Change *values* of a stored row as Emmett's own `save` does, callbacks included.

        Raises:
            VetoError: A callback prevented it.
        """
        row: Untyped = record
        for name, value in values.items():
            row[name] = value
        for name in self._instance._fieldset_update:
            update = self._table[name].update
            row[name] = update() if callable(update) else update
        if any(callback(row) for callback in self._table._before_save):
            raise VetoError
        changed = self._changes_of(row)
        if not changed:
            return
        dbset = self._db(self.with_key(row[self.facts.keys[0]]), ignore_common_filters=True)
        if not dbset.update(**self._for_driver(changed)):
            raise VetoError
        self._after_save(row, changed, 1)

    def _for_driver(self, values: Mapping[str, object]) -> dict[str, object]:
        """PyDAL does not quote the texts of a PostgreSQL array, so that a comma splits one in two."""
        written = dict(values)
        for column in self._text_lists if self.dialect == "postgres" else ():
            texts = cast("list[str] | None", written.get(column))
            if texts is not None:
                written[column] = [ArrayText(text) for text in texts]
        return written

    def _changes_of(self, row: Untyped) -> dict[str, object]:
        """Computed columns may need any other column; `inside` ones were never read, so they stay."""
        editable = {c.name for c in self._stored} & self._instance._fieldset_editable
        touched = set(row._changes) & self._instance._fieldset_editable
        names = (touched | editable if touched and self._computed else touched) - self._computed
        return {name: row[name] for name in names}

    def _after_save(self, row: Untyped, changed: Mapping[str, object], result: object) -> None:
        if self._table._has_commit_save_callbacks:
            transaction = self._adapter.top_transaction()
            context = TransactionOpContext(values=changed, ret=result, row=row.clone_changed(), changes=row.changes)
            transaction._add_op(TransactionOp(TransactionOps.save, self._table, context))
        for callback in self._table._after_save:
            callback(row)

    def delete(self, record: Record) -> None:
        """Delete a stored row as Emmett's own `destroy` does, callbacks included.

        Raises:
            VetoError: A callback prevented it.
        """
        row: Untyped = record
        if not row.destroy():
            raise VetoError

    def validate(self, column: Column, value: object) -> tuple[object, str | None]:
        """Run the model's validators and return the cleaned value and the error, if any."""
        cleaned, error = self._table[column.name].validate(value)
        return cleaned, None if error is None else str(error)

    def default(self, column: Column) -> object:
        """Return what Emmett puts into a new row for *column* when nothing is given."""
        default = self._table[column.name].default
        return default() if callable(default) else default

    def has_own_rules(self, column: Column) -> bool:
        """Tell whether the model says itself what is valid, apart from the type."""
        field = self._table[column.name]
        return bool(field._requires or field._custom_requires)

    def store_upload(self, column: Column, file: Untyped) -> str:
        """Keep an uploaded file as Emmett does and return what stands in the column."""
        field = self._table[column.name]
        return cast("str", field.store(file, file.filename, field.uploadfolder))


_COMPARE: dict[str, Callable[[Untyped, object], object]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": lambda field, value: field < value,
    "le": lambda field, value: field <= value,
    "gt": lambda field, value: field > value,
    "ge": lambda field, value: field >= value,
    "in": lambda field, value: field.belongs(value),
    "not_in": lambda field, value: ~field.belongs(value),
    "like": lambda field, value: field.like(value, case_sensitive=True),
    "ilike": lambda field, value: field.ilike(value),
    "contains": lambda field, value: field.contains(value, case_sensitive=True),
    "icontains": lambda field, value: field.contains(value, case_sensitive=False),
}
