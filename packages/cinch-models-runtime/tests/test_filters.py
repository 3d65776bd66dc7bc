"""Filters: what every keyword means, and what is said about those that mean nothing."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shop_by_hand import CinchModels

from cinch_client import InvalidValueError, QueryError

CASES: list[tuple[dict[str, Any], str]] = [
    ({"age": 20}, "a"),
    ({"age__eq": 20}, "a"),
    ({"age__ne": 20}, "bc"),
    ({"age__gt": 20}, "b"),
    ({"age__gte": 20}, "ab"),
    ({"age__lt": 30}, "a"),
    ({"age__lte": 30}, "ab"),
    ({"age__in": [20, 99]}, "a"),
    ({"age__in": []}, ""),
    ({"age__not_in": {20}}, "bc"),
    ({"age__between": (20, 30)}, "ab"),
    ({"age__isnull": True}, "c"),
    ({"age__isnull": False}, "ab"),
    ({"age": None}, "c"),
    ({"age__ne": None}, "ab"),
    ({"name__like": "A%"}, "a"),
    ({"name__like": "a%"}, ""),
    ({"name__ilike": "a%"}, "a"),
    ({"name__contains": "n"}, "a"),
    ({"name__contains": "%"}, "c"),
    ({"name__startswith": "B"}, "b"),
    ({"name__endswith": "b"}, "b"),
    ({"active": True}, "ab"),
    ({"active": False}, "c"),
    ({"class_": "x"}, "b"),
    ({"class___startswith": "x"}, "b"),
    ({"balance__gt": 1}, "a"),
    ({"avatar": b"\x00"}, "a"),
    ({"settings": {"theme": "dark"}}, "a"),
    ({"settings__in": [{"theme": "dark"}, None]}, "ab"),
    ({"settings__ne": {"theme": "dark"}}, "bc"),
    ({"settings__isnull": True}, "b"),
    ({"created_at__lt": datetime(2024, 1, 2, tzinfo=UTC)}, "a"),
    ({"role": "member", "age": 30}, "b"),
    ({"any_of": [{"age": 20}, {"name": "C%"}]}, "ac"),
    ({"any_of": [{"age": 20, "name": "Bob"}]}, ""),
    ({"any_of": [{"age": 20}, {"age": 30}], "active": True, "name__ne": "Ann"}, "b"),
    ({"any_of": []}, ""),
]


@pytest.fixture
def people(models: CinchModels) -> CinchModels:
    models.Users.bulk_create(
        [
            {
                "id": "a",
                "name": "Ann",
                "age": 20,
                "balance": 1.5,
                "avatar": b"\x00",
                "settings": {"theme": "dark"},
                "created_at": datetime(2024, 1, 1, tzinfo=UTC),
            },
            {"id": "b", "name": "Bob", "age": 30, "class_": "x"},
            {"id": "c", "name": "C%", "active": False, "settings": []},
        ]
    )
    return models


@pytest.mark.parametrize(("filters", "expected"), CASES, ids=[str(filters) for filters, _ in CASES])
def test_which_rows_pass(people: CinchModels, filters: dict[str, Any], expected: str):
    assert "".join(sorted(user.id for user in people.Users.select(**filters))) == expected
    assert people.Users.count(**filters) == len(expected)
    assert people.Users.exists(**filters) is bool(expected)
    assert "".join(user.id for user in people.Users.iterate(batch_size=1, **filters)) == expected


def test_a_date_filters_a_text_column(people: CinchModels):
    people.Orders.bulk_create([{"user_id": "a", "total": 1, "due": date(2024, 2, day)} for day in (1, 29)])
    assert people.Orders.count(due__gt=date(2024, 2, 1)) == 1


MISTAKES: list[tuple[dict[str, Any], str]] = [
    (
        {"agee": 1},
        "Users has no column 'agee'; did you mean 'age'? its columns are id, created_at, updated_at, name, email, age,",
    ),
    ({"xyz__gt": 1}, "Users has no column 'xyz'; its columns are id,"),
    ({"__gt": 1}, "Users has no column '__gt'; its columns are id,"),
    (
        {"age__gtee": 1},
        "'age__gtee' of Users: 'gtee' is not an operator of 'age'; did you mean 'gte'? use one of eq, ne, gt, gte, lt,",
    ),
    ({"age__": 1}, "'age__' of Users: '' is not an operator of 'age'; use one of eq,"),
    ({"name = 'ann' --": 1}, "Users has no column \"name = 'ann' --\"; its columns are id,"),
    (
        {"settings__gt": 1},
        "'settings__gt' of Users: 'gt' is not an operator of 'settings'; use one of eq, ne, in, not_in, isnull",
    ),
    ({"any_of": [{"age": 1}, {"agee": 1}]}, "Users has no column 'agee'; did you mean 'age'?"),
    ({"any_of": [{"age": 1}, {}]}, "any_of of Users holds an empty filter, which every row passes; leave it out"),
    ({"any_of": {"age": 1}}, "any_of is a list of filters, such as [{'id': 'a'}, {'id': 'b'}], not {'age': 1}"),
    ({"order_by": "agee"}, "Users has no column 'agee'; did you mean 'age'?"),
    ({"order_by": "-agee"}, "Users has no column 'agee'; did you mean 'age'?"),
    ({"order_by": "age DESC"}, "Users has no column 'age DESC'; its columns are id,"),
    ({"age__between": 1}, "'between' on 'age' takes a pair (low, high), not 1"),
    ({"age__isnull": "yes"}, "'isnull' on 'age' takes True or False, not 'yes'"),
    ({"age__in": "12"}, "'in' takes a list, tuple or set of values, not '12'"),
    (
        {"include": "order"},
        "Users has no relation 'order'; did you mean 'orders'? it has manager, orders, profile, users",
    ),
]


@pytest.mark.parametrize(("arguments", "message"), MISTAKES, ids=[str(arguments) for arguments, _ in MISTAKES])
def test_a_mistake_is_explained_at_the_call(models: CinchModels, arguments: dict[str, Any], message: str):
    with pytest.raises(QueryError) as caught:
        models.Users.select(**arguments)
    assert str(caught.value).startswith(message)


def test_a_value_of_the_wrong_type_names_its_column(models: CinchModels):
    for filters in ({"age": "old"}, {"settings": {1}}):
        arguments: Any = filters
        with pytest.raises(InvalidValueError) as caught:
            models.Users.count(**arguments)
        assert caught.value.column == next(iter(filters))


KNOWN = {"id", "created_at", "updated_at", "name", "email", "age", "active", "role", "balance", "settings", "avatar"}


@given(
    key=st.text() | st.sampled_from(sorted(KNOWN)).flatmap(lambda name: st.text().map(lambda text: f"{name}__{text}"))
)
def test_no_keyword_reaches_the_database_unknown(session_models: CinchModels, key: str):
    arguments: Any = {key: None}
    codec = session_models.Users.__binding__.codec
    if key in codec.comparisons or key in {"limit", "any_of"}:
        return
    with pytest.raises((QueryError, TypeError)):
        session_models.Users.select(**arguments)
