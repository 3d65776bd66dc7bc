"""Changing the schema of a branch in all its tenants, and recording it."""

import json
import sqlite3
import uuid
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager

from cinch_client._changes import Change, CreateIndex, DropIndex
from cinch_client._embedded._changes import ChangeRecord, apply, foreign_keys_off, records
from cinch_client._embedded._failures import translated
from cinch_client._embedded._metadata import BranchRecord, Metadata
from cinch_client._embedded._pool import Pool
from cinch_client._embedded._snapshot import snapshot
from cinch_client._embedded._tenant_schema import SchemaCache
from cinch_client._embedded._tenants import TenantFile, TenantFiles
from cinch_client._engine import Scope
from cinch_client._errors import CinchError, SchemaError
from cinch_client._names import TEMPLATE_TENANT
from cinch_client._schema import Schema


class SchemaChanges:
    """Carries out schema changes.

    Args:
        metadata: The project's metadata.
        tenants: The project's tenant files.
        pool: Where connections to tenants come from.
        schemas: The schemas that were read so far.
    """

    def __init__(self, metadata: Metadata, tenants: TenantFiles, pool: Pool, schemas: SchemaCache) -> None:
        self._metadata = metadata
        self._tenants = tenants
        self._open = pool.open
        self._schemas = schemas

    def carry_out(self, scope: Scope, change: Change) -> None:
        """Try the change on every tenant that has a file, then make it on all of them and on the template.

        Raises:
            SchemaError: It cannot be made; no tenant was changed.
        """
        template = self._tenants.file(scope._replace(tenant=TEMPLATE_TENANT))
        self._tenants.materialize(template)
        try:
            with self._metadata.writing() as metadata:
                branch = self._metadata.branch(scope.database, scope.branch)
                branch.check_writable()
                files = [*self._tenants.real_files(branch), template]
                self._check(change, files, self._tenants.file(scope))
                for file in files:
                    self._change(file, change, keep=False)
                records = self._records(template, change)
                self._change_all(files, change)
                _note(metadata, branch, records, self._schema(template))
        finally:
            self._tenants.look_soon()

    def _check(self, change: Change, files: Sequence[TenantFile], own: TenantFile) -> None:
        """Hold the change against the schemas; for indexes, which 0.1 made in one tenant only, against one of them."""
        if isinstance(change, CreateIndex | DropIndex):
            files = [own if own.real else files[-1]]
        checked: list[Schema] = []
        for file in files:
            schema = self._schema(file)
            if not any(schema is other for other in checked):
                checked.append(schema)
                with _naming(file):
                    change.check(schema)

    def _change_all(self, files: Sequence[TenantFile], change: Change) -> None:
        done: list[str] = []
        for file in files:
            try:
                self._change(file, change, keep=True)
            except CinchError as error:
                if not done:
                    raise
                raise SchemaError(
                    f"{error}; the change was made in {', '.join(done)} and in no other tenant"
                ) from error
            done.append(file.scope.tenant)

    def _change(self, file: TenantFile, change: Change, *, keep: bool) -> None:
        """Make the change in one tenant's transaction, and keep it or roll it back."""
        with _naming(file), translated(file.path), closing(self._open(file.path)) as connection:
            if foreign_keys_off(change):
                connection.execute("PRAGMA foreign_keys = OFF")  # has no effect inside a transaction
            connection.execute("BEGIN IMMEDIATE")
            apply(change, connection)
            connection.execute("COMMIT" if keep else "ROLLBACK")
            if keep:
                # 0.1 makes tenants and branches by copying files, and the template's without its log.
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _records(self, template: TenantFile, change: Change) -> Sequence[ChangeRecord]:
        with translated(template.path), closing(self._open(template.path)) as connection:
            return records(change, connection)

    def _schema(self, file: TenantFile) -> Schema:
        with translated(file.path), closing(self._open(file.path)) as connection:
            return self._schemas.read(connection).schema


@contextmanager
def _naming(file: TenantFile) -> Generator[None]:
    """Say which tenant an error is about."""
    try:
        yield
    except SchemaError as error:
        raise type(error)(f"tenant {file.scope.tenant!r}: {error}") from error


def _note(metadata: sqlite3.Connection, branch: BranchRecord, changes: Sequence[ChangeRecord], schema: Schema) -> None:
    """Write what 0.1 wants to know of a change; *schema* is that of the branch after it."""
    for record in changes:
        change_id = str(uuid.uuid4())
        metadata.execute(
            "INSERT INTO changes (id, database_id, origin_branch_id, origin_branch_name, type, entity_type, "
            "entity_name, details, sql, schema_snapshot) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                change_id,
                branch.database_id,
                branch.id,
                branch.name,
                record.type,
                record.entity_type,
                record.entity_name,
                json.dumps(record.details) if record.details is not None else None,
                record.sql,
                json.dumps(snapshot(schema)),
            ),
        )
        metadata.execute(
            "INSERT INTO branch_changes (branch_id, branch_name, change_id, applied, applied_order) "
            "SELECT ?, ?, ?, 1, count(*) FROM branch_changes WHERE branch_id = ?",
            (branch.id, branch.name, change_id, branch.id),
        )
