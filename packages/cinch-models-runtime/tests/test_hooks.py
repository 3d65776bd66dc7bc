"""Hooks: when they are called, with what, and for whom."""

from typing import Any

import pytest
from shop_by_hand import CinchModels, Users, create_models

from cinch_client import CinchDB, ConfigurationError, ConstraintError, Count, Delete, Insert, QueryError, Select, Update
from cinch_models_runtime import Event, EventName

WRITES: list[EventName] = [
    "before_create",
    "after_create",
    "before_update",
    "after_update",
    "before_delete",
    "after_delete",
]


@pytest.fixture
def events(models: CinchModels) -> list[Event]:
    """Every write of a user."""
    seen: list[Event] = []
    for name in WRITES:
        models.on(name, Users, seen.append)
    return seen


def test_each_write_is_seen_before_and_after(models: CinchModels, events: list[Event]):
    user = models.Users(id="a", name="Ann", age=1).save()
    user.update(age=2)
    models.Users.update_where({"age": 3}, id="a")
    models.Users.upsert(on="id", id="a", name="Anna")
    user.delete()
    models.Users.delete_where(name="Nobody")
    assert [event.name for event in events] == [
        "before_create",
        "after_create",
        "before_update",
        "after_update",
        "before_update",
        "after_update",
        "before_create",
        "after_create",
        "before_delete",
        "after_delete",
        "before_delete",
        "after_delete",
    ]
    assert {(event.tenant, event.model) for event in events} == {("main", Users)}


def test_what_a_hook_gets(models: CinchModels, events: list[Event]):
    models.with_tenant("customer1").Users.create(id="a", name="Ann", class_="x")
    before, after = events
    assert (before.tenant, before.values, before.seconds) == (
        "customer1",
        ({"id": "a", "name": "Ann", "class": "x"},),
        0.0,
    )
    assert isinstance(before.operation, Insert)
    assert before.operation.table == "users"
    assert [row["role"] for row in after.values] == ["member"]


def test_a_bulk_call_is_one_event_with_all_rows(models: CinchModels, events: list[Event]):
    models.Users.bulk_create([{"name": "Ann"}, {"name": "Bob"}])
    models.Users.bulk_create([])
    assert [[row["name"] for row in event.values] for event in events] == [["Ann", "Bob"], ["Ann", "Bob"]]


def test_query_sees_every_statement_with_its_time(models: CinchModels):
    seen: list[Event] = []
    models.on("query", None, seen.append)
    models.Users.create(id="a", name="Ann")
    models.Users.find_by_id("a")
    models.Users.select(limit=1)
    models.Users.count()
    models.Users.update_where({"age": 1}, id="a")
    models.Users.delete_where(id="a")
    assert [type(event.operation) for event in seen] == [Insert, Select, Select, Count, Update, Delete]
    assert all(0 < event.seconds < 60 for event in seen)


def test_query_sees_a_statement_that_fails(models: CinchModels):
    models.Users.create(name="Ann", email="a")
    seen: list[Event] = []
    models.on("query", "Users", seen.append)
    models.on("after_create", "Users", seen.append)
    with pytest.raises(ConstraintError):
        models.Users.create(name="Bob", email="a")
    assert [event.name for event in seen] == ["query"]


def test_a_hook_can_prevent_the_write(models: CinchModels):
    def refuse(event: Event) -> None:
        raise QueryError(f"{event.tenant} is closed")

    for name in WRITES[::2]:
        models.on(name, "Orders", refuse)
    user = models.Users.create(name="Ann")
    with pytest.raises(QueryError, match=r"^main is closed$"):
        models.Orders.create(user_id=user.id, total=1)
    with pytest.raises(QueryError, match=r"^main is closed$"):
        models.Orders.delete_where(total=1)
    assert models.Orders.count() == 0


def test_hooks_are_shared_by_derived_containers_and_by_no_other(models: CinchModels, db: CinchDB):
    seen: list[str] = []
    held = models.with_tenant("customer1").Users
    models.with_tenant("customer2").on("before_create", "Users", lambda event: seen.append(event.tenant))
    held.create(name="Ann")
    models.Users.create(name="Ann")
    create_models(db).Users.create(name="Bob")
    assert seen == ["customer1", "main"]


def test_the_models_own_hooks_run_first_and_in_order(models: CinchModels):
    seen: list[str] = []
    for model, word in ((None, "all"), ("Users", "first"), (Users, "second"), ("Orders", "other")):
        models.on("before_create", model, lambda _, word=word: seen.append(word))
    models.Users.create(name="Ann")
    assert seen == ["first", "second", "all"]


def test_a_hook_may_use_the_models(models: CinchModels):
    def log(event: Event) -> None:
        models.with_tenant(event.tenant).Log.create(message=f"{event.name} {event.model.__name__}")

    models.on("after_create", "Users", log)
    models.with_tenant("customer1").Users.create(name="Ann")
    assert [entry.message for entry in models.with_tenant("customer1").Log.select()] == ["after_create Users"]


def test_mistakes_are_refused_at_registration(models: CinchModels):
    event: Any = "before_creat"
    with pytest.raises(ConfigurationError, match=r"^'before_creat' is not an event; did you mean 'before_create'\?"):
        models.on(event, "Users", print)
    with pytest.raises(AttributeError, match="has no model 'User'; did you mean 'Users'"):
        models.on("query", "User", print)
