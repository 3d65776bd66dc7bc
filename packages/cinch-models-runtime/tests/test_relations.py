"""Relations: what include loads, into what, and with how many statements."""

from typing import Any

import pytest
from shop_by_hand import CinchModels

from cinch_client import QueryError
from cinch_models_runtime import Event, NotLoadedError


@pytest.fixture
def shop(models: CinchModels) -> CinchModels:
    """Ann manages Bob and Cid; Ann has two orders, Bob one; Bob has a profile; lines and notes hang on Ann's first."""
    models.Users.bulk_create(
        [
            {"id": "a", "name": "Ann"},
            {"id": "b", "name": "Bob", "manager_id": "a"},
            {"id": "c", "name": "Cid", "manager_id": "a"},
        ]
    )
    models.Profiles.create(user_id="b", bio="builder")
    models.Orders.bulk_create(
        [
            {"id": "o1", "user_id": "a", "total": 1},
            {"id": "o2", "user_id": "a", "total": 2},
            {"id": "o3", "user_id": "b", "total": 3},
        ]
    )
    models.OrderLines.bulk_create(
        [{"order_id": "o1", "line": 1}, {"order_id": "o1", "line": 2}, {"order_id": "o2", "line": 1}]
    )
    models.LineNotes.bulk_create(
        [
            {"order_id": "o1", "line": 2, "text": "second"},
            {"order_id": "o2", "line": 1, "text": "other"},
            {"order_id": "o1", "line": 2, "text": "again"},
        ]
    )
    return models


@pytest.fixture
def statements(shop: CinchModels) -> list[str]:
    """The models that the statements read, in order."""
    seen: list[str] = []

    def remember(event: Event) -> None:
        seen.append(event.model.__name__)

    shop.on("query", None, remember)
    return seen


def test_has_many(shop: CinchModels, statements: list[str]):
    users = shop.Users.select(order_by="id", include=["orders"])
    assert [[order.id for order in user.orders] for user in users] == [["o1", "o2"], ["o3"], []]
    assert statements == ["Users", "Orders"]


def test_belongs_to(shop: CinchModels, statements: list[str]):
    orders = shop.Orders.select(order_by="id", include="user")
    assert [order.user and order.user.name for order in orders] == ["Ann", "Ann", "Bob"]
    assert statements == ["Orders", "Users"]


def test_one_to_one_from_either_side(shop: CinchModels, statements: list[str]):
    users = shop.Users.select(order_by="id", include="profile")
    assert [user.profile and user.profile.bio for user in users] == [None, "builder", None]
    profile = shop.Profiles.first(include="user")
    assert profile is not None
    assert profile.user is not None
    assert profile.user.name == "Bob"
    assert statements == ["Users", "Profiles", "Profiles", "Users"]


def test_self_reference_both_ways(shop: CinchModels, statements: list[str]):
    users = shop.Users.select(order_by="id", include=["manager", "users"])
    assert [user.manager and user.manager.name for user in users] == [None, "Ann", "Ann"]
    assert [[under.name for under in user.users] for user in users] == [["Bob", "Cid"], [], []]
    assert statements == ["Users", "Users", "Users"]


def test_composite_key_both_ways(shop: CinchModels, statements: list[str]):
    lines = shop.OrderLines.select(order_by=["order_id", "line"], include="notes")
    assert [[note.text for note in line.notes] for line in lines] == [[], ["second", "again"], ["other"]]
    notes = shop.LineNotes.select(order_by="id", include="order_line")
    assert [note.order_line and (note.order_line.order_id, note.order_line.line) for note in notes] == [
        ("o1", 2),
        ("o2", 1),
        ("o1", 2),
    ]
    assert statements == ["OrderLines", "LineNotes", "LineNotes", "OrderLines"]


def test_nested(shop: CinchModels, statements: list[str]):
    include: Any = ["orders.lines.notes", "orders.user"]
    users = shop.Users.select(id="a", include=include)
    assert [[[note.text for note in line.notes] for line in order.lines] for order in users[0].orders] == [
        [[], ["second", "again"]],
        [["other"]],
    ]
    assert [order.user and order.user.name for order in users[0].orders] == ["Ann", "Ann"]
    assert statements == ["Users", "Orders", "OrderLines", "LineNotes", "Users"]


@pytest.mark.parametrize("size", [0, 1, 50], ids="{} rows".format)
def test_statements_do_not_grow_with_rows(models: CinchModels, size: int):
    users = models.Users.bulk_create([{"name": f"user {number}"} for number in range(size)])
    models.Orders.bulk_create([{"user_id": user.id, "total": 1} for user in users])
    seen: list[Event] = []
    models.on("query", None, seen.append)
    models.Users.select(include=["orders", "profile"])
    assert len(seen) == (3 if size else 1)


def test_find_get_first_and_iterate_include_too(shop: CinchModels, statements: list[str]):
    found, first = shop.Users.find_by_id("a", include="orders"), shop.Users.first(include="orders")
    assert found is not None
    assert first is not None
    assert [len(found.orders), len(first.orders), len(shop.Users.get("b", include="orders").orders)] == [2, 2, 1]
    assert shop.Users.find_by_id("z", include="orders") is None
    statements.clear()
    assert [len(user.orders) for user in shop.Users.iterate(batch_size=2, include="orders")] == [2, 1, 0]
    assert statements == ["Users", "Orders", "Users", "Orders"]


def test_related_objects_are_ordinary_ones(shop: CinchModels):
    user = shop.with_tenant("customer1").Users.create(name="Ann")
    shop.with_tenant("customer1").Orders.create(user_id=user.id, total=5)
    loaded = shop.with_tenant("customer1").Users.get(user.id, include="orders")
    loaded.orders[0].update(total=6)
    assert [order.total for order in shop.with_tenant("customer1").Orders.select()] == [6.0]
    assert shop.Orders.count(total=6) == 0


def test_what_was_not_loaded_says_how_to_load_it(shop: CinchModels):
    user = shop.Users.get("a", include="orders")
    with pytest.raises(
        NotLoadedError,
        match=r"^Users.profile was not loaded; ask for it: models.Users.select\(include=\['profile'\]\)$",
    ):
        _ = user.profile
    with pytest.raises(NotLoadedError, match=r"^Orders.lines was not loaded"):
        _ = user.orders[0].lines
    with pytest.raises(NotLoadedError):
        _ = shop.Users(name="new").orders


def test_loaded_relations_stay_until_their_columns_change(shop: CinchModels):
    order = shop.Orders.get("o3", include="user")
    order.update(total=9)
    assert order.user is not None
    assert order.user.name == "Bob"
    order.update(user_id="a")
    with pytest.raises(NotLoadedError):
        _ = order.user


def test_an_unknown_relation_is_refused_before_anything_is_read(shop: CinchModels, statements: list[str]):
    for include, message in (
        ("orders.line", "Orders has no relation 'line'; did you mean 'lines'? it has lines, user"),
        ("xyz", "Users has no relation 'xyz'; it has manager, orders, profile, users"),
        ("orders.", "Orders has no relation ''; it has lines, user"),
    ):
        wanted: Any = include
        with pytest.raises(QueryError) as caught:
            shop.Users.select(include=wanted)
        assert str(caught.value) == message
    log: Any = shop.Log
    with pytest.raises(QueryError, match=r"^Log has no relation 'user'; it has none at all$"):
        log._select({}, include="user")
    assert statements == []
