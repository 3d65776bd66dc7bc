"""Schema and options become a package: what is decided, and that newcomers change nothing."""

import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cinch_client import ColumnSchema, ForeignKey, Schema, TableSchema, ViewSchema
from cinch_codegen._errors import PlanError
from cinch_codegen._options import Options
from cinch_codegen._package import PackagePlan
from cinch_codegen._plan import plan_package

MakeSchema = Callable[..., Schema]
MakeTable = Callable[..., TableSchema]
MakeColumn = Callable[..., ColumnSchema]

OPTIONS = Options("shop", "shop_models")


def classes(plan: PackagePlan) -> dict[str, tuple[str, str]]:
    return {model.relation: (model.class_name, model.module) for model in plan.models}


def fields(plan: PackagePlan, relation: str) -> dict[str, str]:
    (model,) = (model for model in plan.models if model.relation == relation)
    return {field.column: field.name for field in model.fields}


def relations(plan: PackagePlan, relation: str) -> dict[str, tuple[str, bool, bool]]:
    (model,) = (model for model in plan.models if model.relation == relation)
    return {link.name: (link.class_name, link.many, link.optional) for link in model.relations}


def test_classes_and_modules(make_schema: MakeSchema) -> None:
    plan = plan_package(make_schema("users", "order_items"), OPTIONS)
    assert classes(plan) == {"users": ("Users", "users"), "order_items": ("OrderItems", "order_items")}


def test_tables_that_come_to_one_class(make_schema: MakeSchema) -> None:
    plan = plan_package(make_schema("user1", "user_1"), OPTIONS)
    assert classes(plan) == {"user1": ("User1", "user1"), "user_1": ("User_1", "user_1")}


def test_a_class_like_the_handle_of_another(make_schema: MakeSchema) -> None:
    plan = plan_package(make_schema("user", "user_handle"), OPTIONS)
    assert classes(plan) == {"user": ("User", "user"), "user_handle": ("User_Handle", "user_handle")}


def test_a_view_beside_a_table_of_its_class(make_schema: MakeSchema, make_column: MakeColumn) -> None:
    schema = make_schema("a_view", views=(ViewSchema("a", (make_column("n"),), ""),))
    assert classes(plan_package(schema, OPTIONS)) == {"a_view": ("AView", "a_view"), "a": ("A_View", "a_view_")}


def test_a_view_that_says_so_already(make_column: MakeColumn) -> None:
    schema = Schema((), (ViewSchema("adults_view", (make_column("n"),), ""),))
    assert classes(plan_package(schema, OPTIONS)) == {"adults_view": ("AdultsView", "adults_view")}


def test_singular_names_yield_to_tables_that_have_them(make_schema: MakeSchema) -> None:
    plan = plan_package(make_schema("user", "users", "people"), replace(OPTIONS, singular=True))
    assert classes(plan) == {
        "user": ("User", "user"),
        "users": ("Users", "users"),
        "people": ("Person", "person"),
    }


def test_a_setting_names_the_class(make_schema: MakeSchema) -> None:
    plan = plan_package(make_schema("users", "person"), replace(OPTIONS, names={"users": "Person"}))
    assert classes(plan) == {"users": ("Person", "person"), "person": ("Person_", "person_")}
    assert plan.names["users"].class_name == ""


def test_a_newcomer_changes_no_class(make_schema: MakeSchema) -> None:
    before = plan_package(make_schema("user_1"), OPTIONS)
    after = plan_package(make_schema("user1", "user_1"), OPTIONS, before.names)
    assert classes(after) == {"user_1": ("User1", "user1"), "user1": ("User1_", "user1_")}


def test_a_newcomer_changes_no_field(make_schema: MakeSchema, make_table: MakeTable) -> None:
    before = plan_package(make_schema(make_table("t", "a b")), OPTIONS)
    after = plan_package(make_schema(make_table("t", "a b", "a_b")), OPTIONS, before.names)
    assert fields(after, "t") == {"id": "id", "a b": "a_b", "a_b": "a_b_"}


def test_without_a_record_a_whole_name_comes_first(make_schema: MakeSchema, make_table: MakeTable) -> None:
    plan = plan_package(make_schema(make_table("t", "a b", "a_b")), OPTIONS)
    assert fields(plan, "t") == {"id": "id", "a b": "a_b_", "a_b": "a_b"}


