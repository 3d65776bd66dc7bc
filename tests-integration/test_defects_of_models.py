"""The defects of 0.1.24's generated models and of its processes, each with what happens here.

That 0.1.24 has them is shown in `neighbour/test_reproducers.py`; the other defects are in `test_defects.py`.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
import sqlite3
import subprocess
import sys
import threading
import warnings
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from cinch_client import BusyError, Column, connect, init_database, init_project

ODD_COLUMNS = {
    "keywords": "class def import lambda pass async",
    "methods": "save count bulk_create find_by_id delete_records select update delete",
    "attributes": "model_config model_dump str int json copy dict schema construct validate",
    "parameters": "self limit offset order_by include any_of",
}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose schema has every trap of the fact sheet, with the package of its database."""
    directory = tmp_path_factory.mktemp("defects")
    init_project(directory / "project")
    main = connect("main", project_dir=directory / "project")
    main.create_table(
        "users",
        [
            Column("name", "TEXT"),
            Column("city", "TEXT", nullable=False, default="'Bern'"),
            Column("motto", "TEXT", default="'carpe diem'"),
            Column("ok", "BOOLEAN"),
        ],
    )
    with warnings.catch_warnings(action="ignore"):  # 0.1.24 could not read all of these
        for table, columns in ODD_COLUMNS.items():
            main.create_table(table, [Column(name, "TEXT") for name in columns.split()])
    main.create_table("user1", [Column("one", "TEXT")])
    main.create_table("user_1", [Column("two", "TEXT")])
    main.create_table("cinch_models", [Column("name", "TEXT")])
    main.create_table("crowd_view", [Column("name", "TEXT")])
    main.create_view("crowd", "SELECT name FROM users")
    main.create_view("everyone", "SELECT name FROM users")
    main.create_view("totals", "SELECT count(*) FROM users")
    main.create_view("doubled", "SELECT length(name) * 2 AS n FROM users")
    for tenant in ("a", "b"):
        main.create_tenant(tenant)
    main.close()
    generator = Path(sys.executable).with_name("cinch-codegen")
    place = ["--project-dir", str(directory / "project"), "--output", str(directory / "defect_models")]
    subprocess.run([generator, "generate", "main", *place], check=True, capture_output=True)
    return directory


@pytest.fixture
def project(template: Path, tmp_path: Path) -> Path:
    shutil.copytree(template / "project", tmp_path / "project")
    return tmp_path / "project"


