"""Creating, copying, renaming and deleting tenants, also while others write to them."""

import sqlite3
import subprocess
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import pytest

from cinch_client import (
    AlreadyExistsError,
    CinchDB,
    ConfigurationError,
    NotFoundError,
    Tenant,
    TenantNotFoundError,
    TransactionScopeError,
)
from cinch_client._embedded import _administration
from cinch_client._embedded._lease import inode_of
from cinch_client._engine import Scope

Child = Callable[..., subprocess.Popen[str]]
FileOf = Callable[..., Path]


def names(db: CinchDB) -> list[object]:
    return [row["name"] for row in db.query("SELECT name FROM users ORDER BY name")]


def tenants(db: CinchDB) -> list[str]:
    return [tenant.name for tenant in db.list_tenants()]


# --- creating ---------------------------------------------------------------------------------------------------------


def test_a_tenant_is_lazy_by_default(shop: CinchDB, file_of: FileOf) -> None:
    assert shop.create_tenant("acme", "the first") == Tenant("acme", "main", "main", "the first", False, False)
    assert not file_of("acme").exists()
    assert shop.create_tenant("now", lazy=False) == Tenant("now", "main", "main", None, False, True)
    assert file_of("now").is_file()
    assert tenants(shop) == ["acme", "main", "now"]
    assert [tenant.name for tenant in shop.list_tenants(include_system=True)] == ["__empty__", "acme", "main", "now"]
    assert shop.get_tenant("main") == Tenant("main", "main", "main", None, True, True)


def test_files_are_where_0_1_looks_for_them(shop: CinchDB, project: Path) -> None:
    shards = {"main": "0d", "acme": "82", "t1": "62", "lz": "a9"}
    for name in ("acme", "t1", "lz"):
        shop.create_tenant(name, lazy=False)
    for name, shard in shards.items():
        assert (project / ".cinchdb" / "main-main" / shard / f"{name}.db").is_file()
    assert (project / ".cinchdb" / "main-main" / "e3" / "__empty__.db").is_file()


def test_several_are_created_all_or_none(shop: CinchDB) -> None:
    assert [tenant.name for tenant in shop.create_tenants(["b", "a"])] == ["a", "b"]
    for wrong in (["c", "a"], ["c", "d", "c"], ["c", "main"]):
        with pytest.raises(AlreadyExistsError, match=r"has a tenant '(a|c|main)' already"):
            shop.create_tenants(wrong)
    assert tenants(shop) == ["a", "b", "main"]
    assert shop.create_tenants([]) == []


def test_what_is_there_is_not_created_again(shop: CinchDB) -> None:
    shop.create_tenant("acme")
    shop.with_tenant("acme").insert("users", {"name": "kept"})
    for attempt in (
        lambda: shop.create_tenant("acme"),
        lambda: shop.create_tenant("main"),
        lambda: shop.copy_tenant("main", "acme"),
        lambda: shop.rename_tenant("acme", "main"),
        lambda: shop.rename_tenant("acme", "acme"),
    ):
        with pytest.raises(AlreadyExistsError):
            attempt()
    assert names(shop.with_tenant("acme")) == ["kept"]


@pytest.mark.parametrize("leftover", ["a database", "text"])
def test_a_file_that_is_left_from_another_tenant_is_set_aside(shop: CinchDB, file_of: FileOf, leftover: str) -> None:
    path = file_of("acme")
    path.parent.mkdir()
    if leftover == "text":
        path.write_bytes(b"diary")
    else:
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript("CREATE TABLE users (secret); INSERT INTO users VALUES ('old')")
    before = path.read_bytes()
    shop.create_tenant("acme")
    acme = shop.with_tenant("acme")
    assert names(acme) == []
    acme.insert("users", {"name": "new"})
    assert names(acme) == ["new"]
    aside = [each for each in path.parent.iterdir() if ".orphan-" in each.name]
    assert [each.read_bytes() for each in aside] == [before]


