"""The container: what it is made of, how models are found on it, and that it travels."""

import copy
import pickle
from typing import Any

import pytest
from shop_by_hand import CinchModels, create_models

from cinch_client import CinchDB, ConfigurationError, InvalidNameError, TenantNotFoundError


@pytest.mark.parametrize("connection", [None, "shop", {"database": "shop"}], ids=["None", "name", "dict"])
def test_only_a_connection_makes_a_container(connection: Any):
    with pytest.raises(TypeError, match=r"CinchModels takes a CinchDB, such as cinch_client.connect\('shop'\) returns"):
        create_models(connection)


def test_an_unknown_word_for_drift_is_refused(db: CinchDB):
    word: Any = "shout"
    with pytest.raises(ConfigurationError, match="on_drift is 'warn', 'raise' or 'ignore', not 'shout'"):
        CinchModels(db, on_drift=word)


def test_a_handle_is_made_once_and_kept(models: CinchModels):
    assert models.Users is models.Users
    assert models.with_tenant("customer1").Users is not models.Users


def test_the_same_scope_is_the_same_container(models: CinchModels):
    customer = models.with_tenant("customer1")
    assert models.with_tenant("customer1") is customer
    assert customer.with_tenant("customer1") is customer
    assert customer.connection.tenant == "customer1"
    assert models.connection.tenant == "main"


def test_more_scopes_than_are_remembered(models: CinchModels):
    first = models.with_tenant("customer1")
    for number in range(1100):
        assert models.with_tenant(f"tenant{number}").connection.tenant == f"tenant{number}"
    assert models.with_tenant("customer1").Users.count() == first.Users.count() == 0


def test_another_branch_is_another_container(models: CinchModels):
    other = models.with_branch("dev")
    assert (other.connection.branch, other.connection.tenant) == ("dev", "main")
    assert other.with_tenant("customer1").connection.branch == "dev"
    assert repr(other) == "<CinchModels shop/dev/main>"


@pytest.mark.parametrize("name", ["../x", "", "A", "a b", "a/b"])
def test_a_forbidden_tenant_is_refused_at_the_call(models: CinchModels, name: str):
    with pytest.raises(InvalidNameError):
        models.with_tenant(name)


def test_a_missing_tenant_shows_at_first_use(models: CinchModels):
    ghost = models.with_tenant("ghost").Users
    with pytest.raises(TenantNotFoundError, match="ghost"):
        ghost.select()


@pytest.mark.parametrize(
    ("name", "meant"),
    [("User", "'Users'"), ("users", "'Users'"), ("OrderLine", "'OrderLines'"), ("Adults", "'AdultsView'")],
)
def test_an_unknown_model_names_the_near_one(models: CinchModels, name: str, meant: str):
    with pytest.raises(AttributeError, match=f"CinchModels has no model '{name}'; did you mean {meant}\\? it has "):
        getattr(models, name)


def test_dir_lists_the_models(models: CinchModels):
    names = {"AdultsView", "LineNotes", "Log", "OrderLines", "Orders", "Profiles", "Users", "with_tenant"}
    assert names <= set(dir(models))


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy], ids=["copy", "deepcopy"])
def test_copies_are_the_container_itself(models: CinchModels, copied: Any):
    assert copied(models) is models
    assert copied(models.Users) is models.Users


def test_containers_and_handles_travel_by_pickle(models: CinchModels):
    models.with_tenant("customer1").Users.create(name="Ann")
    container, handle = pickle.loads(pickle.dumps((models, models.with_tenant("customer1").Users)))  # noqa: S301 - made here
    assert container.connection == models.connection
    assert container.Users.count() == 0
    assert [user.name for user in handle.select()] == ["Ann"]
    assert repr(handle) == "<Users of shop/main/customer1>"


def test_a_transaction_spans_models(models: CinchModels):
    with models.transaction():
        user = models.Users.create(name="Ann")
        models.Orders.create(user_id=user.id, total=5)
    assert (models.Users.count(), models.Orders.count()) == (1, 1)


def test_a_transaction_that_fails_leaves_nothing(models: CinchModels):

    def fail() -> None:
        with models.transaction():
            user = models.Users.create(name="Ann")
            models.Orders.create(user_id=user.id, total=1 / 0)

    with pytest.raises(ZeroDivisionError):
        fail()
    assert (models.Users.count(), models.Orders.count()) == (0, 0)


def test_a_nested_transaction_is_a_savepoint(models: CinchModels):

    def fail() -> None:
        with models.transaction():
            models.Users.create(name="Bob")
            raise ZeroDivisionError

    with models.transaction():
        models.Users.create(name="Ann")
        with pytest.raises(ZeroDivisionError):
            fail()
    assert [user.name for user in models.Users.select()] == ["Ann"]
