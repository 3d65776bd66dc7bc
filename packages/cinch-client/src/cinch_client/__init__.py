"""Connections to CinchDB projects: one SQLite file per tenant, schemas on branches.

``connect("shop")`` gives a :class:`CinchDB`, a scope (database, branch, tenant) on an engine. Importing this package
loads neither sqlite3 nor httpx; an engine is loaded by the first connection that needs it.
"""

from cinch_client._connection import CinchDB, connect
from cinch_client._definitions import Column, ForeignKeyRef, Index, SchemaChange, Tenant
from cinch_client._errors import (
    AlreadyExistsError,
    BranchNotFoundError,
    BusyError,
    CinchError,
    ColumnNotFoundError,
    ConfigurationError,
    ConstraintError,
    DatabaseNotFoundError,
    DriftError,
    IndexNotFoundError,
    InvalidNameError,
    InvalidValueError,
    MaintenanceError,
    NotFoundError,
    ProjectNotFoundError,
    QueryError,
    QueryTimeoutError,
    RecordNotFoundError,
    SchemaError,
    StorageError,
    TableNotFoundError,
    TenantNotFoundError,
    TransactionScopeError,
    UnsupportedError,
)
from cinch_client._operations import (
    AnyOf,
    Condition,
    Count,
    Delete,
    Insert,
    Lookup,
    Operation,
    Operator,
    Row,
    Select,
    Update,
    Where,
)
from cinch_client._project import delete_database, init_database, init_project, list_databases
from cinch_client._schema import (
    ColumnSchema,
    ColumnType,
    ForeignKey,
    ForeignKeyAction,
    IndexSchema,
    Schema,
    TableSchema,
    ViewSchema,
)
from cinch_client._values import NaiveTimestamps, new_id, parse_timestamp

__version__ = "1.0.0"
