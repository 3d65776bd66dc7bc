"""Rows ↔ models: what one model class knows about its columns, worked out at its first use."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeAlias, TypeVar, cast

from pydantic import ValidationError
from pydantic_core import SchemaValidator, core_schema

from cinch_client import CinchDB, CinchError, InvalidValueError, Lookup, QueryError, Row, parse_timestamp
from cinch_models_runtime import _filters, _schemas
from cinch_models_runtime._fields import JsonColumn, new_id

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from cinch_models_runtime._model import RowModel
    from cinch_models_runtime._table import Relation, Table

RowT = TypeVar("RowT", bound="RowModel")
ReadT = TypeVar("ReadT")
Values: TypeAlias = Mapping[str, Any]

_SHOWN = 60


class RowCodec(Generic[RowT]):
    """How rows of one table become objects of one class, and back.

    Attributes:
        model: The class.
        name: Its name, for messages.
        table: What it declares about its table.
        columns: Field → column, in the table's order.
        fields: Column → field.
        key: The fields of the primary key in key order.
        kept: Columns of which an object keeps the stored value: the Python value does not lead back to it
            exactly (keys of a rich type), or can be changed in place (JSON).
        validated: Turns one row into an object, or raises pydantic's ValidationError; :meth:`read` explains it.
    """

    def __init__(self, model: type[RowT]) -> None:
        self.model = model
        self.name = model.__name__
        self.table: Table = model.__table__
        self.columns = {
            name: field.validation_alias if isinstance(field.validation_alias, str) else name
            for name, field in model.model_fields.items()
        }
        self.fields = {column: field for field, column in self.columns.items()}
        self.key = tuple(self.fields[column] for column in self.table.key)
        self.selected = tuple(self.columns.values())
        self._types = {name: _schemas.column_type(field) for name, field in model.model_fields.items()}
        self.json = frozenset(self._columns_of_type(JsonColumn))
        odd_keys = [column for column in self.table.key if not _schemas.is_plain(self._types[self.fields[column]])]
        self.kept = tuple(dict.fromkeys([*sorted(self.json), *odd_keys]))
        row = self._row_schema()
        self.validated: Callable[..., RowT] = SchemaValidator(row).validate_python
        rows = core_schema.list_schema(row, fail_fast=True)
        self._read_many: Callable[[list[Row]], list[RowT]] = SchemaValidator(rows).validate_python

    # --- rows → objects -------------------------------------------------------------------------------------

    def read(self, rows: list[Row], connection: CinchDB) -> list[RowT]:
        """Turn rows into objects, in order.

        Args:
            rows: Dicts by column as the engine returns them.
            connection: Where they come from; it says how timestamps without an offset are read.

        Raises:
            InvalidValueError: A stored value does not fit the type of its column.
        """
        try:
            return self._read_many(rows)
        except ValidationError:
            return self._read_again(self._read_many, self._with_aware_timestamps(rows, connection))

    def read_into(self, target: RowT, row: Row, connection: CinchDB) -> None:
        """Give *target* the values of *row*; the rest is as in :meth:`read`."""

        def read(rows: list[Row]) -> None:
            self.validated(rows[0], self_instance=target)

        try:
            read([row])
        except ValidationError:
            self._read_again(read, self._with_aware_timestamps([row], connection))

    def _read_again(self, read: Callable[[list[Row]], ReadT], rows: list[Row]) -> ReadT:
        try:
            return read(rows)
        except ValidationError as error:
            raise self._unreadable(error.errors(include_url=False)[0]) from error

    def keep(self, row: Row) -> Row:
        """Return what an object keeps of its row as it is stored."""
        return {column: row[column] for column in self.kept}

    def _row_schema(self) -> core_schema.CoreSchema:
        fields = {
            field: core_schema.model_field(
                _schemas.value_schema(self._types[field], "read"),
                validation_alias=None if column == field else column,
            )
            for field, column in self.columns.items()
        }
        return core_schema.model_schema(self.model, core_schema.model_fields_schema(fields))

    def _with_aware_timestamps(self, rows: list[Row], connection: CinchDB) -> list[Row]:
        naive = connection.naive_timestamps
        timestamps = self._columns_of_type(datetime)
        return [row | {column: _timestamp(row[column], naive) for column in timestamps} for row in rows]

    def _unreadable(self, problem: "ErrorDetails") -> InvalidValueError:
        column = next((part for part in problem["loc"] if isinstance(part, str)), None)
        held = "" if problem["type"] == "missing" else f" holds {_shown(problem['input'])}, which does not fit"
        place = f"{self.name}.{self.fields.get(column or '', column)}"
        return InvalidValueError(f"{self.table.name}.{column}{held} {place}: {problem['msg']}", column=column)

    # --- callers' values → rows -----------------------------------------------------------------------------

    def new_rows(self, rows: Sequence[Values]) -> list[Row]:
        """Check the values of new rows by field; return them by column, ready for the engine.

        Raises:
            QueryError: A name is no column.
            InvalidValueError: A value does not fit its column, or a required one is missing.
        """
        return cast("list[Row]", self._checked(self._write_new, rows))

    def changes(self, values: Values) -> Row:
        """Do the same for the values of an update, where nothing is required."""
        return cast("Row", self._checked(self._write_changes, values))

    def _checked(self, validator: SchemaValidator, values: object) -> object:
        try:
            return validator.validate_python(values)
        except ValidationError as error:
            problems = error.errors(include_url=False)
            unknown = [problem for problem in problems if problem["type"] == "extra_forbidden"]
            raise self._refused((unknown or problems)[0]) from error

    def _refused(self, problem: "ErrorDetails") -> CinchError:
        place = [str(part) for part in problem["loc"] if not isinstance(part, int)]
        if not place:
            return InvalidValueError(
                f"{self.name} takes a mapping of columns to values, not {_shown(problem['input'])}"
            )
        field = place[0]
        if problem["type"] == "extra_forbidden":
            return _filters.unknown_column(field, self.columns, self.name)
        if problem["type"] == "missing":
            return InvalidValueError(f"{self.name} needs a value for {field!r}; it has no default", column=field)
        return InvalidValueError(
            f"{self.name}.{field} cannot take {_shown(problem['input'])}: {problem['msg']}",
            column=self.columns.get(field, field),
        )

    @cached_property
    def _write_new(self) -> SchemaValidator:
        required = {name for name, field in self.model.model_fields.items() if field.is_required()}
        return SchemaValidator(core_schema.list_schema(self._values_schema(required), fail_fast=True))

    @cached_property
    def _write_changes(self) -> SchemaValidator:
        return SchemaValidator(self._values_schema(set()))

    def _values_schema(self, required: set[str]) -> core_schema.CoreSchema:
        fields = {
            column: core_schema.typed_dict_field(
                _schemas.value_schema(self._types[field], "write"),
                required=field in required,
                validation_alias=field,
            )
            for field, column in self.columns.items()
        }
        return core_schema.typed_dict_schema(fields, extra_behavior="forbid")

    # --- what else is asked about the columns ---------------------------------------------------------------

    @cached_property
    def comparisons(self) -> _filters.Comparisons:
        """Every keyword that can filter."""
        return _filters.comparisons(self.columns, self.json)

    def by_column(self, values: Values) -> Values:
        """Name values by column; then no field can be taken for the column of another one."""
        if self.selected == tuple(self.columns):
            return values
        return {self.columns.get(name, name): value for name, value in values.items()}

    @cached_property
    def lookup(self) -> Lookup:
        """What finds a row by its key; a QueryError when the table has none."""
        if not self.key:
            raise no_key(self)
        return Lookup(self.table.name, self.selected, self.table.key)

    @cached_property
    def client_filled(self) -> tuple[str, ...]:
        """The fields whose default this process makes, so that it has to be sent."""
        return tuple(name for name, field in self.model.model_fields.items() if field.default_factory is new_id)

    @cached_property
    def relations(self) -> Mapping[str, "Relation"]:
        """What can be included, by name."""
        return {relation.name: relation for relation in self.table.relations}

    def column(self, field: str) -> str:
        """Return the column of a field or raise a QueryError that names the valid ones."""
        column = self.columns.get(field)
        if column is None:
            raise _filters.unknown_column(field, self.columns, self.name)
        return column

    def ordering(self, order_by: str | Sequence[str]) -> tuple[str, ...]:
        """Turn ``field`` and ``-field`` into the engine's terms."""
        terms = (order_by,) if isinstance(order_by, str) else order_by
        return tuple(
            f"-{self.column(term[1:])}" if term.startswith("-") and term not in self.columns else self.column(term)
            for term in terms
        )

    def json_changed(self, stored: object, value: object) -> bool:
        """Tell whether the value of a JSON column is another than when it was read from the text *stored*."""
        if stored is None or value is None:
            return stored is not value
        try:
            return json.dumps(_schemas.parse_json(stored)) != json.dumps(value)
        except (TypeError, ValueError, RecursionError):
            return True  # what is no JSON any more is refused when it is written

    def _columns_of_type(self, kind: "type[datetime | JsonColumn]") -> list[str]:
        return [column for field, column in self.columns.items() if _schemas.holds(self._types[field], kind)]


@cache
def _codec_of(model: "type[RowModel]") -> "RowCodec[Any]":
    return RowCodec(model)


def codec_of(model: type[RowT]) -> RowCodec[RowT]:
    """Return the codec of a model, which is made at its first use and never changes."""
    return cast("RowCodec[RowT]", _codec_of(model))


def _timestamp(stored: object, naive: Literal["local", "utc"]) -> object:
    if not isinstance(stored, str):
        return stored
    try:
        return parse_timestamp(stored, naive)
    except InvalidValueError:
        return stored  # validation names the column


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def no_key(codec: "RowCodec[Any]") -> QueryError:
    """Make the error for what needs a primary key."""
    return QueryError(
        f"table {codec.table.name!r} has no primary key that tells its rows apart; "
        "use select, update_where and delete_where"
    )
