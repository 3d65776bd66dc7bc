"""Our side of the benchmark: a project, the package generated from it, and the same seven operations."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from peers import ADULT, LIMIT

from cinch_client import CinchDB, Column, connect, init_project

CODEGEN = Path(sys.executable).with_name("cinch-codegen")
USERS = [
    Column("name", "TEXT", nullable=False),
    Column("email", "TEXT", nullable=False),
    Column("age", "INTEGER", nullable=False),
    Column("score", "REAL"),
    Column("active", "BOOLEAN", nullable=False),
]


def make_project(directory: Path) -> CinchDB:
    """A project whose database `main` has the table of the benchmark."""
    init_project(directory)
    connection = connect("main", project_dir=directory)
    connection.create_table("users", USERS)
    return connection


def generate(project: Path, package: Path, *options: str) -> None:
    """Run the generator as its users do."""
    arguments = ["generate", "main", "--project-dir", str(project), "--output", str(package), *options]
    subprocess.run([CODEGEN, *arguments], check=True, capture_output=True)


def import_package(package: Path) -> Any:
    """Import a generated package from where it was written."""
    sys.path.insert(0, str(package.parent))
    return import_module(package.name)


class Ours:
    """The generated models on the embedded engine."""

    name = "cinch models"

    def __init__(self, file: Path) -> None:
        project, package = file.parent / "project", file.parent / "bench_models"
        self.connection = make_project(project)
        generate(project, package)
        self.models: Any = import_package(package).create_models(self.connection)
        self.file = project / ".cinchdb" / "main-main" / "0d" / "main.db"

    def find(self, ids: Sequence[str]) -> None:
        users = self.models.Users
        for key in ids:
            users.find_by_id(key)

    def select(self) -> int:
        return len(self.models.Users.select())

    def page(self, times: int) -> None:
        users = self.models.Users
        for _ in range(times):
            users.select(age__gte=ADULT, limit=LIMIT)

    def create(self, rows: Sequence[Mapping[str, object]]) -> None:
        users = self.models.Users
        for row in rows:
            users.create(**row)

    def bulk_create(self, rows: Sequence[dict[str, object]]) -> None:
        self.models.Users.bulk_create(rows)

    def load(self, ids: Sequence[str]) -> list[Any]:
        return [self.models.Users.get(key) for key in ids]

    def update(self, loaded: Sequence[Any]) -> None:
        for user in loaded:
            user.update(age=user.age + 1)

    def count(self, times: int) -> None:
        users = self.models.Users
        for _ in range(times):
            users.count()

    def close(self) -> None:
        self.connection.close()
