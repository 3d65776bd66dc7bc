"""``cinch-codegen quickstart``: the report, the folder, and what it refuses."""

import subprocess
import sys
from pathlib import Path

REPORT_HEAD = """\
Cinch quickstart

Made a project in cinch-quickstart
  database   shop, branch main
  tables     users, products, orders, order_items
  view       order_totals
  tenants    lumen-books, oak-coffee, vela-cycles (an SQLite file each)

Generated the package cinch-quickstart/shop_models
  models     Order, OrderItem, OrderTotalView, Product, User

Ran cinch-quickstart/tour.py
  1. select: the customers of lumen-books
     Ines Duarte <ines@lumen.example>
"""


def quickstart(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cinch_codegen", "quickstart", *arguments],
        cwd=directory,
        capture_output=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        timeout=300,
        check=False,
    )


def test_it_makes_runs_and_reports(tmp_path: Path) -> None:
    done = quickstart(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(REPORT_HEAD)
    assert (
        "  7. another tenant: the same code, another file\n     oak-coffee: Lea Brandt, Samuel Okafor\n" in done.stdout
    )
    assert "     is Ada there? False\n" in done.stdout
    assert "Where to look next\n" in done.stdout


def test_its_program_runs_again_from_anywhere(tmp_path: Path) -> None:
    first = quickstart(tmp_path).stdout
    program = tmp_path / "cinch-quickstart" / "tour.py"
    done = subprocess.run(
        [sys.executable, str(program)],
        cwd="/",
        capture_output=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        timeout=300,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "   lumen-books has 3 customers again"
    assert all(line.strip() in first for line in done.stdout.splitlines())


def test_its_settings_work(tmp_path: Path) -> None:
    quickstart(tmp_path)
    command = [
        sys.executable,
        "-m",
        "cinch_codegen",
        "generate",
        "--config",
        "cinch-quickstart/codegen.toml",
        "--check",
    ]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, encoding="utf-8", stdin=subprocess.DEVNULL, timeout=300, check=False
    )
    assert (done.returncode, done.stdout.splitlines()[2]) == (0, "tenants   all in step (4)")


def test_it_remakes_its_own_folder(tmp_path: Path) -> None:
    quickstart(tmp_path, "--directory", "mine")
    (tmp_path / "mine" / "more.txt").write_text("x")
    assert quickstart(tmp_path, "--directory", "mine").returncode == 0
    assert not (tmp_path / "mine" / "more.txt").exists()


def test_it_refuses_the_folder_of_somebody_else(tmp_path: Path) -> None:
    (tmp_path / "cinch-quickstart").mkdir()
    (tmp_path / "cinch-quickstart" / "notes.txt").write_text("mine")
    done = quickstart(tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: cinch-quickstart is there already, and the quickstart did not make it\n"
        "hint: choose another place with --directory\n"
    )
    assert [file.name for file in (tmp_path / "cinch-quickstart").iterdir()] == ["notes.txt"]
