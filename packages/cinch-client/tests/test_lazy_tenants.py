"""Tenants that were never written to: reading makes no file, the first write makes it as a whole."""

import os
import shutil
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from cinch_client import (
    BranchNotFoundError,
    BusyError,
    CinchDB,
    Column,
    Condition,
    Count,
    DatabaseNotFoundError,
    Lookup,
    NotFoundError,
    Select,
    StorageError,
    TenantNotFoundError,
    connect,
    init_database,
)

Raw = Callable[[Path], sqlite3.Connection]
Files = Callable[[], dict[str, bytes]]
FileOf = Callable[..., Path]
Child = Callable[..., subprocess.Popen[str]]

READS: dict[str, Callable[[CinchDB], object]] = {
    "select": lambda db: db.execute(Select("users")),
    "count": lambda db: db.execute(Count("users", (Condition("age", "gt", 1),))),
    "look_up": lambda db: db.look_up(Lookup("users", ("age",), ("id",)), ("x",)),
    "query": lambda db: db.query("SELECT name FROM users"),
    "schema": lambda db: db.schema(),
    "fingerprint": lambda db: db.fingerprint(),
    "list_tables": lambda db: db.list_tables(include_system=True),
    "list_views": lambda db: db.list_views(),
    "list_columns": lambda db: db.list_columns("users"),
    "list_indexes": lambda db: db.list_indexes(),
    "list_tenants": lambda db: db.list_tenants(include_system=True),
    "list_branches": lambda db: db.list_branches(),
    "list_changes": lambda db: db.list_changes(),
    "in_transaction": lambda db: db.in_transaction,
}
OF_THE_TENANT = [
    name for name in READS if name not in {"list_tenants", "list_branches", "list_changes", "in_transaction"}
]


def flag(project: Path, tenant: str) -> int:
    """What the metadata says: whether the tenant has its file."""
    with closing(sqlite3.connect(project / ".cinchdb" / "metadata.db")) as metadata:
        return metadata.execute(
            "SELECT t.materialized FROM tenants t JOIN branches b ON b.id = t.branch_id "
            "JOIN databases d ON d.id = b.database_id WHERE d.name = 'main' AND t.name = ?",
            (tenant,),
        ).fetchone()[0]


# --- reading ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", READS)
def test_reading_a_lazy_tenant_makes_nothing(shop: CinchDB, project: Path, files: Files, name: str) -> None:
    shop.create_tenant("lz")
    shop.close()
    before = files()
    READS[name](shop.with_tenant("lz"))
    READS[name](connect("main", tenant="lz", project_dir=project))
    shop.close()
    assert files() == before
    assert flag(project, "lz") == 0


def test_a_lazy_tenant_is_empty_and_has_the_schema_of_the_branch(shop: CinchDB) -> None:
    shop.insert("users", {"name": "in main"})
    shop.create_tenant("lz")
    lazy = shop.with_tenant("lz")
    assert lazy.query("SELECT name FROM users") == []
    assert lazy.schema() == shop.schema()
    shop.create_table("later", [Column("n", "INTEGER")])
    assert lazy.query("SELECT n FROM later") == []
    assert lazy.fingerprint() == shop.fingerprint()


@pytest.mark.parametrize("name", OF_THE_TENANT)
def test_reading_a_tenant_that_does_not_exist_makes_nothing(shop: CinchDB, files: Files, name: str) -> None:
    ghost = shop.with_tenant("ghost")
    shop.create_tenant("acme")
    shop.close()
    before = files()
    with pytest.raises(TenantNotFoundError, match="main/main has no tenant 'ghost'; it has: acme, main"):
        READS[name](ghost)
    shop.close()
    assert files() == before


@pytest.mark.parametrize("name", OF_THE_TENANT)
def test_reading_a_branch_that_does_not_exist_makes_nothing(shop: CinchDB, files: Files, name: str) -> None:
    ghost = shop.with_branch("ghost")
    shop.close()
    before = files()
    with pytest.raises(BranchNotFoundError, match="database 'main' has no branch 'ghost'; it has: main"):
        READS[name](ghost)
    shop.close()
    assert files() == before


