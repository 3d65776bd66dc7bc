"""Databases, branches and tenants: listing, creating, copying, renaming and deleting them.

Whatever changes the project does so under the write lock of its metadata, which serialises all processes.
"""

import json
import shutil
import sqlite3
import time
import uuid
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from cinch_client._definitions import SchemaChange, Tenant
from cinch_client._embedded import _files
from cinch_client._embedded._failures import translated
from cinch_client._embedded._lease import Inode, inode_of
from cinch_client._embedded._metadata import BranchRecord, Metadata, insert_tenant, mark_materialized
from cinch_client._embedded._pool import Pool
from cinch_client._embedded._tenants import TenantFile, TenantFiles, copy_database, remove_database, temporary
from cinch_client._engine import Scope
from cinch_client._errors import AlreadyExistsError, ConfigurationError
from cinch_client._names import TEMPLATE_TENANT

MAIN_TENANT = "main"


class Administration:
    """What can be done to the tenants of a project as a whole.

    Args:
        project: The directory that contains ``.cinchdb``.
        metadata: The project's metadata.
        tenants: The project's tenant files.
        pool: Where connections to tenants come from.
    """

    def __init__(
        self,
        project: Path,
        metadata: Metadata,
        tenants: TenantFiles,
        pool: Pool,
    ) -> None:
        self._project = project
        self._metadata = metadata
        self._tenants = tenants
        self._open = pool.open

    def tenants(self, scope: Scope) -> list[Tenant]:
        """Return all tenants of a branch, the template included."""
        branch = self._metadata.branch(scope.database, scope.branch)
        return [
            Tenant(
                name=record.name,
                database=branch.database,
                branch=branch.name,
                description=record.description,
                is_main=record.name == MAIN_TENANT,
                materialized=record.materialized and self._file(scope, record.name).path.exists(),
            )
            for record in self._metadata.tenants(branch)
        ]

    def create_tenants(
        self,
        scope: Scope,
        names: Sequence[str],
        description: str | None,
        copy_from: str | None,
        *,
        lazy: bool,
    ) -> None:
        """Create tenants, all or none."""
        with self._changing(scope) as (metadata, branch):
            taken = {record.name for record in self._metadata.tenants(branch)}
            for name in names:
                if name in taken:
                    raise AlreadyExistsError(f"{branch.database}/{branch.name} has a tenant {name!r} already")
                taken.add(name)
                set_aside(self._file(scope, name).path)
                details = {"description": description} if description is not None else None
                insert_tenant(metadata, branch.id, name, _files.shard(name), details=details)
            if copy_from is not None:
                self._metadata.tenant(branch, copy_from)
                for name in names:
                    self._copy(metadata, branch, self._file(scope, copy_from), self._file(scope, name))
        if not lazy and copy_from is None:
            for name in names:
                self._tenants.materialize(self._file(scope, name))

    def rename_tenant(self, scope: Scope, old_name: str, new_name: str) -> None:
        """Rename a tenant: a copy is made while nobody can write, and takes the place of the old file."""
        _refuse_main(old_name, "renamed")
        with self._changing(scope) as (metadata, branch):
            record = self._metadata.tenant(branch, old_name)
            if any(other.name == new_name for other in self._metadata.tenants(branch)):
                raise AlreadyExistsError(f"{branch.database}/{branch.name} has a tenant {new_name!r} already")
            old, new = self._file(scope, old_name), self._file(scope, new_name)
            set_aside(new.path)
            metadata.execute(
                "UPDATE tenants SET name = ?, shard = ?, updated_at = CURRENT_TIMESTAMP WHERE id = ?",
                (new_name, _files.shard(new_name), record.id),
            )
            with self._locked(old) as inode:
                self._copy(metadata, branch, old, new)
                metadata.execute("COMMIT")
                _remove(old, inode)

    def delete_tenant(self, scope: Scope, name: str) -> None:
        """Delete a tenant; a writer that waits for its file finds out that it is gone."""
        _refuse_main(name, "deleted")
        with self._changing(scope) as (metadata, branch):
            record = self._metadata.tenant(branch, name)
            file = self._file(scope, name)
            with self._locked(file) as inode:
                remove_database(temporary(file.path))
                metadata.execute("DELETE FROM tenants WHERE id = ?", (record.id,))
                metadata.execute("COMMIT")
                _remove(file, inode)

    def changes(self, scope: Scope) -> list[SchemaChange]:
        """Return the changes of a branch, in the order in which they came to it."""
        branch = self._metadata.branch(scope.database, scope.branch)
        with self._metadata.reading() as lease:
            rows = lease.connection.execute(
                "SELECT c.id, c.type, c.entity_type, c.entity_name, c.details, c.sql, c.origin_branch_name, l.applied, "
                "c.created_at FROM branch_changes l JOIN changes c ON c.id = l.change_id "
                "WHERE l.branch_id = ? ORDER BY l.applied_order",
                (branch.id,),
            ).fetchall()
        return [_change(row) for row in rows]

    def delete_database(self, database: str) -> None:
        """Delete a database; its directories are moved aside first, so that nothing of it is found again."""
        with self._metadata.writing() as metadata:
            branches = [self._metadata.branch(database, name) for name in self._metadata.branches(database)]
            if self._metadata.databases() == [database]:
                raise ConfigurationError(f"{database!r} is the last database of the project and cannot be deleted")
            for branch in branches:
                metadata.execute("DELETE FROM branch_changes WHERE branch_id = ?", (branch.id,))
            metadata.execute("DELETE FROM databases WHERE name = ?", (database,))
            # Last, so that nothing has been moved when the metadata cannot be written.
            moved = [aside for branch in branches if (aside := self._move_aside(branch)) is not None]
        self._tenants.look_soon()
        for directory in moved:
            shutil.rmtree(directory)

    def check_free(self, database: str, branch: str) -> None:
        """Make sure that the directory of a new branch belongs to nobody.

        Raises:
            AlreadyExistsError: Another database's branch would have the same directory.
        """
        rival = self._metadata.rival(database, branch)
        directory = _files.branch_directory(self._project, database, branch)
        if rival is not None:
            raise AlreadyExistsError(
                f"the files of {database}/{branch} would be in the directory {directory.name}, "
                f"which belongs to {'/'.join(rival)}; choose another name"
            )
        set_aside(directory)

    def _file(self, scope: Scope, tenant: str) -> TenantFile:
        return self._tenants.file(scope._replace(tenant=tenant))

    @contextmanager
    def _changing(self, scope: Scope) -> Generator[tuple[sqlite3.Connection, BranchRecord]]:
        try:
            with self._metadata.writing() as metadata:
                branch = self._metadata.branch(scope.database, scope.branch)
                branch.check_writable()
                yield metadata, branch
        finally:
            self._tenants.look_soon()

    @contextmanager
    def _locked(self, file: TenantFile) -> Generator[Inode | None]:
        """Keep everybody from writing to a tenant, if it has a file; that file is yielded."""
        self._tenants.look(file, time.monotonic())
        if not file.real:
            yield None
            return
        with translated(file.path), closing(self._open(file.path)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield inode_of(file.path)
            connection.execute("ROLLBACK")

    def _copy(self, metadata: sqlite3.Connection, branch: BranchRecord, source: TenantFile, target: TenantFile) -> None:
        """Give *target* the rows of *source*; a lazy source has none, so its copy is lazy, too."""
        self._tenants.look(source, time.monotonic())
        if not source.real:
            return
        target.path.parent.mkdir(parents=True, exist_ok=True)
        with self._tenants.new_file(target.path) as new:
            copy_database(self._open, source.path, new)
        mark_materialized(metadata, branch.id, target.scope.tenant)

    def _move_aside(self, branch: BranchRecord) -> Path | None:
        directory = _files.branch_directory(self._project, branch.database, branch.name)
        if not directory.exists() or not self._tenants.owns(branch):
            return None
        return directory.rename(directory.with_name(f".deleted-{uuid.uuid4().hex}"))


def _remove(file: TenantFile, inode: Inode | None) -> None:
    """Remove a tenant's file, unless another process has given the name to a new tenant in the meantime."""
    if inode is not None and inode_of(file.path) == inode:
        remove_database(file.path)


def set_aside(path: Path) -> None:
    """Rename what lies in a new name's place, so that it is neither found again nor lost."""
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    for suffix in ("", "-wal", "-shm", "-journal"):  # SQLite would take a log without its file for the new file's
        old = path.with_name(path.name + suffix)
        if old.exists():
            old.rename(path.with_name(f"{path.name}.orphan-{moment}{suffix}"))


def _refuse_main(name: str, what: str) -> None:
    if name in {MAIN_TENANT, TEMPLATE_TENANT}:
        raise ConfigurationError(f"the tenant {name!r} cannot be {what}: every branch needs it")


def _change(row: tuple[str, str, str, str, str | None, str | None, str | None, int, str]) -> SchemaChange:
    change_id, kind, entity_type, entity_name, details, sql, branch, applied, created_at = row
    return SchemaChange(
        id=change_id,
        type=kind,
        entity_type=entity_type,
        entity_name=entity_name,
        details=json.loads(details) if details else None,
        sql=sql,
        branch=branch,
        applied=bool(applied),
        created_at=datetime.fromisoformat(created_at).replace(tzinfo=UTC),
    )
