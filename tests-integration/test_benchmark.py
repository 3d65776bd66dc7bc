"""The benchmark runs: every operation once on few rows. Its figures are no test's business."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from models import Sizes, compare
from peers import RAW
results = list(compare(Path(sys.argv[2]), Sizes(rows=20, singles=2, writes=2), 1, RAW))
print(json.dumps([[result.operation, result.peer] for result in results]))
"""
OPERATIONS = (
    "find by id x1000",
    "select 10k",
    "filter+limit x1000",
    "create x500",
    "bulk create 10k",
    "update id x500",
    "count x1000",
)


def test_every_operation_runs(tmp_path: Path) -> None:
    benchmarks = Path(__file__).parents[1] / "benchmarks"

    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, benchmarks, tmp_path], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [
        [operation, peer] for operation in OPERATIONS for peer in ("raw dicts", "raw+pydantic", "cinch models")
    ]