def test_connecting_to_what_does_not_exist_makes_nothing(shop: CinchDB, project: Path, files: Files) -> None:
    shop.close()
    before = files()
    with pytest.raises(DatabaseNotFoundError, match="there is no database 'ghost'; there are: main"):
        connect("ghost", project_dir=project)
    with pytest.raises(BranchNotFoundError, match="has no branch 'ghost'; it has: main"):
        connect("main", "ghost", project_dir=project)
    assert files() == before


@pytest.mark.parametrize("name", OF_THE_TENANT)
def test_a_lazy_database_is_readable_before_anything_is_made(project: Path, files: Files, name: str) -> None:
    init_database(project, "lazy")
    with connect("lazy", project_dir=project) as db:
        db.close()
        before = files()
        if name in {"select", "count", "look_up", "query", "list_columns"}:
            with pytest.raises((NotFoundError, ValueError)):
                READS[name](db)
        else:
            READS[name](db)
        db.close()
        assert files() == before


def test_the_default_tenant_of_a_lazy_database_works(project: Path) -> None:
    # Defect D2 of 0.1: "no such table" for ever.
    init_database(project, "shop")
    with connect("shop", project_dir=project) as db:
        db.create_table("users", [Column("name", "TEXT")])
        assert db.insert("users", {"name": "ann"})["name"] == "ann"
        assert db.query("SELECT name FROM users") == [{"name": "ann"}]
        assert [table.name for table in db.list_tables()] == ["users"]


@pytest.mark.parametrize("lazy", [True, False])
def test_writing_to_a_table_that_does_not_exist_is_an_error(project: Path, lazy: bool) -> None:
    init_database(project, "shop", lazy=lazy)
    with connect("shop", project_dir=project) as db, pytest.raises(NotFoundError, match="there are: none"):
        db.insert("users", {"name": "x"})


# --- the first write --------------------------------------------------------------------------------------------------


