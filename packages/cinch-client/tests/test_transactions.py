"""Transactions: what belongs to them, how they nest, and how they end."""

import asyncio
import contextvars
import copy
import os
import pickle
import sqlite3
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from cinch_client import (
    BusyError,
    CinchDB,
    ConstraintError,
    Insert,
    QueryError,
    StorageError,
    TenantNotFoundError,
    TransactionScopeError,
    connect,
)

Raw = Callable[[Path], sqlite3.Connection]


class Boom(Exception):  # noqa: N818 - somebody else's
    pass


def names(db: CinchDB) -> list[object]:
    return [row["name"] for row in db.query("SELECT name FROM users ORDER BY rowid")]


def fail_after(db: CinchDB, *added: str) -> None:
    """Insert rows inside a (nested) transaction that then fails."""
    with db.transaction():
        for name in added:
            db.insert("users", {"name": name})
        raise Boom


# --- commit and rollback ----------------------------------------------------------------------------------------------


def test_all_is_kept(shop: CinchDB) -> None:
    with shop.transaction():
        assert shop.in_transaction
        shop.insert("users", {"name": "a"})
        shop.insert("users", {"name": "b"}, {"age": 1})
        shop.update_where("users", {"name": "c"}, age=1)
    assert not shop.in_transaction
    assert names(shop) == ["a", "b", "c"]


@pytest.mark.parametrize("error", [Boom, KeyboardInterrupt, SystemExit, GeneratorExit, asyncio.CancelledError])
def test_nothing_is_kept_and_the_exception_passes_through(shop: CinchDB, error: type[BaseException]) -> None:
    shop.insert("users", {"name": "before"})
    raised = error()

    def work() -> None:
        with shop.transaction():
            shop.insert("users", {"name": "a"})
            shop.delete_where("users", name="before")
            assert names(shop) == ["a"]
            raise raised

    with pytest.raises(error) as caught:
        work()
    assert caught.value is raised
    assert not shop.in_transaction
    assert names(shop) == ["before"]


def test_others_see_nothing_before_it_is_kept(shop: CinchDB, raw: Raw, file_of: Callable[..., Path]) -> None:
    other = raw(file_of())
    with shop.transaction():
        shop.insert("users", {"name": "a"})
        assert other.execute("SELECT count(*) FROM users").fetchone() == (0,)
    assert other.execute("SELECT count(*) FROM users").fetchone() == (1,)


def test_a_refused_row_inside_can_be_survived(shop: CinchDB) -> None:
    with shop.transaction():
        shop.insert("users", {"id": "1", "name": "a"})
        with pytest.raises(ConstraintError):
            shop.insert("users", {"id": "1", "name": "again"})
        with pytest.raises(ConstraintError):
            shop.insert("users", {"name": "undone"}, {"id": "1"})
        with pytest.raises(QueryError):
            shop.delete_where("users", nope=1)
        shop.insert("users", {"name": "b"})
    assert names(shop) == ["a", "b"]


def test_one_after_the_other(shop: CinchDB) -> None:
    for number in range(20):
        with shop.transaction():
            shop.insert("users", {"name": str(number)})
    assert len(names(shop)) == 20


# --- nesting ----------------------------------------------------------------------------------------------------------


def test_an_inner_one_that_fails_undoes_only_itself(shop: CinchDB) -> None:
    with shop.transaction():
        shop.insert("users", {"name": "a"})
        with pytest.raises(Boom):
            fail_after(shop, "lost")
        with shop.transaction():
            shop.insert("users", {"name": "b"})
            with pytest.raises(Boom):
                fail_after(shop, "lost", "too")
            with shop.transaction():
                shop.insert("users", {"name": "c"})
        shop.insert("users", {"name": "d"})
    assert names(shop) == ["a", "b", "c", "d"]


def test_an_outer_one_that_fails_undoes_all(shop: CinchDB) -> None:
    def work() -> None:
        with shop.transaction():
            with shop.transaction():
                shop.insert("users", {"name": "a"})
            with shop.transaction():
                shop.insert("users", {"name": "b"})
            raise Boom

    with pytest.raises(Boom):
        work()
    assert names(shop) == []


def test_deep_nesting(shop: CinchDB) -> None:
    with ExitStack() as stack:
        for number in range(50):
            stack.enter_context(shop.transaction())
            shop.insert("users", {"name": str(number)})
    assert len(names(shop)) == 50


# --- who joins --------------------------------------------------------------------------------------------------------


def test_every_connection_object_of_the_scope_joins(shop: CinchDB, project: Path) -> None:
    others = [
        connect("main", project_dir=project),
        shop.with_tenant("main"),
        shop.with_branch("main"),
        copy.copy(shop),
        copy.deepcopy(shop),
        pickle.loads(pickle.dumps(shop)),  # noqa: S301 - our own
    ]
    with pytest.raises(Boom), shop.transaction():  # noqa: PT012 - the block is what is tested
        for number, other in enumerate(others):
            assert other.in_transaction
            other.insert("users", {"name": str(number)})
            assert len(names(other)) == number + 1
        with others[0].transaction():
            shop.insert("users", {"name": "nested"})
        raise Boom
    assert names(shop) == []


