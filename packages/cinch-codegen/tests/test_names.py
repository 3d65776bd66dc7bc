"""Names of the database become names of Python: always valid, never twice, always the same."""

import keyword
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cinch_codegen._names import (
    MODEL_ATTRIBUTES,
    PARAMETERS,
    Names,
    class_names,
    field_names,
    is_field_name,
    module_names,
    singular,
    source_text,
)

ANY_NAME = st.text(max_size=30) | st.sampled_from(sorted(MODEL_ATTRIBUTES | PARAMETERS | set(keyword.kwlist)))


@pytest.mark.parametrize(
    ("column", "field"),
    [
        ("name", "name"),
        ("trailing_", "trailing_"),
        ("CamelCase", "CamelCase"),
        ("class", "class_"),
        ("None", "None_"),
        ("match", "match"),
        ("save", "save_"),
        ("model_config", "model_config_"),
        ("model_name", "model_name"),
        ("limit", "limit_"),
        ("TYPE_CHECKING", "TYPE_CHECKING_"),
        ("self", "self_"),
        ("date", "date"),
        ("a b", "a_b"),
        ("first-name", "first_name"),
        ("2fa", "column_2fa"),
        ("_private", "private"),
        ("__dunder__", "dunder_"),
        ("age__gte", "age_gte"),
        ("count(*)", "count"),
        ("имя", "имя"),
        ("ﬁne", "fine"),
        ("😀", "column"),
        ("", "column"),
    ],
)
def test_a_column_becomes_a_field(column: str, field: str) -> None:
    assert next(field_names(column)) == field


@pytest.mark.parametrize(
    ("table", "name"),
    [
        ("users", "Users"),
        ("order_items", "OrderItems"),
        ("OrderItems", "OrderItems"),
        ("orderItems", "OrderItems"),
        ("URL_map", "URLMap"),
        ("order items", "OrderItems"),
        ("user_1", "User1"),
        ("2fa", "Table2fa"),
        ("_hidden", "Hidden"),
        ("none", "None_"),
        ("true", "True_"),
        ("cinch_models", "CinchModels_"),
        ("таблица", "Таблица"),
        ("表", "表"),
        ("!?", "Table"),
    ],
)
def test_a_table_becomes_a_class(table: str, name: str) -> None:
    names = class_names(table, "Table")
    assert next(candidate for candidate in names if "_" not in candidate[:-1]) == name


def test_a_class_name_that_is_taken_is_escaped_in_steps() -> None:
    assert list(islice(class_names("user_1", "Table"), 4)) == ["User1", "User_1", "User1", "User1_"]


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("Users", "users"),
        ("OrderItems", "order_items"),
        ("HTTPLog", "http_log"),
        ("User1", "user1"),
        ("User_1", "user_1"),
        ("Class", "class_"),
        ("Con", "con_"),
        ("CreateModels", "create_models_"),
        ("Таблица", "таблица"),
    ],
)
def test_a_class_has_a_module(name: str, module: str) -> None:
    assert next(module_names(name)) == module


@pytest.mark.parametrize(
    ("plural", "one"),
    [
        ("users", "user"),
        ("order_items", "order_item"),
        ("orderItems", "orderItem"),
        ("categories", "category"),
        ("addresses", "address"),
        ("boxes", "box"),
        ("branches", "branch"),
        ("statuses", "status"),
        ("houses", "house"),
        ("databases", "database"),
        ("analyses", "analysis"),
        ("people", "person"),
        ("order_people", "order_person"),
        ("People", "Person"),
        ("movies", "movie"),
        ("ties", "tie"),
        ("news", "news"),
        ("status", "status"),
        ("address", "address"),
        ("user", "user"),
        ("user_1", "user_1"),
        ("", ""),
    ],
)
def test_singular(plural: str, one: str) -> None:
    assert singular(plural) == one


@settings(deadline=None)
@given(ANY_NAME)
def test_every_name_has_a_usable_field(name: str) -> None:
    for field in islice(field_names(name), 5):
        assert is_field_name(field)
        assert field not in MODEL_ATTRIBUTES | PARAMETERS


@settings(deadline=None)
@given(ANY_NAME, st.sampled_from(["Table", "View"]))
def test_every_name_has_a_usable_class_and_module(name: str, fallback: str) -> None:
    for class_name in islice(class_names(name, fallback), 5):
        assert class_name.isidentifier()
        assert not keyword.iskeyword(class_name)
        assert not class_name.startswith("_")
        module = next(module_names(class_name))
        assert module.isidentifier()
        assert not keyword.iskeyword(module)
        assert len(f"{module}.py".encode()) <= 255


@settings(deadline=None)
@given(st.lists(ANY_NAME, max_size=20))
def test_names_are_unique(columns: list[str]) -> None:
    taken = Names()
    fields = [taken.take(field_names(column)) for column in columns]
    assert len(set(fields)) == len(columns)


@settings(deadline=None)
@given(st.text(st.characters(blacklist_categories=["Cs"])))
def test_source_text_reads_back(text: str) -> None:
    written = source_text(text)
    assert eval(f'"{written}"') == text  # noqa: S307 - a string literal
    assert written.isprintable()


def test_companions_are_taken_together() -> None:
    taken = Names()
    assert taken.take(iter(["User"]), companions=("", "Handle")) == "User"
    assert taken.take(iter(["UserHandle", "User_Handle"]), companions=("", "Handle")) == "User_Handle"