def test_the_first_write_makes_the_file(shop: CinchDB, project: Path, file_of: FileOf) -> None:
    shop.create_tenant("lz")
    assert not file_of("lz").exists()
    shop.with_tenant("lz").insert("users", {"name": "first"})
    assert file_of("lz").is_file()
    assert flag(project, "lz") == 1
    assert shop.with_tenant("lz").query("SELECT name FROM users") == [{"name": "first"}]
    assert shop.query("SELECT name FROM users") == []
    assert [path.name for path in file_of("lz").parent.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("write", ["transaction", "update", "delete"])
def test_any_write_makes_the_file(shop: CinchDB, file_of: FileOf, write: str) -> None:
    shop.create_tenant("lz")
    lazy = shop.with_tenant("lz")
    if write == "transaction":
        with lazy.transaction():
            assert lazy.query("SELECT name FROM users") == []
    elif write == "update":
        assert lazy.update_where("users", {"name": "x"}, age=1) == 0
    else:
        assert lazy.delete_where("users", age=1) == 0
    assert file_of("lz").is_file()


def test_a_refused_first_write_leaves_a_usable_tenant(shop: CinchDB) -> None:
    shop.create_tenant("lz")
    with pytest.raises(ValueError, match="age"):
        shop.with_tenant("lz").insert("users", {"age": "x"})
    assert shop.with_tenant("lz").insert("users", {"age": 1})["age"] == 1


def test_two_threads_write_first_at_once(shop: CinchDB) -> None:
    names = [f"t{number}" for number in range(8)]
    shop.create_tenants(names)
    barrier = threading.Barrier(2)
    errors: list[BaseException] = []

    def write(worker: int) -> None:
        try:
            for name in names:
                barrier.wait(timeout=30)
                shop.with_tenant(name).insert("users", {"age": worker})
        except BaseException as error:  # noqa: BLE001 - shown by the assertion
            errors.append(error)

    threads = [threading.Thread(target=write, args=(worker,)) for worker in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    rows = [shop.with_tenant(name).query("SELECT age FROM users ORDER BY age") for name in names]
    assert rows == [[{"age": 0}, {"age": 1}]] * 8


THREADS = """
import resource, sys, threading
resource.setrlimit(resource.RLIMIT_NOFILE, (48, 48))
from cinch_client import connect
db = connect("main", project_dir=sys.argv[1], busy_timeout=10)
barrier = threading.Barrier(24)
def write(number):
    barrier.wait()
    db.with_tenant(f"t{number}").insert("users", {"age": number})
threads = [threading.Thread(target=write, args=(number,)) for number in range(24)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""


def test_many_threads_with_few_connections_write_first(shop: CinchDB, child: Child) -> None:
    # If threads kept connections while they wait for the project's lock, the one that has it would get none.
    shop.create_tenants([f"t{number}" for number in range(24)])
    process = child(THREADS)
    _, errors = process.communicate(timeout=60)
    assert (errors, process.returncode) == ("", 0)
    found = [shop.with_tenant(f"t{number}").query("SELECT age FROM users") for number in range(24)]
    assert found == [[{"age": number}] for number in range(24)]


WRITER = """
import sys
from cinch_client import connect
db = connect("main", project_dir=sys.argv[1], busy_timeout=60)
print("ready", flush=True)
input()
for tenant in sys.argv[3].split(","):
    for number in range(3):
        db.with_tenant(tenant).insert("users", {"name": sys.argv[2], "age": number})
"""


def test_four_processes_write_first_at_once(shop: CinchDB, child: Child) -> None:
    names = [f"t{number}" for number in range(6)]
    shop.create_tenants(names)
    processes = [child(WRITER, worker, ",".join(names)) for worker in range(4)]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        _, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (0, "")
    for name in names:
        rows = shop.with_tenant(name).query("SELECT name, age FROM users ORDER BY name, age")
        assert rows == [{"name": str(worker), "age": number} for worker in range(4) for number in range(3)]


# Where a child process dies on its way to the first row of a tenant.
DYING = """
import os, sys
from cinch_client import connect
from cinch_client._embedded import _tenants
step = sys.argv[2]
db = connect("main", tenant="lz", project_dir=sys.argv[1])
link = os.link
def die(*_): os._exit(9)
def link_and_die(*paths):
    link(*paths)
    os._exit(9)
if step == "the row": _tenants.mark_materialized = die
if step == "the copy": _tenants.copy_database = die
if step == "the link": os.link = die
if step == "the clearing up": os.link = link_and_die
db.insert("users", {"name": "never acknowledged"})
"""


@pytest.mark.parametrize("step", ["the row", "the copy", "the link", "the clearing up"])
@pytest.mark.parametrize("poisoned", [False, True], ids=["no file", "empty file"])
def test_a_process_that_dies_before_a_step_leaves_a_lazy_tenant(
    shop: CinchDB, child: Child, file_of: FileOf, step: str, poisoned: bool
) -> None:
    shop.create_tenant("lz")
    if poisoned:
        file_of("lz").parent.mkdir()
        file_of("lz").touch()
        age(file_of("lz"))
    process = child(DYING, step)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (9, "")
    lazy = shop.with_tenant("lz")
    assert lazy.query("SELECT name FROM users") == []
    shop.create_table("later", [Column("n", "INTEGER")])
    assert lazy.insert("users", {"name": "x"})["name"] == "x"
    assert lazy.insert("later", {"n": 1})["n"] == 1
    assert lazy.query("SELECT name FROM users") == [{"name": "x"}]


PAUSING = """
import os, sys
from cinch_client import connect
db = connect("main", tenant="lz", project_dir=sys.argv[1])
link = os.link
def link_when_told(*paths):
    print("linking", flush=True)
    input()
    link(*paths)
os.link = link_when_told
db.insert("users", {"name": "slow"})
"""


def test_no_schema_change_misses_a_file_that_is_about_to_appear(shop: CinchDB, project: Path, child: Child) -> None:
    shop.create_tenant("lz")
    process = child(PAUSING)
    assert process.stdout
    assert process.stdin
    assert process.stdout.readline() == "linking\n"
    with connect("main", project_dir=project, busy_timeout=0.01) as hasty:
        with pytest.raises(BusyError):
            hasty.create_table("later", [Column("n", "INTEGER")])
        with pytest.raises(BusyError):
            hasty.with_tenant("lz").insert("users", {"name": "hasty"})
    process.communicate("go\n", timeout=60)
    shop.create_table("later", [Column("n", "INTEGER")])
    lazy = shop.with_tenant("lz")
    lazy.insert("later", {"n": 1})
    assert lazy.query("SELECT name FROM users") == [{"name": "slow"}]
    assert lazy.query("SELECT n FROM later") == [{"n": 1}]


# --- what 0.1 leaves --------------------------------------------------------------------------------------------------


def age(path: Path) -> None:
    """Let a file be older than what another process may be about to fill."""
    then = time.time() - 60
    os.utime(path, (then, then))


def poison(path: Path, kind: str) -> None:
    """Make the file that reading a lazy tenant through 0.1 leaves (defect D3)."""
    path.parent.mkdir(exist_ok=True)
    if kind == "no bytes":
        path.touch()
        age(path)
        return
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL" if kind == "wal" else "PRAGMA user_version = 0")
        connection.execute("CREATE TABLE t (a)")
        connection.execute("DROP TABLE t")
    age(path)


@pytest.mark.parametrize("kind", ["no bytes", "wal", "rollback journal"])
def test_an_empty_file_of_a_lazy_tenant_is_replaced_by_the_first_write(
    shop: CinchDB, file_of: FileOf, files: Files, kind: str
) -> None:
    shop.create_tenant("lz")
    poison(file_of("lz"), kind)
    shop.close()
    before = files()
    lazy = shop.with_tenant("lz")
    assert lazy.query("SELECT name FROM users") == []
    assert lazy.schema() == shop.schema()
    shop.close()
    assert files() == before
    assert lazy.insert("users", {"name": "x"})["name"] == "x"
    assert lazy.query("SELECT name FROM users") == [{"name": "x"}]


def test_a_schema_change_passes_by_an_empty_file(shop: CinchDB, file_of: FileOf) -> None:
    shop.create_tenant("lz")
    poison(file_of("lz"), "no bytes")
    shop.create_table("later", [Column("n", "INTEGER")])
    assert file_of("lz").read_bytes() == b""
    assert shop.with_tenant("lz").insert("later", {"n": 1})["n"] == 1


@pytest.mark.parametrize("tenant", ["lz", "main"])
def test_a_row_that_says_materialized_without_a_file_is_a_lazy_tenant(
    shop: CinchDB, project: Path, raw: Raw, file_of: FileOf, tenant: str
) -> None:
    shop.create_tenant("lz")
    shop.close()
    file_of(tenant).unlink(missing_ok=True)
    raw(project / ".cinchdb" / "metadata.db").execute("UPDATE tenants SET materialized = 1")
    with connect("main", tenant=tenant, project_dir=project) as db:
        assert db.query("SELECT name FROM users") == []
        assert not file_of(tenant).exists()
        assert not db.get_tenant(tenant).materialized
        assert db.insert("users", {"name": "x"})["name"] == "x"
        assert db.get_tenant(tenant).materialized


def make_foreign(path: Path, kind: str) -> None:
    path.parent.mkdir(exist_ok=True)
    if kind == "text":
        path.write_bytes(b"this is somebody's diary\n" * 200)
    elif kind == "cut off":
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE secrets (a)")
        path.write_bytes(path.read_bytes()[:1000])
    else:
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript("CREATE TABLE users (secret)")
            if kind == "with rows":
                connection.executescript("INSERT INTO users VALUES ('old')")
    age(path)


@pytest.mark.parametrize("kind", ["text", "cut off", "with rows", "with tables"])
def test_a_foreign_file_in_the_place_of_a_lazy_tenant_is_refused_and_untouched(
    shop: CinchDB, file_of: FileOf, files: Files, kind: str
) -> None:
    shop.create_tenant("lz")
    make_foreign(file_of("lz"), kind)
    shop.close()
    before = files()
    lazy = shop.with_tenant("lz")
    for use in (
        lambda: lazy.query("SELECT 1"),
        lambda: lazy.execute(Select("users")),
        lambda: lazy.insert("users", {"name": "x"}),
        lambda: lazy.delete_where("users", name="x"),
        lambda: lazy.transaction().__enter__(),
        lambda: shop.copy_tenant("lz", "other"),
        lambda: shop.create_table("later", []),
        lambda: shop.delete_tenant("lz"),
        lambda: shop.rename_tenant("lz", "other"),
    ):
        with pytest.raises(StorageError, match=r"lz\.db"):
            use()
    shop.close()
    assert files() == before


@pytest.mark.parametrize("kind", ["text", "cut off"])
def test_a_damaged_file_of_a_tenant_is_refused_and_untouched(
    shop: CinchDB, file_of: FileOf, files: Files, kind: str
) -> None:
    shop.create_tenant("acme", lazy=False)
    shop.close()
    make_foreign(file_of("acme"), kind) if kind == "text" else file_of("acme").write_bytes(
        file_of("acme").read_bytes()[:1000]
    )
    before = files()
    acme = shop.with_tenant("acme")
    for use in (
        lambda: acme.query("SELECT 1"),
        lambda: acme.schema(),
        lambda: acme.insert("users", {"name": "x"}),
        lambda: shop.create_table("later", []),
    ):
        with pytest.raises(StorageError, match=r"acme\.db"):
            use()
    shop.close()
    assert files() == before
    assert shop.insert("users", {"name": "x"})["name"] == "x"


def copy_template(file_of: FileOf) -> None:
    """Do the first of the two steps in which CinchDB 0.1 makes a lazy tenant's file."""
    file_of("lz").parent.mkdir(exist_ok=True)
    shutil.copy(file_of("__empty__"), file_of("lz"))


@pytest.mark.parametrize("then", ["read", "write", "change the schema", "delete"])
def test_a_file_that_0_1_has_made_and_not_yet_noted_is_the_tenants(
    shop: CinchDB, project: Path, file_of: FileOf, then: str
) -> None:
    shop.create_tenant("lz")
    shop.close()
    copy_template(file_of)
    inode = file_of("lz").stat().st_ino
    lazy = shop.with_tenant("lz")
    assert lazy.query("SELECT name FROM users") == []
    assert flag(project, "lz") == 0
    if then == "write":
        lazy.insert("users", {"name": "ours"})
        assert flag(project, "lz") == 1
        assert file_of("lz").stat().st_ino == inode
    elif then == "change the schema":
        shop.create_table("later", [Column("n", "INTEGER")])
        assert lazy.insert("later", {"n": 1})["n"] == 1
        assert file_of("lz").stat().st_ino == inode
    elif then == "delete":
        shop.delete_tenant("lz")
        assert not file_of("lz").exists()


def test_a_copy_of_the_template_with_rows_is_somebodys(shop: CinchDB, file_of: FileOf) -> None:
    shop.create_tenant("lz")
    shop.close()
    copy_template(file_of)
    with closing(sqlite3.connect(file_of("lz"))) as connection:
        connection.execute("INSERT INTO users (id, created_at) VALUES ('secret', 'then')")
        connection.commit()
    with pytest.raises(StorageError, match=r"lz\.db lies in the place of the tenant 'lz'"):
        shop.with_tenant("lz").insert("users", {"name": "x"})


@pytest.mark.parametrize("half", [b"", b"SQLite format 3\x00"], ids=["no bytes", "a header"])
def test_a_file_that_somebody_began_a_moment_ago_is_waited_for(
    shop: CinchDB, raw: Raw, file_of: FileOf, project: Path, half: bytes
) -> None:
    shop.create_tenant("lz")
    shop.close()
    file_of("lz").parent.mkdir()
    file_of("lz").write_bytes(half)
    lazy = shop.with_tenant("lz")
    assert lazy.query("SELECT name FROM users") == []
    writer = threading.Thread(target=lambda: lazy.insert("users", {"name": "ours"}))
    writer.start()
    copy_template(file_of)
    raw(project / ".cinchdb" / "metadata.db").execute("UPDATE tenants SET materialized = 1 WHERE name = 'lz'")
    raw(file_of("lz")).execute("INSERT INTO users (id, created_at, name) VALUES ('1', 'now', 'theirs')")
    writer.join()
    assert raw(file_of("lz")).execute("SELECT name FROM users ORDER BY name").fetchall() == [("ours",), ("theirs",)]


def test_a_file_that_nobody_fills_is_replaced_after_a_moment(shop: CinchDB, file_of: FileOf) -> None:
    shop.create_tenant("lz")
    file_of("lz").parent.mkdir()
    file_of("lz").touch()
    assert shop.with_tenant("lz").insert("users", {"name": "x"})["name"] == "x"


def test_foreign_files_beside_the_tenants_are_left_alone(shop: CinchDB, file_of: FileOf) -> None:
    stranger = file_of("main").parent / "notes.db"
    stranger.write_bytes(b"mine")
    shop.create_table("later", [])
    shop.create_tenant("lz")
    assert [tenant.name for tenant in shop.list_tenants()] == ["lz", "main"]
    assert stranger.read_bytes() == b"mine"
