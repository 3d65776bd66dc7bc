"""The types of columns and the filters that go with them."""

from collections.abc import Callable

import pytest

from cinch_client import ColumnSchema, ColumnType
from cinch_codegen._types import (
    ANY_VALUE,
    ChoiceType,
    ConfiguredType,
    EnumType,
    PythonType,
    Symbol,
    misfit,
    python_type,
)

MakeColumn = Callable[..., ColumnSchema]


def spelled(kind: PythonType) -> str:
    return " | ".join(symbol.name for symbol in kind.union)


@pytest.mark.parametrize(
    ("declared", "python"),
    [
        ("TEXT", "str"),
        ("INTEGER", "int"),
        ("REAL", "float"),
        ("NUMERIC", "int | float"),
        ("BOOLEAN", "bool"),
        ("BLOB", "bytes"),
        (None, "str | int | float | bytes"),
    ],
)
def test_the_declaration_decides(make_column: MakeColumn, declared: ColumnType | None, python: str) -> None:
    assert spelled(python_type(make_column("c", declared))) == python


@pytest.mark.parametrize(
    ("configured", "python"),
    [
        ("json", "Json"),
        ("datetime", "datetime"),
        ("date", "date"),
        ("time", "time"),
        ("uuid", "UUID"),
        ("decimal", "Decimal"),
        (EnumType("app.states", "State"), "State"),
        (ChoiceType(("new", "paid")), "Literal"),
    ],
)
def test_a_setting_decides_first(make_column: MakeColumn, configured: ConfiguredType, python: str) -> None:
    column = make_column("c", choices=("x",))
    assert misfit(column, configured) is None
    assert spelled(python_type(column, configured)) == python


def test_an_enumeration_is_imported_from_where_it_is(make_column: MakeColumn) -> None:
    assert python_type(make_column("c"), EnumType("app.states", "State")).union == (Symbol("app.states", "State"),)


def test_timestamps_are_known_by_their_names(make_column: MakeColumn) -> None:
    assert spelled(python_type(make_column("created_at"))) == "datetime"
    assert spelled(python_type(make_column("created_at", "INTEGER"))) == "int"


def test_a_check_becomes_choices(make_column: MakeColumn) -> None:
    assert python_type(make_column("c", choices=("a", "b"))).literals == ("a", "b")
    assert python_type(make_column("c", "INTEGER", choices=(1, 2))).literals == (1, 2)


@pytest.mark.parametrize(
    ("declared", "operators"),
    [
        ("BOOLEAN", "ne"),
        ("BLOB", "ne in not_in"),
        ("INTEGER", "ne gt gte lt lte in not_in between"),
        ("TEXT", "ne gt gte lt lte in not_in between like ilike contains startswith endswith"),
    ],
)
def test_filters_follow_the_type(make_column: MakeColumn, declared: ColumnType | None, operators: str) -> None:
    assert python_type(make_column("c", declared)).operators == tuple(operators.split())


def test_a_decimal_in_text_is_not_ordered(make_column: MakeColumn) -> None:
    assert python_type(make_column("c"), "decimal").operators == ("ne", "in", "not_in")
    assert not python_type(make_column("c"), "decimal").sortable
    assert python_type(make_column("c", "NUMERIC"), "decimal").sortable


@pytest.mark.parametrize(
    ("declared", "configured", "problem"),
    [
        ("INTEGER", "json", "INTEGER columns cannot be json; use integer or enum"),
        ("BOOLEAN", ChoiceType((0, 1)), "BOOLEAN columns cannot be enum; use boolean"),
        ("TEXT", ChoiceType(("a", 1)), "TEXT columns cannot hold 1"),
    ],
)
def test_what_a_column_cannot_be(
    make_column: MakeColumn, declared: ColumnType | None, configured: ConfiguredType, problem: str
) -> None:
    assert misfit(make_column("c", declared), configured) == problem


def test_a_column_without_a_type_can_be_anything(make_column: MakeColumn) -> None:
    assert misfit(make_column("c", None), "json") is None
    assert python_type(make_column("c", None)) == ANY_VALUE
