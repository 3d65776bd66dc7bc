"""Operations run on one leased connection: compile, execute, build rows."""

import itertools
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import cast

from cinch_client._embedded._pool import Lease
from cinch_client._embedded._sql import Relation
from cinch_client._errors import QueryError
from cinch_client._operations import Count, Delete, Insert, Operation, Row, Select, Update
from cinch_client._schema import Schema, TableSchema
from cinch_client._values import Storable, new_id, now

_PARAMETERS = 2_000
"""Most parameters of one multi-row INSERT: large enough to amortise a call, small enough to prepare fast."""


def run(lease: Lease, operation: Operation) -> list[Row] | int:
    """Carry out *operation*; outside a transaction it is one of its own."""
    assert lease.schema is not None  # noqa: S101 - a lease that was acquired has its schema
    relation = lease.schema.relation(operation.table)
    connection = lease.connection
    if isinstance(operation, Select):
        plan, parameters = relation.select(operation)
        return plan.build(connection.execute(plan.text, parameters).fetchall())
    if isinstance(operation, Count):
        plan, parameters = relation.count(operation)
        return cast("int", connection.execute(plan.text, parameters).fetchone()[0])
    _check_table(relation)
    if isinstance(operation, Insert):
        return _insert(connection, relation, operation)
    if isinstance(operation, Update):
        plan, parameters = relation.update(_touched(operation, relation))
        cursor = connection.execute(plan.text, parameters)
        return plan.build(cursor.fetchall()) if operation.returning else cursor.rowcount
    return _delete(connection, relation, operation)


def named(names: Sequence[str], rows: list[tuple[object, ...]], read: set[tuple[str, str]], schema: Schema) -> list[Row]:
    """Make dicts of the rows of free SQL.

    SQLite does not tell where a result column comes from. One is taken for BOOLEAN when every column of its name that
    the statement reads is.
    """
    for position, name in enumerate(names):
        if name in names[:position]:
            raise QueryError(f"two columns of the result are called {name!r}; give one of them another name with AS")
    kinds: dict[str, set[bool]] = {}
    for table, column in read:
        relation = schema.table(table) or schema.view(table)
        found = relation.column(column) if relation else None
        kinds.setdefault(column, set()).add(found is not None and found.type == "BOOLEAN")
    booleans = {name for name in names if kinds.get(name) == {True}}
    dicts = [dict(zip(names, row, strict=True)) for row in rows]
    for name in booleans:
        for row in dicts:
            if row[name] in (0, 1):
                row[name] = bool(row[name])
    return dicts


def _check_table(relation: Relation) -> None:
    if not isinstance(relation.schema, TableSchema):
        raise QueryError(f"{relation.name!r} is a view: it can be read, not written")


def _delete(connection: sqlite3.Connection, relation: Relation, operation: Delete) -> int:
    plan, parameters = relation.delete(operation)
    return connection.execute(plan.text, parameters).rowcount


def _touched(operation: Update, relation: Relation) -> Update:
    if not operation.values:
        raise QueryError(f"nothing to change in {relation.name!r}: name at least one column")
    if relation.keeps_updated_at and "updated_at" not in operation.values:
        return Update(
            operation.table, {**operation.values, "updated_at": now()}, operation.where, operation.returning
        )
    return operation


def _insert(connection: sqlite3.Connection, relation: Relation, operation: Insert) -> list[Row]:
    rows = [_completed(row, relation) for row in operation.rows]
    if len(rows) == 1:
        return _insert_one(connection, relation, operation, rows[0])
    with _all_or_nothing(connection):
        if operation.conflict:
            return [stored for row in rows for stored in _insert_one(connection, relation, operation, row)]
        return [
            stored
            for names, group in itertools.groupby(rows, key=tuple)
            for stored in _insert_alike(connection, relation, operation, cast("tuple[str, ...]", names), group)
        ]


def _insert_one(connection: sqlite3.Connection, relation: Relation, operation: Insert, row: Row) -> list[Row]:
    plan = relation.insert(tuple(row), operation.conflict, operation.returning)
    return plan.build(connection.execute(plan.text, relation.values(row)).fetchall())


def _insert_alike(
    connection: sqlite3.Connection, relation: Relation, operation: Insert, names: tuple[str, ...], rows: Iterable[Row]
) -> Iterator[Row]:
    """Insert rows that set the same columns, many per statement."""
    size = max(1, _PARAMETERS // max(1, len(names))) if names else 1
    for chunk in _chunks(rows, size):
        plan = relation.insert(names, (), operation.returning, len(chunk))
        parameters: list[Storable] = [value for row in chunk for value in relation.values(row)]
        yield from plan.build(connection.execute(plan.text, parameters).fetchall())


@contextmanager
def _all_or_nothing(connection: sqlite3.Connection) -> Iterator[None]:
    """Make the statements inside one: a transaction, or a savepoint of the one that is open."""
    begin, commit, undo = ("SAVEPOINT rows", "RELEASE rows", "ROLLBACK TO rows; RELEASE rows")
    if not connection.in_transaction:
        begin, commit, undo = ("BEGIN IMMEDIATE", "COMMIT", "ROLLBACK")
    connection.execute(begin)
    try:
        yield
        connection.execute(commit)
    except BaseException:
        if connection.in_transaction:
            for statement in undo.split("; "):
                connection.execute(statement)
        raise


def _chunks(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    iterator = iter(rows)
    while chunk := list(itertools.islice(iterator, size)):
        yield chunk


def _completed(row: Mapping[str, object], relation: Relation) -> Row:
    """Fill in the automatic columns that the table has and the row does not set."""
    if not relation.automatic:
        return dict(row)
    moment: str | None = None
    filled: Row = {}
    for name in relation.automatic:
        if row.get(name) is None:
            if name == "id":
                filled[name] = new_id()
            else:
                filled[name] = moment = moment or now()
    return {**row, **filled} if filled else dict(row)