def test_a_log_that_a_crash_left_is_not_replayed_into_a_new_file(
    shop: CinchDB, file_of: FileOf, tmp_path: Path
) -> None:
    shop.create_tenant("acme", lazy=False)
    shop.with_tenant("acme").insert("users", {"name": "old"})
    log = file_of("acme").with_name("acme.db-wal")
    kept = log.read_bytes()
    assert len(kept) > 0
    shop.delete_tenant("acme")
    shop.close()
    log.write_bytes(kept)
    shop.insert("users", {"name": "in main"})
    shop.copy_tenant("main", "acme")
    assert names(shop.with_tenant("acme")) == ["in main"]
    assert shop.with_tenant("acme").query("PRAGMA table_list(users)") != []


# --- copying ----------------------------------------------------------------------------------------------------------


def test_a_copy_is_independent(shop: CinchDB) -> None:
    shop.insert("users", {"name": "a"})
    assert shop.copy_tenant("main", "copy").materialized
    copied = shop.with_tenant("copy")
    copied.insert("users", {"name": "b"})
    shop.insert("users", {"name": "c"})
    assert (names(shop), names(copied)) == (["a", "c"], ["a", "b"])
    assert copied.schema() == shop.schema()


def test_a_copy_of_a_lazy_tenant_is_lazy(shop: CinchDB, file_of: FileOf) -> None:
    shop.create_tenant("lz")
    shop.copy_tenant("lz", "copy")
    assert not file_of("lz").exists()
    assert not file_of("copy").exists()
    shop.with_tenant("copy").insert("users", {"name": "x"})
    assert names(shop.with_tenant("lz")) == []


def test_a_copy_of_what_does_not_exist_creates_nothing(shop: CinchDB) -> None:
    with pytest.raises(TenantNotFoundError, match="has no tenant 'ghost'"):
        shop.copy_tenant("ghost", "copy")
    assert tenants(shop) == ["main"]


# --- renaming and deleting --------------------------------------------------------------------------------------------


def test_a_renamed_tenant_keeps_its_rows(shop: CinchDB, file_of: FileOf) -> None:
    shop.create_tenant("old", "described")
    old, new = shop.with_tenant("old"), shop.with_tenant("new")
    old.insert("users", {"name": "a"})
    assert shop.rename_tenant("old", "new") == Tenant("new", "main", "main", "described", False, True)
    assert names(new) == ["a"]
    new.insert("users", {"name": "b"})
    assert not file_of("old").exists()
    for use in (lambda: names(old), lambda: old.insert("users", {"name": "x"}), lambda: old.transaction().__enter__()):
        with pytest.raises(TenantNotFoundError, match="has no tenant 'old'; it has: main, new"):
            use()
    shop.create_tenant("old")
    assert names(old) == []
    old.insert("users", {"name": "other"})
    assert (names(old), names(new)) == (["other"], ["a", "b"])


def test_a_lazy_tenant_can_be_renamed_and_deleted(shop: CinchDB, file_of: FileOf) -> None:
    shop.create_tenant("lz")
    shop.rename_tenant("lz", "zl")
    assert names(shop.with_tenant("zl")) == []
    assert not file_of("zl").exists()
    shop.delete_tenant("zl")
    assert tenants(shop) == ["main"]


def test_a_deleted_tenant_leaves_no_rows_to_the_next_of_its_name(shop: CinchDB, file_of: FileOf) -> None:
    shop.create_tenant("acme")
    acme = shop.with_tenant("acme")
    acme.insert("users", {"name": "secret"})
    shop.delete_tenant("acme")
    assert list(file_of("acme").parent.glob("*acme*")) == []
    with pytest.raises(TenantNotFoundError):
        names(acme)
    shop.create_tenant("acme")
    assert names(acme) == []
    acme.insert("users", {"name": "new"})
    assert names(acme) == ["new"]


