"""Making projects and databases, and databases whose directories would collide."""

import json
import sqlite3
import tomllib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from cinch_client import (
    AlreadyExistsError,
    Column,
    ConfigurationError,
    ConstraintError,
    DatabaseNotFoundError,
    InvalidNameError,
    ProjectNotFoundError,
    StorageError,
    connect,
    delete_database,
    init_database,
    init_project,
    list_databases,
)

Files = Callable[[], dict[str, bytes]]


def found(directory: Path) -> list[str]:
    """The files of a project, without SQLite's logs."""
    paths = (path for path in directory.rglob("*") if path.is_file() and not path.name.endswith(("-wal", "-shm")))
    return sorted(str(path.relative_to(directory)) for path in paths)


# --- making -----------------------------------------------------------------------------------------------------------


def test_a_new_project_has_the_files_of_0_1(tmp_path: Path) -> None:
    directory = init_project(tmp_path / "new" / "project")
    assert directory == (tmp_path / "new" / "project").resolve()
    assert found(directory) == [
        ".cinchdb/config.toml",
        ".cinchdb/main-main/0d/main.db",
        ".cinchdb/main-main/changes.json",
        ".cinchdb/main-main/e3/__empty__.db",
        ".cinchdb/main-main/metadata.json",
        ".cinchdb/metadata.db",
    ]
    config = tomllib.loads((directory / ".cinchdb" / "config.toml").read_text())
    assert config == {"active_database": "main", "active_branch": "main", "remotes": {}, "api_keys": {}}
    facts = json.loads((directory / ".cinchdb" / "main-main" / "metadata.json").read_text())
    assert (facts["database"], facts["branch"], facts["parent"]) == ("main", "main", None)
    assert json.loads((directory / ".cinchdb" / "main-main" / "changes.json").read_text()) == []
    with closing(sqlite3.connect(directory / ".cinchdb" / "metadata.db")) as metadata:
        assert metadata.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        rows = metadata.execute("SELECT name, materialized, shard FROM tenants ORDER BY name").fetchall()
        assert rows == [("__empty__", 1, "e3"), ("main", 1, "0d")]
        assert metadata.execute("SELECT name, materialized FROM databases").fetchall() == [("main", 1)]
        for (text,) in metadata.execute(
            "SELECT id FROM databases UNION SELECT id FROM branches UNION SELECT id FROM tenants"
        ):
            assert text[14] == "4", "ids of the metadata are UUIDs of version 4, as 0.1 makes them"


def test_names_of_the_first_database_and_branch(tmp_path: Path) -> None:
    init_project(tmp_path, "shop", "dev")
    with connect("shop", "dev", project_dir=tmp_path) as db:
        assert (db.list_databases(), db.list_branches()) == (["shop"], ["dev"])
        assert (tmp_path / ".cinchdb" / "shop-dev").is_dir()


def test_without_a_directory_the_current_one_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert init_project() == tmp_path.resolve()
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a" / "b")
    assert list_databases() == ["main"]
    init_database(None, "other")
    with connect("other") as db:
        assert db.project_dir == tmp_path.resolve()


def test_a_project_is_never_made_over_another(project: Path, files: Files) -> None:
    before = files()
    with pytest.raises(AlreadyExistsError, match="is a CinchDB project already; it was not touched"):
        init_project(project)
    assert files() == before


def test_a_forbidden_name_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(InvalidNameError):
        init_project(tmp_path / "x", "../evil")
    with pytest.raises(InvalidNameError):
        init_project(tmp_path / "x", "main", "Bad/..")
    assert list(tmp_path.iterdir()) == []


def test_where_there_is_no_project_nothing_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "inside").mkdir()
    monkeypatch.chdir(tmp_path / "inside")
    for attempt in (
        lambda: connect("main", project_dir=tmp_path),
        lambda: connect("main", project_dir=tmp_path / "missing"),
        lambda: connect("main"),
        lambda: init_database(tmp_path, "x"),
        lambda: delete_database(tmp_path, "x"),
        lambda: list_databases(tmp_path),
    ):
        with pytest.raises(
            ProjectNotFoundError, match=r"there is no CinchDB project in .*; make one with init_project"
        ):
            attempt()
    assert [path.name for path in tmp_path.rglob("*")] == ["inside"]


