"""The README's code runs and prints what the README says."""

import re
import sys
from pathlib import Path

import pytest
import shop_by_hand

from cinch_client import CinchDB

README = Path(__file__).parents[1] / "README.md"


def test_the_code_prints_what_is_said(
    db: CinchDB, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(project)
    monkeypatch.setitem(sys.modules, "shop_models", shop_by_hand)
    text = README.read_text(encoding="utf-8")
    scope: dict[str, object] = {"__name__": "readme"}
    for block in re.findall(r"^```python\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE):
        exec(compile(block, str(README), "exec"), scope)  # noqa: S102 - it is ours
    said = re.findall(r"^It prints `(.*?)`[;.]", text, flags=re.MULTILINE)
    assert capsys.readouterr().out.splitlines() == said == ["Ann [99.9]", "after_create main Users ['Cid']"]


def test_every_method_and_event_is_described():
    text = README.read_text(encoding="utf-8")
    for name in (
        *("select", "first", "find_by_id", "get", "iterate", "count", "exists", "create", "bulk_create", "upsert"),
        *("update_where", "delete_where", "delete_records", "save", "update", "refresh", "delete"),
        *("with_tenant", "with_branch", "transaction", "on"),
        *("before_create", "after_create", "before_update", "after_update", "before_delete", "after_delete", "query"),
        *("eq", "ne", "gt", "gte", "lt", "lte", "in", "not_in", "like", "ilike", "contains", "startswith", "endswith"),
        *("between", "isnull"),
    ):
        assert re.search(rf"[`._]{name}\b", text), name
