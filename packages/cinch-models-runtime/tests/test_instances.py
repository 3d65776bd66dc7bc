"""Objects: new ones, stored ones, what save() sends, equality, copies and pickles."""

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest
import shop_by_hand
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError
from shop_by_hand import CinchModels

from cinch_client import InvalidValueError, QueryError, RecordNotFoundError, Update
from cinch_models_runtime import Event, Model, NotLoadedError, UnboundModelError


def pickled(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))  # noqa: S301 - made here


@pytest.fixture
def updates(models: CinchModels) -> list[dict[str, Any]]:
    """What each Update of a user sends."""
    sent: list[dict[str, Any]] = []

    def remember(event: Event) -> None:
        assert isinstance(event.operation, Update)
        sent.append(dict(event.operation.values))

    models.on("before_update", "Users", remember)
    return sent


def test_a_new_object_is_not_stored_before_it_is_saved(models: CinchModels):
    user = models.Users(name="Ann")
    assert models.Users.count() == 0
    saved = user.save()
    assert saved is user
    assert models.Users.get(user.id) == user
    assert (user.role, user.active) == ("member", True)


def test_what_the_database_fills_says_so_until_it_has(models: CinchModels):
    user = models.Users(name="Ann")
    with pytest.raises(
        NotLoadedError,
        match=r"^Users.role has no value yet: the database fills it; call save\(\) first or assign one$",
    ):
        _ = user.role
    assert not hasattr(user, "created_at")
    user.role = "admin"
    assert user.save().role == "admin"
    assert hasattr(user, "created_at")


def test_none_given_is_not_the_same_as_nothing_given(models: CinchModels):
    values: Any = {"name": "Ann", "role": None}
    with pytest.raises(InvalidValueError, match=r"^Users.role cannot take None"):
        models.Users.create(**values)
    assert models.Users(name="Ann", age=None).save().age is None


def test_the_constructor_is_pydantics_own(models: CinchModels):
    for values in ({}, {"name": "Ann", "agee": 1}, {"name": 7}, {"name": "Ann", "role": "king"}):
        arguments: Any = values
        with pytest.raises(ValidationError):
            models.Users(**arguments)


def test_an_object_without_a_container_says_how_to_get_one():
    user = shop_by_hand.Users(name="Ann")
    message = (
        "this Users belongs to no tenant; make it from a container instead of the class: "
        "models = create_models(connection), then models.Users(...)"
    )
    for operation in (user.save, user.delete, user.refresh, lambda: user.update(name="Bob")):
        with pytest.raises(UnboundModelError) as caught:
            operation()
        assert str(caught.value) == message


def test_what_was_never_stored_cannot_be_changed_there(models: CinchModels):
    user = models.Users(name="Ann")
    for operation in (user.delete, user.refresh, lambda: user.update(name="Bob")):
        with pytest.raises(RecordNotFoundError, match=r"^this Users has not been stored yet; call save\(\) first$"):
            operation()


def test_save_sends_only_what_has_changed(models: CinchModels, updates: list[dict[str, Any]]):
    user = models.Users.create(name="Ann", age=1, settings={"a": 1})
    user.save()
    user.name = "Ann"
    user.age = 2
    user.age = 1
    user.save()
    assert updates == []
    user.age = 3
    user.class_ = "x"
    user.save()
    user.save()
    assert updates == [{"age": 3, "class": "x"}]


def test_json_changed_in_place_is_a_change(models: CinchModels, updates: list[dict[str, Any]]):
    user: Any = models.Users.create(name="Ann", settings={"a": [1]})
    user.settings["a"].append(2)
    user.save()
    user.settings["a"][1] = True
    user.save()
    user.settings = None
    user.save()
    user.save()
    assert updates == [{"settings": '{"a": [1, 2]}'}, {"settings": '{"a": [1, true]}'}, {"settings": None}]


def test_what_is_no_json_any_more_is_refused_by_save(models: CinchModels):
    user: Any = models.Users.create(name="Ann", settings={"a": 1})
    user.settings["a"] = {1}
    with pytest.raises(InvalidValueError, match=r"^Users.settings cannot take {'a': \{1\}}: it is no JSON: "):
        user.save()
    user.settings = {1}
    with pytest.raises(InvalidValueError, match=r"^Users.settings cannot take \{1\}: "):
        user.save()


def test_save_keeps_what_others_have_written(models: CinchModels):
    mine = models.Users.create(name="Ann", age=1)
    theirs = models.Users.get(mine.id)
    theirs.update(age=2)
    mine.name = "Anna"
    mine.save()
    assert (mine.name, mine.age) == ("Anna", 2)


def test_update_writes_and_refreshes_in_place(models: CinchModels):
    user = models.Users.create(name="Ann", age=1)
    user.name = "Anna"
    before = user.updated_at
    assert user.update(age=2) is user
    assert (user.name, user.age) == ("Anna", 2)
    assert user == models.Users.get(user.id)
    assert before is not None
    assert user.updated_at is not None
    assert user.updated_at > before


@pytest.mark.parametrize(
    ("values", "error"),
    [({"agee": 1}, QueryError), ({"age": "old"}, InvalidValueError)],
    ids=["unknown column", "bad value"],
)
def test_a_refused_update_changes_nothing(models: CinchModels, values: dict[str, Any], error: type[Exception]):
    user = models.Users.create(name="Ann", age=1)
    with pytest.raises(error):
        user.update(name="Anna", **values)
    assert (user.name, user.age) == ("Ann", 1)
    assert models.Users.get(user.id) == user


