"""What SQLite itself says about a tenant's schema. It is believed; snapshots and change records are not.

Needs SQLite 3.37 or newer (``PRAGMA table_list``).
"""

import hashlib
import logging
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeVar, cast

from cinch_client._embedded._choices import read_choices
from cinch_client._embedded._tokens import group_end, significant
from cinch_client._quoting import fold
from cinch_client._schema import (
    ColumnSchema,
    ColumnType,
    ForeignKey,
    IndexSchema,
    Schema,
    TableSchema,
    ViewSchema,
)

_logger = logging.getLogger("cinch_client")
_Found = TypeVar("_Found", TableSchema, ViewSchema)
_Row = tuple[Any, ...]

_RELATIONS = """
    SELECT l.name, l.type, l.wr, m.sql FROM pragma_table_list AS l
    JOIN sqlite_master AS m ON m.name = l.name AND m.type IN ('table', 'view')
    WHERE l.schema = 'main' AND l.type <> 'shadow'"""
_COLUMNS = """
    SELECT m.name, c.name, c.type, c."notnull", c.dflt_value, c.pk, c.hidden
    FROM sqlite_master AS m, pragma_table_xinfo(m.name, 'main') AS c
    WHERE m.type IN ('table', 'view')"""
_INDEXES = """
    SELECT m.name, i.name, i."unique", i.origin, i.partial, c.name
    FROM sqlite_master AS m, pragma_index_list(m.name, 'main') AS i, pragma_index_info(i.name, 'main') AS c
    WHERE m.type = 'table'"""
_FOREIGN_KEYS = """
    SELECT m.name, k.id, k."table", k."from", k."to", k.on_delete, k.on_update
    FROM sqlite_master AS m, pragma_foreign_key_list(m.name, 'main') AS k
    WHERE m.type = 'table'"""
_HIDDEN, _GENERATED = 1, (2, 3)

# Tenants of a branch have the same definitions, and a schema depends on nothing else.
_known: dict[tuple[str, bool], Schema] = {}
_MOST_KNOWN = 256

# https://www.sqlite.org/datatype3.html#determination_of_column_affinity
_AFFINITIES: tuple[tuple[str, ColumnType], ...] = (
    ("INT", "INTEGER"),
    ("CHAR", "TEXT"),
    ("CLOB", "TEXT"),
    ("TEXT", "TEXT"),
    ("BLOB", "BLOB"),
    ("REAL", "REAL"),
    ("FLOA", "REAL"),
    ("DOUB", "REAL"),
    ("NUMERIC", "NUMERIC"),
    ("DECIMAL", "NUMERIC"),
)


def read_schema(connection: sqlite3.Connection, *, include_system: bool = False) -> Schema:
    """Read all tables and views.

    Args:
        connection: An open tenant.
        include_system: Whether the tables count whose names begin with ``__``.

    Returns:
        The schema. A view or a virtual table that SQLite cannot read (it names a table that is gone, or a
        module that is not there) is left out, and logged as a warning.
    """
    digest = schema_digest(connection)
    known = _known.get((digest, include_system))
    if known is None:
        known = _read_schema(connection, include_system=include_system)
        if schema_digest(connection) == digest:  # nobody has changed it meanwhile
            if len(_known) >= _MOST_KNOWN:
                _known.clear()
            _known[digest, include_system] = known
    return known


def _read_schema(connection: sqlite3.Connection, *, include_system: bool) -> Schema:
    facts = _Facts.read(connection, name=None)
    wanted = [name for name in facts.relations if not is_system(name)]
    if include_system:
        wanted += [name for name in facts.relations if name.startswith("__")]
    tables = [facts.table(name) for name in wanted if facts.is_table(name)]
    views = [facts.view(name) for name in wanted if not facts.is_table(name)]
    return Schema(_sorted(tables), _sorted(views))


def read_table(connection: sqlite3.Connection, name: str) -> TableSchema | None:
    """Read one table, a system table too; None when there is no table of exactly that name."""
    facts = _Facts.read(connection, name=name)
    return facts.table(name) if name in facts.relations and facts.is_table(name) else None


def read_view(connection: sqlite3.Connection, name: str) -> ViewSchema | None:
    """Read one view; None when there is none of exactly that name, or SQLite cannot read it."""
    facts = _Facts.read(connection, name=name)
    return facts.view(name) if name in facts.relations and not facts.is_table(name) else None