def user_key(column: str) -> ForeignKey:
    return ForeignKey((column,), "users", ("id",))


def test_relations_have_names_from_both_ends(make_schema: MakeSchema, make_table: MakeTable) -> None:
    orders = make_table("orders", "user_id", keys=(user_key("user_id"),))
    plan = plan_package(make_schema("users", orders), OPTIONS)
    assert relations(plan, "orders") == {"user": ("Users", False, True)}
    assert relations(plan, "users") == {"orders": ("Orders", True, True)}


def test_two_keys_to_one_table(make_schema: MakeSchema, make_table: MakeTable) -> None:
    orders = make_table("orders", "buyer_id", "seller_id", keys=(user_key("buyer_id"), user_key("seller_id")))
    plan = plan_package(make_schema("users", orders), OPTIONS)
    assert relations(plan, "orders") == {"buyer": ("Users", False, True), "seller": ("Users", False, True)}
    assert relations(plan, "users") == {
        "orders_by_buyer": ("Orders", True, True),
        "orders_by_seller": ("Orders", True, True),
    }


def test_a_second_key_changes_no_relation(make_schema: MakeSchema, make_table: MakeTable) -> None:
    orders = make_table("orders", "buyer_id", keys=(user_key("buyer_id"),))
    before = plan_package(make_schema("users", orders), OPTIONS)
    orders = make_table("orders", "buyer_id", "seller_id", keys=(user_key("buyer_id"), user_key("seller_id")))
    after = plan_package(make_schema("users", orders), OPTIONS, before.names)
    assert set(relations(after, "users")) == {"orders", "orders_by_seller"}


def test_a_new_column_changes_no_relation(make_schema: MakeSchema, make_table: MakeTable) -> None:
    orders = make_table("orders", "user_id", keys=(user_key("user_id"),))
    before = plan_package(make_schema("users", orders), OPTIONS)
    orders = make_table("orders", "user_id", "user", keys=(user_key("user_id"),))
    after = plan_package(make_schema("users", orders), OPTIONS, before.names)
    assert fields(after, "orders") == {"id": "id", "user_id": "user_id", "user": "user_"}
    assert set(relations(after, "orders")) == {"user"}


def test_a_table_that_refers_to_itself(make_schema: MakeSchema, make_table: MakeTable) -> None:
    users = make_table("users", "boss_id", keys=(user_key("boss_id"),))
    assert relations(plan_package(make_schema(users), OPTIONS), "users") == {
        "boss": ("Users", False, True),
        "users": ("Users", True, True),
    }


def test_a_unique_key_refers_to_one_row(make_schema: MakeSchema, make_table: MakeTable) -> None:
    profiles = make_table("profiles", "user_id", keys=(user_key("user_id"),), unique=(("user_id",),))
    schema = make_schema("users", profiles)
    assert relations(plan_package(schema, OPTIONS), "users") == {"profiles": ("Profiles", False, True)}
    singular = plan_package(schema, replace(OPTIONS, singular=True))
    assert relations(singular, "users") == {"profile": ("Profile", False, True)}


def test_a_relation_yields_to_a_column_and_to_a_method(make_schema: MakeSchema, make_table: MakeTable) -> None:
    saved = make_table("save", "user_id", "user", keys=(user_key("user_id"),))
    plan = plan_package(make_schema("users", saved), OPTIONS)
    assert set(relations(plan, "save")) == {"user_"}
    assert set(relations(plan, "users")) == {"save_"}


def test_a_dangling_key_is_told(make_schema: MakeSchema, make_table: MakeTable) -> None:
    orphans = make_table("orphans", "gone_id", keys=(ForeignKey(("gone_id",), "gone", ("id",)),))
    plan = plan_package(make_schema(orphans), OPTIONS)
    assert relations(plan, "orphans") == {}
    assert plan.notices == ("'orphans' gets no relation for its foreign key (gone_id): there is no table 'gone'",)


