"""Every golden package is imported and used, on two tenants: each column goes there and back."""

import datetime as dt
import enum
import importlib
import sys
import types
import typing
import uuid
from collections.abc import Iterator, Mapping
from decimal import Decimal

import pytest
from pydantic.fields import FieldInfo

from cinch_client import CinchDB, Schema, TableSchema
from cinch_models_runtime import Json, Model, TableHandle

TENANTS = ("main", "acme")


@pytest.fixture
def package(project, monkeypatch) -> Iterator[types.ModuleType]:
    monkeypatch.syspath_prepend(str(project.importable))
    yield importlib.import_module(project.package)
    for name in [name for name in sys.modules if name.split(".")[0] == project.package]:
        del sys.modules[name]


@pytest.fixture
def connection(project) -> CinchDB:
    connection = project.connect()
    if "acme" not in {tenant.name for tenant in connection.list_tenants()}:
        connection.create_tenant("acme")
    return connection


def test_every_model_can_be_imported_and_read(package, connection):
    models = package.create_models(connection)
    for name in package._MODEL_REGISTRY:
        assert getattr(models, name).count() >= 0, name
        assert isinstance(getattr(models, name).select(limit=1), list), name
        assert getattr(package, name).__name__ == name
    assert {"create_models", "CinchModels", *package._MODEL_REGISTRY} == set(package.__all__)


def test_every_column_goes_there_and_back_in_two_tenants(package, connection):
    for number, tenant in enumerate(TENANTS):
        models = package.create_models(connection.with_tenant(tenant))
        rows = fill(models, connection.schema(), package, number)
        for name, (values, stored) in rows.items():
            for field, value in values.items():
                assert getattr(stored, field) == value, (name, field)
            handle = getattr(models, name)
            found = handle.select()
            assert stored in found, name
            check_filters(handle, values, stored)
    assert package.create_models(connection.with_tenant("main")).connection.tenant == "main"


def test_tenants_do_not_meet(package, connection):
    first, second = (package.create_models(connection.with_tenant(tenant)) for tenant in TENANTS)
    for name, model in keyed_models(package):
        ids = [{key_of(row, model) for row in getattr(models, name).select()} for models in (first, second)]
        if ids[0] and "id" in model.model_fields and model.model_fields["id"].annotation is str:
            assert not ids[0] & ids[1], name


def test_every_row_can_be_updated_and_deleted(package, connection):
    models = package.create_models(connection.with_tenant("acme"))
    fill(models, connection.schema(), package, 2)
    for name, model in keyed_models(package):
        for row in getattr(models, name).select():
            key = key_of(row, model)
            assert getattr(models, name).get(*key) == row
            assert getattr(models, name).find_by_id(*key) == row
            row.refresh()
            row.save()


def keyed_models(package: types.ModuleType) -> Iterator[tuple[str, type[Model]]]:
    for name in package._MODEL_REGISTRY:
        model = getattr(package, name)
        if model.__table__.key:
            yield name, model


def key_of(row: Model, model: type[Model]) -> tuple[object, ...]:
    by_column = {column_of(name, info): name for name, info in model.model_fields.items()}
    return tuple(getattr(row, by_column[column]) for column in model.__table__.key)


def fill(models: object, schema: Schema, package: types.ModuleType, number: int):
    """Create a row in every table, in the order of their foreign keys; return what was given and what came back."""
    classes = {getattr(package, name).__table__.name: name for name in package._MODEL_REGISTRY}
    made: dict[str, tuple[Mapping[str, object], Model]] = {}
    for table in in_order(schema):
        if any(schema.table(key.table) is None for key in table.foreign_keys):
            continue  # SQLite itself refuses to write to it
        name = classes[table.name]
        values = row_values(getattr(package, name), table, made, classes, number)
        made[name] = (values, getattr(models, name).create(**values))
    return made


def in_order(schema: Schema) -> list[TableSchema]:
    left, done = list(schema.tables), list[TableSchema]()
    names = {table.name for table in left}
    while left:
        ready = [
            table
            for table in left
            if all(
                key.table == table.name or key.table not in names or key.table in {other.name for other in done}
                for key in table.foreign_keys
            )
        ]
        done += ready
        left = [table for table in left if table not in ready]
    return done


def row_values(model: type[Model], table: TableSchema, made, classes, number: int) -> dict[str, object]:
    values: dict[str, object] = {}
    referring = {column: (key, place) for key in table.foreign_keys for place, column in enumerate(key.columns)}
    for field, info in model.model_fields.items():
        column = table.column(column_of(field, info))
        assert column is not None, field
        if column.generated or column.name in {"created_at", "updated_at"}:
            continue
        if column.name in referring:
            key, place = referring[column.name]
            if key.table in classes and classes[key.table] in made:
                parent = made[classes[key.table]][1]
                target = key.references[place]
                values[field] = getattr(parent, attribute(type(parent), target))
            continue
        if column.primary_key and column.name == "id" and column.type == "TEXT":
            continue
        values[field] = value_of(info.annotation, f"{field} ü '\" {number}", number)
    return values


def column_of(field: str, info: FieldInfo) -> str:
    return field if info.validation_alias is None else str(info.validation_alias)


def attribute(model: type[Model], column: str) -> str:
    return next(name for name, info in model.model_fields.items() if column_of(name, info) == column)


SAMPLES = {
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
    if annotation is Json:
        return {"nested": [1, None, {"text": text}]}
    if typing.get_origin(annotation) is typing.Literal:
        return typing.get_args(annotation)[0]
    arguments = [argument for argument in typing.get_args(annotation) if argument is not type(None)]
    if arguments and typing.get_origin(annotation) is not typing.Annotated:
        return value_of(arguments[0], text, number)
    if annotation is str:
        return text
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return next(iter(annotation))
    return SAMPLES[annotation](number) if annotation in SAMPLES else {"nested": [1, None, {"text": text}]}


def check_filters(handle: TableHandle[Model], values: Mapping[str, object], stored: Model) -> None:
    for field, value in values.items():
        if isinstance(value, dict):
            continue
        assert stored in handle.select(**{field: value}), field
        assert stored in handle.select(**{f"{field}__eq": value}, order_by=f"-{field}"), field
        assert handle.exists(**{f"{field}__ne": value}) in {True, False}
