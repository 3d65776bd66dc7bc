"""What the front page shows runs, and its two commands stand where strangers and the CI script look for them."""

import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

import cinch_client
from cinch_client import Column, ForeignKeyRef

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    return [text for kind, text in BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8")) if kind == language]


def make_shop(directory: Path) -> None:
    cinch_client.init_project(directory, "shop")
    db = cinch_client.connect("shop", project_dir=directory)
    db.create_table(
        "users",
        [Column("name", "TEXT", nullable=False), Column("email", "TEXT", unique=True), Column("age", "INTEGER")],
    )
    db.create_table(
        "orders",
        [
            Column("user_id", "TEXT", nullable=False, foreign_key=ForeignKeyRef("users")),
            Column("total", "REAL", nullable=False),
            Column("status", "TEXT", nullable=False, default="'open'"),
        ],
    )
    db.create_tenant("acme")


def run(directory: Path, *command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", *command],
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_program_of_the_readme_runs(tmp_path: Path) -> None:
    (program,) = blocks("python")
    make_shop(tmp_path)
    run(tmp_path, "-m", "cinch_codegen", "generate", "shop", "--output", "shop_models")
    (tmp_path / "program.py").write_text(program, encoding="utf-8")

    assert run(tmp_path, "program.py") == "Bob [99.5]\n"


def test_old_timestamps_are_rewritten_as_the_guide_says(tmp_path: Path) -> None:
    guide = (ROOT / "docs" / "how-to" / "existing-project.md").read_text(encoding="utf-8")
    rewrite = next(text for kind, text in BLOCK.findall(guide) if kind == "python" and "parse_timestamp" in text)
    make_shop(tmp_path)
    tenant = cinch_client.connect("shop", project_dir=tmp_path)
    user = tenant.insert("users", {"name": "Ada"})
    tenant.insert("orders", {"user_id": user["id"], "total": 2.0})
    old = {"created_at": "2024-05-01T12:00:00", "updated_at": "2024-05-02T12:00:00.5"}
    with closing(sqlite3.connect(tmp_path / ".cinchdb" / "shop-main" / "0d" / "main.db")) as file, file:
        columns = "(id, created_at, updated_at, user_id, total)"
        file.execute(f"INSERT INTO orders {columns} VALUES ('old', ?, ?, ?, 1.0)", (*old.values(), user["id"]))

    exec(rewrite, {"cinch_client": cinch_client, "tenant": tenant})  # noqa: S102 - what the guide shows

    stored = tenant.query("SELECT created_at, updated_at FROM orders WHERE id = 'old'")[0]
    for name, text in old.items():
        moment = datetime.fromisoformat(text).astimezone(UTC)
        assert stored[name] == moment.isoformat(timespec="microseconds")
    assert tenant.query("SELECT count(*) AS n FROM orders WHERE created_at LIKE '%+00:00'") == [{"n": 2}]


@pytest.mark.parametrize(
    ("place", "command"),
    [(0, "pip install uv && uv run cinch-codegen quickstart\n"), (1, "pip install uv && uv run pytest\n")],
    ids=["the main job", "the tests"],
)
def test_the_two_commands_come_first(place: int, command: str) -> None:
    assert blocks("sh")[place] == command


def test_links_lead_somewhere() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "packages").glob("*/README.md")]
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]

    assert broken == []
