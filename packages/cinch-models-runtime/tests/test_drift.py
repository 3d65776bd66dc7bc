"""Drift: a schema that is no longer the one that the package was generated from."""

import sqlite3
import warnings
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from shop_by_hand import cinch_models

from cinch_client import CinchDB, DriftError, TenantNotFoundError
from cinch_models_runtime import DriftWarning, _drift


@pytest.fixture
def container(db: CinchDB) -> type[cinch_models.CinchModels]:
    """The container of a package that was generated from the schema as it is now."""

    class CinchModels(cinch_models.CinchModels):
        _fingerprint = db.fingerprint()

    return CinchModels


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time as the watch sees it, in seconds; tests move it."""
    now = [1000.0]
    for module in ("_drift", "_binding", "_handle"):
        monkeypatch.setattr(f"cinch_models_runtime.{module}.monotonic", lambda: now[0])
    return now


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tenants whose fingerprint was asked for."""
    seen: list[str] = []
    ask = CinchDB.fingerprint

    def fingerprint(self: CinchDB) -> str:
        seen.append(self.tenant)
        return ask(self)

    monkeypatch.setattr(CinchDB, "fingerprint", fingerprint)
    return seen


def drift(project: Path, tenant: str = "main") -> None:
    """Add a table behind everybody's back."""
    [file] = project.glob(f".cinchdb/shop-main/*/{tenant}.db")
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE more (x)")


def test_the_first_use_of_a_scope_looks(container: Any, project: Path, db: CinchDB):
    drift(project, "customer1")
    models = container(db, on_drift="raise")
    assert models.Users.count() == 0
    with pytest.raises(DriftError) as caught:
        models.with_tenant("customer1").Users.count()
    then, now = db.fingerprint(), db.with_tenant("customer1").fingerprint()
    assert str(caught.value) == (
        "the schema of shop/main/customer1 has changed since this package was generated "
        f"(fingerprint {then} then, {now} now); run: cinch-codegen generate shop --output shop_by_hand"
    )


OPERATIONS: dict[str, Callable[[Any], object]] = {
    "find_by_id": lambda users: users.find_by_id("a"),
    "select": lambda users: users.select(),
    "create": lambda users: users.create(name="Ann"),
    "update_where": lambda users: users.update_where({"age": 1}, id="a"),
    "delete_where": lambda users: users.delete_where(id="a"),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_is_refused_again_and_again(container: Any, project: Path, db: CinchDB, name: str):
    models = container(db, on_drift="raise")
    drift(project)
    for _ in range(2):
        with pytest.raises(DriftError):
            OPERATIONS[name](models.Users)
    assert db.query("SELECT count(*) AS n FROM users") == [{"n": 0}]


def test_a_warning_is_given_once_for_each_schema(container: Any, project: Path, db: CinchDB, clock: list[float]):
    models = container(db)
    models.Users.count()
    drift(project)
    clock[0] += 0.2
    with pytest.warns(DriftWarning, match="the schema of shop/main/main has changed since this package was generated"):
        models.Users.count()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        clock[0] += 0.2
        models.Users.count()
        container(db).Users.count()


def begin(models: Any) -> None:
    with models.transaction():
        pass


USES: dict[str, Callable[[Any], object]] = {
    "count": lambda models: models.Users.count(),
    "find_by_id": lambda models: models.Users.find_by_id("a"),
    "include": lambda models: models.Users.select(include="orders"),
    "transaction": begin,
}


@pytest.mark.parametrize("use", USES)
def test_a_warning_points_at_the_callers_line(container: Any, project: Path, db: CinchDB, use: str):
    drift(project)
    with pytest.warns(DriftWarning) as caught:
        USES[use](container(db))
    assert [warning.filename for warning in caught] == [__file__]


def test_ignore_never_looks(container: Any, project: Path, db: CinchDB, looks: list[str]):
    drift(project)
    models = container(db, on_drift="ignore")
    models.Users.count()
    with models.transaction():
        models.Users.create(name="Ann")
    assert looks == []


def test_a_package_without_fingerprint_never_looks(db: CinchDB, looks: list[str]):
    cinch_models.CinchModels(db, on_drift="raise").Users.count()
    assert looks == []


def test_looks_are_a_tenth_of_a_second_apart_and_shared(
    container: Any, db: CinchDB, looks: list[str], clock: list[float]
):
    first, second = container(db), container(db.with_tenant("customer1"))
    for models in (first, second.with_tenant("main"), container(db)):
        for _ in range(3):
            models.Users.find_by_id("a")
            models.Orders.count()
    assert looks == ["main"]
    second.Users.count()
    first.with_tenant("customer1").Users.count()
    assert looks == ["main", "customer1"]
    clock[0] += 0.09
    first.Users.count()
    assert len(looks) == 2
    clock[0] += 0.02
    first.Users.count()
    second.with_tenant("main").Users.find_by_id("a")
    assert looks == ["main", "customer1", "main"]


def test_a_transaction_looks_when_it_begins(container: Any, project: Path, db: CinchDB, clock: list[float]):
    models = container(db, on_drift="raise")
    models.Users.count()
    drift(project)
    models.Users.count()

    def write() -> None:
        with models.transaction():
            models.Users.create(name="Ann")

    with pytest.raises(DriftError):
        write()
    assert not db.in_transaction
    assert db.query("SELECT count(*) AS n FROM users") == [{"n": 0}]


def test_a_schema_that_returns_is_fine_again(container: Any, project: Path, db: CinchDB):
    models = container(db, on_drift="raise")
    drift(project)
    with pytest.raises(DriftError):
        models.Users.count()
    [file] = project.glob(".cinchdb/shop-main/*/main.db")
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("DROP TABLE more")
    assert models.Users.count() == 0


def test_a_deleted_tenant_is_noticed(container: Any, db: CinchDB):
    users = container(db).with_tenant("customer1").Users
    users.create(name="Ann")
    db.delete_tenant("customer1")
    with pytest.raises(TenantNotFoundError, match="customer1"):
        users.select()


def test_more_scopes_than_are_remembered(db: CinchDB, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(_drift, "_MOST_WATCHES", 2)
    watches = _drift.Watches.of(db, "0123456789abcdef", "warn", "")
    for tenant in ("a", "b", "c", "a"):
        assert watches.watch(("main", tenant)) is watches.watch(("main", tenant))


def test_the_command_names_another_branch(db: CinchDB):
    watches = _drift.Watches.of(db, "0123456789abcdef", "raise", "cinch-codegen generate shop --output shop")
    with pytest.raises(DriftError, match=r"run: cinch-codegen generate shop --output shop --branch dev$"):
        watches.report(db.with_branch("dev"), "fedcba9876543210", first_time=True)
