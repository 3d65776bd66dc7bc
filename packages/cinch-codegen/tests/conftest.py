"""Schemas by hand, projects on disk, and the command line as a process."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import cinch_client
from cinch_client import Column, ColumnSchema, ColumnType, ForeignKey, ForeignKeyRef, Schema, TableSchema

Run = Callable[..., subprocess.CompletedProcess[str]]


def column(name: str, type: ColumnType | None = "TEXT", **options: Any) -> ColumnSchema:  # noqa: A002
    return ColumnSchema(name, type, declared_type=type or "", **options)


@pytest.fixture
def make_column() -> Callable[..., ColumnSchema]:
    return column


@pytest.fixture
def make_table() -> Callable[..., TableSchema]:
    """Return what makes a table with a text key ``id`` and nullable text columns, or with the columns given."""

    def make(name: str, *columns: str | ColumnSchema, keys: tuple[ForeignKey, ...] = (), **options: Any) -> TableSchema:
        others = tuple(column(each) if isinstance(each, str) else each for each in columns)
        key = column("id", nullable=False, primary_key=1)
        return TableSchema(name, (key, *others), ("id",), foreign_keys=keys, **options)

    return make


@pytest.fixture
def make_schema(make_table: Callable[..., TableSchema]) -> Callable[..., Schema]:
    """Return what makes a schema of tables, each given whole or by its name."""

    def make(*tables: str | TableSchema, **options: Any) -> Schema:
        made = [make_table(table) if isinstance(table, str) else table for table in tables]
        return Schema(tuple(sorted(made, key=lambda table: table.name)), **options)

    return make


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Make a project whose database ``shop`` has the tables users and orders and the tenants main and acme."""
    cinch_client.init_project(tmp_path)
    cinch_client.init_database(tmp_path, "shop")
    connection = cinch_client.connect("shop", project_dir=tmp_path)
    connection.create_table("users", [Column("name", "TEXT", nullable=False), Column("age", "INTEGER")])
    connection.create_table("orders", [Column("user_id", "TEXT", nullable=False, foreign_key=ForeignKeyRef("users"))])
    connection.create_tenant("acme")
    connection.close()
    return tmp_path


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Return what runs the command line as a process, in the test's directory unless *cwd* says otherwise."""

    def run(*arguments: str, cwd: Path = tmp_path, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "cinch_codegen", *arguments],
            cwd=cwd,
            env={**os.environ, "PYTHONWARNINGS": "error", **environment},
            capture_output=True,
            encoding="utf-8",
            stdin=subprocess.DEVNULL,
            timeout=60,
            check=False,
        )

    return run
