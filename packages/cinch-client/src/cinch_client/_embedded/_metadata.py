"""``metadata.db``: which databases, branches and tenants a project has, and how their schemas came about.

The tables are those of CinchDB 0.1.24, which opens the same file.
"""

import json
import sqlite3
import threading
import uuid
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cinch_client._embedded._budget import process_budget
from cinch_client._embedded._failures import translated
from cinch_client._embedded._forks import call_after_fork
from cinch_client._embedded._lease import Lease, PooledFile
from cinch_client._embedded._pool import Pool
from cinch_client._errors import (
    BranchNotFoundError,
    BusyError,
    DatabaseNotFoundError,
    MaintenanceError,
    StorageError,
    TenantNotFoundError,
)
from cinch_client._names import TEMPLATE_TENANT
from cinch_client._values import now

_SCHEMA = """
CREATE TABLE IF NOT EXISTS databases (
    id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, description TEXT, materialized BOOLEAN DEFAULT FALSE,
    maintenance_mode BOOLEAN DEFAULT FALSE, maintenance_reason TEXT, maintenance_started_at TIMESTAMP,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, metadata JSON
);
CREATE TABLE IF NOT EXISTS branches (
    id TEXT PRIMARY KEY, database_id TEXT NOT NULL REFERENCES databases(id) ON DELETE CASCADE, name TEXT NOT NULL,
    parent_branch TEXT, schema_version TEXT, materialized BOOLEAN DEFAULT FALSE,
    maintenance_mode BOOLEAN DEFAULT FALSE, maintenance_reason TEXT, maintenance_started_at TIMESTAMP,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, metadata JSON,
    archived_at TIMESTAMP DEFAULT NULL, cdc_enabled BOOLEAN DEFAULT FALSE
);
CREATE TABLE IF NOT EXISTS tenants (
    id TEXT PRIMARY KEY, branch_id TEXT NOT NULL REFERENCES branches(id) ON DELETE CASCADE, name TEXT NOT NULL,
    shard TEXT, materialized BOOLEAN DEFAULT FALSE, created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, metadata JSON, UNIQUE (branch_id, name)
);
CREATE TABLE IF NOT EXISTS changes (
    id TEXT PRIMARY KEY, database_id TEXT NOT NULL REFERENCES databases(id) ON DELETE CASCADE,
    origin_branch_id TEXT REFERENCES branches(id) ON DELETE SET NULL, origin_branch_name TEXT, type TEXT NOT NULL,
    entity_type TEXT NOT NULL, entity_name TEXT NOT NULL, details JSON, sql TEXT, schema_snapshot TEXT,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE IF NOT EXISTS branch_changes (
    branch_id TEXT NOT NULL REFERENCES branches(id) ON DELETE SET NULL, branch_name TEXT NOT NULL,
    change_id TEXT NOT NULL REFERENCES changes(id) ON DELETE CASCADE, applied BOOLEAN DEFAULT FALSE,
    applied_order INTEGER NOT NULL, copied_from_branch_id TEXT REFERENCES branches(id) ON DELETE SET NULL,
    copied_from_branch_name TEXT, PRIMARY KEY (branch_id, change_id)
);
CREATE INDEX IF NOT EXISTS idx_branches_database ON branches(database_id);
CREATE INDEX IF NOT EXISTS idx_branches_materialized ON branches(materialized);
CREATE INDEX IF NOT EXISTS idx_branches_cdc_enabled ON branches(cdc_enabled);
CREATE UNIQUE INDEX IF NOT EXISTS idx_branches_active_unique ON branches(database_id, name) WHERE archived_at IS NULL;
CREATE INDEX IF NOT EXISTS idx_databases_materialized ON databases(materialized);
CREATE INDEX IF NOT EXISTS idx_tenants_branch ON tenants(branch_id);
CREATE INDEX IF NOT EXISTS idx_tenants_materialized ON tenants(materialized);
CREATE INDEX IF NOT EXISTS idx_tenants_shard ON tenants(shard);
CREATE INDEX IF NOT EXISTS idx_changes_database ON changes(database_id);
CREATE INDEX IF NOT EXISTS idx_branch_changes_order ON branch_changes(branch_id, applied_order);
CREATE INDEX IF NOT EXISTS idx_branch_changes_unapplied ON branch_changes(branch_id, applied);
"""


@dataclass(frozen=True, slots=True)
class BranchRecord:
    """What the project knows of one branch and its database."""

    id: str
    database_id: str
    database: str
    name: str
    maintenance: str | None

    def check_writable(self) -> None:
        """Raise a MaintenanceError when the branch or its database takes no writes now."""
        if self.maintenance is not None:
            raise MaintenanceError(f"{self.database}/{self.name} is in maintenance mode: {self.maintenance}; try later")


