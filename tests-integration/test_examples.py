"""The examples run as their READMEs say, and their committed packages are what the generator writes now."""

import importlib.util
import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parent.parent / "examples"

SHOP_OUTPUT = """\
Alan's order was not kept: order_lines.order_id → orders or order_lines.product_id → products \
refers to a row that does not exist
bakery: 2 open orders
  Ada gets 1 × Rye bread
  Ada gets 6 × Sesame roll
  Grace gets 12 × Sesame roll
  sells best: Sesame roll (18)
bookshop: 1 open orders
  Ada gets 1 × Structure and Interpretation
  sells best: Structure and Interpretation (1)
"""


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-W", "error", *command], capture_output=True, text=True, check=False)


def test_the_shop_runs() -> None:
    done = run(str(EXAMPLES / "shop" / "run.py"))

    assert (done.returncode, done.stdout, done.stderr) == (0, SHOP_OUTPUT, "")


def test_the_package_of_the_shop_is_current(tmp_path: Path) -> None:
    specification = importlib.util.spec_from_file_location("shop_project", EXAMPLES / "shop" / "project.py")
    assert specification is not None
    assert specification.loader is not None
    project = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(project)
    project.make_project(tmp_path)

    done = run(
        *("-m", "cinch_codegen", "generate", "shop", "--check"),
        *("--project-dir", str(tmp_path), "--output", str(EXAMPLES / "shop" / "shop_models")),
    )

    assert done.returncode == 0, done.stdout + done.stderr
