"""The console script as people and machines meet it: real processes on real projects."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import cinch_client
from cinch_client import Column

Run = Callable[..., subprocess.CompletedProcess[str]]
GENERATE = ("generate", "shop", "--output", "shop_models")


def connect(project: Path) -> cinch_client.CinchDB:
    return cinch_client.connect("shop", project_dir=project)


def test_generating_writes_and_talks_on_stderr(run: Run, project: Path) -> None:
    done = run(*GENERATE)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == f"shop_models: 2 models; wrote 6 files in {project / 'shop_models'}\n"
    assert (project / "shop_models" / "users.py").is_file()


def test_generating_again_does_nothing(run: Run, project: Path) -> None:
    run(*GENERATE)
    done = run(*GENERATE)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "shop_models is up to date (2 models)\n")


def test_a_machine_gets_json(run: Run, project: Path) -> None:
    done = run(*GENERATE, "--json")
    assert done.stderr == ""
    assert json.loads(done.stdout) == {
        "package": "shop_models",
        "output": str(project / "shop_models"),
        "fingerprint": connect(project).fingerprint(),
        "models": {"Orders": "orders", "Users": "users"},
        "written": [".cinch-codegen.json", "__init__.py", "cinch_models.py", "orders.py", "py.typed", "users.py"],
        "removed": [],
        "unchanged": 0,
        "left_out": [],
    }


def test_settings_come_from_pyproject(run: Run, project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.cinch-codegen]\ndatabase = "shop"\noutput = "models/shop_models"\n')
    (project / "below").mkdir()
    assert run("generate", cwd=project / "below").returncode == 0
    assert (project / "models" / "shop_models" / "users.py").is_file()


def test_the_command_line_wins_over_pyproject(run: Run, project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.cinch-codegen]\ndatabase = "blog"\nsingular = true\n')
    assert run(*GENERATE, "--no-singular").returncode == 0
    assert (project / "shop_models" / "users.py").is_file()


def test_a_project_elsewhere(run: Run, project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    assert run(*GENERATE, "--project-dir", str(project), cwd=elsewhere).returncode == 0
    assert (elsewhere / "shop_models" / "users.py").is_file()


def test_check_says_that_all_is_in_step(run: Run, project: Path) -> None:
    run(*GENERATE)
    done = run(*GENERATE, "--check")
    assert done.returncode == 0
    fingerprint = connect(project).fingerprint()
    assert done.stdout == (
        "code      what would be written now (6 files)\n"
        f"database  has the schema of the code ({fingerprint})\n"
        "tenants   all in step (2)\n"
    )


def test_check_before_the_first_run(run: Run, project: Path) -> None:
    done = run(*GENERATE, "--check")
    assert done.returncode == 1
    assert done.stdout.startswith(f"code      not generated yet in {project / 'shop_models'}\n")


def test_check_finds_an_edited_file(run: Run, project: Path) -> None:
    run(*GENERATE)
    (project / "shop_models" / "users.py").write_text("mine")
    done = run(*GENERATE, "--check")
    assert done.returncode == 1
    assert done.stdout.startswith("code      differs: users.py (edited)\n")


def test_check_finds_that_the_database_has_moved_on(run: Run, project: Path) -> None:
    run(*GENERATE)
    before = connect(project).fingerprint()
    connect(project).add_column("users", Column("email", "TEXT"))
    after = connect(project).fingerprint()
    done = run(*GENERATE, "--check")
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "code      differs: .cinch-codegen.json (outdated), cinch_models.py (outdated), users.py (outdated)",
        f"database  has changed since the code was generated ({before} then, {after} now)",
        "tenants   all in step (2)",
    ]


def lag(project: Path, tenant: str) -> None:
    """Give one tenant another schema, as a file put back from a backup has."""
    import sqlite3

    connection = connect(project).with_tenant(tenant)
    connection.insert("users", {"name": "x"})
    connection.close()
    (file,) = project.glob(f".cinchdb/shop-main/*/{tenant}.db")
    with sqlite3.connect(file) as raw:
        raw.execute("ALTER TABLE users DROP COLUMN age")
    raw.close()


def test_check_finds_tenants_that_lag(run: Run, project: Path) -> None:
    run(*GENERATE)
    lag(project, "acme")
    done = run(*GENERATE, "--check")
    assert done.returncode == 1
    assert done.stdout.splitlines()[2] == "tenants   1 of 2 in step; another schema: acme"


def test_check_tells_machines_the_same(run: Run, project: Path) -> None:
    run(*GENERATE)
    lag(project, "acme")
    done = run(*GENERATE, "--check", "--json")
    fingerprint = connect(project).fingerprint()
    assert done.returncode == 1
    assert json.loads(done.stdout) == {
        "in_step": False,
        "code": {"current": True, "changes": []},
        "database": {"current": True, "generated": fingerprint, "now": fingerprint},
        "tenants": {"current": False, "checked": 2, "behind": ["acme"], "unreadable": {}},
    }


def test_check_goes_on_after_a_tenant_that_cannot_be_read(run: Run, project: Path) -> None:
    run(*GENERATE)
    lag(project, "acme")
    (file,) = project.glob(".cinchdb/shop-main/*/acme.db")
    file.write_bytes(b"no database at all" * 300)
    done = run(*GENERATE, "--check")
    assert done.returncode == 1
    assert done.stdout.splitlines()[2] == "tenants   1 of 2 in step"
    assert "acme cannot be read: " in done.stdout


def test_check_and_diff_write_nothing(run: Run, project: Path) -> None:
    run(*GENERATE, "--check")
    run(*GENERATE, "--diff")
    assert not (project / "shop_models").exists()


def test_diff(run: Run, project: Path) -> None:
    run(*GENERATE)
    assert (run(*GENERATE, "--diff").returncode, run(*GENERATE, "--diff").stdout) == (0, "")
    connect(project).add_column("users", Column("email", "TEXT"))
    done = run(*GENERATE, "--diff")
    assert (done.returncode, done.stderr) == (1, "")
    assert "--- a/users.py\n+++ b/users.py\n" in done.stdout
    assert "\n+    email: str | None = None\n" in done.stdout


def test_columns_that_got_another_name_are_told_once(run: Run, project: Path) -> None:
    connect(project).add_column("users", Column("class", "TEXT"))
    assert "note: users.class is the field class_\n" in run(*GENERATE).stderr
    connect(project).add_column("users", Column("email", "TEXT"))
    assert "note:" not in run(*GENERATE).stderr


@pytest.mark.parametrize(
    ("arguments", "error", "hint"),
    [
        (
            ["generate"],
            "no database is given",
            "cinch-codegen generate DATABASE --output DIR, or set database and output in [tool.cinch-codegen]",
        ),
        (["generate", "blog", "-o", "x"], "there is no database 'blog'; there are: main, shop", ""),
        (
            ["generate", "shop", "-o", "x", "--check", "--diff"],
            "--check, --diff and --watch exclude each other",
            "cinch-codegen generate --help lists what there is",
        ),
        (
            ["generate", "shop", "-o", "x", "--diff", "--json"],
            "--json goes with a plain run or with --check",
            "cinch-codegen generate --help lists what there is",
        ),
        (
            ["generate", "--bogus"],
            "No such option '--bogus'.",
            "cinch-codegen generate --help lists what there is",
        ),
    ],
)
def test_errors_name_the_way_out(run: Run, project: Path, arguments: list[str], error: str, hint: str) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"error: {error}\n" + (f"hint: {hint}\n" if hint else "")


def test_files_of_others_are_refused(run: Run, project: Path) -> None:
    (project / "shop_models").mkdir()
    (project / "shop_models" / "notes.txt").write_text("mine")
    done = run(*GENERATE)
    assert done.returncode == 2
    assert done.stderr == (
        f"error: {project / 'shop_models'} is not empty, and cinch-codegen did not make it\n"
        "hint: choose another --output, or use --force to write beside what is there\n"
    )
    assert run(*GENERATE, "--force").returncode == 0


def test_without_a_command_there_is_help(run: Run, project: Path) -> None:
    done = run()
    assert (done.returncode, done.stdout) == (2, "")
    assert "quickstart" in done.stderr


def test_a_reader_that_goes_away_gets_no_traceback(project: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "cinch_codegen", *GENERATE, "--diff"],
        cwd=project,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait(timeout=60) == 1


def test_watch_follows_the_schema_until_ctrl_c(project: Path) -> None:
    users = project / "shop_models" / "users.py"
    process = subprocess.Popen(
        [sys.executable, "-m", "cinch_codegen", *GENERATE, "--watch"],
        cwd=project,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    assert process.stderr is not None
    assert "2 models" in process.stderr.readline()
    assert process.stderr.readline() == "watching shop; Ctrl-C ends\n"
    connect(project).add_column("users", Column("email", "TEXT"))
    assert "wrote 3 files" in process.stderr.readline()
    assert "email: str | None = None" in users.read_text()
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=30)
    assert (process.returncode, stdout, stderr) == (0, "", "")


def test_a_distribution(run: Run, project: Path) -> None:
    done = run("generate", "shop", "--output", "shop-models", "--dist")
    assert done.returncode == 0
    assert (project / "shop-models" / "pyproject.toml").is_file()
    assert (project / "shop-models" / "src" / "shop_models" / "py.typed").is_file()


WITHOUT_RUNTIME = """
import sys
sys.path = [path for path in sys.path if "cinch-models-runtime" not in path]
sys.argv = ["cinch-codegen", "quickstart", "--directory", "made"]
from cinch_codegen._cli import main
main()
"""


def test_the_quickstart_needs_the_runtime_and_says_so_in_one_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_RUNTIME],
        cwd=tmp_path,
        timeout=60,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        "error: the quickstart runs its models on cinch-models-runtime, which is not installed: "
        "pip install 'cinch-codegen[quickstart]'\n"
    )
    assert not (tmp_path / "made").exists()


def test_the_command_line_loads_what_it_needs_and_no_more(tmp_path: Path) -> None:
    code = (
        "import sys, cinch_codegen._cli; print([m for m in ('jinja2', 'rich', 'sqlite3', 'httpx') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        timeout=60,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stdout == "[]\n"
