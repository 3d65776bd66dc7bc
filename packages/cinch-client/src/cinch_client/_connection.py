"""What a user holds: a scope on an engine."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self, cast, overload

from cinch_client import _changes, _filters
from cinch_client._definitions import Column, Index, SchemaChange, Tenant
from cinch_client._engine import Engine, Parameters, Scope
from cinch_client._errors import (
    ColumnNotFoundError,
    IndexNotFoundError,
    InvalidValueError,
    QueryError,
    RecordNotFoundError,
    TableNotFoundError,
    TenantNotFoundError,
)
from cinch_client._names import TEMPLATE_TENANT, check_name
from cinch_client._operations import Condition, Count, Delete, Insert, Lookup, Operation, Row, Select, Update, Value
from cinch_client._schema import ColumnSchema, IndexSchema, Schema, TableSchema, ViewSchema
from cinch_client._values import NaiveTimestamps, parse_timestamp

if TYPE_CHECKING:
    from cinch_client._embedded._engine import Synchronous

_QUERY_SECONDS = 30.0
_TIMESTAMPS = ("created_at", "updated_at")


def connect(
    database: str,
    branch: str = "main",
    tenant: str = "main",
    *,
    project_dir: str | os.PathLike[str] | None = None,
    naive_timestamps: NaiveTimestamps = "local",
    synchronous: "Synchronous" = "normal",
    busy_timeout: float = 5.0,
) -> "CinchDB":
    """Connect to a database of a project on this machine.

    Args:
        database: Its name.
        branch: One of its branches.
        tenant: The tenant to begin with; looked for at first use.
        project_dir: The directory that contains ``.cinchdb``; None searches the current directory and those above.
        naive_timestamps: What timestamps without an offset mean, as 0.1 wrote them: this machine's local time, or UTC.
        synchronous: ``normal`` may lose the last commits in a power cut (never corrupts), ``full`` waits for the disk.
        busy_timeout: Seconds that a write waits for other writers of the same tenant.

    Returns:
        The connection. Connections to one project with the same options share one engine and its open files.

    Raises:
        InvalidNameError: A name is not allowed.
        ProjectNotFoundError: There is no project here.
        DatabaseNotFoundError: The project has no such database.
        BranchNotFoundError: The database has no such branch.
    """
    from cinch_client._embedded._project import open_engine

    scope = Scope(check_name(database, "database"), check_name(branch, "branch"), check_name(tenant, "tenant"))
    engine = open_engine(project_dir, naive_timestamps, synchronous, busy_timeout)
    engine.metadata.branch(scope.database, scope.branch)
    return CinchDB(engine, scope)


class CinchDB:
    """One tenant of one branch of one database, on an engine. It never changes; ``with_tenant`` returns another one.

    Made by :func:`connect`. It can be used by several threads at once, copied and pickled.
    """

    __slots__ = ("__weakref__", "_engine", "_scope")

    def __init__(self, engine: Engine, scope: Scope) -> None:
        self._engine = engine
        self._scope = scope

    # --- the scope ------------------------------------------------------------------------------------------------

    @property
    def database(self) -> str:
        """The database's name."""
        return self._scope.database

    @property
    def branch(self) -> str:
        """The branch's name."""
        return self._scope.branch

    @property
    def tenant(self) -> str:
        """The tenant's name."""
        return self._scope.tenant

    @property
    def is_local(self) -> bool:
        """Whether the files are on this machine."""
        return self._engine.project_dir is not None

    @property
    def project_dir(self) -> Path | None:
        """The directory that contains ``.cinchdb``, None for a remote connection."""
        return self._engine.project_dir

    @property
    def api_url(self) -> str | None:
        """The server's address, None for a local connection."""
        return self._engine.api_url

    @property
    def naive_timestamps(self) -> NaiveTimestamps:
        """What timestamps without an offset mean."""
        return self._engine.naive_timestamps

    def with_tenant(self, name: str) -> "CinchDB":
        """Return the same connection for another tenant; whether it exists shows at first use.

        Raises:
            InvalidNameError: The name is not allowed.
        """
        database, branch, _ = self._scope
        return CinchDB(self._engine, Scope(database, branch, check_name(name, "tenant")))

    def with_branch(self, name: str) -> "CinchDB":
        """Return the same connection for another branch; whether it exists shows at first use.

        Raises:
            InvalidNameError: The name is not allowed.
        """
        database, _, tenant = self._scope
        return CinchDB(self._engine, Scope(database, check_name(name, "branch"), tenant))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CinchDB) and self._engine is other._engine and self._scope == other._scope

    def __hash__(self) -> int:
        return hash((id(self._engine), self._scope))

    def __repr__(self) -> str:
        place = self.project_dir or self.api_url
        return f"<CinchDB {self._scope} at {place}>"

    def __reduce__(self) -> tuple[object, ...]:
        return CinchDB, (self._engine, self._scope)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _memo: object) -> Self:
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the engine's idle files, also those of other connections to this project; all stay usable."""
        self._engine.close()

    # --- operations -----------------------------------------------------------------------------------------------

    @overload
    def execute(self, operation: Select | Insert) -> list[Row]: ...
    @overload
    def execute(self, operation: Count | Delete) -> int: ...
    @overload
    def execute(self, operation: Update) -> list[Row] | int: ...
    @overload
    def execute(self, operation: Operation) -> list[Row] | int: ...
    def execute(self, operation: Operation) -> list[Row] | int:
        """Carry out one operation; a write is all or nothing.

        Args:
            operation: A Select, Count, Insert, Update or Delete.

        Returns:
            Rows (for a Select or an Insert, and for an Update that returns columns) as dicts of values as they are
            stored, BOOLEAN as bool, timestamps as ISO text; the number of rows for anything else.

        Raises:
            NotFoundError: The database, branch, tenant or table does not exist.
            QueryError: A column or operator is unknown.
            InvalidValueError: A column cannot take a value; ConstraintError when a constraint refuses the row.
            BusyError: Another writer was not done in time.
            MaintenanceError: The branch takes no writes now.
            TransactionScopeError: A write to another tenant than that of the open transaction.
        """
        return self._engine.execute(self._scope, operation)

    def look_up(self, lookup: Lookup, key: Sequence[object]) -> Row | None:
        """Read the row that has a key, or None; the fastest way to one row.

        Args:
            lookup: Made once and kept.
            key: One value for each of the lookup's key columns.

        Raises:
            NotFoundError: The database, branch, tenant or table does not exist.
            QueryError: A column is unknown, or the key has another number of columns.
        """
        return self._engine.look_up(self._scope, lookup, key)

    def transaction(self) -> AbstractContextManager[None]:
        """Begin a transaction on this scope: all that this thread and task writes inside is kept, or nothing of it.

        Every connection and model of the scope joins it; a nested one is a savepoint. Child threads and tasks do not
        join. A lazy tenant gets its file.

        Raises:
            BusyError: Another writer was not done in time.
        """
        return self._engine.transaction(self._scope)

    @property
    def in_transaction(self) -> bool:
        """Whether this thread and task has a transaction open on the scope."""
        return self._engine.in_transaction(self._scope)

    def on_rollback(self, undo: Callable[[], None]) -> None:
        """Have a function called if the transaction that is open now, or its innermost savepoint, is rolled back.

        For what remembers having written: a cache, or an object that took over the stored row. Outside a transaction
        nothing is ever rolled back, and *undo* is not kept.

        Args:
            undo: Takes nothing; what was added last is called first. It must not write to the tenant.
        """
        self._engine.on_rollback(self._scope, undo)

    def schema(self) -> Schema:
        """Read the tenant's schema, as the database itself has it."""
        return self._engine.schema(self._scope)

    def fingerprint(self) -> str:
        """Return the fingerprint of the tenant's schema; much cheaper than :meth:`schema` when nothing changed."""
        return self._engine.fingerprint(self._scope)

    # --- rows as dicts --------------------------------------------------------------------------------------------

    def query(self, sql: str, params: Parameters = (), *, timeout: float = _QUERY_SECONDS) -> list[Row]:
        """Run one read-only SQL statement.

        Args:
            sql: A SELECT, WITH, VALUES, EXPLAIN or a PRAGMA that only tells something.
            params: Values for ``?``, or a mapping for ``:name``.
            timeout: Seconds after which it is stopped.

        Returns:
            One dict per row, in the statement's order.

        Raises:
            QueryError: The SQL is wrong or would do more than read; QueryTimeoutError when it took too long.
        """
        return self._engine.query(self._scope, sql, params, timeout)

    @overload
    def insert(  # pyright: ignore[reportOverlappingOverload] - 0.1 answers one row with one, several with a list
        self, table: str, row: Mapping[str, Value], /
    ) -> Row: ...
    @overload
    def insert(self, table: str, /, *rows: Mapping[str, Value]) -> list[Row]: ...
    def insert(self, table: str, /, *rows: Mapping[str, Value]) -> Row | list[Row]:
        """Insert rows, all or none.

        Args:
            table: The table.
            rows: What to set; id, created_at and updated_at come by themselves, other columns get their defaults.

        Returns:
            The stored row for one, a list of them for several or none; timestamps of the automatic columns are aware
            datetimes.

        Raises:
            InvalidValueError: A column cannot take a value; ConstraintError when a constraint refuses a row.
        """
        stored = self.execute(Insert(table, rows)) if rows else []
        dated = [self._dated(row) for row in stored]
        return dated[0] if len(rows) == 1 else dated

    @overload
    def update(  # pyright: ignore[reportOverlappingOverload] - 0.1 answers one row with one, several with a list
        self, table: str, row: Mapping[str, Value], /
    ) -> Row: ...
    @overload
    def update(self, table: str, /, *rows: Mapping[str, Value]) -> list[Row]: ...
    def update(self, table: str, /, *rows: Mapping[str, Value]) -> Row | list[Row]:
        """Change rows by id, all or none.

        Args:
            table: A table with a column ``id``.
            rows: Each with its ``id`` and what to change.

        Returns:
            The stored row for one, a list of them for several or none.

        Raises:
            RecordNotFoundError: No row has one of the ids; nothing was changed.
            QueryError: A row names no id.
        """
        if len(rows) == 1:
            return self._update_one(table, rows[0])
        with self.transaction():
            return [self._update_one(table, row) for row in rows]

    def delete(self, table: str, /, *ids: object) -> int:
        """Delete rows by id; returns how many there were."""
        return self.execute(Delete(table, (Condition("id", "in", ids),))) if ids else 0

    def update_where(
        self, table: str, data: Mapping[str, Value], /, operator: Literal["AND", "OR"] = "AND", **filters: object
    ) -> int:
        """Change the rows that match.

        Args:
            table: The table.
            data: What to set.
            operator: Whether all filters must hold, or any.
            filters: ``column=value`` or ``column__operator=value``, at least one.

        Returns:
            How many rows were changed.

        Raises:
            QueryError: There is no filter, or one names an unknown column or operator.
        """
        where = _filters.where(_given(filters, "update_where"), operator)
        return cast("int", self.execute(Update(table, data, where)))

    def delete_where(self, table: str, /, operator: Literal["AND", "OR"] = "AND", **filters: object) -> int:
        """Delete the rows that match; arguments and errors as of :meth:`update_where`."""
        return self.execute(Delete(table, _filters.where(_given(filters, "delete_where"), operator)))

    def _update_one(self, table: str, row: Mapping[str, Value]) -> Row:
        if "id" not in row:
            raise QueryError(f"update() of {table!r} needs the 'id' of each row")
        values = {name: value for name, value in row.items() if name != "id"}
        columns = tuple(column.name for column in self._table_or_view(table).columns)
        changed = self.execute(Update(table, values, (Condition("id", "eq", row["id"]),), columns))
        if not changed:
            raise RecordNotFoundError(f"{table!r} has no row with the id {row['id']!r}; nothing was changed")
        return self._dated(cast("list[Row]", changed)[0])

    def _dated(self, row: Row) -> Row:
        for name in _TIMESTAMPS:
            text = row.get(name)
            if isinstance(text, str):
                # The row is written; a table made by hand may hold any text in a column of this name.
                with suppress(InvalidValueError):
                    row[name] = parse_timestamp(text, self.naive_timestamps)
        return row

    # --- tables, columns, indexes, views --------------------------------------------------------------------------

    def create_table(self, name: str, columns: Sequence[Column], indexes: Sequence[Index] | None = None) -> TableSchema:
        """Create a table in every tenant of the branch; ``id``, ``created_at`` and ``updated_at`` come by themselves.

        Args:
            name: Lower-case letters, digits and ``_``, a letter first.
            columns: Any number.
            indexes: Any number.

        Raises:
            InvalidNameError: A name is not allowed.
            AlreadyExistsError: There is a table or view of that name.
            SchemaError: A foreign key or index refers to something that does not exist, or a default is no expression.
        """
        self._engine.change(self._scope, _changes.CreateTable(name, tuple(columns), tuple(indexes or ())))
        return self.get_table(name)

    def get_table(self, name: str) -> TableSchema:
        """Return a table.

        Raises:
            TableNotFoundError: There is none of that name.
        """
        schema = self.schema()
        table = schema.table(name)
        if table is None:
            raise _missing("table", name, [each.name for each in schema.tables])
        return table

    def list_tables(self, include_system: bool = False) -> list[TableSchema]:
        """Return all tables, sorted by name; those whose names begin with ``__`` only on request."""
        return [*self._engine.system_tables(self._scope)] if include_system else [*self.schema().tables]

    def drop_table(self, name: str) -> None:
        """Remove a table and its rows from every tenant of the branch.

        Raises:
            TableNotFoundError: There is none of that name.
            SchemaError: Another table or a view refers to it.
        """
        self._engine.change(self._scope, _changes.DropTable(name))

    def list_columns(self, table: str) -> list[ColumnSchema]:
        """Return the columns of a table or view, in its order."""
        return [*self._table_or_view(table).columns]

    def get_column_info(self, table: str, column: str) -> ColumnSchema:
        """Return one column.

        Raises:
            ColumnNotFoundError: The table has none of that name.
        """
        relation = self._table_or_view(table)
        found = relation.column(column)
        if found is None:
            names = ", ".join(each.name for each in relation.columns)
            raise ColumnNotFoundError(f"{table!r} has no column {column!r}; it has: {names}")
        return found

    def add_column(self, table: str, column: Column) -> None:
        """Add a column to a table, in every tenant of the branch, with its default, uniqueness and foreign key.

        Raises:
            AlreadyExistsError: The table has such a column.
            SchemaError: It is NOT NULL without a default, or its foreign key refers to something that does not exist.
        """
        self._engine.change(self._scope, _changes.AddColumn(table, column))

    def drop_column(self, table: str, column_name: str) -> None:
        """Remove a column and its values; everything else about the table stays.

        Raises:
            ColumnNotFoundError: The table has none of that name.
            SchemaError: Something else needs the column; the message names it.
        """
        self._engine.change(self._scope, _changes.DropColumn(table, column_name))

    def rename_column(self, table: str, old_name: str, new_name: str) -> None:
        """Rename a column; indexes, foreign keys and views follow."""
        self._engine.change(self._scope, _changes.RenameColumn(table, old_name, new_name))

    def create_index(
        self,
        table: str,
        columns: Sequence[str],
        name: str | None = None,
        unique: bool = False,
    ) -> str:
        """Create an index in every tenant of the branch.

        Args:
            table: The table.
            columns: One or more, in the index's order.
            name: ``idx_<table>_<columns>`` by default, ``uniq_…`` for a unique one.
            unique: Whether no two rows may agree.

        Returns:
            Its name.

        Raises:
            AlreadyExistsError: There is an index of that name.
            SchemaError: A tenant has rows that agree; the message says which, and no tenant was changed.
        """
        change = _changes.CreateIndex(table, tuple(columns), name, unique)
        self._engine.change(self._scope, change)
        return change.index_name

    def list_indexes(self, table: str | None = None) -> list[IndexSchema]:
        """Return the indexes of a table, or of all, sorted by table and name."""
        tables = self.schema().tables if table is None else (self.get_table(table),)
        return [index for each in tables for index in each.indexes]

    def get_index_info(self, name: str) -> IndexSchema:
        """Return one index.

        Raises:
            IndexNotFoundError: There is none of that name.
        """
        indexes = self.list_indexes()
        found = next((index for index in indexes if index.name == name), None)
        if found is None:
            names = ", ".join(index.name for index in indexes) or "none"
            raise IndexNotFoundError(f"there is no index {name!r}; there are: {names}")
        return found

    def drop_index(self, name: str, if_exists: bool = True) -> None:
        """Remove an index from every tenant of the branch.

        Raises:
            IndexNotFoundError: There is none of that name, and *if_exists* is False.
        """
        if if_exists and all(index.name != name for index in self.list_indexes()):
            return
        self._engine.change(self._scope, _changes.DropIndex(name))

    def create_view(self, name: str, sql: str) -> ViewSchema:
        """Create a view in every tenant of the branch.

        Args:
            name: Lower-case letters, digits and ``_``, a letter first.
            sql: One SELECT.

        Raises:
            AlreadyExistsError: There is a table or view of that name.
            SchemaError: The SQL is not one SELECT that works here.
        """
        self._engine.change(self._scope, _changes.CreateView(name, sql))
        return self.get_view(name)

    def update_view(self, name: str, sql: str) -> ViewSchema:
        """Give a view another SELECT; errors as of :meth:`create_view`."""
        self._engine.change(self._scope, _changes.UpdateView(name, sql))
        return self.get_view(name)

    def list_views(self) -> list[ViewSchema]:
        """Return all views, sorted by name."""
        return [*self.schema().views]

    def get_view(self, name: str) -> ViewSchema:
        """Return a view.

        Raises:
            TableNotFoundError: There is none of that name.
        """
        schema = self.schema()
        view = schema.view(name)
        if view is None:
            raise _missing("view", name, [each.name for each in schema.views])
        return view

    def drop_view(self, name: str) -> None:
        """Remove a view from every tenant of the branch."""
        self._engine.change(self._scope, _changes.DropView(name))

    # --- tenants, branches, changes -------------------------------------------------------------------------------

    def create_tenant(
        self, name: str, description: str | None = None, *, copy_from: str | None = None, lazy: bool = True
    ) -> Tenant:
        """Create a tenant of this branch.

        Args:
            name: Lower-case letters, digits, ``-`` and ``_``, a letter or digit first and last.
            description: Any text.
            copy_from: A tenant whose rows it starts with.
            lazy: Whether it gets its file at the first write instead of now.

        Raises:
            InvalidNameError: The name is not allowed.
            AlreadyExistsError: There is a tenant of that name.
            TenantNotFoundError: There is no tenant *copy_from*.
        """
        self._engine.create_tenants(self._scope, (check_name(name, "tenant"),), description, copy_from, lazy=lazy)
        return self.get_tenant(name)

    def create_tenants(self, names: Iterable[str]) -> list[Tenant]:
        """Create several lazy tenants, all or none; errors as of :meth:`create_tenant`."""
        checked = tuple(check_name(name, "tenant") for name in names)
        self._engine.create_tenants(self._scope, checked, None, None, lazy=True)
        return [tenant for tenant in self.list_tenants() if tenant.name in set(checked)]

    def get_tenant(self, name: str) -> Tenant:
        """Return one tenant of this branch.

        Raises:
            TenantNotFoundError: There is none of that name.
        """
        tenants = self._engine.tenants_of(self._scope)
        found = next((tenant for tenant in tenants if tenant.name == name), None)
        if found is None:
            names = ", ".join(tenant.name for tenant in tenants if tenant.name != TEMPLATE_TENANT)
            raise TenantNotFoundError(
                f"{self.database}/{self.branch} has no tenant {name!r}; it has: {names or 'none'}"
            )
        return found

    def list_tenants(self, include_system: bool = False) -> list[Tenant]:
        """Return the tenants of this branch, sorted by name; the template ``__empty__`` only on request."""
        tenants = self._engine.tenants_of(self._scope)
        return [tenant for tenant in tenants if include_system or tenant.name != TEMPLATE_TENANT]

    def copy_tenant(self, source: str, target: str) -> Tenant:
        """Create the tenant *target* with the rows of *source*, as they are at one moment."""
        return self.create_tenant(target, copy_from=source, lazy=False)

    def rename_tenant(self, old_name: str, new_name: str) -> Tenant:
        """Rename a tenant; writers wait until it is done and then write to the new name's file or are refused.

        Raises:
            TenantNotFoundError: There is no tenant *old_name*.
            AlreadyExistsError: There is a tenant *new_name*.
            ConfigurationError: It is the tenant ``main``.
        """
        self._engine.rename_tenant(self._scope, check_name(old_name, "tenant"), check_name(new_name, "tenant"))
        return self.get_tenant(new_name)

    def delete_tenant(self, name: str) -> None:
        """Delete a tenant and all its rows.

        Raises:
            TenantNotFoundError: There is none of that name.
            ConfigurationError: It is the tenant ``main``.
        """
        self._engine.delete_tenant(self._scope, check_name(name, "tenant"))

    def list_branches(self) -> list[str]:
        """Return the names of the database's branches, sorted."""
        return self._engine.branches(self._scope)

    def list_databases(self) -> list[str]:
        """Return the names of the project's databases, sorted."""
        return self._engine.databases()

    def list_changes(self) -> list[SchemaChange]:
        """Return what was done to the schema of this branch, oldest first."""
        return self._engine.changes(self._scope)

    def _table_or_view(self, name: str) -> TableSchema | ViewSchema:
        schema = self.schema()
        found = schema.table(name) or schema.view(name)
        if found is None:
            raise _missing("table or view", name, [each.name for each in schema])
        return found


def _missing(kind: str, name: str, names: Iterable[str]) -> TableNotFoundError:
    return TableNotFoundError(f"there is no {kind} {name!r}; there are: {', '.join(names) or 'none'}")


def _given(filters: Mapping[str, object], call: str) -> Mapping[str, object]:
    if not filters:
        raise QueryError(f"{call}() without a filter would touch every row; name at least one, or execute an operation")
    return filters
