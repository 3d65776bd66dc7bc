"""Where things are inside a project. Pure: a scope becomes a path, nothing is opened."""

import hashlib
from pathlib import Path

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
