"""What a connection needs of an engine; a second one is complete, or it does not type-check."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple, Protocol

from cinch_client._changes import Change
from cinch_client._definitions import SchemaChange, Tenant
from cinch_client._operations import Lookup, Operation, Row
from cinch_client._schema import Schema, TableSchema
from cinch_client._values import NaiveTimestamps


class Scope(NamedTuple):
    """Where an operation happens: one tenant of one branch of one database."""

    database: str
    branch: str
    tenant: str

    def __str__(self) -> str:
        return f"{self.database}/{self.branch}/{self.tenant}"


Parameters = Sequence[object] | Mapping[str, object]


class Engine(Protocol):
    """Carries out operations on the scopes of one project."""

    @property
    def project_dir(self) -> Path | None:
        """The project's directory, None for a remote engine."""
        ...

    @property
    def api_url(self) -> str | None:
        """The server's address, None for a local engine."""
        ...

    @property
    def naive_timestamps(self) -> NaiveTimestamps:
        """How timestamps without an offset are read."""
        ...

    def execute(self, scope: Scope, operation: Operation) -> list[Row] | int:
        """Carry out one operation."""
        ...

    def look_up(self, scope: Scope, lookup: Lookup, key: Sequence[object]) -> Row | None:
        """Read one row by its key."""
        ...

    def query(self, scope: Scope, sql: str, parameters: Parameters, timeout: float) -> list[Row]:
        """Run read-only SQL."""
        ...

    def schema(self, scope: Scope) -> Schema:
        """Read the tenant's schema."""
        ...

    def fingerprint(self, scope: Scope) -> str:
        """Return the fingerprint of the tenant's schema as it is now; cheap enough to be asked ten times a second."""
        ...

    def transaction(self, scope: Scope) -> AbstractContextManager[None]:
        """Begin a transaction, or a savepoint inside the one that is open."""
        ...

    def on_rollback(self, scope: Scope, undo: Callable[[], None]) -> None:
        """Call *undo* if the transaction that this thread and task has open on the scope is rolled back."""
        ...

    def in_transaction(self, scope: Scope) -> bool:
        """Tell whether this thread and task has a transaction open on the scope."""
        ...

    def change(self, scope: Scope, change: Change) -> None:
        """Change the schema of the scope's branch, in every tenant or in none."""
        ...

    def system_tables(self, scope: Scope) -> Sequence[TableSchema]:
        """Return all tables with those of the system, whose names begin with ``__``."""
        ...

    def databases(self) -> list[str]:
        """Return the names of all databases."""
        ...

    def branches(self, scope: Scope) -> list[str]:
        """Return the names of the branches of the scope's database."""
        ...

    def changes(self, scope: Scope) -> list[SchemaChange]:
        """Return the changes of the scope's branch, oldest first."""
        ...

    def tenants_of(self, scope: Scope) -> list[Tenant]:
        """Return all tenants of the scope's branch, the template included."""
        ...

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
        ...

    def rename_tenant(self, scope: Scope, old_name: str, new_name: str) -> None:
        """Rename a tenant of the scope's branch."""
        ...

    def delete_tenant(self, scope: Scope, name: str) -> None:
        """Delete a tenant of the scope's branch."""
        ...

    def close(self) -> None:
        """Close what is idle; the engine can be used again."""
        ...
