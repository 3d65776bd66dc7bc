# pyright: reportMissingTypeStubs=false
"""Emmett's models as facts: the untyped half of the ORM that is read once, at registration.

Emmett and pyDAL carry no types, and several of the names below are private to them (`_model_`,
`_belongs_ref_`, `_referenced_by`): this module and `_store` are the only ones that touch them, which is why
the package pins
`emmett<2.9`.
"""

from typing import Any, Protocol, TypeAlias, cast

from emmett.orm import Database, Model
from emmett.validators import inSet, isEmptyOr

from ._columns import INT32, INT64, Column, Dependant, Kind, TableFacts

Untyped: TypeAlias = Any  # a value of Emmett's or pyDAL's, which say nothing about its type


class Query(Protocol):
    """A condition of pyDAL."""

    def __and__(self, other: object) -> "Query":
        """Both conditions."""
        ...

    def __or__(self, other: object) -> "Query":
        """Either condition."""
        ...

    def __invert__(self) -> "Query":
        """The opposite condition."""
        ...


class Record(Protocol):
    """A row of Emmett's ORM."""

    def __getitem__(self, name: str) -> object:
        """Return the value of a column."""
        ...


ModelClass: TypeAlias = type[Model]

_KINDS: dict[str, Kind] = {
    "id": "integer",
    "integer": "integer",
    "bigint": "integer",
    "float": "float",
    "double": "float",
    "boolean": "boolean",
    "string": "string",
    "text": "text",
    "password": "password",
    "date": "date",
    "time": "time",
    "datetime": "datetime",
    "json": "json",
    "jsonb": "json",
    "upload": "upload",
    "list:integer": "list_integer",
    "list:string": "list_string",
}


def models_of(db: Database) -> list[ModelClass]:
    """Return the models defined on *db*, in the order of their definition."""
    untyped: Untyped = db
    return [untyped[name]._model_.__class__ for name in untyped.tables if hasattr(untyped[name], "_model_")]


def model_of(db: Database, tablename: str) -> ModelClass:
    """Return the model of the table *tablename*."""
    untyped: Untyped = db
    return cast("ModelClass", untyped[tablename]._model_.__class__)


def undefined_models() -> list[ModelClass]:
    """Return the model classes of the process that were never defined on any database."""
    found: list[ModelClass] = []
    todo: list[ModelClass] = [Model]
    while todo:
        for model in todo.pop().__subclasses__():
            todo.append(model)
            if "table" not in vars(model) and not model.__subclasses__():
                found.append(model)
    return found


def database_of(model: ModelClass) -> Database | None:
    """Return the database that *model* was defined on last, or None."""
    return cast("Database | None", vars(model).get("db"))


def read_facts(model: ModelClass) -> TableFacts:
    """Describe the table of a defined model."""
    untyped: Untyped = model
    table: Untyped = untyped.table
    instance: Untyped = table._model_
    keys = tuple(instance.primary_keys or ["id"])
    return TableFacts(
        model=model.__name__,
        tablename=table._tablename,
        columns=tuple(_read_column(instance, field, keys) for field in table),
        keys=keys,
        label_format=instance.format,
    )


def read_dependants(db: Database) -> dict[str, tuple[Dependant, ...]]:
    """Return, for each table of *db*, which references point to it.

    Emmett leaves pyDAL's own `_referenced_by` empty; what its models say of each other is asked instead.
    """
    untyped: Untyped = db
    found: dict[str, list[Dependant]] = {}
    for model in models_of(db):
        instance: Untyped = cast("Untyped", model)._instance_()
        for name, relation in instance._belongs_ref_.items():
            if not relation.compound:
                target = untyped[relation.model]._tablename
                found.setdefault(target, []).append(Dependant(instance.tablename, name, relation.on_delete))
    return {tablename: tuple(dependants) for tablename, dependants in found.items()}


def _read_column(instance: Untyped, field: Untyped, keys: tuple[str, ...]) -> Column:
    kind, references, key_kind = _read_kind(instance, field)
    validation: dict[str, object] = field._validation
    has_default = field.default is not None or field.compute is not None or field.update is not None
    required = bool(field.notnull or validation.get("presence") or validation.get("empty") is False)
    is_key = field.name in keys
    return Column(
        name=field.name,
        kind=kind,
        type=field._type,
        label=str(field.label),
        help=str(field.comment or ""),
        required=required and "allow" not in validation,
        nullable=not required and not is_key,
        has_default=has_default,
        readable=bool(field.readable),
        writable=bool(field.writable or (is_key and field.type != "id")) and field.compute is None,
        unique=bool(validation.get("unique")),
        length=_read_length(field, kind),
        scale=_read_scale(field),
        bounds=_read_bounds(instance, field, key_kind),
        references=references,
        key_kind=key_kind,
        choices=_read_choices(field),
        is_key=is_key,
        is_computed=field.compute is not None,
    )


def _read_kind(instance: Untyped, field: Untyped) -> tuple[Kind, str | None, Kind]:
    """Return the field's kind and, for a reference, the table and the kind of key it holds."""
    declared = str(field.type)
    if declared.startswith("decimal"):
        return "decimal", None, "integer"
    relation = instance._belongs_ref_.get(field.name)
    if declared.startswith("reference ") and relation is not None and not relation.compound:
        target: Untyped = instance if relation.model == instance.__class__.__name__ else None
        table: Untyped = instance.db[relation.model] if target is None else instance.db[instance.tablename]
        return "reference", table._tablename, _KINDS.get(str(table._id.type), "inside")
    return _KINDS.get(declared, "inside"), None, "integer"


def _read_length(field: Untyped, kind: Kind) -> int:
    if kind == "decimal":
        return int(str(field.type)[8:-1].split(",")[0])
    return int(field.length or 0) if kind == "string" else 0


def _read_scale(field: Untyped) -> int:
    declared = str(field.type)
    return int(declared[8:-1].split(",")[1]) if declared.startswith("decimal") else 0


def _read_bounds(instance: Untyped, field: Untyped, key_kind: Kind) -> tuple[int, int]:
    """SQLite's integers have 64 bits whatever they are called; elsewhere a plain integer has 32."""
    big_keys = bool(instance.db._use_bigint_on_id_fields)
    is_key = field.type == "id" or (str(field.type).startswith("reference") and key_kind == "integer")
    if instance.db._adapter.dbengine == "sqlite" or field.type == "bigint" or (is_key and big_keys):
        return INT64
    return INT32


def _read_choices(field: Untyped) -> tuple[tuple[str, str], ...] | None:
    validators: list[object] = list(field.requires or [])
    for validator in validators:
        if isinstance(validator, isEmptyOr):
            children: Untyped = validator
            validators.extend(children.children)
    if field.type == "boolean":
        return None
    for validator in validators:
        if isinstance(validator, inSet):
            untyped: Untyped = validator
            return tuple((str(value), str(label)) for value, label in untyped.options(zero=False))
    return None
