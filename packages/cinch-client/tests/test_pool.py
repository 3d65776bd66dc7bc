"""Open files: how many, which are closed, and what happens across threads and forks."""

import gc
import os
import shutil
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, ClassVar, cast

import pytest

from cinch_client import BusyError, CinchDB, connect
from cinch_client._embedded._budget import Budget
from cinch_client._embedded._lease import Lease, PooledFile
from cinch_client._embedded._pool import Pool

Child = Callable[..., subprocess.Popen[str]]


class Fork:
    """A forked child that does some work when told, and whose outcome can be waited for."""

    def __init__(self, *steps: Callable[[], object]) -> None:
        self._told, tell = os.pipe()
        done, self._done = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                for step in steps:
                    os.read(self._told, 1)
                    step()
                    os.write(self._done, b".")
            except BaseException as error:  # noqa: BLE001 - the child must not return into pytest
                os.write(self._done, repr(error).encode()[:1000])
                os._exit(1)
            os._exit(0)
        self._tell, self._heard = tell, done

    def go(self) -> str:
        """Have the child do its next step; return "." or its error."""
        os.write(self._tell, b"x")
        return os.read(self._heard, 1000).decode()

    def wait(self) -> int:
        for descriptor in (self._told, self._tell, self._done, self._heard):
            os.close(descriptor)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


# --- the bound --------------------------------------------------------------------------------------------------------


class Connections:
    """Opens connections for a pool and remembers which."""

    open: ClassVar[list[sqlite3.Connection]] = []

    def __init__(self) -> None:
        self.opened: list[Path] = []

    def __call__(self, path: Path) -> sqlite3.Connection:
        self.opened.append(path)
        connection = sqlite3.connect(path, check_same_thread=False)
        self.open.append(connection)
        return connection


@pytest.fixture(autouse=True)
def close_what_is_open() -> Iterator[None]:
    yield
    while Connections.open:
        Connections.open.pop().close()


@pytest.fixture
def three(tmp_path: Path) -> list[PooledFile]:
    for name in "abc":
        sqlite3.connect(tmp_path / name).close()
        (tmp_path / name).touch()
    return [PooledFile(tmp_path / name) for name in "abc"]


def is_open(lease: Lease) -> bool:
    try:
        lease.connection.execute("SELECT 1")
    except sqlite3.ProgrammingError:
        return False
    return True


def test_a_connection_that_came_back_is_taken_again(three: list[PooledFile]) -> None:
    connections = Connections()
    pool = Pool(connections, Budget(2), 0)
    first = pool.lease(three[0])
    pool.release(first)
    assert pool.lease(three[0]) is first
    assert connections.opened == [three[0].path]


def test_the_one_that_was_idle_longest_makes_room(three: list[PooledFile]) -> None:
    pool = Pool(Connections(), Budget(2), 0)
    old, new = pool.lease(three[0]), pool.lease(three[1])
    old.used_at, new.used_at = 1.0, 2.0
    pool.release(new)
    pool.release(old)
    third = pool.lease(three[2])
    assert [is_open(old), is_open(new), is_open(third)] == [False, True, True]
    assert (three[0].idle, three[1].idle) == ([], [new])


def test_when_all_are_in_use_the_wait_ends_with_a_busy_error(three: list[PooledFile]) -> None:
    pool = Pool(Connections(), Budget(2), 0.01)
    leases = [pool.lease(three[0]), pool.lease(three[1])]
    with pytest.raises(BusyError, match="all 2 connections of this process are in use") as caught:
        pool.lease(three[2])
    assert caught.value.retryable
    pool.release(leases[0])
    assert is_open(pool.lease(three[2]))
    assert not is_open(leases[0])


def test_whoever_waits_gets_what_comes_back(three: list[PooledFile]) -> None:
    pool = Pool(Connections(), Budget(1), 60)
    lease = pool.lease(three[0])
    got: list[Lease] = []
    thread = threading.Thread(target=lambda: got.append(pool.lease(three[1])))
    thread.start()
    pool.release(lease)
    thread.join(timeout=30)
    assert [each.file for each in got] == [three[1]]