def test_defaults_of_fields(make_schema: MakeSchema, make_column: MakeColumn) -> None:
    table = TableSchema(
        "t",
        (
            make_column("id", nullable=False, primary_key=1),
            make_column("created_at", nullable=False),
            make_column("needed", nullable=False),
            make_column("optional"),
            make_column("preset", nullable=False, default="'x'"),
            make_column("computed", generated=True),
        ),
        ("id",),
    )
    (model,) = plan_package(make_schema(table), OPTIONS).models
    assert {field.name: field.default for field in model.fields} == {
        "id": "new_id",
        "created_at": "database",
        "needed": "required",
        "optional": "none",
        "preset": "database",
        "computed": "database",
    }
    assert [field.name for field in model.fields if not field.writable] == ["computed"]


def test_sqlite_numbers_an_integer_key(make_schema: MakeSchema, make_column: MakeColumn) -> None:
    table = TableSchema("t", (make_column("number", "INTEGER", primary_key=1),), ("number",))
    (model,) = plan_package(make_schema(table), OPTIONS).models
    assert [(field.default, field.nullable) for field in model.fields] == [("database", False)]


def test_views_can_be_left_out(make_column: MakeColumn) -> None:
    schema = Schema((), (ViewSchema("adults", (make_column("n"),), ""),))
    assert plan_package(schema, replace(OPTIONS, views=False)).models == ()


def test_all_problems_are_told_at_once(make_schema: MakeSchema) -> None:
    options = replace(
        OPTIONS,
        names={"users": "class", "user": "User"},
        fields={"users": {"id": "save", "nam": "name"}},
        types={"users": {"id": "real"}},
    )
    with pytest.raises(PlanError) as caught:
        plan_package(make_schema("users"), options)
    assert caught.value.problems == (
        "names.users: 'class' cannot be the name of a class",
        "names.user: there is no table or view 'user'; did you mean users?",
        "fields.users.nam: there is no column 'nam'",
        "fields.users.id: 'save' cannot be the name of a field",
        (
            "types.users.id: TEXT columns cannot be real; "
            "use text or json or datetime or date or time or uuid or decimal or enum"
        ),
    )


def test_one_class_name_for_two_tables(make_schema: MakeSchema) -> None:
    with pytest.raises(PlanError, match="names: 'Thing' is given to two tables, or is the handle of another"):
        plan_package(make_schema("a", "b"), replace(OPTIONS, names={"a": "Thing", "b": "Thing"}))


NAME = st.text(st.sampled_from("aA_1 -я€"), min_size=1, max_size=5) | st.sampled_from(
    ["user1", "user_1", "class", "x_view"]
)


@settings(deadline=None)
@given(st.sets(NAME, max_size=12), st.sets(NAME, min_size=1, max_size=8), st.randoms())
def test_the_plan_does_not_depend_on_the_order_of_its_input(
    tables: set[str], columns: set[str], shuffle: random.Random
) -> None:
    schema = _schema(sorted(tables), sorted(columns))
    plan = plan_package(schema, OPTIONS)
    shuffled = list(schema.tables)
    shuffle.shuffle(shuffled)
    again = plan_package(Schema(tuple(shuffled)), OPTIONS)
    assert replace(again, fingerprint=plan.fingerprint) == plan


@settings(deadline=None)
@given(st.sets(NAME, min_size=1, max_size=8), st.sets(NAME, max_size=8), st.sets(NAME, min_size=1, max_size=5))
def test_names_stay_and_are_unique_when_tables_arrive(first: set[str], more: set[str], columns: set[str]) -> None:
    before = plan_package(_schema(sorted(first), sorted(columns)), OPTIONS)
    after = plan_package(_schema(sorted(first | more), sorted(columns)), OPTIONS, before.names)
    assert {table: classes(after)[table] for table in first} == classes(before)
    for index in (0, 1):
        assert len({names[index] for names in classes(after).values()}) == len(first | more)
    for model in after.models:
        members = [*(field.name for field in model.fields), *(relation.name for relation in model.relations)]
        assert len(set(members)) == len(members)


def _schema(tables: list[str], columns: list[str]) -> Schema:
    made = [
        TableSchema(
            name,
            tuple(ColumnSchema(column, "TEXT", "TEXT") for column in columns),
            foreign_keys=(ForeignKey((columns[0],), tables[0], (columns[-1],)),),
        )
        for name in tables
    ]
    return Schema(tuple(made))
