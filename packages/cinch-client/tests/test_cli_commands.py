"""Every command of cinch-client, run as the console script runs it."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from cinch_client import CinchDB, connect, init_project
from cinch_client._cli import _app

Run = Callable[..., "Result"]


def _joined(value: object) -> str | None:
    return " ".join(map(str, cast("tuple[object, ...]", value))) if isinstance(value, tuple) else None


class Result:
    """What a command said and how it ended."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err

    @property
    def data(self) -> Any:
        return json.loads(self.out)

    @property
    def table(self) -> list[list[str]]:
        return [line.split() for line in self.out.splitlines()]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("CINCHDB_PROJECT_DIR", "CINCHDB_DATABASE", "CINCHDB_BRANCH"):
        monkeypatch.delenv(name, raising=False)
    directory = init_project(tmp_path / "project", "shop")
    monkeypatch.chdir(directory)
    return directory


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*words: str) -> Result:
        capsys.readouterr()
        code = _app.run(words)
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return Result(code, out, err)

    return run


@pytest.fixture
def shop(project: Path, run: Run) -> CinchDB:
    assert run("table", "create", "users", "email:text:not_null:unique", "age:int:default=18").code == 0
    assert run("table", "create", "orders", "user_id:text:fk=users.id:cascade", "-i", "user_id").code == 0
    return connect("shop", project_dir=project)


