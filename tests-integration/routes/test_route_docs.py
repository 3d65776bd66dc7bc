# pyright: basic
"""The Python of the how-to and of the package's README runs; the command prints its report."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "docs" / "how-to" / "auto-routes.md", ROOT / "packages" / "emmett-autoroutes" / "README.md"]


@pytest.mark.parametrize("page", PAGES, ids=["how-to", "readme"])
def test_the_python_of_a_page_runs(page: Path, tmp_path: Path) -> None:
    for number, block in enumerate(re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL)):
        (tmp_path / f"block{number}.py").write_text(block)
        command = [sys.executable, "-W", "ignore", "-c", f"import block{number}"]
        subprocess.run(command, cwd=tmp_path, check=True, env={**os.environ, "PYTHONPATH": str(tmp_path)})


def test_the_command_line_prints_the_report_of_the_example(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "BLOG_DATABASE": str(tmp_path / "blog.sqlite"),
        "PYTHONPATH": str(ROOT / "examples" / "blog"),
    }
    command = [sys.executable, "-W", "ignore", "-m", "emmett", "-a", "blog.app", "autoroutes", "--json"]
    printed = subprocess.run(command, env=environment, cwd=tmp_path, check=True, capture_output=True, text=True)
    decisions = {d["model"]: d["decision"] for d in json.loads(printed.stdout[printed.stdout.index("[\n") :])}
    assert decisions["Article"] == decisions["Role"] == decisions["Permission"] == "auto"
    assert decisions["Post"] == decisions["Comment"] == decisions["User"] == "manual"
    assert decisions["AuthGroup"] == "none"
