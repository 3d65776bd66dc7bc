"""The embedded engine: operations on the SQLite files of a project on this machine."""

import sqlite3
import time
import weakref
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Literal, TypeVar, TypeVarTuple

from cinch_client._changes import Change
from cinch_client._definitions import SchemaChange, Tenant
from cinch_client._embedded import _introspection, _rows, _transactions
from cinch_client._embedded._administration import MAIN_TENANT, Administration
from cinch_client._embedded._budget import process_budget
from cinch_client._embedded._failures import translate, translated
from cinch_client._embedded._files import METADATA_FILE, PROJECT_DIRECTORY
from cinch_client._embedded._lease import Lease, PooledFile, inode_of
from cinch_client._embedded._metadata import Metadata
from cinch_client._embedded._pool import Pool
from cinch_client._embedded._readonly import read_only, refused
from cinch_client._embedded._schema_changes import SchemaChanges
from cinch_client._embedded._tenant_schema import SchemaCache
from cinch_client._embedded._tenants import TenantFile, TenantFiles
from cinch_client._engine import Parameters, Scope
from cinch_client._errors import (
    CinchError,
    QueryError,
    StorageError,
    TableNotFoundError,
    TransactionScopeError,
)
from cinch_client._names import TEMPLATE_TENANT
from cinch_client._operations import Count, Delete, Insert, Lookup, Operation, Row, Select, Update
from cinch_client._quoting import quote
from cinch_client._schema import Schema, TableSchema
from cinch_client._values import NaiveTimestamps, Storable, encode_parameters

Synchronous = Literal["normal", "full"]
_Arguments = TypeVarTuple("_Arguments")
_T = TypeVar("_T")

_READING = (Select, Count)
_STATEMENTS = 512