def schema_digest(connection: sqlite3.Connection) -> str:
    """Return a hash that is equal for equal definitions of all tables, indexes, views and triggers."""
    definitions = rows(connection, "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name")
    return hashlib.blake2b(repr(definitions).encode(), digest_size=16).hexdigest()


def is_system(name: str) -> bool:
    """Tell whether a table is SQLite's own or one of CinchDB's."""
    return name.startswith("__") or fold(name).startswith("sqlite_")


def rows(connection: sqlite3.Connection, sql: str, parameters: Sequence[object] = ()) -> list[_Row]:
    """Run a statement and return all rows as tuples, whatever the connection's row factory."""
    cursor = connection.cursor()
    cursor.row_factory = None
    return cursor.execute(sql, parameters).fetchall()


@lru_cache(maxsize=256)
def column_type(declared: str) -> ColumnType | None:
    """Return what a declared type tells about the values, or None when it does not tell."""
    words = declared.upper()
    if words in {"BOOLEAN", "BOOL"}:
        return "BOOLEAN"
    return next((kind for part, kind in _AFFINITIES if part in words), None)


@dataclass(slots=True)
class _Facts:
    """The rows of the pragmas, by table."""

    connection: sqlite3.Connection
    relations: dict[str, _Row]
    columns: dict[str, list[_Row]]
    indexes: dict[str, list[_Row]]
    foreign_keys: dict[str, list[_Row]]
    _names: dict[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def read(cls, connection: sqlite3.Connection, name: str | None) -> "_Facts":
        def read(sql: str) -> list[_Row]:
            return rows(connection, sql if name is None else f"{sql} AND m.name = ?", () if name is None else (name,))

        relations = {row[0]: row for row in read(_RELATIONS)}
        columns = _columns(connection, relations, read)
        readable = {key: row for key, row in relations.items() if key in columns}
        return cls(connection, readable, columns, _by_table(read(_INDEXES)), _by_table(read(_FOREIGN_KEYS)))

    def is_table(self, name: str) -> bool:
        return self.relations[name][1] != "view"

    def view(self, name: str) -> ViewSchema:
        columns = [
            _column(column, declared, None, 0, 0, True, ()) for _, column, declared, _, _, _, _ in self.columns[name]
        ]
        return ViewSchema(name, tuple(columns), _view_select(self.relations[name][3]))

    def table(self, name: str) -> TableSchema:
        _, kind, without_rowid, sql = self.relations[name]
        visible = [row for row in self.columns[name] if row[6] != _HIDDEN]
        indexes = [list(group) for _, group in groupby(self.indexes.get(name, ()), key=itemgetter(1))]
        key = sorted((row for row in visible if row[5]), key=itemgetter(5))
        key_is_rowid = not without_rowid and _is_rowid(key, indexes)
        choices = read_choices(sql)
        columns = [
            _column(
                column,
                declared,
                default,
                place,
                hidden,
                not not_null and not (place and key_is_rowid),
                choices.get(fold(column), ()) if choices else (),
            )
            for _, column, declared, not_null, default, place, hidden in visible
        ]
        return TableSchema(
            name,
            tuple(columns),
            primary_key=tuple(row[1] for row in key),
            unique=_unique(indexes, [row[1] for row in visible]),
            foreign_keys=tuple(self._foreign_keys(name)),
            indexes=_own_indexes(name, indexes),
            virtual=kind == "virtual",
        )

    def _foreign_keys(self, table: str) -> Iterable[ForeignKey]:
        """Give the keys in declaration order; SQLite numbers them from the last."""
        numbered = sorted(self.foreign_keys.get(table, ()), key=lambda row: -row[1])
        for _, group in groupby(numbered, key=itemgetter(1)):
            parts = list(group)
            target = self._table_name(parts[0][2])
            named = tuple(row[4] for row in parts if row[4] is not None)
            references = self._spelled(target, named) or self._primary_key(target)
            yield ForeignKey(
                tuple(self._spelled(table, [row[3] for row in parts])),
                target,
                references if len(references) == len(parts) else (),
                on_delete=parts[0][5],
                on_update=parts[0][6],
            )

    def _table_name(self, written: str) -> str:
        if not self._names:
            everything = rows(self.connection, "SELECT name FROM sqlite_master WHERE type = 'table'")
            self._names.update((fold(name), name) for (name,) in everything)
        return self._names.get(fold(written), written)

    def _target_columns(self, table: str) -> list[_Row]:
        """Return the columns of a table that may not have been asked for."""
        if table not in self.columns and self._names.get(fold(table)) == table:
            self.columns[table] = rows(self.connection, f"{_COLUMNS} AND m.name = ?", (table,))
        return self.columns.get(table, [])

    def _spelled(self, table: str, names: Sequence[str]) -> tuple[str, ...]:
        """Return the names as the table has them; a foreign key may write them in another case."""
        actual = {fold(row[1]): row[1] for row in self._target_columns(table)}
        return tuple(actual.get(fold(name), name) for name in names)

    def _primary_key(self, table: str) -> tuple[str, ...]:
        key = sorted((row for row in self._target_columns(table) if row[5]), key=itemgetter(5))
        return tuple(row[1] for row in key)


def _columns(
    connection: sqlite3.Connection, relations: Iterable[str], read: Callable[[str], list[_Row]]
) -> dict[str, list[_Row]]:
    """Read all columns at once, or table by table when one of them cannot be read."""
    try:
        return _by_table(read(_COLUMNS))
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_ERROR:
            raise
    found: dict[str, list[_Row]] = {}
    for name in relations:
        try:
            found[name] = rows(connection, f"{_COLUMNS} AND m.name = ?", (name,))
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_ERROR:
                raise
            _logger.warning("%r is left out of the schema, because it cannot be read: %s", name, error)
    return found


def _by_table(found: Iterable[_Row]) -> dict[str, list[_Row]]:
    grouped: defaultdict[str, list[_Row]] = defaultdict(list)
    for row in found:
        grouped[row[0]].append(row)
    return dict(grouped)


@lru_cache(maxsize=4096)  # tables repeat columns, and most of a schema is as it was when it is read again
def _column(
    name: str,
    declared: str,
    default: str | None,
    key: int,
    hidden: int,
    nullable: bool,
    allowed: tuple[str | int, ...],
) -> ColumnSchema:
    kind = column_type(declared)
    if kind in {"INTEGER", "BOOLEAN"} and set(allowed) == {0, 1}:
        kind, allowed = "BOOLEAN", ()  # so 0.1 writes BOOLEAN when it adds a column
    if not _comparable(kind, declared, allowed):
        allowed = ()
    return ColumnSchema(name, kind, declared, nullable, default, key, hidden in _GENERATED, allowed)


def _comparable(kind: ColumnType | None, declared: str, choices: Sequence[str | int]) -> bool:
    """Tell whether the column stores the choices as they are written: '1' in an INTEGER column becomes 1."""
    if not declared:
        return True
    wanted = {"TEXT": str, "INTEGER": int}.get(cast("str", kind), type(None))
    return all(type(choice) is wanted for choice in choices)


def _is_rowid(key: Sequence[_Row], indexes: Iterable[Sequence[_Row]]) -> bool:
    """Tell whether a primary key is the rowid itself, which is never NULL: only such a key has no index."""
    return len(key) == 1 and key[0][2].upper() == "INTEGER" and not any(index[0][3] == "pk" for index in indexes)


def _unique(indexes: Iterable[Sequence[_Row]], columns: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Return the unique sets of columns; an index on an expression or on some rows only makes none."""
    sets = {
        tuple(row[5] for row in index)
        for index in indexes
        if index[0][2] and index[0][3] != "pk" and not index[0][4] and all(row[5] is not None for row in index)
    }
    return tuple(sorted(sets, key=lambda names: [columns.index(name) for name in names]))


def _own_indexes(table: str, indexes: Iterable[Sequence[_Row]]) -> tuple[IndexSchema, ...]:
    own = [
        IndexSchema(index[0][1], table, tuple(row[5] for row in index), bool(index[0][2]), bool(index[0][4]))
        for index in indexes
        if index[0][3] == "c"
    ]
    return tuple(sorted(own, key=lambda index: index.name))


def _sorted(relations: Iterable[_Found]) -> tuple[_Found, ...]:
    return tuple(sorted(relations, key=lambda relation: relation.name))


def _view_select(sql: str) -> str:
    """Return what follows AS in the text of a view."""
    tokens = significant(sql)
    index = 0
    while index < len(tokens) and not tokens[index].is_keyword("AS"):
        index = group_end(tokens, index) if tokens[index].is_symbol("(") else index
        index += 1
    return sql[tokens[index].end :].strip()
