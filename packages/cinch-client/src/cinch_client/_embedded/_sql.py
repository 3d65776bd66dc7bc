"""Operations become SQL text and parameters here, and rows become dicts. Pure: nothing is executed.

Text depends on the shape of an operation only (which columns, which operators), values are always bound. So each
shape is compiled once per relation and SQLite's statement cache sees few texts.

Columns inside expressions are qualified by their table: SQLite reads an unknown ``"name"`` in double quotes as a
string, but never an unknown ``"table"."name"`` (https://www.sqlite.org/quirks.html#dblquote).
"""

import difflib
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from cinch_client._embedded._conditions import Bind, compile_condition, is_nested, parameters, shape
from cinch_client._embedded._row_code import (
    BindKey,
    BuildRows,
    EncodeRow,
    key_encoder,
    row_builder,
    row_encoder,
)
from cinch_client._errors import QueryError
from cinch_client._names import AUTOMATIC_COLUMNS
from cinch_client._operations import AnyOf, Condition, Count, Delete, Lookup, Row, Select, Update, Where
from cinch_client._quoting import quote
from cinch_client._schema import ColumnSchema, TableSchema, ViewSchema
from cinch_client._values import NaiveTimestamps, Storable

_Key = tuple[object, ...]
CompiledLookup = tuple[str, BuildRows, BindKey]

_MOST_PLANS = 1_000
_STORED_AS_GIVEN = frozenset({"TEXT", "INTEGER", "REAL", "BOOLEAN", "BLOB"})


class Plan(NamedTuple):
    """What is known of an operation before its values are.

    Attributes:
        text: The SQL.
        build: Turns its rows into dicts.
        binds: One function per condition, which appends the parameters of its value.
        nested: Whether conditions stand inside AnyOf.
    """

    text: str
    build: BuildRows
    binds: tuple[Bind, ...] = ()
    nested: bool = False


class InsertPlan(NamedTuple):
    """What is known of an INSERT before its values are.

    Attributes:
        text: Gives the SQL for so many rows.
        encode: Turns a dict and the present moment into the parameters of one row.
        build: Turns rows into dicts: those that SQLite returns, or the parameters themselves if *known*.
        known: Whether what will be stored follows from the parameters, so that SQLite need not give it back.
    """

    text: Callable[[int], str]
    encode: EncodeRow
    build: BuildRows
    known: bool


