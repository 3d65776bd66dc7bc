"""Operations run on one leased connection: compile, execute, build rows."""

import itertools
import sqlite3
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import cast

from cinch_client._embedded._lease import Lease
from cinch_client._embedded._sql import Relation
from cinch_client._errors import ConstraintError, QueryError
from cinch_client._operations import Count, Delete, Insert, Lookup, Row, Select, Update
from cinch_client._schema import Schema, TableSchema
from cinch_client._values import now

_PARAMETERS = 2_000
"""Most parameters of one multi-row INSERT: large enough to amortise a call, small enough to prepare fast."""


def look_up(lease: Lease, lookup: Lookup, key: Sequence[object]) -> Row | None:
    """Read one row by its key."""
    schema = lease.schema
    text, build, bind = schema.lookups.get(lookup) or schema.compile_lookup(lookup)
    rows = build(lease.connection.execute(text, bind(key)).fetchall())
    return rows[0] if rows else None


def read(lease: Lease, operation: Select | Count) -> list[Row] | int:
    """Carry out an operation that reads."""
    relation = lease.schema.relation(operation.table)
    if isinstance(operation, Select):
        plan, parameters = relation.select(operation)
        return plan.build(lease.connection.execute(plan.text, parameters).fetchall())
    plan, parameters = relation.count(operation)
    (number,) = lease.connection.execute(plan.text, parameters).fetchone()
    return number


def write(lease: Lease, operation: Insert | Update | Delete) -> list[Row] | int:
    """Carry out an operation that writes; outside a transaction it is one of its own."""
    relation = lease.schema.relation(operation.table)
    if not isinstance(relation.schema, TableSchema):
        raise QueryError(f"{relation.name!r} is a view: it can be read, not written")
    try:
        return _write(lease.connection, relation, operation)
    except sqlite3.IntegrityError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
            raise
        raise _dangling(relation.schema, operation, lease.schema.schema) from error


def _write(connection: sqlite3.Connection, relation: Relation, operation: Insert | Update | Delete) -> list[Row] | int:
    if relation.has_triggers and isinstance(operation, Insert | Update) and operation.returning != ():
        return _write_with_triggers(connection, relation, operation)
    if isinstance(operation, Insert):
        return _insert(connection, relation, operation)
    if isinstance(operation, Update):
        return _update(connection, relation, operation)
    plan, parameters = relation.delete(operation)
    return connection.execute(plan.text, parameters).rowcount


def _dangling(table: TableSchema, operation: Insert | Update | Delete, schema: Schema) -> ConstraintError:
    """Make the error for a foreign key that SQLite found broken; it does not tell which."""
    given: set[str] = set()
    if isinstance(operation, Update):
        given = set(operation.values)
    elif isinstance(operation, Insert):
        given = {name for row in operation.rows for name in row}
    own = [key for key in table.foreign_keys if given.intersection(key.columns)]
    if own:
        keys = " or ".join(f"{table.name}.{', '.join(key.columns)} → {key.table}" for key in own)
        columns = own[0].columns if len(own) == 1 else ()
        return ConstraintError(
            f"{keys} refers to a row that does not exist", constraint="foreign_key", table=table.name, columns=columns
        )
    referring = [(each, key) for each in schema.tables for key in each.foreign_keys if key.table == table.name]
    others = [f"{each.name}.{', '.join(key.columns)}" for each, key in referring]
    return ConstraintError(
        f"a row of {table.name!r} is still referred to by {' or '.join(others)}",
        constraint="foreign_key",
        table=table.name,
    )


def named(
    names: Sequence[str], rows: list[tuple[object, ...]], read: set[tuple[str, str]], schema: Schema
) -> list[Row]:
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


def _update(connection: sqlite3.Connection, relation: Relation, operation: Update) -> list[Row] | int:
    if not operation.values:
        raise QueryError(f"nothing to change in {relation.name!r}: name at least one column")
    plan, parameters = relation.update(operation, now())
    cursor = connection.execute(plan.text, parameters)
    return plan.build(cursor.fetchall()) if operation.returning else cursor.rowcount


def _insert(connection: sqlite3.Connection, relation: Relation, operation: Insert) -> list[Row]:
    moment = now()
    if len(operation.rows) == 1:
        return _insert_alike(connection, relation, operation, operation.rows, moment)
    stored: list[Row] = []
    with _all_or_nothing(connection):
        for _, group in itertools.groupby(operation.rows, key=tuple):
            stored += _insert_alike(connection, relation, operation, list(group), moment)
    return stored


def _write_with_triggers(connection: sqlite3.Connection, relation: Relation, operation: Insert | Update) -> list[Row]:
    """Write rows and read them again by their key, because RETURNING gives them as they are before the triggers run.

    A row without a key, or whose key a trigger has changed, is given as RETURNING has it.
    """
    key = relation.schema.primary_key if isinstance(relation.schema, TableSchema) else ()
    wanted = tuple(relation.columns) if operation.returning is None else operation.returning
    returning = (*wanted, *(name for name in key if name not in wanted))
    text, build, _ = relation.look_up(Lookup(relation.name, wanted, key))
    with _all_or_nothing(connection):
        if isinstance(operation, Insert):
            written = _insert(connection, relation, replace(operation, returning=returning))
            if len(written) < len(operation.rows):
                raise ConstraintError(
                    f"a trigger or conflict clause of {relation.name!r} left out a row; nothing was written",
                    constraint="other",
                    table=relation.name,
                )
        else:
            written = cast("list[Row]", _update(connection, relation, replace(operation, returning=returning)))
        rows: list[Row] = []
        for row in written:
            found = build(connection.execute(text, [row[name] for name in key]).fetchall()) if key else []
            rows.append(found[0] if found else {name: row[name] for name in wanted})
    return rows


def _insert_alike(
    connection: sqlite3.Connection,
    relation: Relation,
    operation: Insert,
    rows: Sequence[Mapping[str, object]],
    moment: str,
) -> list[Row]:
    """Insert rows that set the same columns."""
    plan = relation.insert(tuple(rows[0]), operation.conflict, operation.returning)
    parameters = [plan.encode(row, moment) for row in rows]
    if plan.known:
        if len(parameters) == 1:
            connection.execute(plan.text(1), parameters[0])
        else:
            connection.executemany(plan.text(1), parameters)
        return plan.build(parameters)
    size = 1 if operation.conflict or not parameters[0] else max(1, _PARAMETERS // len(parameters[0]))
    stored: list[Row] = []
    for start in range(0, len(parameters), size):
        chunk = parameters[start : start + size]
        values = list(itertools.chain.from_iterable(chunk))
        stored += plan.build(connection.execute(plan.text(len(chunk)), values).fetchall())
    return stored


@contextmanager
def _all_or_nothing(connection: sqlite3.Connection) -> Generator[None]:
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