def test_another_engine_does_not_join(shop: CinchDB, project: Path) -> None:
    with connect("main", project_dir=project, busy_timeout=0) as other, shop.transaction():
        shop.insert("users", {"name": "a"})
        assert not other.in_transaction
        assert names(other) == []
        with pytest.raises(BusyError):
            other.insert("users", {"name": "b"})


def test_a_thread_does_not_join(shop: CinchDB, project: Path) -> None:
    hasty = connect("main", project_dir=project, busy_timeout=0)
    seen: list[object] = []

    def look() -> None:
        seen.append(hasty.in_transaction)
        seen.append(names(hasty))
        try:
            hasty.insert("users", {"name": "thread"})
        except BusyError as error:
            seen.append(type(error))

    with hasty, hasty.transaction():
        hasty.insert("users", {"name": "a"})
        context = contextvars.copy_context()
        for target in (look, lambda: context.run(look)):
            thread = threading.Thread(target=target)
            thread.start()
            thread.join()
    assert seen == [False, [], BusyError] * 2
    assert names(shop) == ["a"]


def test_a_task_does_not_join_and_its_own_is_its_own(shop: CinchDB, project: Path) -> None:
    hasty = connect("main", project_dir=project, busy_timeout=0)

    async def look() -> list[object]:
        found: list[object] = [hasty.in_transaction, names(hasty)]
        with pytest.raises(BusyError):
            hasty.insert("users", {"name": "task"})
        return found

    async def work() -> list[object]:
        with hasty.transaction():
            hasty.insert("users", {"name": "a"})
            found = await asyncio.create_task(look())
            found += await asyncio.to_thread(lambda: [hasty.in_transaction])
            await asyncio.sleep(0)
            assert hasty.in_transaction
            hasty.insert("users", {"name": "b"})
        return found

    with hasty:
        assert asyncio.run(work()) == [False, [], False]
    assert names(shop) == ["a", "b"]


def test_tasks_take_turns_on_different_tenants(shop: CinchDB) -> None:
    shop.create_tenants(["t0", "t1", "t2"])

    async def work(number: int) -> None:
        tenant = shop.with_tenant(f"t{number}")
        with tenant.transaction():
            for step in range(5):
                tenant.insert("users", {"name": f"{number}.{step}"})
                await asyncio.sleep(0)
            if number == 1:
                raise Boom

    async def together() -> list[object]:
        return [*await asyncio.gather(*map(work, range(3)), return_exceptions=True)]

    assert [type(outcome) for outcome in asyncio.run(together())] == [type(None), Boom, type(None)]
    assert [len(names(shop.with_tenant(f"t{n}"))) for n in range(3)] == [5, 0, 5]


def test_a_forked_process_does_not_join(shop: CinchDB) -> None:
    read, write = os.pipe()
    with shop.transaction():
        shop.insert("users", {"name": "a"})
        child = os.fork()
        if child == 0:
            try:
                outcome = repr((shop.in_transaction, names(shop)))
            except BaseException as error:  # noqa: BLE001 - the child must not return into pytest
                outcome = repr(error)
            os.write(write, outcome.encode())
            os._exit(0)
        os.waitpid(child, 0)
        assert os.read(read, 1000).decode() == "(False, [])"
        shop.insert("users", {"name": "b"})
    os.close(read)
    os.close(write)
    assert names(shop) == ["a", "b"]


# --- other scopes -----------------------------------------------------------------------------------------------------


def test_writing_to_another_tenant_is_refused_and_reading_is_not(shop: CinchDB) -> None:
    shop.create_tenant("other", lazy=False)
    shop.create_tenant("lazy")
    other = shop.with_tenant("other")
    with shop.transaction():
        shop.insert("users", {"name": "a"})
        assert names(other) == []
        assert names(shop.with_tenant("lazy")) == []
        assert not other.in_transaction
        for tenant in ("other", "lazy"):
            with pytest.raises(TransactionScopeError, match=f"writing to main/main/{tenant} would not be part of it"):
                shop.with_tenant(tenant).insert("users", {"name": "b"})
        with pytest.raises(TransactionScopeError, match="change the schema outside of it"):
            shop.create_table("t", [])
        shop.insert("users", {"name": "c"})
    assert names(shop) == ["a", "c"]
    other.insert("users", {"name": "b"})


def test_two_tenants_may_each_have_their_own(shop: CinchDB) -> None:
    shop.create_tenant("other", lazy=False)
    other = shop.with_tenant("other")
    with shop.transaction():
        shop.insert("users", {"name": "a"})
        with pytest.raises(Boom), other.transaction():  # noqa: PT012 - the block is what is tested
            other.insert("users", {"name": "lost"})
            shop.insert("users", {"name": "b"})
            raise Boom
        with other.transaction():
            other.insert("users", {"name": "c"})
            with other.transaction():
                other.insert("users", {"name": "d"})
        assert not other.in_transaction
    assert (names(shop), names(other)) == (["a", "b"], ["c", "d"])