@pytest.fixture
def package(template: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(sys, "path", [str(template), *sys.path])
    return import_module("defect_models")


@pytest.fixture
def models(package: Any, project: Path) -> Any:
    """The container of a project of the test's own."""
    return package.create_models(connect("main", project_dir=project))


def names(models: Any, tenant: str) -> list[str]:
    return [user.name for user in models.with_tenant(tenant).Users.select(order_by="name")]


def test_d11_generated_models_can_be_used(models: Any) -> None:
    models.Users.create(name="Ada")

    assert [user.name for user in models.Users.select()] == ["Ada"]


def test_d12_a_write_goes_to_the_tenant_of_its_handle(models: Any) -> None:
    of_a = models.with_tenant("a").Users
    of_b = models.with_tenant("b").Users

    of_a.create(name="for a")
    of_b.create(name="for b")
    of_a.create(name="for a, again")

    assert names(models, "a") == ["for a", "for a, again"]
    assert names(models, "b") == ["for b"]


def test_d12_a_row_is_saved_where_it_was_read(models: Any) -> None:
    row = models.with_tenant("a").Users.create(name="old")
    models.with_tenant("b").Users.create(name="other")

    row.name = "new"
    row.save()

    assert names(models, "a") == ["new"]
    assert names(models, "b") == ["other"]


def test_d14_threads_write_to_their_own_tenants(models: Any) -> None:
    handles = {tenant: models.with_tenant(tenant).Users for tenant in ("a", "b")}

    def work(tenant: str) -> None:
        for _ in range(100):
            handles[tenant].create(name=tenant)

    threads = [threading.Thread(target=work, args=(tenant,)) for tenant in handles]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert names(models, "a") == ["a"] * 100
    assert names(models, "b") == ["b"] * 100


def test_d15_defaults_apply_and_come_back(models: Any) -> None:
    ada = models.Users.create(name="Ada")

    assert (ada.city, ada.motto) == ("Bern", "carpe diem")
    assert ada.created_at.tzinfo is not None


def test_d15_null_is_stored_where_it_is_said(models: Any) -> None:
    assert models.Users.create(name="Ada", motto=None).motto is None


@pytest.fixture
def locked(project: Path) -> Any:
    """Holds the write lock of the tenant `main`; call ``rollback`` on it to release it."""
    file = project / ".cinchdb" / "main-main" / "0d" / "main.db"
    with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield connection


def test_d16_a_locked_file_is_busy(project: Path, locked: sqlite3.Connection) -> None:
    del locked
    impatient = connect("main", project_dir=project, busy_timeout=0.1)

    with pytest.raises(BusyError) as busy:
        impatient.insert("users", {"name": "Ada"})

    assert busy.value.retryable
    assert impatient.query("SELECT name FROM users") == []


def test_d16_a_writer_waits_for_the_lock(models: Any, locked: sqlite3.Connection) -> None:
    release = threading.Timer(0.2, locked.rollback)
    release.start()

    models.Users.create(name="Ada")

    release.join()
    assert names(models, "main") == ["Ada"]


def test_d17_booleans_come_back(models: Any) -> None:
    created = [models.Users.create(name="x", ok=value).ok for value in (True, False, None)]

    assert created == [True, False, None]
    assert [type(user.ok) for user in models.Users.select(ok=True)] == [bool]


def test_d17_times_are_aware_and_exact(models: Any) -> None:
    moment = dt.datetime(2026, 5, 1, 10, 0, 0, 123456, tzinfo=dt.timezone(dt.timedelta(hours=2)))

    created = models.Users.create(name="Ada", created_at=moment)

    assert models.Users.get(created.id).created_at == moment
    assert models.Users.select(created_at=moment)[0].name == "Ada"


@pytest.mark.parametrize("table", ODD_COLUMNS)
def test_d19_odd_column_names_round_trip(package: Any, models: Any, project: Path, table: str) -> None:
    columns = ODD_COLUMNS[table].split()
    fields = getattr(package, table.capitalize()).model_fields
    field_of = {field.serialization_alias or name: name for name, field in fields.items()}
    handle = getattr(models, table.capitalize())

    row = handle.create(**{field_of[column]: column.upper() for column in columns})

    assert [getattr(row, field_of[column]) for column in columns] == [column.upper() for column in columns]
    assert handle.count(**{field_of[columns[0]]: columns[0].upper()}) == 1
    with closing(sqlite3.connect(project / ".cinchdb" / "main-main" / "0d" / "main.db")) as connection:
        connection.row_factory = sqlite3.Row
        stored = dict(connection.execute(f"SELECT * FROM {table}").fetchone())
    assert [stored[column] for column in columns] == [column.upper() for column in columns]


def test_d19_tables_of_one_class_name_stay_apart(package: Any, models: Any) -> None:
    classes = [name for name in package.__all__ if name not in {"CinchModels", "create_models"}]
    handle_of = {getattr(package, name).__table__.name: getattr(models, name) for name in classes}

    handle_of["user1"].create(one="1")
    handle_of["user_1"].create(two="2")
    handle_of["cinch_models"].create(name="container")
    handle_of["crowd_view"].create(name="table")

    assert [row.one for row in handle_of["user1"].select()] == ["1"]
    assert [row.two for row in handle_of["user_1"].select()] == ["2"]
    assert [row.name for row in handle_of["cinch_models"].select()] == ["container"]
    assert [row.name for row in handle_of["crowd_view"].select()] == ["table"]
    assert handle_of["crowd"].select() == []


def test_d19_a_view_with_a_column_without_a_name(models: Any) -> None:
    models.Users.create(name="Ada")

    assert [row.count for row in models.TotalsView.select()] == [1]


def test_d19_a_computed_column(models: Any) -> None:
    models.Users.create(name="Ada")

    assert [row.n for row in models.DoubledView.select()] == [6]


USE = """
from cinch_client import connect
from defect_models import create_models

models = create_models(connect("main"))
models.Users.select(nmae="Ada")
models.Users.select(name__like="A%", order_by="-name", limit=1)
models.Users.create(name=3)
models.User.select()
models.EveryoneView.create(name="Ada")
name: str = models.Users.get("x").city
number: int = models.Users.get("x").city
"""


def test_d20_mistakes_are_found_by_a_type_checker(template: Path) -> None:
    (template / "use.py").write_text(USE)
    (template / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    pyright = Path(sys.executable).with_name("pyright")

    done = subprocess.run(
        [pyright, "--pythonpath", sys.executable, "--outputjson", "use.py"],
        cwd=template,
        capture_output=True,
        text=True,
    )

    found = {error["range"]["start"]["line"] + 1 for error in json.loads(done.stdout)["generalDiagnostics"]}
    assert found == {6, 8, 9, 10, 12}
    assert (template / "defect_models" / "py.typed").exists()


def test_d21_an_instance_is_deleted(models: Any) -> None:
    ada = models.Users.create(name="Ada")

    ada.delete()

    assert models.Users.count() == 0


def test_d21_a_view_is_queried(models: Any) -> None:
    models.Users.create(name="Ada")

    assert [row.name for row in models.EveryoneView.select(name="Ada")] == ["Ada"]
    assert models.EveryoneView.count() == 1


def test_d22_the_key_in_the_environment_stays_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CINCHDB_API_KEY", "CINCH_API_KEY"):
        monkeypatch.setenv(name, "s3cret")
    monkeypatch.setenv("CINCHDB_REMOTE_URL", "https://db.example.com")

    init_project(tmp_path)
    init_database(tmp_path, "shop")
    connect("shop", project_dir=tmp_path).create_table("users", [Column("name", "TEXT")])

    files = [file for file in (tmp_path / ".cinchdb").rglob("*") if file.is_file()]
    assert files
    assert [file.name for file in files if b"s3cret" in file.read_bytes()] == []