def test_two_pools_share_one_budget(three: list[PooledFile]) -> None:
    budget = Budget(2)
    one, other = Pool(Connections(), budget, 0), Pool(Connections(), budget, 0)
    first = one.lease(three[0])
    one.release(first)
    other.lease(three[1])
    other.lease(three[2])
    assert not is_open(first)


def test_a_connection_that_cannot_be_opened_takes_no_room(three: list[PooledFile], tmp_path: Path) -> None:
    def refuse(path: Path) -> sqlite3.Connection:
        if path == three[0].path:
            raise sqlite3.DatabaseError
        return sqlite3.connect(path)

    pool = Pool(refuse, Budget(1), 0)
    for _ in range(3):
        with pytest.raises(sqlite3.DatabaseError):
            pool.lease(three[0])
    assert is_open(pool.lease(three[1]))


def test_a_connection_to_a_file_that_was_replaced_is_closed_when_it_comes_back(three: list[PooledFile]) -> None:
    pool = Pool(Connections(), Budget(2), 0)
    lease = pool.lease(three[0])
    three[0].inode = (0, 0)
    pool.release(lease)
    assert not is_open(lease)
    assert three[0].idle == []


def test_a_connection_that_came_back_too_late_is_not_used_again(shop: CinchDB) -> None:
    shop.create_tenant("acme")
    acme = shop.with_tenant("acme")
    acme.insert("users", {"name": "old"})
    file = cast("Any", acme)._engine.tenants.file(cast("Any", acme)._scope)
    late = file.idle.pop()
    shop.delete_tenant("acme")
    shop.create_tenant("acme")
    acme.insert("users", {"name": "new"})
    file.idle.append(late)  # what another thread did while the file was being replaced
    assert acme.query("SELECT name FROM users") == [{"name": "new"}]
    assert not is_open(late)
    assert acme.update_where("users", {"age": 1}, name="new") == 1


def test_a_file_that_is_replaced_while_it_is_opened_is_opened_again(three: list[PooledFile], tmp_path: Path) -> None:
    def open_late(path: Path) -> sqlite3.Connection:
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA user_version").fetchone()
        if (tmp_path / "other").exists():
            (tmp_path / "other").rename(path)
        return connection

    with closing(sqlite3.connect(tmp_path / "other")) as other:
        other.execute("PRAGMA user_version = 7")
    lease = Pool(open_late, Budget(1), 0).lease(three[0])
    assert lease.connection.execute("PRAGMA user_version").fetchone() == (7,)
    assert lease.is_in_place()


def test_while_the_process_forks_nothing_is_open_and_nothing_is_opened(three: list[PooledFile]) -> None:
    budget = Budget(2)
    pool = Pool(Connections(), budget, 0)
    idle, kept = pool.lease(three[0]), pool.lease(three[1])
    kept.held = True
    pool.release(idle)
    budget.before_fork()
    assert [is_open(idle), is_open(kept)] == [False, True]
    with pytest.raises(BusyError):
        pool.lease(three[2])
    budget.after_fork_in_parent()
    assert is_open(pool.lease(three[2]))


def test_closing_leaves_what_is_in_use(three: list[PooledFile]) -> None:
    pool = Pool(Connections(), Budget(3), 0)
    used, idle = pool.lease(three[0]), pool.lease(three[1])
    pool.release(idle)
    pool.close()
    assert [is_open(used), is_open(idle)] == [True, False]
    pool.release(used)
    assert pool.lease(three[0]) is used


LOW_LIMIT = """
import resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[2]),) * 2)
import os
from cinch_client import connect
db = connect("main", project_dir=sys.argv[1])
most = 0
for turn in range(2):
    for number in range(40):
        db.with_tenant(f"t{number}").insert("users", {"age": turn})
        most = max(most, len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0)
print(most, sum(db.with_tenant(f"t{number}").query("SELECT count(*) AS n FROM users")[0]["n"] for number in range(40)))
"""


