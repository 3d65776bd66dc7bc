"""Every error of this package: one tree, each class with a stable code and whether trying again can help."""

from collections.abc import Sequence
from typing import ClassVar


class CinchError(Exception):
    """Anything that cinch_client refuses or cannot do.

    Attributes:
        code: A stable identifier of the class, for machines and for the wire.
        retryable: Whether the same call can succeed later without anything being changed.
    """

    code: ClassVar[str] = "error"
    retryable: ClassVar[bool] = False


class ConfigurationError(CinchError, ValueError):
    """An option or an argument of a connection that cannot be used as it is."""

    code = "configuration"


class InvalidNameError(ConfigurationError):
    """A name that the rules for databases, branches, tenants, tables or columns forbid."""

    code = "invalid_name"


class UnsupportedError(ConfigurationError):
    """Something that this version, on purpose, does not do (encryption, for example)."""

    code = "unsupported"


class NotFoundError(CinchError, ValueError):
    """Something named in the call does not exist."""

    code = "not_found"


class ProjectNotFoundError(NotFoundError):
    """No ``.cinchdb`` directory here or above."""

    code = "project_not_found"


class DatabaseNotFoundError(NotFoundError):
    """The project has no database of that name."""

    code = "database_not_found"


class BranchNotFoundError(NotFoundError):
    """The database has no branch of that name."""

    code = "branch_not_found"


class TenantNotFoundError(NotFoundError):
    """The branch has no tenant of that name."""

    code = "tenant_not_found"


class TableNotFoundError(NotFoundError):
    """The tenant has no table or view of that name."""

    code = "table_not_found"


class ColumnNotFoundError(NotFoundError):
    """The table has no column of that name."""

    code = "column_not_found"


class IndexNotFoundError(NotFoundError):
    """The branch has no index of that name."""

    code = "index_not_found"


class RecordNotFoundError(NotFoundError):
    """No row has that key."""

    code = "record_not_found"


class AlreadyExistsError(CinchError, ValueError):
    """What should be created is already there; nothing was changed."""

    code = "already_exists"


class QueryError(CinchError, ValueError):
    """A query that cannot be run: an unknown column or operator, or SQL that is refused or wrong."""

    code = "query"


class QueryTimeoutError(QueryError):
    """A query that ran longer than its limit and was stopped."""

    code = "query_timeout"


class SchemaError(CinchError, ValueError):
    """A schema change that cannot be made; no tenant was changed unless the message names it."""

    code = "schema"


class InvalidValueError(CinchError, ValueError):
    """A value that its column cannot take; nothing was written.

    Attributes:
        column: The column's name, or None when no single column is to blame.
    """

    code = "invalid_value"

    def __init__(self, message: str, *, column: str | None = None) -> None:
        super().__init__(message)
        self.column = column


class ConstraintError(InvalidValueError):
    """A row that breaks a constraint of its table; nothing was written.

    Attributes:
        constraint: ``unique``, ``foreign_key``, ``not_null``, ``check`` or ``other``.
        table: The table, where the engine tells.
        columns: The columns concerned, where the engine tells.
    """

    code = "constraint"

    def __init__(self, message: str, *, constraint: str, table: str | None = None, columns: Sequence[str] = ()) -> None:
        super().__init__(message, column=columns[0] if len(columns) == 1 else None)
        self.constraint = constraint
        self.table = table
        self.columns = tuple(columns)


class BusyError(CinchError):
    """Another writer held the tenant's file for too long; nothing was written."""

    code = "busy"
    retryable = True


class MaintenanceError(CinchError):
    """The database or the branch is in maintenance mode and takes no writes."""

    code = "maintenance"
    retryable = True


class TransactionScopeError(CinchError):
    """A write to one scope inside the transaction of another, or a transaction used out of its turn."""

    code = "transaction_scope"


class DriftError(CinchError):
    """The schema has moved on since the calling code was generated."""

    code = "drift"


class StorageError(CinchError):
    """A file that cannot be used: damaged, foreign, read-only, or on a full disk."""

    code = "storage"