@pytest.mark.parametrize("name", ["main"])
def test_main_stays(shop: CinchDB, name: str) -> None:
    with pytest.raises(ConfigurationError, match="the tenant 'main' cannot be deleted: every branch needs it"):
        shop.delete_tenant(name)
    with pytest.raises(ConfigurationError, match="the tenant 'main' cannot be renamed"):
        shop.rename_tenant(name, "other")


def test_what_does_not_exist_is_neither_renamed_nor_deleted(shop: CinchDB) -> None:
    for attempt in (
        lambda: shop.delete_tenant("ghost"),
        lambda: shop.rename_tenant("ghost", "other"),
        lambda: shop.get_tenant("ghost"),
    ):
        with pytest.raises(TenantNotFoundError, match="has no tenant 'ghost'; it has: main"):
            attempt()


def test_another_process_deletes_a_tenant_that_is_open_here(shop: CinchDB, run_child: Callable[..., str]) -> None:
    shop.create_tenants(["acme", "cold"])
    acme, cold = shop.with_tenant("acme"), shop.with_tenant("cold")
    for tenant in (acme, cold):
        tenant.insert("users", {"name": "a"})
    shop.close()
    assert names(acme) == ["a"]
    run_child(
        "import sys; from cinch_client import connect; db = connect('main', project_dir=sys.argv[1])\n"
        "db.delete_tenant('acme'); db.delete_tenant('cold')"
    )
    # Nothing was looked at since; a write must notice at once, a read within the look.
    with pytest.raises(TenantNotFoundError):
        acme.insert("users", {"name": "lost"})
    with pytest.raises(TenantNotFoundError):
        names(cold)
    with pytest.raises(TenantNotFoundError):
        names(acme)


def test_a_file_that_vanishes_between_the_looks_is_a_missing_tenant(
    shop: CinchDB, run_child: Callable[..., str]
) -> None:
    shop.create_tenants([f"t{n}" for n in range(4)])
    for number in range(4):
        shop.with_tenant(f"t{number}").insert("users", {"name": "a"})
    code = (
        "import sys; from cinch_client import connect; db = connect('main', project_dir=sys.argv[1])\n"
        "[db.delete_tenant(f't{n}') for n in range(4)]"
    )
    run_child(code)
    shop.close()  # so that the next use opens the file, whether it looks at the project before or not
    for number in range(4):
        tenant = shop.with_tenant(f"t{number}")
        with pytest.raises(TenantNotFoundError):
            names(tenant) if number % 2 else tenant.insert("users", {"name": "lost"})


# --- while others write -----------------------------------------------------------------------------------------------

WRITER = """
import sys
from cinch_client import BusyError, NotFoundError, connect
db = connect("main", project_dir=sys.argv[1], busy_timeout=60)
print("ready", flush=True)
input()
written = []
for number in range(int(sys.argv[3])):
    for tenant in ("a", "b"):
        try:
            name = f"{sys.argv[2]}.{number}.{tenant}"
            if number % 3:
                db.with_tenant(tenant).insert("users", {"name": name})
            else:
                with db.with_tenant(tenant).transaction():
                    db.with_tenant(tenant).insert("users", {"name": name})
        except NotFoundError:
            continue
        written.append(name)
print(",".join(written))
"""


def start(child: Child, count: int, steps: int) -> list[subprocess.Popen[str]]:
    processes = [child(WRITER, worker, steps) for worker in range(count)]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    return processes


def acknowledged(processes: list[subprocess.Popen[str]]) -> list[str]:
    """What the writers were told is stored."""
    rows: list[str] = []
    for process in processes:
        output, errors = process.communicate(timeout=60)
        assert (errors, process.returncode) == ("", 0)
        rows += [name for name in output.strip().split(",") if name]
    return rows


