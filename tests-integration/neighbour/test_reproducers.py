"""Defects of 0.1.24's generated models and of its process-wide behaviour, seen on 0.1.24 itself.

The same situations stand in `test_defects_of_models.py` with what happens here; defects that one script shows
on both sides are in `test_defects.py`.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

PRELUDE = """
import json, os, sys, threading, traceback
from importlib import import_module
from pathlib import Path
from cinchdb.core.database import connect
from cinchdb.core.initializer import init_project
from cinchdb.managers.base import ConnectionContext
from cinchdb.managers.data import DataManager
from cinchdb.models import Column

text = lambda *names: [Column(name=name, type="TEXT") for name in names]

def generated(patched=True):
    db.generate_models("python", project / "old_models")
    sys.path.insert(0, str(project))
    package = import_module("old_models")
    if patched:  # otherwise no model can be used at all
        package.cinch_models.DataManager = lambda root, database, branch, tenant: DataManager(
            ConnectionContext(project_root=root, database=database, branch=branch, tenant=tenant))
    return package.create_models(db)

def names(tenant):
    return [row["name"] for row in connect("main", tenant=tenant, project_dir=project).query(
        "SELECT name FROM users ORDER BY name")]

def outcome(call):
    try:
        return call()
    except BaseException as error:
        return type(error).__name__

def tenants():
    for tenant in ("a", "b"):
        db.create_tenant(tenant, lazy=False)

def run(script, directory):
    global project, db
    project = directory
    init_project(project)
    db = connect("main", project_dir=project)
    exec(script, globals())
    return seen

outcomes = {}
for number, (name, script) in enumerate(json.loads(sys.argv[2]).items()):
    reading, writing = os.pipe()
    if os.fork() == 0:
        try:
            outcome_of_script = run(script, Path(sys.argv[1], str(number)))
        except BaseException:
            outcome_of_script = traceback.format_exc()
        os.write(writing, json.dumps(outcome_of_script).encode())
        os._exit(0)
    os.close(writing)
    outcomes[name] = json.loads(os.fdopen(reading).read())
    os.wait()
print(json.dumps(outcomes))
"""

REPRODUCERS: dict[str, tuple[str, object]] = {
    "D11 no generated model can be used": (
        """
db.create_table("users", text("name"))
seen = outcome(lambda: generated(patched=False).Users)
""",
        "TypeError",
    ),
    "D12 a write goes to the tenant that was touched last": (
        """
db.create_table("users", text("name")); tenants(); m = generated()
a = m.with_tenant("a").Users
b = m.with_tenant("b").Users
a.create(name="for a")
seen = [names("a"), names("b")]
""",
        [[], ["for a"]],
    ),
    "D12 a row read from one tenant is saved into another": (
        """
db.create_table("users", text("name")); tenants(); m = generated()
m.with_tenant("a").Users.create(name="old")
row = m.with_tenant("a").Users.select()[0]
m.with_tenant("b").Users
row.name = "new"
row.save()
seen = [names("a"), names("b")]
""",
        [["old"], ["new"]],
    ),
    "D14 two threads with a tenant each write to one": (
        """
db.create_table("users", text("name")); tenants(); m = generated()
models = {tenant: m.with_tenant(tenant).Users for tenant in ("a", "b")}
def work(tenant):
    for number in range(10):
        models[tenant].create(name=tenant)
threads = [threading.Thread(target=work, args=(tenant,)) for tenant in models]
for thread in threads: thread.start()
for thread in threads: thread.join()
seen = sorted([len(names("a")), len(names("b"))])
""",
        [0, 20],
    ),
    "D15 create stores NULL where the column has a default": (
        """
db.create_table("users", [*text("name"), Column(name="city", type="TEXT", default="'Bern'")])
seen = generated().Users.create(name="Ada").city
""",
        None,
    ),
    "D15 a column with a default is required": (
        """
db.create_table("users", [Column(name="city", type="TEXT", nullable=False, default="'Bern'")])
m = generated()
seen = outcome(lambda: m.Users.create())
""",
        "ValidationError",
    ),
    "D17 a BOOLEAN cannot be read": (
        """
db.create_table("users", [Column(name="ok", type="BOOLEAN")])
db.insert("users", {"ok": True})
m = generated()
seen = outcome(lambda: m.Users.select())
""",
        "ValidationError",
    ),
    "D19 a column named by a keyword": (
        """
db.create_table("users", text("class"))
seen = outcome(generated)
""",
        "SyntaxError",
    ),
    "D19 a column named like a method": (
        """
db.create_table("users", text("save")); m = generated()
seen = outcome(lambda: m.Users.create(name="x"))
""",
        "ProgrammingError",
    ),
    "D19 a column named model_config": (
        """
db.create_table("users", text("model_config"))
seen = outcome(generated)
""",
        "TypeError",
    ),
    "D19 two tables of one class name": (
        """
db.create_table("user1", text("one")); db.create_table("user_1", text("two"))
m = generated()
seen = sorted(m._model_registry)
""",
        ["User1"],
    ),
    "D19 a view with a column without a name": (
        """
db.create_table("users", text("name"))
db.create_view("totals", "SELECT count(*) FROM users")
seen = outcome(generated)
""",
        "SyntaxError",
    ),
    "D20 nothing tells type checkers that there are types": (
        """
db.create_table("users", text("name")); generated()
seen = (project / "old_models" / "py.typed").exists()
""",
        False,
    ),
    "D21 an instance cannot be deleted": (
        """
db.create_table("users", text("name")); m = generated()
seen = outcome(m.Users.create(name="Ada").delete)
""",
        "OperationalError",
    ),
    "D21 a view cannot be queried": (
        """
db.create_table("users", text("name"))
db.create_view("everyone", "SELECT name FROM users")
m = generated()
seen = outcome(lambda: m.EveryoneView.select())
""",
        "AttributeError",
    ),
    "D22 the key from the environment is written to disk": (
        """
import os
from cinchdb.config import Config
os.environ.update(CINCHDB_REMOTE_URL="https://db.example.com", CINCHDB_API_KEY="s3cret")
config = Config(project)
config.save(config.load())
seen = "s3cret" in (project / ".cinchdb" / "config.toml").read_text()
""",
        True,
    ),
}


@pytest.fixture(scope="module")
def outcomes(neighbour: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What each script saw, all run by one process, which forks for every one of them."""
    scripts = json.dumps({name: script for name, (script, _) in REPRODUCERS.items()})
    return neighbour.run(PRELUDE, tmp_path_factory.mktemp("reproducers"), scripts)


@pytest.mark.parametrize("name", REPRODUCERS)
def test_defect_is_there(name: str, outcomes: dict[str, object]) -> None:
    assert outcomes[name] == REPRODUCERS[name][1]