@dataclass(frozen=True, slots=True)
class TenantRecord:
    """What the project knows of one tenant; whether it has a usable file is for the file to say."""

    id: str
    name: str
    materialized: bool
    description: str | None


class Metadata:
    """Reads and writes the metadata of one project.

    Args:
        path: ``metadata.db``, which exists.
        busy_timeout: Seconds to wait for another writer.
    """

    def __init__(self, path: Path, busy_timeout: float) -> None:
        self._busy_timeout = busy_timeout
        self._file = PooledFile(path)
        self._pool = Pool(self._open, process_budget, busy_timeout)
        self._turn = threading.Lock()
        call_after_fork(self)

    def after_fork(self) -> None:
        """Take a lock of the child's own: a thread that does not exist there may hold the parent's."""
        self._turn = threading.Lock()

    @staticmethod
    def create(path: Path) -> None:
        """Create the file and its tables, where they do not exist."""
        connection = sqlite3.connect(path, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(f"BEGIN IMMEDIATE;{_SCHEMA}COMMIT;")
        finally:
            connection.close()

    def moved(self) -> bool:
        """Tell whether another connection has written since this was asked last (it may say so once too often)."""
        with self.reading() as lease:
            version = lease.connection.execute("PRAGMA data_version").fetchone()[0]
            moved = version != lease.schema_version
            lease.schema_version = version
            return moved

    @contextmanager
    def reading(self) -> Generator[Lease]:
        """Lease a connection for reading."""
        with translated(self._file.path):
            lease = self._pool.lease(self._file)
            try:
                yield lease
            finally:
                self._pool.release(lease)

    @contextmanager
    def writing(self) -> Generator[sqlite3.Connection]:
        """Hold the project's write lock: what is written inside is committed as a whole, or not at all.

        Raises:
            BusyError: Another thread or process held the lock for too long.
        """
        with self._my_turn(), self.reading() as lease:
            connection = lease.connection
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                if connection.in_transaction:
                    connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    @contextmanager
    def _my_turn(self) -> Generator[None]:
        """Let the threads of this process write one after the other: SQLite lets those who wait sleep past their turn.

        Nor do they hold connections while they wait, which the one that writes may need.
        """
        turn = self._turn
        if not turn.acquire(timeout=self._busy_timeout):
            raise BusyError(f"{self._file.path.name} is locked by another thread; try again")
        try:
            yield
        finally:
            turn.release()

    def databases(self) -> list[str]:
        """Return the names of all databases, sorted."""
        with self.reading() as lease:
            return [name for (name,) in lease.connection.execute("SELECT name FROM databases ORDER BY name")]

    def branches(self, database: str) -> list[str]:
        """Return the names of a database's branches, sorted.

        Raises:
            DatabaseNotFoundError: There is no such database.
        """
        with self.reading() as lease:
            found = lease.connection.execute(
                "SELECT b.name FROM databases d LEFT JOIN branches b ON b.database_id = d.id AND b.archived_at IS NULL "
                "WHERE d.name = ? ORDER BY b.name",
                (database,),
            ).fetchall()
        if not found:
            names = ", ".join(self.databases()) or "none"
            raise DatabaseNotFoundError(f"there is no database {database!r}; there are: {names}")
        return [name for (name,) in found if name is not None]

    def branch(self, database: str, branch: str) -> BranchRecord:
        """Look a branch up.

        Raises:
            DatabaseNotFoundError: There is no such database.
            BranchNotFoundError: The database has no such branch.
        """
        with self.reading() as lease:
            found = lease.connection.execute(
                "SELECT b.id, d.id, d.name, b.name, "
                "CASE WHEN d.maintenance_mode THEN coalesce(d.maintenance_reason, 'no reason given') "
                "WHEN b.maintenance_mode THEN coalesce(b.maintenance_reason, 'no reason given') END "
                "FROM databases d JOIN branches b ON b.database_id = d.id "
                "WHERE d.name = ? AND b.name = ? AND b.archived_at IS NULL",
                (database, branch),
            ).fetchone()
        if found is None:
            names = ", ".join(self.branches(database)) or "none"
            raise BranchNotFoundError(f"database {database!r} has no branch {branch!r}; it has: {names}")
        return BranchRecord(*found)

    def rival(self, database: str, branch: str) -> tuple[str, str] | None:
        """Return the (database, branch), other than these, whose directory is called ``<database>-<branch>``."""
        with self.reading() as lease:
            return lease.connection.execute(
                "SELECT d.name, b.name FROM databases d JOIN branches b ON b.database_id = d.id "
                "WHERE d.name || '-' || b.name = ? AND d.name <> ?",
                (f"{database}-{branch}", database),
            ).fetchone()

    def tenants(self, branch: BranchRecord) -> list[TenantRecord]:
        """Return all tenants of a branch, the template included, sorted by name."""
        with self.reading() as lease:
            rows = lease.connection.execute(
                "SELECT id, name, materialized, metadata FROM tenants WHERE branch_id = ? ORDER BY name",
                (branch.id,),
            ).fetchall()
        return [_tenant(row) for row in rows]

    def tenant(self, branch: BranchRecord, name: str) -> TenantRecord:
        """Look a tenant up.

        Raises:
            TenantNotFoundError: The branch has no such tenant.
        """
        with self.reading() as lease:
            row = lease.connection.execute(
                "SELECT id, name, materialized, metadata FROM tenants WHERE branch_id = ? AND name = ?",
                (branch.id, name),
            ).fetchone()
        if row is None:
            raise TenantNotFoundError(
                f"{branch.database}/{branch.name} has no tenant {name!r}; it has: {self._some_tenants(branch)}"
            )
        return _tenant(row)

    def close(self) -> None:
        """Close what is idle."""
        self._pool.close()

    def _some_tenants(self, branch: BranchRecord, most: int = 10) -> str:
        names = [tenant.name for tenant in self.tenants(branch) if tenant.name != TEMPLATE_TENANT]
        rest = f" and {len(names) - most} more" if len(names) > most else ""
        return ", ".join(names[:most]) + rest if names else "none"

    def _open(self, path: Path) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{path.as_uri()}?mode=rw",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            timeout=self._busy_timeout,
        )
        connection.execute("PRAGMA foreign_keys = ON")
        columns = connection.execute("SELECT count(*) FROM pragma_table_info('tenants')").fetchone()[0]
        if columns == 0:
            connection.close()
            raise StorageError(
                f"{path} holds no CinchDB metadata; is this a project of CinchDB 0.1.0 or of another tool?"
            )
        return connection


