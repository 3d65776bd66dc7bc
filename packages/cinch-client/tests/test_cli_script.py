"""The console script as a process: pipes, terminals, colors, and an installation without the extra."""

import os
import pty
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cinch_client import connect, init_project

SCRIPT = "import sys; from cinch_client._cli import main; sys.exit(main())"
CTRL_C = b"\x03"
SECONDS = 60


@pytest.fixture
def project(tmp_path: Path) -> Path:
    directory = init_project(tmp_path)
    connect("main", project_dir=directory).create_table("users", [])
    return directory


def run(project: Path, *words: str, **options: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("CINCHDB_")} | options
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, *words],
        cwd=project,
        env=environment,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        text=True,
        check=False,
        timeout=SECONDS,
    )


def run_on_terminal(project: Path, *words: str, answer: bytes = b"", **options: str) -> tuple[int, str]:
    """Run the script with a terminal of its own; return its exit code and all that it showed."""
    environment = {k: v for k, v in os.environ.items() if k not in {"NO_COLOR", "FORCE_COLOR"}}
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *words],
        cwd=project,
        env=environment | {"TERM": "xterm"} | options,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        preexec_fn=_take_terminal,  # Ctrl-C reaches only whom the terminal controls
    ) as process:
        os.close(theirs)
        shown, patience = b"", 30
        while patience:
            if not select.select([ours], [], [], 1)[0]:
                patience -= 1
                if answer == CTRL_C and b"[y/N]" in shown:  # Python misses one that comes before it reads
                    os.write(ours, answer)
                continue
            try:
                part = os.read(ours, 4096)
            except OSError:  # Linux says so when the other side has closed
                break
            asked = b"[y/N]" in shown
            shown += part
            if not asked and b"[y/N]" in shown:
                os.write(ours, answer)
            if not part:
                break
        os.close(ours)  # hangs up, should it still be waiting
        process.wait(SECONDS)
    return process.returncode, shown.decode()


def _take_terminal() -> None:
    os.login_tty(0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a test run in the background passes on that it is ignored


def test_data_goes_to_stdout_and_talk_to_stderr(project: Path) -> None:
    made = run(project, "table", "create", "orders", "total:float")
    assert (made.returncode, made.stdout, made.stderr) == (0, "", "created table 'orders' with 4 columns\n")
    listed = run(project, "table", "list")
    assert listed.stdout == "name    columns  indexes\norders  4        0\nusers   3        0\n"
    assert listed.stderr == ""


def test_long_values_are_not_cut_in_a_pipe(project: Path) -> None:
    shown = run(project, "query", f"SELECT '{'x' * 500}' AS a, 1 AS b", COLUMNS="40")
    assert shown.stdout.splitlines()[1] == f"{'x' * 500}  1"


def test_a_reader_that_has_enough(project: Path) -> None:
    many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 99999) SELECT i FROM n"
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, "query", many, "--json"],
        cwd=project,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        complaint = process.stderr.read()
        process.wait(SECONDS)
    assert (process.returncode, complaint) == (0, b"")


def test_a_terminal_gets_color_unless_it_wants_none(project: Path) -> None:
    assert "\x1b[" in run_on_terminal(project, "table", "list")[1]
    assert "\x1b[" in run_on_terminal(project, "table", "info", "nope")[1]
    assert "\x1b[" not in run_on_terminal(project, "table", "list", NO_COLOR="1")[1]
    assert "\x1b[" not in run_on_terminal(project, "table", "info", "nope", NO_COLOR="1")[1]
    assert "\x1b[" not in run(project, "table", "info", "nope").stderr


@pytest.mark.parametrize(
    ("answer", "code", "said", "left"),
    [
        (b"n\n", 1, "nothing was done", ["users"]),
        (b"\n", 1, "nothing was done", ["users"]),
        (b"y\n", 0, "deleted table 'users'", []),
        (CTRL_C, 130, "interrupted", ["users"]),
    ],
    ids=["no", "just Enter", "yes", "Ctrl-C"],
)
def test_a_question_is_asked_before_something_is_destroyed(
    project: Path, answer: bytes, code: int, said: str, left: list[str]
) -> None:
    ended, shown = run_on_terminal(project, "table", "delete", "users", answer=answer)
    assert ended == code
    assert said in shown
    assert "Delete table 'users' and its rows in all 1 tenants for good? [y/N]" in shown
    assert [table.name for table in connect("main", project_dir=project).list_tables()] == left


@pytest.mark.parametrize("missing", ["click", "rich"])
def test_without_the_extra_one_line_says_what_to_install(project: Path, missing: str) -> None:
    script = f"import sys; sys.modules[{missing!r}] = None; {SCRIPT}"
    done = subprocess.run(
        [sys.executable, "-c", script],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == "error: the command line needs click and rich: pip install 'cinch-client[cli]'\n"