def test_a_transaction_on_a_tenant_that_does_not_exist(shop: CinchDB) -> None:
    with pytest.raises(TenantNotFoundError), shop.with_tenant("ghost").transaction():
        pass
    with shop.transaction():
        shop.insert("users", {"name": "a"})
    assert names(shop) == ["a"]


# --- errors that end it -----------------------------------------------------------------------------------------------


@pytest.fixture
def rolling(shop: CinchDB, raw: Raw, file_of: Callable[..., Path]) -> CinchDB:
    """A table whose trigger rolls the whole transaction back, as a full disk would."""
    raw(file_of()).executescript(
        "CREATE TRIGGER rule BEFORE INSERT ON users WHEN new.name = 'bad' BEGIN SELECT RAISE(ROLLBACK, 'no'); END"
    )
    shop.fingerprint()
    return shop


def test_what_was_ended_takes_no_more_writes(rolling: CinchDB) -> None:
    with pytest.raises(StorageError, match="as a whole; leave its block"), rolling.transaction():  # noqa: PT012 - it is
        rolling.insert("users", {"name": "a"})
        with pytest.raises(ConstraintError, match="no"):
            rolling.insert("users", {"name": "bad"})
        for use in (
            lambda: rolling.insert("users", {"name": "b"}),
            lambda: rolling.insert("users", {"name": "b"}, {"age": 1}),
            lambda: rolling.delete_where("users", name="a"),
            lambda: names(rolling),
            lambda: rolling.execute(Insert("users", ({"name": "b"},), ("id",))),
        ):
            with pytest.raises(StorageError, match="leave its block"):
                use()
    assert names(rolling) == []
    assert not rolling.in_transaction
    rolling.insert("users", {"name": "after"})
    assert names(rolling) == ["after"]


def test_what_was_ended_inside_a_nested_one(rolling: CinchDB) -> None:
    with pytest.raises(StorageError), rolling.transaction():  # noqa: PT012 - the block is what is tested
        rolling.insert("users", {"name": "a"})
        with pytest.raises(ConstraintError), rolling.transaction():
            rolling.insert("users", {"name": "b"}, {"name": "bad"})
        with pytest.raises(StorageError), rolling.transaction():
            rolling.insert("users", {"name": "c"})
    assert names(rolling) == []


def test_the_original_error_is_the_one_that_is_seen(rolling: CinchDB) -> None:
    with pytest.raises(ConstraintError, match="no"), rolling.transaction():
        rolling.insert("users", {"name": "bad"})
    with pytest.raises(Boom), rolling.transaction():  # noqa: PT012 - the block is what is tested
        with pytest.raises(ConstraintError):
            rolling.insert("users", {"name": "bad"})
        raise Boom
    assert names(rolling) == []


def test_deferred_constraints_are_checked_at_the_end(db: CinchDB, raw: Raw, file_of: Callable[..., Path]) -> None:
    raw(file_of()).executescript(
        "CREATE TABLE parents (id TEXT PRIMARY KEY);"
        "CREATE TABLE children (parent TEXT REFERENCES parents DEFERRABLE INITIALLY DEFERRED)"
    )
    with db.transaction():
        db.insert("children", {"parent": "p"})
        db.insert("parents", {"id": "p"})
    with pytest.raises(ConstraintError) as caught, db.transaction():
        db.insert("children", {"parent": "ghost"})
    assert caught.value.constraint == "foreign_key"
    with pytest.raises(ConstraintError):
        db.insert("children", {"parent": "ghost"})
    assert db.query("SELECT parent FROM children") == [{"parent": "p"}]
    assert not db.in_transaction
    assert db.insert("parents", {"id": "q"}) == {"id": "q"}


# --- with other writers -----------------------------------------------------------------------------------------------


def test_it_takes_the_lock_at_its_beginning(shop: CinchDB, raw: Raw, file_of: Callable[..., Path]) -> None:
    other = raw(file_of())
    other.execute("PRAGMA busy_timeout = 0")
    with shop.transaction(), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")
    other.execute("BEGIN IMMEDIATE")


def test_concurrent_counters_lose_nothing(shop: CinchDB) -> None:
    row = shop.insert("users", {"age": 0})
    errors: list[BaseException] = []

    def count() -> None:
        try:
            for _ in range(25):
                with shop.transaction():
                    age = shop.query("SELECT age FROM users")[0]["age"]
                    assert isinstance(age, int)
                    shop.update("users", {"id": row["id"], "age": age + 1})
        except BaseException as error:  # noqa: BLE001 - shown by the assertion
            errors.append(error)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert shop.query("SELECT age FROM users") == [{"age": 100}]
