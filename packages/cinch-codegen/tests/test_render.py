"""Plans become text: what the golden cases do not show by themselves."""

import ast
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cinch_client import ColumnSchema, Schema, TableSchema
from cinch_codegen._folding import WIDTH, fold, pack
from cinch_codegen._imports import Imports
from cinch_codegen._options import Options
from cinch_codegen._plan import plan_package
from cinch_codegen._render import render
from cinch_codegen._types import EnumType, Symbol

MakeSchema = Callable[..., Schema]
MakeTable = Callable[..., TableSchema]

OPTIONS = Options("shop", "shop_models")


def files(schema: Schema, options: Options = OPTIONS) -> dict[str, str]:
    return dict(render(plan_package(schema, options)))


def test_what_a_package_consists_of(make_schema: MakeSchema) -> None:
    assert sorted(files(make_schema("users"))) == ["__init__.py", "cinch_models.py", "py.typed", "users.py"]


def test_what_a_distribution_consists_of(make_schema: MakeSchema) -> None:
    made = files(make_schema("users"), replace(OPTIONS, dist=True, version="2.0.1"))
    assert sorted(made) == [
        "README.md",
        "pyproject.toml",
        "src/shop_models/__init__.py",
        "src/shop_models/cinch_models.py",
        "src/shop_models/py.typed",
        "src/shop_models/users.py",
    ]
    assert 'version = "2.0.1"' in made["pyproject.toml"]


def test_the_same_schema_gives_the_same_bytes(make_schema: MakeSchema) -> None:
    assert files(make_schema("users", "orders")) == files(make_schema("orders", "users"))


def test_the_package_knows_its_schema_and_how_to_be_made_again(make_schema: MakeSchema) -> None:
    schema = make_schema("users")
    text = files(schema, replace(OPTIONS, singular=True, views=False))["cinch_models.py"]
    assert f'_fingerprint = "{schema.fingerprint}"' in text
    assert '_command = "cinch-codegen generate shop --output shop_models --no-views --singular"' in text


def test_an_enumeration_of_the_user_is_imported(make_schema: MakeSchema, make_table: MakeTable) -> None:
    options = replace(OPTIONS, types={"orders": {"state": EnumType("app.states", "State")}})
    text = files(make_schema(make_table("orders", "state")), options)["orders.py"]
    assert "from app.states import State\n" in text
    assert "    state: State | None = None\n" in text
    assert "state__in: Collection[State]" in text


def test_symbols_that_a_field_hides_are_imported_under_another_name() -> None:
    imports = Imports({"date", "str"}, siblings=())
    assert imports.running(Symbol("datetime", "date")) == "_date"
    assert imports.run["str"] == "_str"
    assert imports.run["int"] == "int"
    assert imports.check["Collection"] == "Collection"
    assert imports.run_lines() == ["from builtins import str as _str", "from datetime import date as _date"]
    assert imports.check_lines() == ["from collections.abc import Collection"]


def test_a_symbol_and_a_module_of_one_name() -> None:
    imports = Imports({"date"}, siblings={"date"})
    assert imports.running(Symbol("datetime", "date")) == "_date_"
    assert imports.check_lines() == ["from . import date as _date"]


def test_templates_hold_no_behaviour(make_schema: MakeSchema, make_table: MakeTable) -> None:
    """Each function of a model's module has a docstring at most and one line that calls the runtime."""
    tree = ast.parse(files(make_schema(make_table("users", "name")))["users.py"])
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert len(functions) == 14
    for function in functions:
        *docstring, body = function.body
        assert len(docstring) <= 1
        assert isinstance(body, ast.Return)
        assert isinstance(body.value, ast.Call)
        assert ast.unparse(body.value.func).startswith("self._")


LONG = "x" * 50


@pytest.mark.parametrize(
    ("line", "folded"),
    [
        ("short = f(1, 2)", "short = f(1, 2)"),
        (f"def do_it({LONG}, {LONG})", f"def do_it(\n    {LONG}, {LONG}\n)"),
        (f"f({LONG}, {LONG}, {LONG})", f"f(\n    {LONG},\n    {LONG},\n    {LONG},\n)"),
        (f'f("a, (b", "{LONG}", {LONG})', f'f(\n    "a, (b",\n    "{LONG}",\n    {LONG},\n)'),
        (f'f("\\", (", "{LONG}", {LONG})', f'f(\n    "\\", (",\n    "{LONG}",\n    {LONG},\n)'),
        (f"a: List[B] = f({LONG}, {LONG})", f"a: List[B] = f(\n    {LONG}, {LONG}\n)"),
        (f"f({LONG}, {LONG}, 1)  # type: ignore[x]", f"f({LONG}, {LONG}, 1)  # type: ignore[x]"),
        (f"do_it({LONG}, {LONG}, 1)  # type: ignore[x]", f"do_it(  # type: ignore[x]\n    {LONG}, {LONG}, 1\n)"),
        (f"# {LONG}{LONG}{LONG}", f"# {LONG}{LONG}{LONG}"),
        (f"{LONG}{LONG}{LONG}", f"{LONG}{LONG}{LONG}"),
    ],
    ids=[
        "short",
        "together",
        "one each",
        "quoted brackets",
        "quoted quote",
        "longest brackets",
        "ignored",
        "ignored and folded",
        "comment",
        "no brackets",
    ],
)
def test_folding(line: str, folded: str) -> None:
    assert fold(line) == folded


def test_packing() -> None:
    assert pack(["a: int", "b: int"], "    ", "; ") == ["    a: int; b: int"]
    assert pack(['"a"', '"-a"'], "", ", ", ",") == ['"a", "-a",']
    assert pack(["a: int", "match: str"], "", "; ") == ["a: int", "match: str"]
    assert all(len(line) <= WIDTH for line in pack([f'"{LONG}"'] * 9, "    ", ", ", ","))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.text(max_size=12), min_size=1, max_size=6, unique_by=str.lower),
    st.text(min_size=1, max_size=12),
)
def test_whatever_the_names_the_text_is_python(columns: list[str], table: str) -> None:
    made = TableSchema(table, tuple(ColumnSchema(name, "TEXT", "TEXT") for name in columns), (columns[0],))
    for path, text in files(Schema((made,))).items():
        if path.endswith(".py"):
            compile(text, path, "exec")
