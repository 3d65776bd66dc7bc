"""Which file a tenant lives in: finding it, making it at the first write, and noticing when it moves.

A tenant is *lazy* as long as it was never written to: it has a row in the metadata but no file of its own, and is
read through the template tenant. CinchDB 0.1 sometimes leaves an empty file without tables in the place of a lazy
tenant, or a row that says "materialized" without a file; both count as lazy here.
"""

import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from pathlib import Path

from cinch_client._embedded import _files
from cinch_client._embedded._failures import translated
from cinch_client._embedded._forks import call_after_fork
from cinch_client._embedded._introspection import schema_digest
from cinch_client._embedded._lease import PooledFile, inode_of
from cinch_client._embedded._metadata import BranchRecord, Metadata, mark_materialized
from cinch_client._embedded._pool import Pool
from cinch_client._engine import Scope
from cinch_client._errors import StorageError
from cinch_client._names import TEMPLATE_TENANT
from cinch_client._quoting import fold, quote

LOOK_SECONDS = 0.1
"""How long it may take until a change that another process made to the project is noticed."""

_YOUNG_SECONDS = 1.0
_PAUSE_SECONDS = 0.02
_BLANK = Path(":memory:")


class TenantFile(PooledFile):
    """What is known of one tenant's file; every connection object of the scope shares it.

    Attributes:
        scope: Whose file it is.
        branch: The metadata of its branch, as of the last look.
        real: Whether there is a file of its own (a lazy tenant has none).
        claimed: Whether the metadata says so, too.
        look_at: When to look again, by the monotonic clock.
    """

    __slots__ = ("branch", "claimed", "generation", "look_at", "real", "scope")

    def __init__(self, scope: Scope, path: Path) -> None:
        super().__init__(path)
        self.scope = scope
        self.branch: BranchRecord | None = None
        self.real = self.claimed = False
        self.look_at = 0.0
        self.generation = -1


