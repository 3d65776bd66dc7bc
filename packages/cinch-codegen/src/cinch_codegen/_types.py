"""Which Python type a column has, and which filters go with it. One table; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from cinch_client import ColumnSchema, ColumnType, Operator

NamedType: TypeAlias = Literal[
    "text",
    "integer",
    "real",
    "numeric",
    "boolean",
    "blob",
    "json",
    "datetime",
    "date",
    "time",
    "uuid",
    "decimal",
]
"""The types that a configuration may give to a column by name."""


class Symbol(NamedTuple):
    """Something that a module imports: a class or function and where it is."""

    module: str
    name: str


@dataclass(frozen=True, slots=True)
class EnumType:
    """An enumeration of the user's own: ``module:name``."""

    module: str
    name: str


@dataclass(frozen=True, slots=True)
class ChoiceType:
    """One of these values and nothing else."""

    values: tuple[str | int, ...]


ConfiguredType: TypeAlias = NamedType | EnumType | ChoiceType


@dataclass(frozen=True, slots=True)
class PythonType:
    """The type of a column's values, None aside.

    Attributes:
        union: What it is spelled with, joined by ``|``.
        literals: The values of a ``Literal``; then *union* is ``Literal`` alone.
        operators: The filters it has beside ``eq`` and ``isnull``.
        sortable: Whether ``order_by`` takes it.
    """

    union: tuple[Symbol, ...]
    literals: tuple[str | int, ...] = ()
    operators: tuple[Operator, ...] = ()
    sortable: bool = True


_EQUALITY: tuple[Operator, ...] = ("ne",)
_MEMBERSHIP: tuple[Operator, ...] = (*_EQUALITY, "in", "not_in")
_ORDER: tuple[Operator, ...] = ("ne", "gt", "gte", "lt", "lte", "in", "not_in", "between")
_TEXT: tuple[Operator, ...] = (*_ORDER, "like", "ilike", "contains", "startswith", "endswith")

STR = Symbol("builtins", "str")
INT = Symbol("builtins", "int")
FLOAT = Symbol("builtins", "float")
BYTES = Symbol("builtins", "bytes")
LITERAL = Symbol("typing", "Literal")

ANY_VALUE = PythonType((STR, INT, FLOAT, BYTES), operators=_TEXT)
"""What a column without a known type can hold."""

_PYTHON: Mapping[NamedType, PythonType] = {
    "text": PythonType((STR,), operators=_TEXT),
    "integer": PythonType((INT,), operators=_ORDER),
    "real": PythonType((FLOAT,), operators=_ORDER),
    "numeric": PythonType((INT, FLOAT), operators=_ORDER),
    "boolean": PythonType((Symbol("builtins", "bool"),), operators=_EQUALITY),
    "blob": PythonType((BYTES,), operators=_MEMBERSHIP),
    "json": PythonType((Symbol("cinch_models_runtime", "Json"),), operators=_MEMBERSHIP, sortable=False),
    "datetime": PythonType((Symbol("datetime", "datetime"),), operators=_ORDER),
    "date": PythonType((Symbol("datetime", "date"),), operators=_ORDER),
    "time": PythonType((Symbol("datetime", "time"),), operators=_ORDER),
    "uuid": PythonType((Symbol("uuid", "UUID"),), operators=_MEMBERSHIP),
    "decimal": PythonType((Symbol("decimal", "Decimal"),), operators=_ORDER),
}
_TEXT_DECIMAL = PythonType((Symbol("decimal", "Decimal"),), operators=_MEMBERSHIP, sortable=False)
"""Stored as text, which sorts "10" before "9"."""

NAMED_TYPES: tuple[NamedType, ...] = tuple(_PYTHON)

_DECLARED: Mapping[ColumnType, NamedType] = {
    "TEXT": "text",
    "INTEGER": "integer",
    "REAL": "real",
    "NUMERIC": "numeric",
    "BOOLEAN": "boolean",
    "BLOB": "blob",
}
_FITTING: Mapping[ColumnType, tuple[str, ...]] = {
    "TEXT": ("text", "json", "datetime", "date", "time", "uuid", "decimal", "enum"),
    "INTEGER": ("integer", "enum"),
    "REAL": ("real",),
    "NUMERIC": ("numeric", "integer", "real", "decimal"),
    "BOOLEAN": ("boolean",),
    "BLOB": ("blob",),
}
"""What a column of each type may be configured as; one of no known type may be anything."""

_TIMESTAMPS = frozenset({"created_at", "updated_at"})


def python_type(column: ColumnSchema, configured: ConfiguredType | None = None) -> PythonType:
    """Return the type of a column's values: as configured, else by its CHECK, else by its declaration."""
    if isinstance(configured, EnumType):
        return PythonType((Symbol(configured.module, configured.name),), operators=_MEMBERSHIP)
    if isinstance(configured, ChoiceType):
        return _choice(configured.values)
    if configured == "decimal" and column.type != "NUMERIC":
        return _TEXT_DECIMAL
    if configured is not None:
        return _PYTHON[configured]
    if column.choices and column.type in {"TEXT", "INTEGER"}:
        return _choice(column.choices)
    if column.type is None:
        return ANY_VALUE
    if column.type == "TEXT" and column.name in _TIMESTAMPS:
        return _PYTHON["datetime"]
    return _PYTHON[_DECLARED[column.type]]


def misfit(column: ColumnSchema, configured: ConfiguredType) -> str | None:
    """Return why *column* cannot have that type, or None when it can."""
    if column.type is None:
        return None
    fitting = _FITTING[column.type]
    name = configured if isinstance(configured, str) else "enum"
    if name not in fitting:
        return f"{column.type} columns cannot be {name}; use {' or '.join(fitting)}"
    if isinstance(configured, ChoiceType):
        stored = {"TEXT": str, "INTEGER": int}[column.type]
        wrong = [value for value in configured.values if type(value) is not stored]
        if wrong:
            return f"{column.type} columns cannot hold {wrong[0]!r}"
    return None


def _choice(values: tuple[str | int, ...]) -> PythonType:
    return PythonType((LITERAL,), literals=tuple(dict.fromkeys(values)), operators=_MEMBERSHIP)
