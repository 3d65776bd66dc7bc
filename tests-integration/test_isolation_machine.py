"""Containers, handles, objects and transactions of several tenants against a model of plain dicts.

Hypothesis plays any sequence of steps; after each one, every tenant must hold just what the model says, whether it
is read through a held handle or a fresh one, and in the end by plain sqlite3. CINCH_TEST_SCALE multiplies the
number of sequences; the default is 1.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings, strategies
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from cinch_client import Column, RecordNotFoundError, TransactionScopeError, connect, init_database, init_project

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

SCALE = int(os.environ.get("CINCH_TEST_SCALE", "1"))
TENANTS = ("main", "a", "b")
tenants = strategies.sampled_from(TENANTS)
numbers = strategies.integers(0, 3)


class UndoError(Exception):
    """Leaves a transaction's block so that it is rolled back."""


@dataclass
class Open:
    """A transaction that is open: its block, its tenant, and the tenant's rows when it began."""

    block: AbstractContextManager[None]
    tenant: str
    before: dict[str, int]


class TenantsMachine(RuleBasedStateMachine):
    """One project, one container to start from; rows are kept in the model as id → number by tenant."""

    template: Path
    handles: Bundle[tuple[str, Any]] = Bundle("handles")
    objects: Bundle[tuple[str, Any]] = Bundle("objects")

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp(dir=self.template))
        shutil.copytree(self.template / "project", self.directory / "project")
        self.connection = connect("shop", project_dir=self.directory / "project")
        self.models = import_module("machine_models").create_models(self.connection)
        self.first = {tenant: self.models.with_tenant(tenant).Notes for tenant in TENANTS}
        self.rows: dict[str, dict[str, int]] = {tenant: {} for tenant in TENANTS}
        self.open: list[Open] = []

    def may_write(self, tenant: str) -> bool:
        """Inside a transaction only the tenants that have one open can be written to."""
        return not self.open or any(one.tenant == tenant for one in self.open)

    @rule(target=handles, tenant=tenants)
    def bind(self, tenant: str) -> tuple[str, Any]:
        return tenant, self.models.with_tenant(tenant).Notes

    @rule(target=handles, held=handles, tenant=tenants)
    def bind_from_another_connection(self, held: tuple[str, Any], tenant: str) -> tuple[str, Any]:
        del held
        container = import_module("machine_models").create_models(self.connection.with_tenant("b"))
        return tenant, container.with_tenant(tenant).Notes

    @rule(target=objects, held=handles, number=numbers)
    def create(self, held: tuple[str, Any], number: int) -> tuple[str, Any]:
        tenant, notes = held
        note = notes(owner=tenant, number=number)
        if self.may_write(tenant):
            note.save()
            self.rows[tenant][note.id] = number
        else:
            with pytest.raises(TransactionScopeError):
                note.save()
        return tenant, note

    @rule(held=handles, several=strategies.lists(numbers, max_size=3))
    def create_several(self, held: tuple[str, Any], several: list[int]) -> None:
        tenant, notes = held
        if self.may_write(tenant):
            made = notes.bulk_create([{"owner": tenant, "number": number} for number in several])
            self.rows[tenant].update({note.id: note.number for note in made})

    @rule(held=objects, number=numbers)
    def update(self, held: tuple[str, Any], number: int) -> None:
        tenant, note = held
        if not self.may_write(tenant):
            return
        if note.id in self.rows[tenant]:
            note.update(number=number)
            self.rows[tenant][note.id] = number
        else:
            with pytest.raises(RecordNotFoundError):
                note.update(number=number)

    @rule(held=objects)
    def refresh(self, held: tuple[str, Any]) -> None:
        tenant, note = held
        if note.id in self.rows[tenant]:
            assert note.refresh().number == self.rows[tenant][note.id]
        else:
            with pytest.raises(RecordNotFoundError):
                note.refresh()

    @rule(held=objects)
    def delete(self, held: tuple[str, Any]) -> None:
        tenant, note = held
        if self.may_write(tenant) and note.id in self.rows[tenant]:
            assert note.delete() is True
            del self.rows[tenant][note.id]

    @rule(held=handles, old=numbers, new=numbers)
    def update_where(self, held: tuple[str, Any], old: int, new: int) -> None:
        tenant, notes = held
        if self.may_write(tenant):
            changed = [key for key, number in self.rows[tenant].items() if number == old]
            assert notes.update_where({"number": new}, number=old) == len(changed)
            self.rows[tenant].update(dict.fromkeys(changed, new))

    @rule(held=handles, number=numbers)
    def delete_where(self, held: tuple[str, Any], number: int) -> None:
        tenant, notes = held
        if self.may_write(tenant):
            left = {key: value for key, value in self.rows[tenant].items() if value < number}
            assert notes.delete_where(number__gte=number) == len(self.rows[tenant]) - len(left)
            self.rows[tenant] = left

    @precondition(lambda self: len(self.open) < 4)
    @rule(tenant=tenants)
    def begin(self, tenant: str) -> None:
        block = self.models.with_tenant(tenant).transaction()
        block.__enter__()
        self.open.append(Open(block, tenant, dict(self.rows[tenant])))

    @precondition(lambda self: self.open)
    @rule()
    def commit(self) -> None:
        self.open.pop().block.__exit__(None, None, None)

    @precondition(lambda self: self.open)
    @rule()
    def roll_back(self) -> None:
        last = self.open.pop()
        error = UndoError()
        assert not last.block.__exit__(UndoError, error, None)
        self.rows[last.tenant] = last.before

    @rule(held=handles, number=numbers)
    def read(self, held: tuple[str, Any], number: int) -> None:
        tenant, notes = held
        expected = {key for key, value in self.rows[tenant].items() if value == number}
        assert {note.id for note in notes.select(number=number)} == expected
        assert notes.count(number=number) == len(expected)
        assert notes.exists(number=number) is bool(expected)

    @invariant()
    def every_tenant_holds_its_own(self) -> None:
        for tenant in TENANTS:
            for notes in (self.first[tenant], self.models.with_tenant(tenant).Notes):
                found = notes.select()
                assert {note.id: note.number for note in found} == self.rows[tenant]
                assert {note.owner for note in found} <= {tenant}

    def teardown(self) -> None:
        while self.open:
            self.roll_back()
        self.connection.close()
        for tenant in TENANTS:
            assert self.stored(tenant) == {key: (tenant, n) for key, n in self.rows[tenant].items()}
        shutil.rmtree(self.directory)

    def stored(self, tenant: str) -> dict[str, tuple[str, int]]:
        """What the tenant's file holds, read without any of our code; a tenant never written to has none."""
        shard = hashlib.sha256(tenant.encode()).hexdigest()[:2]
        file = self.directory / "project" / ".cinchdb" / "shop-main" / shard / f"{tenant}.db"
        if not file.exists():
            return {}
        with closing(sqlite3.connect(file)) as connection:
            return {key: (owner, n) for key, owner, n in connection.execute("SELECT id, owner, number FROM notes")}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with two lazy tenants besides its own, and the package of its database."""
    directory = tmp_path_factory.mktemp("machine")
    init_project(directory / "project")
    init_database(directory / "project", "shop")
    shop = connect("shop", project_dir=directory / "project")
    shop.create_table("notes", [Column("owner", "TEXT", nullable=False), Column("number", "INTEGER", nullable=False)])
    shop.create_tenants(TENANTS[1:])
    shop.close()
    generator = Path(sys.executable).with_name("cinch-codegen")
    place = ["--project-dir", str(directory / "project"), "--output", str(directory / "machine_models")]
    subprocess.run([generator, "generate", "shop", *place], check=True, capture_output=True)
    return directory


def test_tenants_against_plain_dicts(template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(template), *sys.path])
    monkeypatch.setattr(TenantsMachine, "template", template, raising=False)

    run_state_machine_as_test(
        TenantsMachine,
        settings=settings(
            max_examples=20 * SCALE,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
