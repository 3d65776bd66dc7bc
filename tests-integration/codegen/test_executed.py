"""Every golden package is imported and used, on two tenants: each column goes there and back."""

import datetime as dt
import enum
import importlib
import sys
import types
import typing
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

import pytest

from cinch_client import CinchDB, Schema, TableSchema
from cinch_models_runtime import Model

TENANTS = ("main", "acme")
AUTOMATIC = {"created_at", "updated_at"}

Rows = dict[str, tuple[dict[str, Any], Model]]
"""Class → what was given to create, and what came back."""


class Project(Protocol):
    package: str
    importable: Path

    def connect(self, tenant: str = "main") -> CinchDB: ...


@pytest.fixture
def package(project: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[types.ModuleType]:
    monkeypatch.setattr(sys, "path", [str(project.importable), *sys.path])
    yield importlib.import_module(project.package)
    for name in [name for name in sys.modules if name.split(".")[0] == project.package]:
        del sys.modules[name]


@pytest.fixture
def connection(project: Project) -> CinchDB:
    connection = project.connect()
    if "acme" not in {tenant.name for tenant in connection.list_tenants()}:
        connection.create_tenant("acme")
    return connection


def test_every_model_can_be_imported_and_read(package: types.ModuleType, connection: CinchDB) -> None:
    models = package.create_models(connection)
    for name in package._MODEL_REGISTRY:
        assert getattr(models, name).count() >= 0, name
        assert isinstance(getattr(models, name).select(limit=1), list), name
        assert getattr(package, name).__name__ == name
    assert {"create_models", "CinchModels", *package._MODEL_REGISTRY} == set(package.__all__)


def test_the_fingerprint_is_that_of_both_tenants(package: types.ModuleType, connection: CinchDB) -> None:
    for tenant in TENANTS:
        assert package.CinchModels._fingerprint == connection.with_tenant(tenant).fingerprint()


def test_every_column_goes_there_and_back_in_two_tenants(package: types.ModuleType, connection: CinchDB) -> None:
    for number, tenant in enumerate(TENANTS):
        models = package.create_models(connection.with_tenant(tenant))
        for name, (values, stored) in fill(models, connection.schema(), package, number).items():
            assert {field: getattr(stored, field) for field in values} == values, name
            assert stored in getattr(models, name).select(), name
            check_filters(getattr(models, name), values, stored)


def test_every_column_can_be_updated_and_every_row_deleted(package: types.ModuleType, connection: CinchDB) -> None:
    schema = connection.schema()
    for number, tenant in enumerate(TENANTS):
        models = package.create_models(connection.with_tenant(tenant))
        rows = fill(models, schema, package, 2 + number)
        others = {name: values_for(type(row), table_of(row, schema), 4 + number) for name, (_, row) in rows.items()}
        for name, (_, row) in reversed(rows.items()):
            handle, key = getattr(models, name), key_of(row)
            values = {field: value for field, value in others[name].items() if column_name(type(row), field) not in key}
            if not key:
                assert handle.update_where(values, **filters_for(row)) == 1, name
                assert handle.delete_where(**values_to_find(values)) == 1, name
                continue
            row.update(**values)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
            assert handle.get(*key.values()) == row, name
            assert {field: getattr(row, field) for field in values} == values, name
            assert row.delete() is True, name
            assert handle.find_by_id(*key.values()) is None, name


def fill(models: object, schema: Schema, package: types.ModuleType, number: int) -> Rows:
    """Create a row in every table, in the order of their foreign keys."""
    classes = {getattr(package, name).__table__.name: name for name in package._MODEL_REGISTRY}
    rows: Rows = {}
    for table in in_order(schema):
        name = classes[table.name]
        model = getattr(package, name)
        values = values_for(model, table, number)
        for key in table.foreign_keys:
            if key.table != table.name:
                parent = rows[classes[key.table]][1]
                for column, target in zip(key.columns, key.references, strict=True):
                    values[field_name(model, column)] = getattr(parent, field_name(type(parent), target))
        rows[name] = (values, getattr(models, name).create(**values))
    return rows


def in_order(schema: Schema) -> list[TableSchema]:
    """Return the tables, each behind those it refers to; without those that SQLite refuses to write to."""
    left = [table for table in schema.tables if all(schema.table(key.table) for key in table.foreign_keys)]
    done: list[TableSchema] = []
    while left:
        names = {table.name for table in left}
        done += [table for table in left if not any(key.table in names - {table.name} for key in table.foreign_keys)]
        left = [table for table in left if table not in done]
    return done


def values_for(model: type[Model], table: TableSchema, number: int) -> dict[str, Any]:
    """Return a value for every field that can be written, foreign keys aside."""
    referring = {column for key in table.foreign_keys for column in key.columns}
    values: dict[str, Any] = {}
    for field, info in model.model_fields.items():
        column = table.column(column_name(model, field))
        assert column is not None
        own_id = column.name == "id" and column.type == "TEXT" and table.primary_key == ("id",)
        if not (column.generated or own_id or column.name in AUTOMATIC | referring):
            values[field] = value_of(info.annotation, f"{field} ü '\" {number}", number)
    return values


def column_name(model: type[Model], field: str) -> str:
    alias = model.model_fields[field].validation_alias
    return field if alias is None else str(alias)


def field_name(model: type[Model], column: str) -> str:
    return next(field for field in model.model_fields if column_name(model, field) == column)


def key_of(row: Model) -> dict[str, Any]:
    return {column: getattr(row, field_name(type(row), column)) for column in type(row).__table__.key}


def table_of(row: Model, schema: Schema) -> TableSchema:
    table = schema.table(type(row).__table__.name)
    assert table is not None
    return table


SAMPLES: dict[object, Callable[[int], object]] = {
    int: lambda number: 41 + number,
    float: lambda number: 1.5 + number,
    bool: lambda number: number % 2 == 0,
    bytes: lambda number: bytes([0, 255, number]),
    dt.datetime: lambda number: dt.datetime(2026, 5, 1 + number, 10, 30, 0, 123456, tzinfo=dt.UTC),
    dt.date: lambda number: dt.date(2026, 5, 1 + number),
    dt.time: lambda number: dt.time(10, 30, number),
    Decimal: lambda number: Decimal("10.50") + number,
    uuid.UUID: lambda number: uuid.UUID(int=number + 1),
}


def value_of(annotation: object, text: str, number: int) -> object:
    if typing.get_origin(annotation) is typing.Literal:
        return typing.get_args(annotation)[number % 2]
    inner = [argument for argument in typing.get_args(annotation) if argument is not type(None)]
    if inner and typing.get_origin(annotation) is not typing.Annotated:
        return value_of(inner[0], text, number)
    if annotation is str:
        return text
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return next(iter(annotation))
    if annotation in SAMPLES:
        return SAMPLES[annotation](number)
    return {"nested": [1, None, {"text": text}]}


def check_filters(handle: Any, values: dict[str, Any], stored: Model) -> None:
    for field, value in values_to_find(values).items():
        assert stored in handle.select(**{field: value}), field
        assert stored in handle.select(**{f"{field}__eq": value}), field
        assert stored not in handle.select(**{f"{field}__ne": value}), field
        assert handle.select(order_by=f"-{field}", limit=1), field


def values_to_find(values: dict[str, Any]) -> dict[str, Any]:
    return {field: value for field, value in values.items() if not isinstance(value, dict | Decimal)}


def filters_for(row: Model) -> dict[str, Any]:
    return values_to_find({field: getattr(row, field) for field in type(row).model_fields})
