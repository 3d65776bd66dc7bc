"""Figures that have no peer: the tenant handle, a thousand tenants, the generator and what it writes."""

import gc
import json
import resource
import sqlite3
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter, sleep
from typing import Any

from ours import CODEGEN, generate, import_package, make_project

from cinch_client import connect, init_project

DESCRIPTORS = 1024
TENANTS = 1_000
ROUNDS = 7


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value and the most that it may be, None when nothing is promised."""

    name: str
    value: float
    unit: str
    bar: float | None = None


def own_figures(directory: Path, *, quick: bool) -> Iterator[Figure]:
    """Measure everything that has no peer; *directory* is empty."""
    yield from handle_figures(directory)
    yield many_tenants(directory, TENANTS // 10 if quick else TENANTS)
    start = seconds(lambda: subprocess.run([CODEGEN, "--version"], check=True, capture_output=True))
    yield Figure("cinch-codegen --version, a part of what follows", start, "s")
    for tables in (10,) if quick else (100, 1_000):
        yield from generator_figures(directory, tables)


def seconds(call: Callable[[], object]) -> float:
    """The median time of one call."""
    times: list[float] = []
    for _ in range(ROUNDS):
        gc.collect()
        start = perf_counter()
        call()
        times.append(perf_counter() - start)
    return median(times)


def handle_figures(directory: Path) -> Iterator[Figure]:
    """What ``models.with_tenant(t).Users`` costs, and what a find on a fresh one costs more."""
    connection = make_project(directory / "handles")
    generate(directory / "handles", directory / "handle_models")
    package = import_package(directory / "handle_models")
    models = package.create_models(connection)
    names = [f"t{number}" for number in range(TENANTS)]
    roots = [package.create_models(connection) for _ in range(ROUNDS)]
    spent = seconds(lambda: touch(roots.pop(), names))
    yield Figure("with_tenant(t).Users of a tenant not met before", spent / TENANTS * 1e6, "µs", 3)
    touch(models, names)
    spent = seconds(lambda: touch(models, names))
    yield Figure("with_tenant(t).Users of a tenant met before", spent / TENANTS * 1e6, "µs", 3)
    fresh = package.create_models(connection)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    kept = touch(fresh, names)
    size = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    yield Figure("memory of a tenant's container and handle", size / len(kept) / 1024, "KB", 0.5)
    yield fresh_against_held(models)
    yield look_after_a_pause(models)
    connection.close()


def touch(models: Any, names: Sequence[str]) -> list[Any]:
    """Bind one model to every tenant."""
    return [models.with_tenant(name).Users for name in names]


def fresh_against_held(models: Any) -> Figure:
    """One find on a new container for the tenant, divided by one on a handle that was kept."""
    key = models.Users.create(name="Ada", email="a@example.com", age=36, active=True).id
    held = models.with_tenant("main").Users

    def find_held() -> None:
        for _ in range(2_000):
            held.find_by_id(key)

    def find_fresh() -> None:
        for _ in range(2_000):
            models.with_tenant("main").Users.find_by_id(key)

    ratios: list[float] = []
    for _ in range(ROUNDS):
        start = perf_counter()
        find_held()
        between = perf_counter()
        find_fresh()
        ratios.append((perf_counter() - between) / (between - start))
    return Figure("find on a fresh container / on a held handle", median(ratios), "×", 1.05)


def look_after_a_pause(models: Any) -> Figure:
    """What a find costs more when the last look at the project is more than 100 ms ago."""
    users = models.Users
    times: list[tuple[float, float]] = []
    for _ in range(ROUNDS):
        sleep(0.12)
        start = perf_counter()
        users.find_by_id("none")
        between = perf_counter()
        users.find_by_id("none")
        times.append((between - start, perf_counter() - between))
    first, second = (median(column) for column in zip(*times, strict=True))
    return Figure("looking whether schema or project moved, each 100 ms", (first - second) * 1e6, "µs")


TOUCH = """
import resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_NOFILE, ({limit}, {limit}))
sys.path.insert(0, sys.argv[1])
from cinch_client import connect
from handle_models import create_models
models = create_models(connect("main", project_dir=Path(sys.argv[1], "handles")))
errors = 0
for again in range(2):
    for number in range({tenants}):
        users = models.with_tenant(f"t{{number}}").Users
        try:
            users.create(name="Ada", email=f"{{again}}@example.com", age=36, active=True)
            errors += users.count() != again + 1
        except Exception as error:
            errors += 1
print(errors)
"""


def many_tenants(directory: Path, tenants: int) -> Figure:
    """Write to and read from so many tenants, twice, in a process that may hold 1,024 descriptors."""
    connection = connect("main", project_dir=directory / "handles")
    connection.create_tenants([f"t{number}" for number in range(tenants)])
    connection.close()
    script = TOUCH.format(limit=min(DESCRIPTORS, resource.getrlimit(resource.RLIMIT_NOFILE)[1]), tenants=tenants)
    return Figure(f"errors in {tenants:,} tenants under ulimit -n 1024", float(run(script, str(directory))), "", 0)


def run(script: str, *arguments: str) -> str:
    """The standard output of a Python process of its own."""
    done = subprocess.run([sys.executable, "-c", script, *arguments], check=True, capture_output=True, text=True)
    return done.stdout


def generator_figures(directory: Path, tables: int) -> Iterator[Figure]:
    """Generate, check and import the package of a database with so many tables of 12 columns."""
    project, package = directory / f"project_{tables}", directory / f"models_{tables}"
    make_wide_project(project, tables)
    share = max(tables / 100, 1)  # the bars are those of 100 tables, and everything has to be linear
    yield Figure(f"generate {tables} tables", seconds(lambda: generate(project, package, "--force")), "s", 0.5 * share)
    yield Figure(f"check {tables} tables", seconds(lambda: generate(project, package, "--check")), "s", 0.5 * share)
    text = sum(file.stat().st_size for file in package.rglob("*.py"))
    yield Figure(f"package of {tables} tables", text / 1e6, "MB", share)
    script = """
import json, sys, time
import cinch_models_runtime
sys.path.insert(0, sys.argv[1])
start = time.perf_counter()
__import__(sys.argv[2])
print(json.dumps(time.perf_counter() - start))
"""
    times = [json.loads(run(script, str(directory), package.name)) for _ in range(ROUNDS)]
    yield Figure(f"import of the package of {tables} tables", median(times) * 1000, "ms", 10 * share)


COLUMNS = """id TEXT PRIMARY KEY NOT NULL, created_at TEXT NOT NULL, updated_at TEXT,
name TEXT NOT NULL, email TEXT UNIQUE, age INTEGER, score REAL DEFAULT 0, active BOOLEAN NOT NULL, total NUMERIC,
payload BLOB, note TEXT, rank INTEGER NOT NULL DEFAULT 1"""


def make_wide_project(project: Path, tables: int) -> None:
    """Tables of 12 columns each; written by hand, because it is the generator that is measured."""
    init_project(project)
    for place in ("0d/main.db", "e3/__empty__.db"):
        connection = sqlite3.connect(project / ".cinchdb" / "main-main" / place)
        for number in range(tables):
            connection.execute(f"CREATE TABLE table{number} ({COLUMNS})")
        connection.commit()
        connection.close()
