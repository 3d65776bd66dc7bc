"""Reading through handles: select, find, get, first, iterate, count, exists; and views."""

from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest
from shop_by_hand import CinchModels

from cinch_client import QueryError, RecordNotFoundError

if TYPE_CHECKING:
    from cinch_models_runtime import Event


@pytest.fixture
def people(models: CinchModels) -> CinchModels:
    """Ann 20, Bob 30, Cid without age."""
    models.Users.bulk_create(
        [
            {"id": "a", "name": "Ann", "age": 20},
            {"id": "b", "name": "Bob", "age": 30},
            {"id": "c", "name": "Cid"},
        ]
    )
    return models


def names(users: Any) -> list[str]:
    return [user.name for user in users]


def test_select_without_filters_is_every_row(people: CinchModels):
    assert sorted(names(people.Users.select())) == ["Ann", "Bob", "Cid"]


@pytest.mark.parametrize(
    ("order_by", "expected"),
    [
        ("-name", ["Cid", "Bob", "Ann"]),
        ("name", ["Ann", "Bob", "Cid"]),
        (["-age", "name"], ["Bob", "Ann", "Cid"]),
        (("class_", "-id"), ["Cid", "Bob", "Ann"]),
    ],
    ids=["descending", "ascending", "two", "escaped"],
)
def test_order(people: CinchModels, order_by: Any, expected: list[str]):
    assert names(people.Users.select(order_by=order_by)) == expected


@pytest.mark.parametrize(
    ("limit", "offset", "expected"),
    [(0, 0, []), (1, 0, ["Ann"]), (2, 1, ["Bob", "Cid"]), (None, 2, ["Cid"]), (None, 9, [])],
)
def test_limit_and_offset(people: CinchModels, limit: int | None, offset: int, expected: list[str]):
    assert names(people.Users.select(order_by="id", limit=limit, offset=offset)) == expected


@pytest.mark.parametrize("window", [{"limit": -1}, {"offset": -1}, {"limit": "3"}, {"limit": 1.0}], ids=str)
def test_a_window_that_is_none_is_refused(people: CinchModels, window: dict[str, Any]):
    with pytest.raises(QueryError, match="is an int of 0 or more"):
        people.Users.select(**window)


def test_find_and_get_by_key(people: CinchModels):
    found = people.Users.find_by_id("a")
    assert found is not None
    assert found.name == "Ann"
    assert people.Users.find_by_id("z") is None
    assert people.Users.get("b").name == "Bob"
    with pytest.raises(RecordNotFoundError, match=r"^shop/main/main has no row 'z' in table 'users'$"):
        people.Users.get("z")


def test_find_and_get_by_a_composite_key(models: CinchModels):
    order = models.Orders.create(user_id=models.Users.create(name="Ann").id, total=1)
    line = models.OrderLines.create(order_id=order.id, line=7)
    assert models.OrderLines.find_by_id(order.id, 7) == line
    assert models.OrderLines.find_by_id(order.id, 8) is None
    with pytest.raises(RecordNotFoundError, match=r"has no row \('x', 8\) in table 'order lines'"):
        models.OrderLines.get("x", 8)


def test_first_is_by_key_unless_told_otherwise(people: CinchModels):
    first, last = people.Users.first(), people.Users.first(order_by="-name")
    assert first is not None
    assert last is not None
    assert (first.name, last.name) == ("Ann", "Cid")
    assert people.Users.first(name="Nobody") is None


def test_count_and_exists(people: CinchModels):
    assert people.Users.count() == 3
    assert people.Users.count(age__gt=20) == 1
    assert people.Users.exists(name="Bob") is True
    assert people.Users.exists(name="Bo") is False


@pytest.mark.parametrize("batch_size", [1, 2, 3, 100])
def test_iterate_gives_every_row_once_in_key_order(people: CinchModels, batch_size: int):
    assert names(people.Users.iterate(batch_size=batch_size)) == ["Ann", "Bob", "Cid"]
    assert names(people.Users.iterate(batch_size=batch_size, age__isnull=False)) == ["Ann", "Bob"]
    assert names(people.Users.iterate(batch_size=batch_size, any_of=[{"id": "a"}, {"id": "c"}])) == ["Ann", "Cid"]


@pytest.mark.parametrize("batch_size", [1, 2, 5])
def test_iterate_over_a_composite_key(models: CinchModels, batch_size: int):
    user = models.Users.create(name="Ann")
    orders = sorted(order.id for order in models.Orders.bulk_create({"user_id": user.id, "total": 1} for _ in range(3)))
    keys = [(order, line) for order in orders for line in range(3)]
    models.OrderLines.bulk_create([{"order_id": order, "line": line} for order, line in reversed(keys)])
    assert [(row.order_id, row.line) for row in models.OrderLines.iterate(batch_size=batch_size)] == keys


def test_iterate_reads_no_further_than_it_is_asked(people: CinchModels):
    statements: list[Event] = []
    people.on("query", "Users", statements.append)
    assert names(islice(people.Users.iterate(batch_size=2), 2)) == ["Ann", "Bob"]
    assert len(statements) == 1


def test_iterate_is_refused_at_the_call(models: CinchModels):
    with pytest.raises(QueryError, match="batch_size is 1 or more, not 0"):
        models.Users.iterate(batch_size=0)
    filters: Any = {"agee": 1}
    with pytest.raises(QueryError, match=r"Users has no column 'agee'; did you mean 'age'\?"):
        models.Users.iterate(**filters)


def test_a_table_without_key_can_be_read_and_written_but_not_addressed(models: CinchModels):
    entry = models.Log.create(message="one")
    models.Log(message="two").save()
    assert sorted(row.message or "" for row in models.Log.select()) == ["one", "two"]
    log: Any = models.Log
    refusal = r"^table 'log' has no primary key that tells its rows apart; use select, update_where and delete_where$"
    for call in (
        lambda: log._find((1,)),
        lambda: log._get((1,)),
        lambda: log._iterate({}),
        entry.delete,
        entry.refresh,
    ):
        with pytest.raises(QueryError, match=refusal):
            call()
    entry.message = "three"
    with pytest.raises(QueryError, match=refusal):
        entry.save()
    assert models.Log.update_where({"message": "three"}, message="one") == 1
    assert models.Log.delete_where(message="three") == 1


def test_a_view_is_read_like_a_table(people: CinchModels):
    assert [(row.name, row.age, row.count_) for row in people.AdultsView.select(order_by="-name")] == [
        ("Bob", 30, 1),
        ("Ann", 20, 1),
    ]
    assert people.AdultsView.count(count___gte=1) == 2
    assert people.AdultsView.exists(name="Ann")
    first = people.AdultsView.first(order_by="age")
    assert first is not None
    assert first.name == "Ann"


def test_a_view_offers_no_writing(models: CinchModels):
    assert not {"create", "bulk_create", "upsert", "update_where", "delete_where", "__call__"} & set(
        dir(models.AdultsView)
    )
    assert not {"save", "delete", "update", "refresh"} & set(dir(type(models.AdultsView).__model__))
