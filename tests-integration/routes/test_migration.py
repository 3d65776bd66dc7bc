# pyright: basic
"""The two versions of `docs/how-to/setup-to-auto-routes.md` answer the same requests alike."""

import importlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from emmett import App, sdict
from emmett.orm import Database
from emmett.sessions import SessionManager

from emmett_autoroutes import discover_and_register_auto_routes

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "setup-to-auto-routes.md"
BLOCKS = dict(re.findall(r"```python (\w+)\n(.*?)```", PAGE.read_text(), re.DOTALL))
JSON = [("content-type", "application/json")]

# method, path, body; each list is sent in order to a fresh app
CONVERSATION = [
    ("get", "/api/roles", None),
    ("post", "/api/roles", {"name": "admin", "description": "May do everything."}),
    ("post", "/api/roles", {"name": "reader", "description": None}),
    ("post", "/api/roles", {"name": "admin", "description": None}),
    ("post", "/api/roles", {"name": "", "description": None}),
    ("get", "/api/roles", None),
    ("get", "/api/roles/1", None),
    ("get", "/api/roles/99", None),
    ("patch", "/api/roles/2", {"description": "Reads."}),
    ("patch", "/api/roles/2", {"name": "admin"}),
    ("patch", "/api/roles/99", {"description": "x"}),
    ("get", "/api/roles/2", None),
    ("post", "/api/permissions", {"name": "write", "role": 1}),
    ("post", "/api/permissions", {"name": "write", "role": 99}),
    ("post", "/api/permissions", {"name": "read", "role": 2}),
    ("get", "/api/permissions", None),
    ("get", "/api/permissions/1", None),
    ("delete", "/api/permissions/2", None),
    ("delete", "/api/permissions/2", None),
    ("delete", "/api/roles/2", None),
    ("get", "/api/roles?page=2", None),
    ("get", "/api/roles", None),
]


class Version:
    """An app around one version of the package."""

    def __init__(self, folder: Path, version: str) -> None:
        self.package = f"access_{version}"
        (folder / self.package).mkdir(parents=True)
        (folder / self.package / "__init__.py").write_text(BLOCKS[version])
        (folder / self.package / "models.py").write_text(BLOCKS["models"])
        sys.path.insert(0, str(folder))
        models = importlib.import_module(f"{self.package}.models")
        sys.path.remove(str(folder))
        self.app = App(f"app_{version}", root_path=str(folder))
        self.app.config.db = sdict(uri=f"sqlite://{folder}/x.sqlite", auto_migrate=True, auto_connect=False)
        self.db = Database(self.app, folder=str(folder))
        self.db.define_models(models.Role, models.Permission)
        self.app.pipeline = [SessionManager.cookies("key"), self.db.pipe]
        self.report = discover_and_register_auto_routes(self.app, self.db)

    def answers(self) -> list[tuple[int, Any]]:
        client = self.app.test_client()
        found = []
        for method, path, body in CONVERSATION:
            sent = {} if body is None else {"data": json.dumps(body), "headers": JSON}
            response = getattr(client, method)(path, **sent)
            found.append((response.status, response.json()))
        return found

    def close(self) -> None:
        for connection in self.db._adapter._connection_manager.connections_map.values():
            connection.close()
        for module in [name for name in sys.modules if name.split(".")[0] == self.package]:
            del sys.modules[module]


@pytest.fixture
def versions(tmp_path: Path) -> Iterator[tuple[Version, Version]]:
    made = (Version(tmp_path / "one", "before"), Version(tmp_path / "two", "after"))
    yield made
    for version in made:
        version.close()


def test_both_versions_answer_alike(versions: tuple[Version, Version]) -> None:
    before, after = versions
    assert before.report.for_model("Role").outcome == "manual"
    assert after.report.for_model("Role").outcome == "auto"
    for asked, old, new in zip(CONVERSATION, before.answers(), after.answers(), strict=True):
        assert old[0] == new[0], (asked, old, new)
        if old[0] < 400:
            assert old[1] == new[1], asked
        else:
            assert list(old[1]["errors"]) == list(new[1]["errors"]), asked
