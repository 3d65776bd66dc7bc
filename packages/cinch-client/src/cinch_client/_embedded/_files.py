"""Where things are inside a project: a scope becomes a path."""

import hashlib
import json
from pathlib import Path

from cinch_client._values import now

PROJECT_DIRECTORY = ".cinchdb"
METADATA_FILE = "metadata.db"
CONFIG_FILE = "config.toml"


def shard(tenant: str) -> str:
    """Return the two hex digits of the directory that holds *tenant*."""
    return hashlib.sha256(tenant.encode()).hexdigest()[:2]


def branch_directory(project: Path, database: str, branch: str) -> Path:
    """Return the directory of one branch; *project* is the directory that contains ``.cinchdb``."""
    return project / PROJECT_DIRECTORY / f"{database}-{branch}"


def tenant_file(project: Path, database: str, branch: str, tenant: str) -> Path:
    """Return the file of one tenant, whether it exists or not."""
    return branch_directory(project, database, branch) / shard(tenant) / f"{tenant}.db"


def find_project(start: Path) -> Path | None:
    """Return the nearest directory, *start* or above, that holds a project."""
    for directory in (start, *start.parents):
        if (directory / PROJECT_DIRECTORY).is_dir():
            return directory
    return None


def write_branch_files(directory: Path, database: str, branch: str, *, description: str | None = None) -> None:
    """Write what 0.1 expects beside the tenants of a branch; nothing reads it but a check of who owns the directory."""
    facts = {
        "created_at": now(),
        "database": database,
        "branch": branch,
        "parent": None,
        "description": description,
    }
    (directory / "metadata.json").write_text(json.dumps(facts, indent=2), encoding="utf-8")
    (directory / "changes.json").write_text("[]", encoding="utf-8")