class TestProjects:
    def test_init(self, tmp_path: Path, run: Run) -> None:
        done = run("init", str(tmp_path / "new"), "-d", "shop", "-b", "trunk", "--json")
        assert done.code == 0
        assert done.data == {"project_dir": str(tmp_path / "new"), "database": "shop", "branch": "trunk"}
        assert connect("shop", "trunk", project_dir=tmp_path / "new").list_tables() == []

    def test_init_in_the_current_directory(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
        monkeypatch.chdir(tmp_path)
        done = run("init")
        assert (done.code, done.out) == (0, "")
        assert done.err == f"made a project in {tmp_path}, with the database 'main' and its branch 'main'\n"

    def test_a_project_is_made_once(self, project: Path, run: Run) -> None:
        done = run("init", str(project))
        assert done.code == 2
        assert done.err.startswith("error: ")

    def test_status(self, project: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CINCHDB_BRANCH", "main")
        assert run("status", "--json").data == {
            "project_dir": str(project),
            "active_database": "shop",
            "active_branch": "main",
            "databases": ["shop"],
            "environment": {"CINCHDB_BRANCH": "main"},
        }
        assert ["active_database", "shop"] in run("status").table

    def test_no_project(self, tmp_path: Path, run: Run) -> None:
        done = run("status", "--project-dir", str(tmp_path))
        assert done.code == 1
        assert done.err == (
            f"error: there is no CinchDB project in {tmp_path}\nhint: make one with 'cinch-client init'\n"
        )
        assert run("table", "list", "--project-dir", str(tmp_path)).code == 2

    def test_a_project_above_is_found(self, project: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        (project / "deep" / "down").mkdir(parents=True)
        monkeypatch.chdir(project / "deep" / "down")
        assert run("status", "--json").data["project_dir"] == str(project)

    def test_a_config_that_is_no_toml(self, project: Path, run: Run) -> None:
        (project / ".cinchdb" / "config.toml").write_text("active_database = ", encoding="utf-8")
        done = run("table", "list")
        assert done.code == 2
        assert "config.toml cannot be read" in done.err


class TestDatabases:
    @pytest.mark.usefixtures("project")
    def test_create_list_info(self, run: Run) -> None:
        assert run("db", "create", "crm", "--branch", "trunk", "--description", "calls").code == 0
        assert run("db", "list", "--json").data == [
            {"name": "crm", "active": False},
            {"name": "shop", "active": True},
        ]
        assert run("db", "info", "crm", "-b", "trunk", "--json").data == {
            "name": "crm",
            "active": False,
            "branches": ["trunk"],
            "branch": "trunk",
            "tenants": 1,
            "tables": [],
            "views": [],
        }

    def test_switch_keeps_the_rest_of_the_config(self, project: Path, run: Run) -> None:
        config = project / ".cinchdb" / "config.toml"
        text = 'active_database = "shop" # mine\nactive_branch = "main"\ncolor = "red"\n\n[remotes.x]\nkey = "k"\n'
        config.write_text(text, encoding="utf-8")
        run("db", "create", "crm")
        assert run("db", "switch", "crm").code == 0
        assert config.read_text(encoding="utf-8") == text.replace('"shop" # mine', '"crm"')
        assert run("db", "info", "--json").data["name"] == "crm"

    def test_switch_to_what_is_not_there(self, project: Path, run: Run) -> None:
        before = (project / ".cinchdb" / "config.toml").read_text(encoding="utf-8")
        assert run("db", "switch", "nope").code == 2
        assert (project / ".cinchdb" / "config.toml").read_text(encoding="utf-8") == before

    @pytest.mark.usefixtures("project")
    def test_delete(self, run: Run) -> None:
        run("db", "create", "crm", "-s")
        done = run("db", "delete", "crm", "--yes")
        assert done.code == 0
        assert "it was the active database" in done.err
        assert run("db", "list", "--json").data == [{"name": "shop", "active": False}]
        assert run("db", "delete", "crm", "--yes").code == 2

    @pytest.mark.usefixtures("shop")
    def test_another_database_by_option_and_environment(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        run("db", "create", "crm")
        assert run("table", "create", "calls", "-d", "crm").code == 0
        monkeypatch.setenv("CINCHDB_DATABASE", "crm")
        assert [row["name"] for row in run("table", "list", "--json").data] == ["calls"]
        assert [row["name"] for row in run("table", "list", "-d", "shop", "--json").data] == ["orders", "users"]


class TestTenants:
    def test_from_birth_to_death(self, shop: CinchDB, run: Run) -> None:
        shop.insert("users", {"email": "a"})
        assert run("tenant", "create", "one", "--description", "first", "--json").data[0]["description"] == "first"
        assert run("tenant", "create", "two", "three").code == 0
        assert run("tenant", "copy", "main", "four").code == 0
        assert run("tenant", "rename", "four", "five").code == 0
        assert shop.with_tenant("five").query("SELECT email FROM users") == [{"email": "a"}]
        assert run("tenant", "delete", "one", "-y").code == 0
        names = [row["name"] for row in run("tenant", "list", "--json").data]
        assert names == ["five", "main", "three", "two"]
        assert "__empty__" in run("tenant", "list", "--all").out
        assert run("tenant", "info", "five", "--json").data["materialized"] is True

    def test_copy_from(self, shop: CinchDB, run: Run) -> None:
        shop.insert("users", {"email": "a"})
        assert run("tenant", "create", "two", "--copy-from", "main").code == 0
        assert run("query", "SELECT count(*) AS n FROM users", "-t", "two", "--json").data == [{"n": 1}]

    @pytest.mark.usefixtures("shop")
    def test_options_of_one_tenant(self, run: Run) -> None:
        done = run("tenant", "create", "a1", "a2", "--copy-from", "main")
        assert (done.code, done.err.splitlines()[1]) == (2, "hint: create them one by one")

    @pytest.mark.parametrize(
        ("words", "code"),
        [
            (("tenant", "create", "../x"), 2),
            (("tenant", "create", "main"), 2),
            (("tenant", "info", "ghost"), 1),
            (("tenant", "delete", "ghost", "-y"), 2),
            (("query", "SELECT 1", "-t", "ghost"), 2),
        ],
        ids=_joined,
    )
    @pytest.mark.usefixtures("shop")
    def test_what_is_refused(self, run: Run, words: tuple[str, ...], code: int) -> None:
        done = run(*words)
        assert done.code == code
        assert done.err.startswith("error: ")


class TestTables:
    @pytest.mark.usefixtures("project")
    def test_create(self, run: Run) -> None:
        done = run("table", "create", "t", "a:int", "b:text", "-i", "a", "-u", "a,b", "--json")
        assert [column["name"] for column in done.data["columns"]] == ["id", "created_at", "updated_at", "a", "b"]
        assert done.data["unique"] == [["a", "b"]]
        assert done.err == "created table 't' with 5 columns\n"

    @pytest.mark.usefixtures("shop")
    def test_list(self, run: Run) -> None:
        assert run("table", "list").table == [
            ["name", "columns", "indexes"],
            ["orders", "4", "1"],
            ["users", "5", "0"],
        ]

    @pytest.mark.usefixtures("shop")
    def test_info(self, run: Run) -> None:
        shown = run("table", "info", "orders").out
        assert "users.id on delete cascade" in shown
        assert "idx_orders_user_id" in shown
        data = run("table", "info", "orders", "--json").data
        assert data["foreign_keys"][0]["references"] == ["id"]

    def test_delete(self, shop: CinchDB, run: Run) -> None:
        done = run("table", "delete", "users", "-y")
        assert done.code == 2
        assert "orders.user_id refers to it" in done.err
        assert run("table", "delete", "orders", "--force").code == 0
        assert [table.name for table in shop.list_tables()] == ["users"]

    @pytest.mark.usefixtures("project")
    def test_a_keyword_is_warned_about_once(self, run: Run) -> None:
        done = run("table", "create", "order")
        assert done.code == 0
        assert done.err.count("warning: 'order' is an SQL keyword") == 1


class TestColumns:
    def test_add_with_options(self, shop: CinchDB, run: Run) -> None:
        shop.insert("users", {"email": "a"})
        words = ("column", "add", "users", "state", "text", "--not-null", "--default", "'new'", "--json")
        done = run(*words)
        assert done.data == {
            "name": "state",
            "type": "TEXT",
            "declared_type": "TEXT",
            "nullable": False,
            "default": "'new'",
            "primary_key": 0,
            "generated": False,
            "choices": [],
        }
        assert shop.query("SELECT state FROM users") == [{"state": "new"}]

    def test_add_with_a_reference(self, shop: CinchDB, run: Run) -> None:
        words = ("column", "add", "users", "boss", "text", "--references", "users", "--on-delete", "set null")
        assert run(*words, "-u").code == 0
        (key,) = shop.get_table("users").foreign_keys
        assert (key.columns, key.table, key.on_delete) == (("boss",), "users", "SET NULL")
        assert ("boss",) in shop.get_table("users").unique

    def test_add_in_one_word(self, shop: CinchDB, run: Run) -> None:
        assert run("column", "add", "users", "nick:text:unique").code == 0
        assert ("nick",) in shop.get_table("users").unique

    def test_rename_info_list_drop(self, shop: CinchDB, run: Run) -> None:
        assert run("column", "rename", "users", "age", "years").code == 0
        assert ["default", "18"] in run("column", "info", "users", "years").table
        assert run("column", "info", "users", "years", "--json").data["type"] == "INTEGER"
        assert [row["name"] for row in run("column", "list", "users", "--json").data][-1] == "years"
        assert run("column", "list", "users").table[-1][:3] == ["years", "INTEGER", "yes"]
        assert run("column", "drop", "users", "years", "-y").code == 0
        assert [column.name for column in shop.list_columns("users")][-1] == "email"

    @pytest.mark.parametrize(
        ("words", "code", "message"),
        [
            (("add", "users", "x"), 2, "has no type"),
            (("add", "users", "x:int", "--unique"), 2, "options go with NAME and TYPE"),
            (("add", "users", "x", "json"), 2, "'json' is not a column type"),
            (("add", "users", "x", "int", "--default", "0, y"), 2, "one SQL expression"),
            (("add", "users", "x", "int", "--on-delete", "explode"), 2, "explode"),
            (("drop", "users", "id", "-y"), 2, "every table has it"),
            (("drop", "users", "nope", "-y"), 2, "nope"),
            (("info", "users", "nope"), 1, "nope"),
            (("rename", "users", "age", "Bad Name"), 2, "lower-case"),
        ],
        ids=_joined,
    )
    @pytest.mark.usefixtures("shop")
    def test_what_is_refused(self, run: Run, words: tuple[str, ...], code: int, message: str) -> None:
        done = run("column", *words)
        assert done.code == code
        assert done.err.startswith("error: ")
        assert message in done.err


class TestViewsAndIndexes:
    def test_views(self, shop: CinchDB, run: Run) -> None:
        assert run("view", "create", "adults", "SELECT email FROM users WHERE age >= 18", "--json").code == 0
        assert run("view", "list", "--json").data == [{"name": "adults", "columns": ["email"]}]
        assert run("view", "update", "adults", "SELECT id, email FROM users").code == 0
        assert run("view", "info", "adults", "--json").data["sql"] == "SELECT id, email FROM users"
        assert ["sql", "SELECT", "id,", "email", "FROM", "users"] in run("view", "info", "adults").table
        assert run("view", "delete", "adults", "-y").code == 0
        assert shop.list_views() == []
        assert run("view", "create", "adults", "DELETE FROM users").code == 2
        assert run("view", "info", "adults").code == 1

    @pytest.mark.usefixtures("shop")
    def test_indexes(self, run: Run) -> None:
        assert run("index", "create", "users", "age", "email", "--json").data["name"] == "idx_users_age_email"
        assert run("index", "create", "users", "age", "--unique", "--name", "by_age").code == 0
        assert [row["name"] for row in run("index", "list", "users", "--json").data] == [
            "by_age",
            "idx_users_age_email",
        ]
        assert run("index", "info", "by_age", "--json").data["unique"] is True
        assert run("index", "drop", "by_age", "-y").code == 0
        assert run("index", "drop", "idx_users_age_email").code == 0
        assert len(run("index", "list").table) == 2
        assert run("index", "info", "by_age").code == 1


class TestQueries:
    @pytest.mark.usefixtures("shop")
    def test_forms(self, run: Run) -> None:
        sql = "SELECT 1 AS a, x'00ff' AS b, NULL AS c, 9e999 AS d, 'x,\"é' AS e"
        assert run("query", sql, "--json").data == [
            {"a": 1, "b": {"base64": "AP8="}, "c": None, "d": "inf", "e": 'x,"é'}
        ]
        assert run("query", sql, "-f", "json").data == run("query", sql, "--json").data
        assert [*csv.reader(io.StringIO(run("query", sql, "-f", "csv").out))] == [
            ["a", "b", "c", "d", "e"],
            ["1", "00ff", "", "inf", 'x,"é'],
        ]
        shown = run("query", sql)
        assert shown.table == [["a", "b", "c", "d", "e"], ["1", "x'00ff'", "-", "inf", 'x,"é']]
        assert shown.err == "1 row\n"

    @pytest.mark.usefixtures("shop")
    def test_limit_and_nothing(self, run: Run) -> None:
        many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9) SELECT i FROM n"
        assert run("query", many, "-l", "2", "--json").data == [{"i": 1}, {"i": 2}]
        nothing = run("query", "SELECT email FROM users")
        assert (nothing.out, nothing.err) == ("", "0 rows\n")

    @pytest.mark.usefixtures("shop")
    def test_sql_from_stdin(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO("SELECT 7 AS n"))
        assert run("query", "-", "--json").data == [{"n": 7}]

    def test_what_a_terminal_would_obey_is_shown(self, shop: CinchDB, run: Run) -> None:
        shop.insert("users", {"email": "\x1b[31m[bold]red"})
        assert "\\x1b[31m[bold]red" in run("query", "SELECT email FROM users").out

    @pytest.mark.parametrize(
        "sql", ["DELETE FROM users", "ATTACH ':memory:' AS x", "SELECT nope", "", "SELECT 1; SELECT 2"]
    )
    @pytest.mark.usefixtures("shop")
    def test_what_is_refused(self, run: Run, sql: str) -> None:
        done = run("query", sql)
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith("error: ")


class TestTalk:
    @pytest.mark.parametrize(
        "words",
        [
            ("db", "delete", "shop"),
            ("tenant", "delete", "t"),
            ("table", "delete", "orders"),
            ("column", "drop", "users", "age"),
            ("view", "delete", "v"),
            ("index", "drop", "u"),
        ],
        ids=_joined,
    )
    def test_without_a_terminal_nothing_is_destroyed(
        self, shop: CinchDB, run: Run, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shop.create_tenant("t")
        shop.create_view("v", "SELECT id FROM users")
        shop.create_index("users", ["age"], "u", unique=True)
        before = [*shop.schema()], shop.list_tenants()
        monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
        done = run(*words)
        assert done.code == 2
        assert done.err.startswith("error: there is no terminal to ask")
        assert done.err.endswith("hint: pass --yes\n")
        assert ([*shop.schema()], shop.list_tenants()) == before

    @pytest.mark.parametrize(
        ("words", "lines"),
        [
            (("nope",), ["error: No such command 'nope'.", "hint: see 'cinch-client --help'"]),
            (
                ("table", "info"),
                ["error: Missing argument 'NAME'.", "hint: see 'cinch-client table info --help'"],
            ),
        ],
        ids=["command", "argument"],
    )
    def test_wrong_usage(self, run: Run, words: tuple[str, ...], lines: list[str]) -> None:
        done = run(*words)
        assert (done.code, done.out, done.err.splitlines()) == (2, "", lines)

    def test_help_and_version(self, run: Run) -> None:
        assert "Exit codes: 0 done; 1 the answer is no" in " ".join(run("--help").out.split())
        assert run("--version").out == "cinch-client, version 1.0.0\n"
        assert run("version").out == "1.0.0\n"
        assert "Usage:" in run("table", "create", "--help").out

    def test_the_vocabulary_of_0_1(self) -> None:
        groups = {name: sorted(getattr(command, "commands", ())) for name, command in _app.app.commands.items()}
        assert groups == {
            "init": [],
            "status": [],
            "query": [],
            "version": [],
            "db": ["create", "delete", "info", "list", "switch"],
            "tenant": ["copy", "create", "delete", "info", "list", "rename"],
            "table": ["create", "delete", "info", "list"],
            "column": ["add", "drop", "info", "list", "rename"],
            "view": ["create", "delete", "info", "list", "update"],
            "index": ["create", "drop", "info", "list"],
        }