def test_a_bad_assignment_is_refused_by_save(models: CinchModels):
    user: Any = models.Users.create(name="Ann", age=1)
    user.age = "old"
    with pytest.raises(InvalidValueError, match=r"^Users.age cannot take 'old'"):
        user.save()
    with pytest.raises(ValueError, match="agee"):
        user.agee = 1


def test_refresh_takes_what_is_stored(models: CinchModels):
    user = models.Users.create(name="Ann", age=1)
    models.Users.update_where({"age": 5}, id=user.id)
    user.name = "lost"
    assert user.refresh() is user
    assert (user.name, user.age) == ("Ann", 5)
    user.save()


def test_delete_tells_whether_there_was_a_row(models: CinchModels):
    user = models.Users.create(name="Ann")
    assert user.delete() is True
    assert user.delete() is False
    assert user.name == "Ann"
    user.age = 1
    for operation in (user.save, user.refresh):
        with pytest.raises(RecordNotFoundError, match=f"^shop/main/main has no row '{user.id}' in table 'users'$"):
            operation()


def test_the_key_can_be_changed(models: CinchModels):
    order = models.Orders.create(user_id=models.Users.create(name="Ann").id, total=1)
    line = models.OrderLines.create(order_id=order.id, line=1)
    line.line = 2
    line.quantity = 5
    line.save()
    assert [(row.line, row.quantity) for row in models.OrderLines.select()] == [(2, 5)]
    line.line = 9
    line.refresh()
    assert line.line == 2


def test_objects_are_equal_by_model_scope_and_values(models: CinchModels):
    customer = models.with_tenant("customer1")
    here, there = models.Users.create(id="a", name="Ann"), customer.Users.create(id="a", name="Ann")
    again = models.Users.get("a")
    assert again == here
    assert again is not here
    there.created_at, there.updated_at = here.created_at, here.updated_at
    assert vars(here) == vars(there)
    assert here != there
    assert here != shop_by_hand.Users.model_construct(**vars(here))
    assert here != "Ann"
    again.name = "Anna"
    assert again != here


def test_repr_and_dump_work_before_and_after(models: CinchModels):
    user = models.Users(id="a", name="Ann", class_="x")
    assert repr(user) == (
        "Users(id='a', name='Ann', email=None, age=None, balance=None, settings=None, avatar=None, class_='x', "
        "manager_id=None)"
    )
    assert user.model_dump(exclude_unset=True, by_alias=True) == {"id": "a", "name": "Ann", "class": "x"}
    assert "role" not in user.model_dump()
    assert '"role"' not in user.model_dump_json()
    user.save()
    assert user.model_dump()["role"] == "member"
    assert shop_by_hand.Users.model_validate(user.model_dump()).class_ == "x"
    assert shop_by_hand.Users.model_json_schema()["required"] == ["name"]


COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "model_copy": lambda user: user.model_copy(),
    "pickle": pickled,
}


@pytest.mark.parametrize("how", COPIES)
def test_copies_remember_where_they_belong(models: CinchModels, how: str):
    copied = COPIES[how]
    customer = models.with_tenant("customer1")
    new = copied(customer.Users(id="a", name="Ann", settings={"a": 1}))
    models.Users.count()
    new.save()
    stored = copied(customer.Users.get("a"))
    assert stored == new
    stored.age = 7
    other = copied(stored)
    other.settings["a"] = 2
    other.save()
    assert [(user.age, user.settings) for user in customer.Users.select()] == [(7, {"a": 2})]
    assert models.Users.count() == 0


def test_a_copy_with_an_update_knows_its_change(models: CinchModels):
    user = models.Users.create(name="Ann", age=1)
    user.model_copy(update={"age": 2}).save()
    assert models.Users.get(user.id).age == 2


def test_loaded_relations_travel(models: CinchModels):
    user = models.Users.create(name="Ann")
    models.Orders.create(user_id=user.id, total=5)
    loaded = models.Users.get(user.id, include="orders")
    assert [order.total for order in pickled(loaded).orders] == [5.0]


def test_model_construct_leaves_the_databases_columns_out():
    user = shop_by_hand.Users.model_construct(name="Ann")
    assert not hasattr(user, "role")


scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()
)
documents = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=8
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(
    name=texts,
    age=st.none() | st.integers(-(2**63), 2**63 - 1),
    active=st.booleans(),
    balance=st.none() | st.floats(allow_nan=False),
    settings=documents,
    avatar=st.none() | st.binary(max_size=20),
    class_=st.none() | texts,
)
def test_rows_and_objects_are_inverse(session_models: CinchModels, **values: Any):
    user = session_models.Users.create(**values)
    assert session_models.Users.get(user.id) == user
    assert {name: getattr(user, name) for name in values} == values
    copied = session_models.Users(**user.model_dump(exclude={"id"})).save()
    assert copied.model_dump(exclude={"id", "updated_at"}) == user.model_dump(exclude={"id", "updated_at"})


def test_no_more_names_than_needed_are_taken_from_the_columns():
    taken = set(dir(Model)) - set(dir(BaseModel))
    assert {name for name in taken if not name.startswith("_")} == {"delete", "refresh", "save"}
