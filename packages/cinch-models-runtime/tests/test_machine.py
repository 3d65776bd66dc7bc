"""Containers, handles, objects and transactions against a plain-Python model of what they promise."""

import copy
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)
from shop_by_hand import CinchModels, Users, create_models

from cinch_client import ConstraintError, RecordNotFoundError, TransactionScopeError, connect
from cinch_models_runtime._slots import BINDING

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

TENANTS = ["customer1", "customer2", "main"]
tenants = st.sampled_from(TENANTS)
names = st.sampled_from(["Ann", "Bob", "Cid"])
ages = st.none() | st.integers(0, 3)
emails = st.none() | st.sampled_from(["a", "b", "c", "d"])
changes = st.fixed_dictionaries({}, optional={"name": names, "age": ages, "email": emails})

Rows = dict[str, dict[str, Any]]


class RolledBackError(Exception):
    """Ends a transaction so that nothing of it is kept."""


class Shop(RuleBasedStateMachine):
    """Three tenants; every rule does the same to the database and to the model."""

    template: Path
    users = Bundle("users")

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        project = Path(self.directory.name) / "project"
        shutil.copytree(self.template, project)
        self.db = connect("shop", project_dir=project)
        self.models = create_models(self.db)
        self.rows: dict[str, Rows] = {tenant: {} for tenant in TENANTS}
        self.open: list[tuple[AbstractContextManager[None], Rows]] = []
        # objects by what was last done through them, one list for each open transaction above the outermost
        self.created: list[list[Users]] = [[]]
        self.deleted: list[list[Users]] = [[]]
        self.unsaved: list[Users] = []
        self.inside: str | None = None

    def teardown(self) -> None:
        while self.open:
            self.open.pop()[0].__exit__(None, None, None)
        self.db.close()
        self.directory.cleanup()

    def container(self, tenant: str) -> CinchModels:
        return self.models.with_tenant(tenant)

    def refused(self, tenant: str, user: dict[str, Any], own: str | None = None) -> type[Exception] | None:
        """Return the error that writing *user* to *tenant* must raise."""
        if self.inside not in (None, tenant):
            return TransactionScopeError
        taken = {row["email"] for key, row in self.rows[tenant].items() if key != own} - {None}
        return ConstraintError if user["email"] in taken else None

    # --- writing ------------------------------------------------------------------------------------------------------

    @rule(target=users, tenant=tenants, name=names, age=ages, email=emails, save=st.booleans())
    def create(self, tenant: str, name: str, age: int | None, email: str | None, save: bool) -> Any:
        handle = self.container(tenant).Users
        made = handle(name=name, age=age, email=email)
        error = self.refused(tenant, {"email": email})
        if error is not None:
            with pytest.raises(error):
                made.save()
            return cast("Any", multiple())
        user = made.save() if save else handle.create(name=name, age=age, email=email)
        self.rows[tenant][user.id] = {"name": name, "age": age, "email": email}
        self.created[-1].append(user)
        return user

    @rule(tenant=tenants, count=st.integers(0, 3), name=names)
    def bulk_create(self, tenant: str, count: int, name: str) -> None:
        handle = self.container(tenant).Users
        if count and self.refused(tenant, {"email": None}):
            with pytest.raises(TransactionScopeError):
                handle.bulk_create({"name": name} for _ in range(count))
            return
        for user in handle.bulk_create({"name": name} for _ in range(count)):
            self.rows[tenant][user.id] = {"name": name, "age": None, "email": None}

    @rule(tenant=tenants, email=st.sampled_from(["a", "b", "c", "d"]), name=names, age=ages)
    def upsert(self, tenant: str, email: str, name: str, age: int | None) -> None:
        handle = self.container(tenant).Users
        if self.inside not in (None, tenant):
            with pytest.raises(TransactionScopeError):
                handle.upsert(on="email", email=email, name=name, age=age)
            return
        user = handle.upsert(on="email", email=email, name=name, age=age)
        existing = [key for key, row in self.rows[tenant].items() if row["email"] == email]
        assert not existing or existing == [user.id]
        self.rows[tenant][user.id] = {"name": name, "age": age, "email": email}

    @rule(
        user=users,
        values=st.fixed_dictionaries({}, optional={"name": names, "age": ages, "email": emails}),
        how=st.booleans(),
    )
    def change(self, user: Users, values: dict[str, Any], how: bool) -> None:
        """Assign and save, or update: only what differs from what the object holds is sent."""
        tenant = self.tenant_of(user)
        if among(user, [self.unsaved]):
            with pytest.raises(RecordNotFoundError):
                user.update(**values)
            return
        before = {name: getattr(user, name) for name in ("name", "age", "email")}
        sent = dict(values) if how else {name: value for name, value in values.items() if before[name] != value}
        row = self.rows[tenant].get(user.id)
        error = self.refused(tenant, (row or before) | sent, user.id) if row is not None else None
        if self.inside not in (None, tenant):
            error = TransactionScopeError
        elif row is None:
            error = RecordNotFoundError
        if not sent and among(user, self.deleted):
            error, sent = RecordNotFoundError, {"nothing": "but the object knows that it was deleted"}
        user = copy.copy(user)  # a refused change must not stay with the object of later rules
        if error is not None and sent:
            with pytest.raises(error):
                self.carry_out(user, values, how)
            return
        self.carry_out(user, values, how)
        if sent and row is not None:
            row.update(sent)
            assert {name: getattr(user, name) for name in row} == row

    @staticmethod
    def carry_out(user: Users, values: dict[str, Any], how: bool) -> None:
        if how:
            user.update(**values)
            return
        for name, value in values.items():
            setattr(user, name, value)
        user.save()

    @rule(user=users)
    def delete(self, user: Users) -> None:
        tenant = self.tenant_of(user)
        if among(user, [self.unsaved]):
            with pytest.raises(RecordNotFoundError):
                user.delete()
            return
        if self.inside not in (None, tenant):
            with pytest.raises(TransactionScopeError):
                user.delete()
            return
        self.deleted[-1].append(user)
        assert user.delete() is (self.rows[tenant].pop(user.id, None) is not None)

    @rule(tenant=tenants, name=names, age=ages)
    def update_where(self, tenant: str, name: str, age: int | None) -> None:
        handle = self.container(tenant).Users
        if self.inside not in (None, tenant):
            with pytest.raises(TransactionScopeError):
                handle.update_where({"age": age}, name=name)
            return
        found = [row for row in self.rows[tenant].values() if row["name"] == name]
        assert handle.update_where({"age": age}, name=name) == len(found)
        for row in found:
            row["age"] = age

    @rule(tenant=tenants, low=st.integers(0, 3))
    def delete_where(self, tenant: str, low: int) -> None:
        handle = self.container(tenant).Users
        if self.inside not in (None, tenant):
            with pytest.raises(TransactionScopeError):
                handle.delete_where(age__gt=low)
            return
        gone = [key for key, row in self.rows[tenant].items() if row["age"] is not None and row["age"] > low]
        assert handle.delete_where(age__gt=low) == len(gone)
        for key in gone:
            del self.rows[tenant][key]

    # --- reading ------------------------------------------------------------------------------------------------------

    @rule(target=users, user=users)
    def find_again(self, user: Users) -> Any:
        found = self.container(self.tenant_of(user)).Users.find_by_id(user.id)
        assert (found is not None) is (user.id in self.rows[self.tenant_of(user)])
        return found if found is not None else user

    @rule(user=users)
    def refresh(self, user: Users) -> None:
        row = self.rows[self.tenant_of(user)].get(user.id)
        if row is None or among(user, [self.unsaved]):
            with pytest.raises(RecordNotFoundError):
                user.refresh()
            return
        user.refresh()
        assert {name: getattr(user, name) for name in row} == row

    @invariant()
    def every_tenant_holds_its_own_rows(self) -> None:
        for tenant in TENANTS:
            found = self.container(tenant).Users.select()
            assert {user.id: {"name": user.name, "age": user.age, "email": user.email} for user in found} == self.rows[
                tenant
            ]

    # --- transactions -------------------------------------------------------------------------------------------------

    @precondition(lambda self: len(self.open) < 3)
    @rule(tenant=tenants)
    def begin(self, tenant: str) -> None:
        tenant = self.inside or tenant
        transaction = self.container(tenant).transaction()
        transaction.__enter__()
        self.inside = tenant
        self.open.append((transaction, copy.deepcopy(self.rows[tenant])))
        self.created.append([])
        self.deleted.append([])

    @precondition(lambda self: self.open)
    @rule(keep=st.booleans())
    def end(self, keep: bool) -> None:
        transaction, before = self.open.pop()
        created, deleted = self.created.pop(), self.deleted.pop()
        assert self.inside is not None
        if keep:
            transaction.__exit__(None, None, None)
            self.created[-1] += created
            self.deleted[-1] += deleted
        else:
            self.unsaved += created
            self.rows[self.inside] = before
            error = RolledBackError()
            assert not transaction.__exit__(RolledBackError, error, None)
        if not self.open:
            self.inside = None

    @staticmethod
    def tenant_of(user: Users) -> str:
        binding = BINDING.get(user)
        assert binding is not None
        return binding.connection.tenant


def among(user: Users, groups: list[list[Users]]) -> bool:
    """Tell whether that very object is in one of the lists; equal ones do not count."""
    return any(user is other for group in groups for other in group)


def test_the_database_does_what_the_model_says(template: Path):
    Shop.template = template
    slow = [HealthCheck.too_slow, HealthCheck.filter_too_much]
    run_state_machine_as_test(
        Shop, settings=settings(max_examples=50, stateful_step_count=30, deadline=None, suppress_health_check=slow)
    )