@pytest.mark.parametrize("limit", [32, 64])
def test_many_tenants_under_a_low_limit_of_open_files(shop: CinchDB, run_child: Callable[..., str], limit: int) -> None:
    shop.create_tenants([f"t{number}" for number in range(40)])
    most, rows = run_child(LOW_LIMIT, limit).split()
    assert int(most) < limit
    assert rows == "80"


# --- closing ----------------------------------------------------------------------------------------------------------


def test_a_closed_connection_leaves_no_logs_and_can_be_used_again(shop: CinchDB, project: Path) -> None:
    shop.create_tenants(["a", "b"])
    for name in ("a", "b"):
        shop.with_tenant(name).insert("users", {"name": name})
    shop.with_tenant("a").close()
    assert list(project.rglob("*-wal")) == []
    assert list(project.rglob("*-shm")) == []
    assert shop.with_tenant("b").query("SELECT name FROM users") == [{"name": "b"}]


def test_closing_inside_a_transaction_does_not_end_it(shop: CinchDB) -> None:
    with shop.transaction():
        shop.insert("users", {"name": "kept"})
        shop.close()
        shop.insert("users", {"name": "too"})
    assert shop.query("SELECT count(*) AS n FROM users") == [{"n": 2}]


def test_files_are_closed_when_nobody_holds_the_connection(shop_project: Path, tmp_path: Path) -> None:
    project = shutil.copytree(shop_project, tmp_path / "project")
    db = connect("main", project_dir=project)
    db.insert("users", {"name": "x"})
    assert list(project.rglob("*-wal")) != []
    del db
    gc.collect()
    assert list(project.rglob("*-wal")) == []


# --- forks ------------------------------------------------------------------------------------------------------------


def test_a_forked_child_uses_connections_of_its_own(shop: CinchDB) -> None:
    shop.insert("users", {"name": "before"})
    child = Fork(lambda: shop.insert("users", {"name": "child"}), lambda: shop.query("SELECT name FROM users"))
    shop.insert("users", {"name": "parent"})
    assert child.go() == "."
    assert child.go() == "."
    assert child.wait() == 0
    assert [row["name"] for row in shop.query("SELECT name FROM users ORDER BY id")] == ["before", "parent", "child"]


def test_a_childs_rows_survive_that_the_parent_closes_its_files(shop: CinchDB, project: Path) -> None:
    # SQLite keeps locks per process and copies its book-keeping to the child: had the parent's connection been open
    # at the fork, the child's would take no lock, and the parent, being the last, would delete the log.
    shop.insert("users", {"name": "before"})
    child = Fork(*[lambda: shop.insert("users", {"name": "child"})] * 3)
    assert child.go() == "."
    shop.query("SELECT name FROM users")
    shop.close()
    assert child.go() == "."
    shop.insert("users", {"name": "parent"})
    shop.close()
    assert child.go() == "."
    assert child.wait() == 0
    with connect("main", project_dir=project, busy_timeout=9) as fresh:
        names = [row["name"] for row in fresh.query("SELECT name FROM users ORDER BY name")]
    assert names == ["before", "child", "child", "child", "parent"]