def test_a_project_below_is_not_the_project(project: Path) -> None:
    (project / "sub").mkdir()
    with pytest.raises(ProjectNotFoundError):
        connect("main", project_dir=project / "sub")


def test_metadata_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".cinchdb").mkdir()
    path = tmp_path / ".cinchdb" / "metadata.db"
    path.write_bytes(b"diary " * 1000)
    with pytest.raises(StorageError, match=r"metadata\.db: it is not an SQLite database"):
        connect("main", project_dir=tmp_path)
    assert path.read_bytes() == b"diary " * 1000
    path.unlink()
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE notes (a)")
    with pytest.raises(StorageError, match="holds no CinchDB metadata"):
        connect("main", project_dir=tmp_path)


# --- databases --------------------------------------------------------------------------------------------------------


def test_a_lazy_database_is_only_rows(project: Path) -> None:
    before = found(project)
    init_database(project, "shop", "dev", "a description")
    assert found(project) == before
    assert list_databases(project) == ["main", "shop"]
    init_database(project, "eager", lazy=False)
    assert (project / ".cinchdb" / "eager-main" / "0d" / "main.db").is_file()
    assert (project / ".cinchdb" / "eager-main" / "e3" / "__empty__.db").is_file()


def test_a_database_is_made_once(project: Path) -> None:
    init_database(project, "shop")
    for name in ("shop", "main"):
        with pytest.raises(AlreadyExistsError, match=f"there is a database '{name}' already"):
            init_database(project, name)


def test_a_deleted_database_takes_its_files_along(project: Path) -> None:
    # Defect D9 of 0.1: the next database of that name served the old rows.
    init_database(project, "foo")
    with connect("foo", project_dir=project) as foo:
        foo.create_table("t", [Column("secret", "TEXT")])
        foo.create_tenant("acme")
        foo.with_tenant("acme").insert("t", {"secret": "old"})
        delete_database(project, "foo")
        assert not [name for name in found(project) if "foo" in name or "deleted" in name]
        for use in (lambda: foo.query("SELECT 1"), lambda: foo.with_tenant("acme").insert("t", {"secret": "x"})):
            with pytest.raises(DatabaseNotFoundError, match="there is no database 'foo'; there are: main"):
                use()
        init_database(project, "foo")
        assert foo.list_tables() == []
        foo.create_table("t", [Column("secret", "TEXT")])
        foo.create_tenant("acme")
        assert foo.with_tenant("acme").query("SELECT secret FROM t") == []
        foo.with_tenant("acme").insert("t", {"secret": "new"})
        assert foo.with_tenant("acme").query("SELECT secret FROM t") == [{"secret": "new"}]


def test_files_that_0_1_left_of_a_deleted_database_are_set_aside(project: Path) -> None:
    init_database(project, "foo", lazy=False)
    with connect("foo", project_dir=project) as foo:
        foo.create_table("t", [Column("secret", "TEXT")])
        foo.insert("t", {"secret": "old"})
    with closing(sqlite3.connect(project / ".cinchdb" / "metadata.db")) as metadata:
        metadata.execute("PRAGMA foreign_keys = ON")
        metadata.execute("DELETE FROM branch_changes")
        metadata.execute("DELETE FROM databases WHERE name = 'foo'")
        metadata.commit()
    init_database(project, "foo")
    with connect("foo", project_dir=project) as foo:
        assert foo.list_tables() == []
        foo.create_table("t", [Column("secret", "TEXT")])
        assert foo.query("SELECT secret FROM t") == []
    assert [path.name for path in (project / ".cinchdb").iterdir() if ".orphan-" in path.name] != []