def test_no_acknowledged_row_is_lost_while_a_tenant_is_renamed(shop: CinchDB, child: Child) -> None:
    shop.create_tenant("a")
    processes = start(child, 3, 60)
    moves = 0
    while any(process.poll() is None for process in processes) and moves < 40:
        shop.rename_tenant("a", "b")
        shop.rename_tenant("b", "a")
        moves += 1
    written = acknowledged(processes)
    stored = names(shop.with_tenant("a"))
    assert len(written) > 0
    assert sorted(set(written) - set(map(str, stored))) == []
    assert len(stored) == len(set(stored))


def test_a_copy_is_whole_while_others_write(shop: CinchDB, child: Child) -> None:
    shop.create_tenants(["a", "b"])
    processes = start(child, 2, 40)
    copies: list[str] = []
    while any(process.poll() is None for process in processes) and len(copies) < 30:
        copies.append(f"c{len(copies)}")
        shop.copy_tenant("a", copies[-1])
    written = acknowledged(processes)
    assert sorted(map(str, names(shop.with_tenant("a")) + names(shop.with_tenant("b")))) == sorted(written)
    sizes = [len(names(shop.with_tenant(name))) for name in copies]
    assert sizes == sorted(sizes)


def test_rows_of_a_deleted_tenant_are_never_found_in_the_next(shop: CinchDB, child: Child) -> None:
    shop.create_tenants(["a", "b"])
    processes = start(child, 2, 40)
    turns = 0
    while any(process.poll() is None for process in processes) and turns < 40:
        shop.delete_tenant("a")
        shop.create_tenant("a")
        turns += 1
    written = acknowledged(processes)
    stored = set(map(str, names(shop.with_tenant("a")) + names(shop.with_tenant("b"))))
    assert {name for name in written if name.endswith(".b")} <= stored
    assert {name[-1] for name in map(str, names(shop.with_tenant("b")))} == {"b"}
    shop.delete_tenant("a")
    shop.create_tenant("a")
    assert names(shop.with_tenant("a")) == []


def test_a_writer_that_waits_for_the_lock_of_a_deletion_is_refused(shop: CinchDB, file_of: FileOf) -> None:
    shop.create_tenant("acme", lazy=False)
    acme = shop.with_tenant("acme")
    outcome: list[object] = []

    def write() -> None:
        try:
            outcome.append(acme.insert("users", {"name": "x"}))
        except NotFoundError as error:
            outcome.append(type(error))

    with closing(sqlite3.connect(file_of("acme"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        writer = threading.Thread(target=write)
        deleter = threading.Thread(target=lambda: shop.delete_tenant("acme"))
        deleter.start()
        writer.start()
        other.execute("COMMIT")
        deleter.join()
        writer.join()
    # Either the row was stored and then deleted with its tenant, or it was refused; it is never in a removed file.
    assert outcome == [TenantNotFoundError] or (len(outcome) == 1 and isinstance(outcome[0], dict))
    assert not file_of("acme").exists()


def test_a_file_that_got_the_name_in_the_meantime_is_not_removed(shop: CinchDB, file_of: FileOf) -> None:
    """Between the commit of a deletion and the removal another process may create the tenant anew."""
    shop.create_tenant("acme", lazy=False)
    file = cast("Any", shop)._engine.tenants.file(Scope("main", "main", "acme"))
    deleted = inode_of(file_of("acme"))
    file_of("acme").rename(file_of("acme").with_name("elsewhere"))
    file_of("acme").write_bytes(b"the new tenant's")

    _administration._remove(file, deleted)  # pyright: ignore[reportPrivateUsage]

    assert file_of("acme").read_bytes() == b"the new tenant's"


def test_tenants_are_not_changed_inside_a_transaction(shop: CinchDB) -> None:
    shop.create_tenant("acme")
    with shop.transaction():
        with pytest.raises(TransactionScopeError, match="create tenants outside of it"):
            shop.create_tenant("other")
        with pytest.raises(TransactionScopeError, match="rename tenants outside of it"):
            shop.rename_tenant("acme", "other")
        with pytest.raises(TransactionScopeError, match="delete tenants outside of it"):
            shop.delete_tenant("acme")
    assert tenants(shop) == ["acme", "main"]