def test_children_do_not_wait_for_threads_that_they_do_not_have(shop: CinchDB, project: Path) -> None:
    shop.create_tenants([f"t{number}" for number in range(50)])
    stop = threading.Event()

    def touch() -> None:
        while not stop.is_set():
            for number in range(50):
                shop.with_tenant(f"t{number}").query("SELECT name FROM users")
                shop.close()

    threads = [threading.Thread(target=touch) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for number in range(20):
            child = Fork(lambda number=number: shop.with_tenant(f"t{number}").insert("users", {"age": number}))
            assert child.go() == "."
            assert child.wait() == 0
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    with connect("main", project_dir=project, busy_timeout=9) as fresh:  # has not looked at the project before
        found = [fresh.with_tenant(f"t{n}").query("SELECT age FROM users") for n in range(20)]
    assert found == [[{"age": n}] for n in range(20)]


def test_a_childs_end_closes_nothing_of_the_parent(shop: CinchDB) -> None:
    with shop.transaction():
        shop.insert("users", {"name": "x"})
        child = Fork(shop.close)
        assert child.go() == "."
        assert child.wait() == 0
        shop.insert("users", {"name": "y"})
    assert shop.query("SELECT count(*) AS n FROM users") == [{"n": 2}]


# --- waiting for other writers ----------------------------------------------------------------------------------------


def test_a_locked_file_is_waited_for(shop: CinchDB, file_of: Callable[..., Path]) -> None:
    shop.insert("users", {"name": "before"})
    locked, release = threading.Event(), threading.Event()

    def lock() -> None:
        other = sqlite3.connect(file_of(), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        locked.set()
        release.wait(30)
        other.execute("UPDATE users SET age = 7")
        other.execute("COMMIT")
        other.close()

    thread = threading.Thread(target=lock)
    thread.start()
    assert locked.wait(30)
    assert shop.query("SELECT age FROM users") == [{"age": None}]
    threading.Timer(0.05, release.set).start()
    shop.update_where("users", {"name": "after"}, name="before")
    thread.join()
    assert shop.query("SELECT name, age FROM users") == [{"name": "after", "age": 7}]


@pytest.mark.parametrize("timeout", [0, 0.02])
def test_a_file_that_stays_locked_is_a_busy_error(
    shop: CinchDB,
    project: Path,
    raw: Callable[[Path], sqlite3.Connection],
    file_of: Callable[..., Path],
    timeout: float,
) -> None:
    other = raw(file_of())
    other.execute("BEGIN IMMEDIATE")
    with connect("main", project_dir=project, busy_timeout=timeout) as hasty:
        for write in (
            lambda: hasty.insert("users", {"name": "x"}),
            lambda: hasty.insert("users", {"name": "x"}, {"age": 1}),
            lambda: hasty.update_where("users", {"name": "x"}, age=1),
            lambda: hasty.delete_where("users", age=1),
            lambda: hasty.transaction().__enter__(),
            lambda: hasty.create_table("t", []),
        ):
            with pytest.raises(BusyError, match=r"main\.db is locked by another writer; try again") as caught:
                write()
            assert caught.value.retryable
            assert not isinstance(caught.value, ValueError)
        assert hasty.query("SELECT name FROM users") == []
        other.execute("ROLLBACK")
        assert hasty.insert("users", {"name": "x"})["name"] == "x"


def test_a_retry_after_busy_succeeds(
    shop: CinchDB, project: Path, raw: Callable[[Path], sqlite3.Connection], file_of: Callable[..., Path]
) -> None:
    other = raw(file_of())
    other.execute("BEGIN IMMEDIATE")
    deadline = time.monotonic() + 30
    with connect("main", project_dir=project, busy_timeout=0) as hasty:
        while True:
            try:
                hasty.insert("users", {"name": "x"})
                break
            except BusyError:
                assert time.monotonic() < deadline
                if other.in_transaction:
                    other.execute("COMMIT")
        assert hasty.query("SELECT count(*) AS n FROM users") == [{"n": 1}]


def test_a_transaction_that_nobody_could_end_is_rolled_back(three: list[PooledFile]) -> None:
    pool = Pool(Connections(), Budget(2), 0)
    lease = pool.lease(three[0])
    lease.connection.isolation_level = None
    lease.connection.execute("CREATE TABLE t (a)")
    lease.connection.execute("BEGIN IMMEDIATE")
    lease.connection.execute("INSERT INTO t VALUES (1)")

    pool.release(lease)

    assert not lease.connection.in_transaction
    assert lease.connection.execute("SELECT count(*) FROM t").fetchone() == (0,)