def test_the_last_database_stays(project: Path, files: Files) -> None:
    before = files()
    with pytest.raises(ConfigurationError, match="'main' is the last database"):
        delete_database(project, "main")
    with pytest.raises(DatabaseNotFoundError):
        delete_database(project, "ghost")
    assert files() == before


# --- colliding directories (defect D4 of 0.1) -------------------------------------------------------------------------


def test_a_database_that_would_share_a_directory_is_not_made(project: Path, files: Files) -> None:
    init_database(project, "shop-eu", lazy=False)
    before = files()
    with pytest.raises(
        AlreadyExistsError, match="would be in the directory shop-eu-main, which belongs to shop-eu/main"
    ):
        init_database(project, "shop", "eu-main")
    assert list_databases(project) == ["main", "shop-eu"]
    assert files() == before


@pytest.fixture
def collision(project: Path) -> Path:
    """A project in which 0.1 let shop-eu/main and shop/eu-main share ``shop-eu-main``; it is shop-eu's."""
    init_database(project, "shop-eu", lazy=False)
    with connect("shop-eu", project_dir=project) as owner:
        owner.create_table("notes", [Column("text", "TEXT")])
        owner.insert("notes", {"text": "of shop-eu"})
    init_database(project, "shop")
    with closing(sqlite3.connect(project / ".cinchdb" / "metadata.db")) as metadata:
        metadata.execute(
            "UPDATE branches SET name = 'eu-main' WHERE database_id = (SELECT id FROM databases WHERE name = 'shop')"
        )
        metadata.execute("UPDATE tenants SET materialized = 1")
        metadata.commit()
    return project


def test_the_owner_of_a_shared_directory_opens_and_the_other_is_refused(collision: Path, files: Files) -> None:
    before = files()
    with connect("shop-eu", project_dir=collision) as owner:
        assert owner.query("SELECT text FROM notes") == [{"text": "of shop-eu"}]
    with connect("shop", "eu-main", project_dir=collision) as other:
        for use in (
            lambda: other.query("SELECT 1"),
            lambda: other.schema(),
            lambda: other.insert("notes", {"text": "x"}),
            lambda: other.create_table("t", []),
            lambda: other.transaction().__enter__(),
        ):
            with pytest.raises(StorageError, match="its directory shop-eu-main belongs to the database shop-eu"):
                use()
    assert files() == before


def test_deleting_the_other_never_touches_the_owners_files(collision: Path, files: Files) -> None:
    before = files()
    delete_database(collision, "shop")
    assert files() == before
    with connect("shop-eu", project_dir=collision) as owner:
        assert owner.query("SELECT text FROM notes") == [{"text": "of shop-eu"}]


def test_deleting_the_owner_takes_its_files_and_frees_the_name(collision: Path) -> None:
    delete_database(collision, "shop-eu")
    assert not (collision / ".cinchdb" / "shop-eu-main").exists()
    with connect("shop", "eu-main", project_dir=collision) as other:
        assert other.list_tables() == []
        other.create_table("notes", [Column("text", "TEXT")])
        assert other.query("SELECT text FROM notes") == []


def test_a_deletion_that_fails_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    init_project(tmp_path)
    init_database(tmp_path, "shop", lazy=False)
    shop = connect("shop", project_dir=tmp_path)
    shop.create_table("users", [Column("name", "TEXT")])
    shop.insert("users", {"name": "Ada"})
    with closing(sqlite3.connect(tmp_path / ".cinchdb" / "metadata.db")) as metadata:
        metadata.execute("CREATE TRIGGER full BEFORE DELETE ON databases BEGIN SELECT RAISE(ABORT, 'full'); END")

    with pytest.raises(ConstraintError):
        delete_database(tmp_path, "shop")

    assert shop.query("SELECT name FROM users") == [{"name": "Ada"}]


def test_a_place_where_no_project_can_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="Not a directory"):
        init_project(tmp_path / "file" / "project")