class TenantFiles:
    """The tenant files of one project.

    Args:
        project: The directory that contains ``.cinchdb``.
        metadata: The project's metadata.
        pool: Where connections to tenants come from.
    """

    def __init__(self, project: Path, metadata: Metadata, pool: Pool) -> None:
        self._project = project
        self._metadata = metadata
        self._pool = pool
        self._open = pool.open
        self._files: dict[Scope, TenantFile] = {}
        self._blank = PooledFile(_BLANK)
        self._generation = 0
        self._look_at = 0.0
        self._lock = threading.RLock()
        call_after_fork(self)

    def after_fork(self) -> None:
        """Take a lock of the child's own: a thread that does not exist there may hold the parent's."""
        self._lock = threading.RLock()

    def file(self, scope: Scope) -> TenantFile:
        """Return what is known of the scope's file, without looking."""
        file = self._files.get(scope)
        if file is None:
            file = self._files.setdefault(scope, TenantFile(scope, _files.tenant_file(self._project, *scope)))
        return file

    def look(self, file: TenantFile, now: float) -> None:
        """See whether the project says something else of *file* than it did, or the file was replaced.

        Raises:
            NotFoundError: Database, branch or tenant do not exist (any more).
            StorageError: The directory of the branch belongs to another database.
        """
        with self._lock:
            if now >= self._look_at:
                if self._metadata.moved():
                    self._generation += 1
                self._pool.close_idle(now)
                self._look_at = now + LOOK_SECONDS
            if file.generation != self._generation or inode_of(file.path) != file.inode:
                self._resolve(file)
            file.epoch += 1
            file.look_at = now + LOOK_SECONDS

    def look_soon(self) -> None:
        """Have every scope look again at its next use, because this process changed the project."""
        with self._lock:
            self._generation += 1
            for file in list(self._files.values()):
                file.look_at = 0.0

    def readable(self, file: TenantFile) -> PooledFile:
        """Return the file to read the tenant from: its own, the template's, or nothing at all."""
        if file.real:
            return file
        template = self.file(file.scope._replace(tenant=TEMPLATE_TENANT))
        now = time.monotonic()
        if now >= template.look_at:
            self.look(template, now)
        return template if template.real else self._blank

    def materialize(self, file: TenantFile) -> None:
        """Give a lazy tenant its file, as a whole or not at all; another process may do the same at the same time.

        The row is committed before the file appears: whatever is cut off in between leaves a lazy tenant, and a file
        with tables that no row knows of is never ours. The file appears under the project's write lock, so that no
        schema change misses it, and nobody else replaces it.
        """
        while not self._claim(file):
            time.sleep(_PAUSE_SECONDS)
        with self._metadata.writing(), self._lock, self.new_file(file.path) as new:
            self._resolve(file)
            if not file.real:
                template = self.file(file.scope._replace(tenant=TEMPLATE_TENANT))
                self._resolve(template)
                copy_database(self._open, template.path if template.real else _BLANK, new)
        self.look_soon()

    def _claim(self, file: TenantFile) -> bool:
        """Note that the tenant has its file, and make room for it; tell whether that was possible now."""
        with self._metadata.writing() as metadata, self._lock:
            self._resolve(file)
            if file.claimed:
                return True
            branch = self._branch(file)
            if not file.real:
                if _is_young(file.path):  # CinchDB 0.1 may be about to fill it
                    return False
                self.prepare_branch_directory(branch)
                file.path.parent.mkdir(exist_ok=True)
                remove_database(file.path)  # what 0.1 left there: no tables, as _resolve has seen
            mark_materialized(metadata, branch.id, file.scope.tenant)
            return True

    def real_files(self, branch: BranchRecord) -> list[TenantFile]:
        """Return the files of all tenants of a branch that have one, the template's not among them."""
        names = [record.name for record in self._metadata.tenants(branch) if record.name != TEMPLATE_TENANT]
        files = [self.file(Scope(branch.database, branch.name, name)) for name in names]
        with self._lock:
            for file in files:
                self._resolve(file)
        return [file for file in files if file.real]

    def prepare_branch_directory(self, branch: BranchRecord) -> None:
        """Make the directory of a branch with the two files that 0.1 expects there, if it is missing."""
        directory = _files.branch_directory(self._project, branch.database, branch.name)
        if directory.is_dir():
            return
        directory.mkdir(parents=True, exist_ok=True)
        _files.write_branch_files(directory, branch.database, branch.name)

    @contextmanager
    def new_file(self, path: Path) -> Generator[Path]:
        """Offer a temporary path; what was made there appears at *path* in one step, if nothing is there.

        The caller holds the project's write lock.
        """
        new = temporary(path)
        remove_database(new)  # a process that was killed may have left it
        try:
            with translated(path):
                yield new
            if new.exists():
                _put(new, path)
        finally:
            remove_database(new)

    def _branch(self, file: TenantFile) -> BranchRecord:
        if file.branch is None:
            self._resolve(file)
        assert file.branch is not None  # noqa: S101 - _resolve sets it or raises
        return file.branch

    def _resolve(self, file: TenantFile) -> None:
        generation = self._generation
        database, name, tenant = file.scope
        branch = self._metadata.branch(database, name)
        record = self._metadata.tenant(branch, tenant)
        self._check_owner(branch)
        inode = inode_of(file.path)
        if inode != file.inode:
            self._pool.forget(file)
            file.inode = inode
        file.branch = branch
        file.real = inode is not None and (record.materialized or self._is_half_made(file))
        file.claimed = file.real and record.materialized
        file.generation = generation

    def _is_half_made(self, file: TenantFile) -> bool:
        """Judge a file whose row does not know of it.

        CinchDB 0.1 copies the template to the place and then writes the row: a file like the template and without
        rows is the tenant's. One without tables is what 0.1 leaves after a read, and replaced by the first write.

        Raises:
            StorageError: The file is somebody else's.
        """
        try:
            with translated(file.path), closing(self._open(file.path)) as connection:
                if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
                    return False
                is_copy = not _has_rows(connection) and schema_digest(connection) == self._template_digest(file)
        except StorageError:
            if _is_young(file.path):  # half copied
                return False
            raise
        if not is_copy:
            raise StorageError(
                f"{file.path} lies in the place of the tenant {file.scope.tenant!r}, which was never written to: "
                "it may be left from a deleted tenant or database. It was not touched; move it away to go on"
            )
        return True

    def _template_digest(self, file: TenantFile) -> str:
        path = _files.tenant_file(self._project, *file.scope._replace(tenant=TEMPLATE_TENANT))
        if inode_of(path) is None:
            return ""
        with translated(path), closing(self._open(path)) as connection:
            return schema_digest(connection)

    def owns(self, branch: BranchRecord) -> bool:
        """Tell whether the directory of a branch is its own: ``a-b``/``c`` and ``a``/``b-c`` would share one."""
        return self._metadata.rival(branch.database, branch.name) is None or self._owner(branch) == branch.database

    def _check_owner(self, branch: BranchRecord) -> None:
        if not self.owns(branch):
            directory = _files.branch_directory(self._project, branch.database, branch.name)
            raise StorageError(
                f"{branch.database}/{branch.name} cannot be used: its directory {directory.name} belongs to the "
                f"database {self._owner(branch) or 'that was there first'}, and their rows would be in the same files; "
                "create it again under another name"
            )

    def _owner(self, branch: BranchRecord) -> str | None:
        """Return the database that the directory of a branch says it belongs to."""
        directory = _files.branch_directory(self._project, branch.database, branch.name)
        try:
            return json.loads((directory / "metadata.json").read_text(encoding="utf-8"))["database"]
        except (OSError, ValueError, KeyError):
            return None


def copy_database(open_connection: Callable[[Path], sqlite3.Connection], source: Path, target: Path) -> None:
    """Copy a database that may be in use; the copy is a whole one of its own, in WAL mode."""
    with closing(sqlite3.connect(target, isolation_level=None)) as copy:
        if source != _BLANK:
            with closing(open_connection(source)) as original:
                original.backup(copy)
        copy.execute("PRAGMA journal_mode = WAL")


def temporary(path: Path) -> Path:
    """Return where a database is made before it appears at *path*."""
    return path.with_name(f".{path.name}.new")


def _has_rows(connection: sqlite3.Connection) -> bool:
    tables = connection.execute(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'virtual')"
    ).fetchall()
    return any(
        connection.execute(f"SELECT 1 FROM {quote(name)} LIMIT 1").fetchone()
        for (name,) in tables
        if not fold(name).startswith("sqlite_")
    )


def _is_young(path: Path) -> bool:
    """Tell whether somebody wrote to the file a moment ago."""
    try:
        return 0 <= time.time() - path.stat().st_mtime < _YOUNG_SECONDS
    except FileNotFoundError:
        return False


def _put(new: Path, path: Path) -> None:
    """Give *new* its name; what has that name already stays, because it is as good."""
    try:
        os.link(new, path)
    except FileExistsError:
        return
    except OSError:  # a file system without hard links; the write lock keeps other processes away
        if not path.exists():
            new.rename(path)


def remove_database(path: Path) -> None:
    """Remove a database file with its log, if they exist; nobody may be using it."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