class EmbeddedEngine:
    """Carries out operations on the tenants of one project.

    Args:
        project: The directory that contains ``.cinchdb``.
        naive_timestamps: How timestamps without an offset are read.
        synchronous: ``normal`` may lose the last commits in a power cut, ``full`` does not; neither corrupts.
        busy_timeout: Seconds to wait for another writer.
    """

    api_url = None

    def __init__(
        self, project: Path, naive_timestamps: NaiveTimestamps, synchronous: Synchronous, busy_timeout: float
    ) -> None:
        self.project_dir = project
        self.naive_timestamps: NaiveTimestamps = naive_timestamps
        self._synchronous: Synchronous = synchronous
        self._busy_timeout = busy_timeout
        self._pool = Pool(partial(_open, synchronous, busy_timeout), process_budget, busy_timeout)
        self.metadata = Metadata(project / PROJECT_DIRECTORY / METADATA_FILE, busy_timeout)
        self.tenants = TenantFiles(project, self.metadata, self._pool)
        self.administration = Administration(project, self.metadata, self.tenants, self._pool)
        self._schemas = SchemaCache(naive_timestamps)
        self.schema_changes = SchemaChanges(self.metadata, self.tenants, self._pool, self._schemas)
        weakref.finalize(self, _close, self._pool, self.metadata)

    def execute(self, scope: Scope, operation: Operation) -> list[Row] | int:
        """Carry out one operation; every write is all or nothing."""
        if isinstance(operation, _READING):
            lease = self._lease_to_read(scope)
            try:
                return self._run(_rows.read, lease, operation)
            finally:
                self._pool.release(lease)
        transaction = _transactions.joined(self, scope)
        if transaction is not None:
            transaction.check_alive()
            return self._run(_rows.write, transaction.lease, operation)
        return self._write(self.tenants.file(scope), operation)

    def look_up(self, scope: Scope, lookup: Lookup, key: Sequence[object]) -> Row | None:
        """Read one row by its key."""
        lease = self._lease_to_read(scope)
        try:
            return self._run(_rows.look_up, lease, lookup, key)
        finally:
            self._pool.release(lease)

    def query(self, scope: Scope, sql: str, parameters: Parameters, timeout: float) -> list[Row]:
        """Run read-only SQL."""
        bound = encode_parameters(parameters, self.naive_timestamps)
        with self._reading(scope) as lease:
            self._set_up_modules(lease)
            return self._query(lease, sql, bound, timeout)

    def _query(
        self, lease: Lease, sql: str, bound: Sequence[Storable] | Mapping[str, Storable], timeout: float
    ) -> list[Row]:
        with read_only(lease.connection, timeout) as guard:
            try:
                cursor = lease.connection.execute(sql, bound)
                rows = cursor.fetchall()
            except (sqlite3.Error, sqlite3.Warning, UnicodeEncodeError) as error:
                raise (refused(guard) if guard.refused else translate(error, lease.file.path)) from error
            if cursor.description is None:
                raise QueryError("the SQL holds no statement")
            return _rows.named([column[0] for column in cursor.description], rows, guard.read, lease.schema.schema)

    @staticmethod
    def _set_up_modules(lease: Lease) -> None:
        """Let the modules of virtual tables prepare what they need; R*Tree prepares writes, which the guard refuses."""
        for table in lease.schema.schema.tables:
            if table.virtual:
                with translated(lease.file.path):
                    lease.connection.execute(f"SELECT 1 FROM {quote(table.name)} LIMIT 0")

    def schema(self, scope: Scope) -> Schema:
        """Read the tenant's schema."""
        with self._reading(scope) as lease:
            self._refresh(lease)
            return lease.schema.schema

    def fingerprint(self, scope: Scope) -> str:
        """Return the fingerprint of the tenant's schema; SQLite's schema cookie tells whether it must be read again."""
        return self.schema(scope).fingerprint

    @contextmanager
    def transaction(self, scope: Scope) -> Generator[None]:
        """Begin a transaction that writes, or a savepoint inside the one that is open."""
        outer = _transactions.joined(self, scope)
        if outer is not None:
            with outer.savepoint():
                yield
            return
        lease = self._begin(self.tenants.file(scope))
        lease.held = True
        transaction = _transactions.Transaction(self, scope, lease)
        try:
            with _transactions.entered(transaction):
                yield
            if not transaction.is_inherited:
                transaction.commit()
        finally:
            if not transaction.is_inherited:
                transaction.end()
                lease.held = False
                self._pool.release(lease)

    def on_rollback(self, scope: Scope, undo: Callable[[], None]) -> None:
        """Call *undo* if the transaction that is open now is rolled back."""
        transaction = _transactions.joined(self, scope)
        if transaction is not None:
            transaction.on_rollback(undo)

    def in_transaction(self, scope: Scope) -> bool:
        """Tell whether this thread and task has a transaction open on the scope."""
        return _transactions.joined(self, scope) is not None

    def change(self, scope: Scope, change: Change) -> None:
        """Change the schema of the scope's branch, in every tenant or in none."""
        self._refuse_in_transaction("change the schema")
        self.schema_changes.carry_out(scope, change)

    def system_tables(self, scope: Scope) -> Sequence[TableSchema]:
        """Return all tables with those of the system."""
        with self._reading(scope) as lease, translated(lease.file.path):
            return _introspection.read_schema(lease.connection, include_system=True).tables

    def databases(self) -> list[str]:
        """Return the names of all databases."""
        return self.metadata.databases()

    def branches(self, scope: Scope) -> list[str]:
        """Return the names of the branches of the scope's database."""
        return self.metadata.branches(scope.database)

    def changes(self, scope: Scope) -> list[SchemaChange]:
        """Return the changes of the scope's branch, oldest first."""
        return self.administration.changes(scope)

    def tenants_of(self, scope: Scope) -> list[Tenant]:
        """Return all tenants of the scope's branch, the template included."""
        return self.administration.tenants(scope)

    def create_tenants(
        self,
        scope: Scope,
        names: Sequence[str],
        description: str | None,
        copy_from: str | None,
        *,
        lazy: bool,
    ) -> None:
        """Create tenants of the scope's branch, all or none."""
        self._refuse_in_transaction("create tenants")
        self.administration.create_tenants(scope, names, description, copy_from, lazy=lazy)

    def rename_tenant(self, scope: Scope, old_name: str, new_name: str) -> None:
        """Rename a tenant of the scope's branch."""
        self._refuse_in_transaction("rename tenants")
        self.administration.rename_tenant(scope, old_name, new_name)

    def delete_tenant(self, scope: Scope, name: str) -> None:
        """Delete a tenant of the scope's branch."""
        self._refuse_in_transaction("delete tenants")
        self.administration.delete_tenant(scope, name)

    def materialize_branch(self, database: str, branch: str) -> None:
        """Make the files of a new branch: the template's, and that of the tenant ``main``."""
        for tenant in (TEMPLATE_TENANT, MAIN_TENANT):
            self.tenants.materialize(self.tenants.file(Scope(database, branch, tenant)))

    @property
    def options(self) -> tuple[Path, NaiveTimestamps, Synchronous, float]:
        """What the engine was opened with."""
        return self.project_dir, self.naive_timestamps, self._synchronous, self._busy_timeout

    def close(self) -> None:
        """Close what is idle; the engine can be used again."""
        _close(self._pool, self.metadata)

    def _refuse_in_transaction(self, what: str) -> None:
        other = _transactions.elsewhere(self)
        if other is not None:
            raise TransactionScopeError(f"a transaction is open on {other}; {what} outside of it")

    def _run(self, run: Callable[[Lease, *_Arguments], _T], lease: Lease, *arguments: *_Arguments) -> _T:
        try:
            return run(lease, *arguments)
        except (sqlite3.OperationalError, QueryError, TableNotFoundError) as error:
            # The schema may have changed under us since it was last looked at.
            if not self._refresh(lease):
                raise (error if isinstance(error, CinchError) else translate(error, lease.file.path)) from error
        except (sqlite3.Error, OverflowError, UnicodeEncodeError) as error:
            raise translate(error, lease.file.path) from error
        with translated(lease.file.path):
            return run(lease, *arguments)

    def _write(self, file: TenantFile, operation: Insert | Update | Delete) -> list[Row] | int:
        """Write outside a transaction of the caller's; again, if the file was replaced before the write was done."""
        other = _transactions.elsewhere(self)
        if other is not None:
            raise TransactionScopeError(
                f"a transaction is open on {other}; writing to {file.scope} would not be part of it: "
                "open a transaction on that tenant, too, or write to it outside"
            )
        while True:
            lease = self._lease_to_write(file)
            try:
                result = self._run(_rows.write, lease, operation)
                if lease.is_in_place():
                    return result
            finally:
                self._pool.release(lease)
            # Renamed, deleted or replaced by another process between our look and our lock.
            self.tenants.look_soon()

    def _begin(self, file: TenantFile) -> Lease:
        while True:
            lease = self._lease_to_write(file)
            try:
                with translated(file.path):
                    lease.connection.execute("BEGIN IMMEDIATE")
                if lease.is_in_place():
                    return lease
                lease.connection.execute("ROLLBACK")
            except BaseException:
                self._pool.release(lease)
                raise
            self._pool.release(lease)
            self.tenants.look_soon()

    @contextmanager
    def _reading(self, scope: Scope) -> Generator[Lease]:
        lease = self._lease_to_read(scope)
        try:
            yield lease
        finally:
            self._pool.release(lease)

    def _lease_to_read(self, scope: Scope) -> Lease:
        """Take a connection for reading: that of the open transaction, the tenant's own, or the template's."""
        if _transactions.opened.get():
            transaction = _transactions.joined(self, scope)
            if transaction is not None:
                transaction.check_alive()
                return transaction.lease
        file = self.tenants.file(scope)
        now = time.monotonic()
        if now < file.look_at:
            try:
                lease = file.idle.pop()
            except IndexError:
                return self._lease_after_look(file)
            if lease.epoch == file.epoch:
                lease.used_at = now
                return lease
            self._pool.release(lease)
        return self._lease_after_look(file)

    def _lease_after_look(self, file: TenantFile) -> Lease:
        while True:
            now = time.monotonic()
            if now >= file.look_at:
                self.tenants.look(file, now)
            source = file if file.real else self.tenants.readable(file)
            try:
                return self._lease(source, now)
            except StorageError:
                if not self._has_moved(source):
                    raise

    def _lease_to_write(self, file: TenantFile) -> Lease:
        while True:
            now = time.monotonic()
            if now >= file.look_at:
                self.tenants.look(file, now)
            if file.branch is not None:
                file.branch.check_writable()
            if not file.claimed:
                self.tenants.materialize(file)
            try:
                return self._lease(file, now)
            except StorageError:
                if not self._has_moved(file):
                    raise

    def _has_moved(self, file: PooledFile) -> bool:
        """Tell whether another process removed or replaced the file since the last look, and have it looked at."""
        inode = inode_of(file.path_text)
        if inode is not None and inode == file.inode:
            return False
        self.tenants.look_soon()
        return True

    def _lease(self, file: PooledFile, now: float) -> Lease:
        try:
            lease = file.idle.pop()
            while lease.epoch != file.epoch and lease.inode != file.inode:  # came back while the file was replaced
                self._pool.discard(lease)
                lease = file.idle.pop()
        except IndexError:
            with translated(file.path):
                lease = self._pool.lease(file)
        if lease.epoch != file.epoch:
            try:
                self._refresh(lease)
            except BaseException:
                self._pool.discard(lease)
                raise
            lease.epoch = file.epoch
        lease.used_at = now
        return lease

    def _refresh(self, lease: Lease) -> bool:
        """Read the schema again if SQLite's cookie has moved; tell whether it had."""
        with translated(lease.file.path):
            version = lease.connection.execute("PRAGMA schema_version").fetchone()[0]
            if version == lease.schema_version:
                return False
            lease.schema = self._schemas.read(lease.connection)
            lease.schema_version = version
            return True


def _open(synchronous: Synchronous, busy_timeout: float, path: Path) -> sqlite3.Connection:
    """Open a tenant's file, which exists, or a database in memory."""
    source = path.name if path.name == ":memory:" else f"{path.as_uri()}?mode=rw"
    connection = sqlite3.connect(
        source,
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=_STATEMENTS,
        timeout=busy_timeout,
    )
    try:
        connection.execute(f"PRAGMA synchronous = {synchronous.upper()}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _close(pool: Pool, metadata: Metadata) -> None:
    pool.close()
    metadata.close()
