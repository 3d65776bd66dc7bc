"""Tenants never meet: threads, processes and forks over one container, checked with plain sqlite3 afterwards.

The environment variable CINCH_TEST_SCALE multiplies the number of reads and writes; the default is 1.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import pickle
import random
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from cinch_client import Column, connect, init_database, init_project

SCALE = int(os.environ.get("CINCH_TEST_SCALE", "1"))
TENANTS = [f"customer{number}" for number in range(8)]
COLUMNS = [
    Column("owner", "TEXT", nullable=False),
    Column("writer", "TEXT", nullable=False),
    Column("number", "INTEGER", nullable=False),
]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with lazy tenants, and the package of its database."""
    directory = tmp_path_factory.mktemp("isolation")
    init_project(directory / "project")
    init_database(directory / "project", "shop")
    shop = connect("shop", project_dir=directory / "project")
    shop.create_table("notes", COLUMNS)
    shop.create_tenants(TENANTS)
    shop.close()
    generator = Path(sys.executable).with_name("cinch-codegen")
    place = ["--project-dir", str(directory / "project"), "--output", str(directory / "isolated_models")]
    subprocess.run([generator, "generate", "shop", *place], check=True, capture_output=True)
    return directory


@pytest.fixture
def workplace(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the project for one test; the package can be imported, here and by ``run``."""
    shutil.copytree(template / "project", tmp_path / "project")
    monkeypatch.setattr(sys, "path", [str(template), *sys.path])
    monkeypatch.setenv("PYTHONPATH", str(template))
    return tmp_path / "project"


def container(project: Path) -> Any:
    return import_module("isolated_models").create_models(connect("shop", project_dir=project))


def stored(project: Path, tenant: str) -> list[tuple[str, str, int]]:
    """What a tenant's file holds, read without any of our code; its integrity is checked on the way."""
    shard = hashlib.sha256(tenant.encode()).hexdigest()[:2]
    file = project / ".cinchdb" / "shop-main" / shard / f"{tenant}.db"
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return connection.execute("SELECT owner, writer, number FROM notes").fetchall()


def start(script: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> str:
    """Wait for a process of ``start``, which must succeed, and return what it printed."""
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return output.strip()


def read_and_write(models: Any, writer: str, steps: int) -> Counter[str]:
    """Go from tenant to tenant by chance; every row says whose it is. Returns the rows written by tenant."""
    choose = random.Random(writer)  # noqa: S311 - chance, but the same in every run
    held = {tenant: models.with_tenant(tenant).Notes for tenant in TENANTS}
    written: Counter[str] = Counter()
    for _ in range(steps):
        tenant = choose.choice(TENANTS)
        notes = held[tenant] if choose.random() < 0.5 else models.with_tenant(tenant).Notes
        match choose.randrange(5):
            case 0 | 1:
                note = notes.create(owner=tenant, writer=writer, number=written[tenant])
                assert (note.owner, note.writer) == (tenant, writer)
                written[tenant] += 1
            case 2:
                assert {note.owner for note in notes.select(limit=20)} <= {tenant}
            case 3:
                assert notes.count(writer=writer) == written[tenant]
            case _:
                for note in notes.select(writer=writer, order_by="-number", limit=1):
                    note.update(number=note.number)
                    assert note.owner == tenant
    return written


def assert_every_row_in_its_file(project: Path, written: Counter[str]) -> None:
    for tenant in TENANTS:
        rows = stored(project, tenant)
        assert {owner for owner, _, _ in rows} == {tenant}
        assert len(rows) == written[tenant]
        assert len(set(rows)) == len(rows)


def test_threads_over_one_container(workplace: Path) -> None:
    models = container(workplace)
    written: Counter[str] = Counter()
    failures: list[BaseException] = []

    def work(writer: str) -> None:
        try:
            written.update(read_and_write(models, writer, 600 * SCALE))
        except BaseException as error:
            failures.append(error)
            raise

    threads = [threading.Thread(target=work, args=(f"thread{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert_every_row_in_its_file(workplace, written)


PROCESS = """
import json, pickle, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from test_isolation import read_and_write
models = pickle.loads(Path(sys.argv[2]).read_bytes())
print(json.dumps(read_and_write(models, sys.argv[3], int(sys.argv[4]))))
"""


def test_processes_over_one_container(workplace: Path, tmp_path: Path) -> None:
    (tmp_path / "container.pickle").write_bytes(pickle.dumps(container(workplace)))
    here = Path(__file__).parent
    processes = [
        start(PROCESS, here, tmp_path / "container.pickle", f"process{number}", 500 * SCALE) for number in range(3)
    ]

    written: Counter[str] = Counter()
    for process in processes:
        written.update(json.loads(finish(process)))

    assert_every_row_in_its_file(workplace, written)


MATERIALISE = """
import sys
from pathlib import Path
from cinch_client import connect
from isolated_models import create_models
models = create_models(connect("shop", project_dir=Path(sys.argv[1])))
print("ready", flush=True)
for line in sys.stdin:
    tenant = line.strip()
    for number in range(5):
        models.with_tenant(tenant).Notes.create(owner=tenant, writer=sys.argv[2], number=number)
"""


def test_one_lazy_tenant_materialised_by_several_processes(workplace: Path) -> None:
    processes = [start(MATERIALISE, workplace, f"process{number}") for number in range(3)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"

    for tenant in TENANTS:
        for process in processes:
            assert process.stdin is not None
            process.stdin.write(f"{tenant}\n")
            process.stdin.flush()
    for process in processes:
        finish(process)

    expected = sorted((f"process{process}", number) for process in range(3) for number in range(5))
    for tenant in TENANTS:
        assert sorted((writer, number) for _, writer, number in stored(workplace, tenant)) == expected


def test_one_lazy_tenant_materialised_by_several_threads(workplace: Path) -> None:
    models = container(workplace)
    together = threading.Barrier(4)

    def work(writer: str) -> None:
        for tenant in TENANTS:
            notes = models.with_tenant(tenant).Notes
            together.wait()
            notes.create(owner=tenant, writer=writer, number=0)

    threads = [threading.Thread(target=work, args=(f"thread{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for tenant in TENANTS:
        assert sorted(writer for _, writer, _ in stored(workplace, tenant)) == [
            "thread0",
            "thread1",
            "thread2",
            "thread3",
        ]


class UndoError(Exception):
    """Leaves a transaction's block so that it is rolled back."""


def test_transactions_of_threads(workplace: Path) -> None:
    """Every thread has its own, on tenants that all share; what was rolled back is nowhere."""
    models = container(workplace)

    def work(writer: str) -> None:
        for number in range(40 * SCALE):
            tenant = TENANTS[number % 3]
            bound = models.with_tenant(tenant)
            with contextlib.suppress(UndoError), bound.transaction():
                bound.Notes.create(owner=tenant, writer=writer, number=number)
                assert bound.Notes.count(writer=writer, number=number) == 1
                bound.Notes.create(owner=tenant, writer=writer, number=number)
                if number % 2:
                    raise UndoError

    threads = [threading.Thread(target=work, args=(f"thread{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    kept = [number for number in range(40 * SCALE) if number % 2 == 0]
    for place in range(3):
        expected = Counter(
            (TENANTS[place], f"thread{thread}", number)
            for thread in range(4)
            for number in kept
            for _ in range(2)
            if number % 3 == place
        )
        assert Counter(stored(workplace, TENANTS[place])) == expected


WRITE = """
import sys
from pathlib import Path
from cinch_client import connect
from isolated_models import create_models
models = create_models(connect("shop", project_dir=Path(sys.argv[1])), on_drift="ignore")
print("ready", flush=True)
sys.stdin.readline()
for number in range(int(sys.argv[3])):
    for tenant in sys.argv[4:]:
        models.with_tenant(tenant).Notes.create(owner=tenant, writer=sys.argv[2], number=number)
"""


def test_schema_changes_while_other_processes_write(workplace: Path) -> None:
    """No write fails or is lost, and every tenant, made before, meanwhile or after, ends with the same schema."""
    times = 40 * SCALE
    processes = [start(WRITE, workplace, f"process{number}", times, *TENANTS[:4]) for number in range(2)]
    for process in processes:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.stdin.write("go\n")
        process.stdin.flush()
    shop = connect("shop", project_dir=workplace)

    for number in range(6):
        shop.add_column("notes", Column(f"extra{number}", "TEXT", default=f"'{number}'"))
    shop.drop_column("notes", "extra0")
    shop.create_index("notes", ["owner", "number"])
    for process in processes:
        finish(process)

    for tenant in TENANTS[:4]:
        rows = stored(workplace, tenant)
        assert Counter(writer for _, writer, _ in rows) == {"process0": times, "process1": times}
        assert {owner for owner, _, _ in rows} == {tenant}
    schemas = [shop.with_tenant(tenant).schema() for tenant in TENANTS]
    assert schemas == [schemas[0]] * len(TENANTS)
    assert [column.name for column in shop.list_columns("notes")][-5:] == [f"extra{n}" for n in range(1, 6)]


FORK = """
import os, sys
from pathlib import Path
from cinch_client import connect
from isolated_models import create_models
models = create_models(connect("shop", project_dir=Path(sys.argv[1])))
tenants = sys.argv[2:]
held = [models.with_tenant(tenant).Notes for tenant in tenants]
for tenant, notes in zip(tenants, held):
    notes.create(owner=tenant, writer="before", number=0)
child = os.fork()
writer = "parent" if child else "child"
for number in range(25):
    for tenant, notes in zip(tenants, held):
        notes.create(owner=tenant, writer=writer, number=number)
        assert notes.count(writer=writer) == number + 1
        assert {note.owner for note in notes.select(limit=5)} == {tenant}
if child:
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
"""


def test_fork_with_open_connections(workplace: Path) -> None:
    finish(start(FORK, workplace, *TENANTS))

    expected = Counter(before=1, parent=25, child=25)
    for tenant in TENANTS:
        rows = stored(workplace, tenant)
        assert Counter(writer for _, writer, _ in rows) == expected
        assert {owner for owner, _, _ in rows} == {tenant}


FORK_IN_TRANSACTION = """
import os, sys
from pathlib import Path
from cinch_client import CinchError, connect
from isolated_models import create_models
models = create_models(connect("shop", project_dir=Path(sys.argv[1]))).with_tenant("customer0")
try:
    with models.transaction():
        models.Notes.create(owner="customer0", writer="parent", number=0)
        child = os.fork()
        if child == 0:
            seen = models.with_tenant("customer0").Notes.count()
            os._exit(seen)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        models.Notes.create(owner="customer0", writer="parent", number=1)
        if sys.argv[2] == "roll back":
            raise KeyboardInterrupt
except KeyboardInterrupt:
    pass
"""


@pytest.mark.parametrize(("ending", "expected"), [("commit", [0, 1]), ("roll back", [])])
def test_fork_inside_a_transaction(workplace: Path, ending: str, expected: list[int]) -> None:
    """The child is outside: it sees nothing that is not committed, and its end ends nothing of the parent."""
    finish(start(FORK_IN_TRANSACTION, workplace, ending))

    assert [number for _, _, number in stored(workplace, "customer0")] == expected


KILLED = """
import sys
from pathlib import Path
from cinch_client import connect
from isolated_models import create_models
models = create_models(connect("shop", project_dir=Path(sys.argv[1])))
for tenant in (f"many{number}" for number in range(1_000)):
    models.with_tenant(tenant).Notes.create(owner=tenant, writer="killed", number=0)
    print(tenant, flush=True)
"""


@pytest.mark.parametrize("acknowledged", [1, 10, 25])
def test_a_killed_process_leaves_whole_tenants(workplace: Path, acknowledged: int) -> None:
    """What was acknowledged is there, and every tenant can be written to, the one in the making, too."""
    models = container(workplace)
    models.connection.create_tenants([f"many{number}" for number in range(1_000)])
    process = start(KILLED, workplace)
    assert process.stdout is not None
    names = [process.stdout.readline().strip() for _ in range(acknowledged)]
    process.kill()
    process.communicate()

    for name in (*names, *(f"many{number}" for number in range(acknowledged, acknowledged + 5))):
        models.with_tenant(name).Notes.create(owner=name, writer="after", number=1)

    for name in names:
        assert stored(workplace, name) == [(name, "killed", 0), (name, "after", 1)]


MANY = """
import resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[2]), int(sys.argv[2])))
from cinch_client import connect
from isolated_models import create_models
connection = connect("shop", project_dir=Path(sys.argv[1]))
names = [f"many{number}" for number in range(int(sys.argv[3]))]
connection.create_tenants(names)
models = create_models(connection)
for name in names:
    models.with_tenant(name).Notes.create(owner=name, writer="many", number=1)
print(len({note.owner for name in names for note in models.with_tenant(name).Notes.select()}))
"""


@pytest.mark.parametrize(("tenants", "descriptors"), [(1_000, 1024), (100, 64)])
def test_many_tenants_with_few_descriptors(workplace: Path, tenants: int, descriptors: int) -> None:
    assert finish(start(MANY, workplace, descriptors, tenants)) == str(tenants)


def test_connections_are_shared_by_threads_that_come_and_go(workplace: Path) -> None:
    """A hundred threads that used ten tenants leave no more files open than a few for each tenant."""
    models = container(workplace)

    def work() -> None:
        for tenant in TENANTS:
            models.with_tenant(tenant).Notes.count()
            models.with_tenant(tenant).Notes.create(owner=tenant, writer="short", number=0)

    for _ in range(100):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()

    fds = Path("/proc/self/fd")
    targets = [str(fd.readlink()) for fd in fds.iterdir() if fd.is_symlink()] if fds.exists() else []
    open_files = [target for target in targets if target.startswith(str(workplace))]
    assert len(open_files) <= 3 * 2 * len(TENANTS)