class Relation:
    """Compiles operations on one table or view of one schema; made once, used by every tenant of that schema."""

    __slots__ = (
        "_inserts",
        "_naive",
        "_plans",
        "_updates",
        "automatic",
        "columns",
        "has_triggers",
        "keeps_updated_at",
        "name",
        "quoted",
        "schema",
    )

    def __init__(self, schema: TableSchema | ViewSchema, naive: NaiveTimestamps, *, has_triggers: bool = False) -> None:
        self.schema = schema
        self.name = schema.name
        self.quoted = quote(schema.name)
        self.columns = {column.name: column for column in schema.columns}
        self.automatic = _automatic(schema)
        self.keeps_updated_at = "updated_at" in self.automatic
        self._naive: NaiveTimestamps = naive
        self.has_triggers = has_triggers
        self._plans: dict[_Key, Plan] = {}
        self._inserts: dict[_Key, InsertPlan] = {}
        self._updates: dict[_Key, tuple[Plan, EncodeRow]] = {}

    def look_up(self, lookup: Lookup) -> CompiledLookup:
        """Compile a Lookup: its text, and what makes its row and its parameters."""
        where: Where = tuple(Condition(name, "eq", "") for name in lookup.key)
        plan = self._plan_select(Select(lookup.table, lookup.columns, where))
        return plan.text, plan.build, key_encoder([self.column(name) for name in lookup.key], self._naive)

    def select(self, operation: Select) -> tuple[Plan, list[Storable]]:
        """Compile a Select."""
        limit, offset, where = operation.limit, operation.offset, operation.where
        key = (
            "select",
            operation.columns,
            operation.order_by,
            limit is None,
            offset == 0,
            *map(shape, where),
        )
        plan = self._plans.get(key) or self._remember(key, self._plan_select(operation))
        bound = parameters(plan.binds, where, nested=plan.nested)
        if limit is not None:
            bound.append(_window(limit, "limit"))
        if offset != 0:
            bound.append(_window(offset, "offset"))
        return plan, bound

    def count(self, operation: Count) -> tuple[Plan, list[Storable]]:
        """Compile a Count."""
        key = ("count", *map(shape, operation.where))
        plan = self._plans.get(key) or self._remember(
            key, self._plan_where(f"SELECT count(*) FROM {self.quoted}", operation.where)
        )
        return plan, parameters(plan.binds, operation.where, nested=plan.nested)

    def insert(
        self, given: tuple[str, ...], conflict: tuple[str, ...], returning: tuple[str, ...] | None
    ) -> InsertPlan:
        """Compile an INSERT of rows that all set the columns *given*; the automatic ones are added."""
        key = (given, conflict, returning)
        plan = self._inserts.get(key)
        if plan is None:
            if len(self._inserts) >= _MOST_PLANS:
                self._inserts.clear()
            plan = self._inserts[key] = self._plan_insert(given, conflict, returning)
        return plan

    def update(self, operation: Update, moment: str) -> tuple[Plan, list[Storable]]:
        """Compile an Update; *moment* is for ``updated_at``, if the table keeps it and the values do not."""
        values, returning, where = operation.values, operation.returning, operation.where
        key = (tuple(values), returning, *map(shape, where))
        found = self._updates.get(key)
        if found is None:
            if len(self._updates) >= _MOST_PLANS:
                self._updates.clear()
            found = self._updates[key] = self._plan_update(operation)
        plan, encode_row = found
        return plan, encode_row(values, moment) + parameters(plan.binds, where, nested=plan.nested)

    @property
    def unique_keys(self) -> tuple[tuple[str, ...], ...]:
        """Every set of columns that no two rows agree in."""
        if isinstance(self.schema, ViewSchema):
            return ()
        primary = (self.schema.primary_key,) if self.schema.primary_key else ()
        return (*primary, *self.schema.unique)

    def delete(self, operation: Delete) -> tuple[Plan, list[Storable]]:
        """Compile a Delete."""
        plan = self._plan_where(f"DELETE FROM {self.quoted}", operation.where)
        return plan, parameters(plan.binds, operation.where, nested=plan.nested)

    def column(self, name: str) -> ColumnSchema:
        """Return the column of that name or raise a QueryError that says which there are."""
        column = self.columns.get(name)
        if column is None:
            raise unknown_column(name, self.name, self.columns)
        return column

    def _remember(self, key: _Key, plan: Plan) -> Plan:
        if len(self._plans) >= _MOST_PLANS:
            self._plans.clear()
        self._plans[key] = plan
        return plan

    def _plan_select(self, operation: Select) -> Plan:
        columns = [self.column(name) for name in (self.columns if operation.columns is None else operation.columns)]
        if not columns:
            raise QueryError(f"nothing to read from {self.name!r}: name at least one column")
        condition, binds = self._where(operation.where)
        text = f"SELECT {self._list(columns)} FROM {self.quoted}{condition}{self._order(operation.order_by)}"
        if operation.limit is not None:
            text += " LIMIT ?"
        elif operation.offset != 0:
            text += " LIMIT -1"
        if operation.offset != 0:
            text += " OFFSET ?"
        return Plan(text, row_builder(columns), binds, is_nested(operation.where))

    def _plan_where(self, text: str, where: Where) -> Plan:
        condition, binds = self._where(where)
        return Plan(text + condition, _no_rows, binds, is_nested(where))

    def _plan_insert(
        self, given: tuple[str, ...], conflict: tuple[str, ...], returning: tuple[str, ...] | None
    ) -> InsertPlan:
        filled = [name for name in self.automatic if name not in given]
        columns = self._writable([*filled, *given])
        names = [column.name for column in columns]
        wanted = [self.column(name) for name in (self.columns if returning is None else returning)]
        known = not conflict and self._is_known(names, wanted)
        into = f"INSERT INTO {self.quoted} ({', '.join(map(quote, names))}) VALUES "
        hole = f"({', '.join('?' * len(names))})"
        tail = self._on_conflict(names, conflict)
        if not known:
            tail += self._returning("", tuple(column.name for column in wanted))[0]
        if not names:
            into, hole = f"INSERT INTO {self.quoted} DEFAULT VALUES", ""

        @lru_cache(maxsize=8)
        def text(rows: int) -> str:
            return into + ", ".join([hole] * rows) + tail

        return InsertPlan(
            text=text,
            encode=row_encoder(columns, given, self.automatic, self._naive),
            build=row_builder(wanted, order=names) if known else row_builder(wanted, returned=True),
            known=known,
        )

    def _plan_update(self, operation: Update) -> tuple[Plan, EncodeRow]:
        given = tuple(operation.values)
        filled = ("updated_at",) if self.keeps_updated_at else ()
        columns = self._writable([*given, *(name for name in filled if name not in given)])
        settings = ", ".join(f"{quote(column.name)} = ?" for column in columns)
        plan = self._plan_where(f"UPDATE {self.quoted} SET {settings}", operation.where)
        if operation.returning:
            text, build = self._returning(plan.text, operation.returning)
            plan = plan._replace(text=text, build=build)
        return plan, row_encoder(columns, given, filled, self._naive)

    def _is_known(self, names: Sequence[str], wanted: Sequence[ColumnSchema]) -> bool:
        """Tell whether the stored values of *wanted* follow from those of *names* alone."""
        if self.has_triggers or self._numbers_rows():
            return False
        return all(
            column.type in _STORED_AS_GIVEN if column.name in names else column.default is None and not column.generated
            for column in wanted
        )

    def _numbers_rows(self) -> bool:
        """Tell whether the key may be SQLite's own number of the row, which it fills where it is NULL."""
        key = self.schema.primary_key if isinstance(self.schema, TableSchema) else ()
        return len(key) == 1 and self.columns[key[0]].type == "INTEGER"

    def _writable(self, names: Iterable[str]) -> list[ColumnSchema]:
        columns = [self.column(name) for name in names]
        for column in columns:
            if column.generated:
                raise QueryError(
                    f"column {column.name!r} of {self.name!r} is computed by the database and cannot be set"
                )
        return columns

    def _returning(self, text: str, returning: tuple[str, ...] | None) -> tuple[str, BuildRows]:
        columns = [self.column(name) for name in (self.columns if returning is None else returning)]
        if not columns:
            return text, _no_rows
        return f"{text} RETURNING {self._list(columns)}", row_builder(columns, returned=True)

    def _on_conflict(self, names: Sequence[str], conflict: tuple[str, ...]) -> str:
        if not conflict:
            return ""
        target = ", ".join(quote(self.column(name).name) for name in conflict)
        if set(conflict) not in map(set, self.unique_keys):
            known = " or ".join(f"({', '.join(key)})" for key in self.unique_keys) or "none"
            raise QueryError(
                f"({', '.join(conflict)}) is no unique key of {self.name!r}, so it cannot tell which row to update; "
                f"its unique keys are: {known}"
            )
        kept = {*conflict, "id", "created_at"}
        changed = [quote(name) for name in names if name not in kept] or [quote(conflict[0])]
        return f" ON CONFLICT ({target}) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in changed)}"

    def _order(self, order_by: tuple[str, ...]) -> str:
        terms: list[str] = []
        for term in order_by:
            descending = term not in self.columns and term.startswith("-")
            name = self.column(term[1:] if descending else term).name
            terms.append(self._qualified(name) + (" DESC" if descending else ""))
        return f" ORDER BY {', '.join(terms)}" if terms else ""

    def _list(self, columns: Sequence[ColumnSchema]) -> str:
        return ", ".join(self._qualified(column.name) for column in columns)

    def _qualified(self, name: str) -> str:
        return f"{self.quoted}.{quote(name)}"

    def _where(self, where: Where) -> tuple[str, tuple[Bind, ...]]:
        compiled = [self._term(term) for term in where]
        if not compiled:
            return "", ()
        return f" WHERE {' AND '.join(text for text, _ in compiled)}", tuple(b for _, binds in compiled for b in binds)

    def _term(self, term: Condition | AnyOf) -> tuple[str, tuple[Bind, ...]]:
        if isinstance(term, Condition):
            return self._condition(term)
        alternatives: list[str] = []
        binds: list[Bind] = []
        for alternative in term.alternatives:
            compiled = [self._condition(condition) for condition in alternative]
            alternatives.append(" AND ".join(text for text, _ in compiled) or "1")
            binds.extend(bind for _, some in compiled for bind in some)
        return f"({' OR '.join(f'({text})' for text in alternatives) or '0'})", tuple(binds)

    def _condition(self, condition: Condition) -> tuple[str, tuple[Bind, ...]]:
        column = self.column(condition.column)
        text, bind = compile_condition(self._qualified(column.name), condition, column, self._naive)
        # Every condition has its bind, even one without parameters: binds and conditions are walked side by side.
        return text, (bind,)


def unknown_column(name: str, table: str, columns: Collection[str]) -> QueryError:
    """Make the error for a column that *table* does not have."""
    near = difflib.get_close_matches(name, columns, n=1)
    meant = f" did you mean {near[0]!r}?" if near else ""
    return QueryError(f"{table!r} has no column {name!r};{meant} its columns are {', '.join(columns)}")


def _automatic(schema: TableSchema | ViewSchema) -> tuple[str, ...]:
    """Return the automatic columns that this table has and the database does not fill by itself."""
    if isinstance(schema, ViewSchema):
        return ()
    found = {column.name: column for column in schema.columns if column.type == "TEXT" and column.default is None}
    names = [name for name in AUTOMATIC_COLUMNS if name in found and not found[name].generated]
    return tuple(name for name in names if name != "id" or schema.makes_ids)


def _no_rows(_rows: Iterable[Sequence[object]]) -> list[Row]:
    return []


def _window(value: object, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise QueryError(f"{name} is an int of 0 or more, not {value!r}")
    return value