def insert_database(
    connection: sqlite3.Connection, name: str, branch: str, *, description: str | None, materialized: bool
) -> None:
    """Write the rows of a new database with its first branch, the tenant ``main`` and the template."""
    database_id, branch_id = str(uuid.uuid4()), str(uuid.uuid4())
    connection.execute(
        "INSERT INTO databases (id, name, description, materialized, metadata) VALUES (?, ?, ?, ?, ?)",
        (database_id, name, description, materialized, json.dumps({"initial_branch": branch})),
    )
    connection.execute(
        "INSERT INTO branches (id, database_id, name, schema_version, materialized, metadata) "
        "VALUES (?, ?, ?, 'v1.0.0', ?, ?)",
        (branch_id, database_id, branch, materialized, json.dumps({"created_at": now()})),
    )
    template = {"system": True, "description": "Template for lazy tenants"}
    insert_tenant(connection, branch_id, "main", "0d", materialized=materialized)
    insert_tenant(connection, branch_id, TEMPLATE_TENANT, "e3", materialized=materialized, details=template)


def insert_tenant(
    connection: sqlite3.Connection,
    branch_id: str,
    name: str,
    shard: str,
    *,
    materialized: bool = False,
    details: Mapping[str, object] | None = None,
) -> None:
    """Write the row of a new tenant."""
    connection.execute(
        "INSERT INTO tenants (id, branch_id, name, shard, materialized, metadata) VALUES (?, ?, ?, ?, ?, ?)",
        (
            str(uuid.uuid4()),
            branch_id,
            name,
            shard,
            materialized,
            json.dumps({**(details or {}), "created_at": now()}),
        ),
    )


def mark_materialized(connection: sqlite3.Connection, branch_id: str, tenant: str) -> None:
    """Note that the tenant, and with it its branch and database, has its file."""
    connection.execute(
        "UPDATE tenants SET materialized = 1, updated_at = CURRENT_TIMESTAMP WHERE branch_id = ? AND name = ?",
        (branch_id, tenant),
    )
    connection.execute("UPDATE branches SET materialized = 1 WHERE id = ? AND NOT materialized", (branch_id,))
    connection.execute(
        "UPDATE databases SET materialized = 1 "
        "WHERE NOT materialized AND id = (SELECT database_id FROM branches WHERE id = ?)",
        (branch_id,),
    )


def _tenant(row: tuple[str, str, int, str | None]) -> TenantRecord:
    tenant_id, name, materialized, details = row
    return TenantRecord(tenant_id, name, bool(materialized), json.loads(details or "{}").get("description"))
