"""Foreign keys, seen from both of their ends. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from cinch_client import ForeignKey, Schema, TableSchema
from cinch_codegen._names import field_names, singular

_KEY_SUFFIX = "_id"


@dataclass(frozen=True, slots=True)
class Link:
    """One end of a foreign key, without a name yet.

    Attributes:
        table: The table at the other end.
        columns: Columns of the table at this end.
        references: The columns at the other end that are equal to them.
        own: Whether the columns at this end refer to those at the other.
        many: Whether several rows there may go with one here.
        optional: Whether a row here may go without.
        names: What it would best be called, best first.
    """

    table: str
    columns: tuple[str, ...]
    references: tuple[str, ...]
    own: bool
    many: bool
    optional: bool
    names: tuple[str, ...]

    @property
    def identity(self) -> str:
        """What the link is recorded under: it stays when other links come and go."""
        return (
            f"{', '.join(self.columns)} → {self.table}" if self.own else f"{self.table}.{', '.join(self.references)} →"
        )

    def candidates(self) -> Iterator[str]:
        """Give the names that it may have, best first."""
        return chain((next(field_names(name)) for name in self.names), field_names(self.names[-1]))


def find_links(schema: Schema, *, one: bool) -> tuple[Mapping[str, list[Link]], list[str]]:
    """Return the links of each table, those from its own columns first, and what could not be linked and why.

    Args:
        schema: All tables.
        one: Whether a single related row is named in the singular.
    """
    tables = {table.name: table for table in schema.tables}
    links: dict[str, list[Link]] = {name: [] for name in tables}
    notices: list[str] = []
    found: list[tuple[TableSchema, ForeignKey]] = []
    for table in sorted(schema.tables, key=lambda table: table.name):
        keys, problems = _usable_keys(table, tables)
        notices += problems
        found += [(table, key) for key in keys]
    for table, key in found:
        links[table.name].append(_own(table, key, one=one))
    siblings = Counter((table.name, key.table) for table, key in found)
    for table, key in found:
        links[key.table].append(_foreign(table, key, alone=siblings[table.name, key.table] == 1, one=one))
    return links, notices


def _usable_keys(table: TableSchema, tables: Mapping[str, TableSchema]) -> tuple[list[ForeignKey], list[str]]:
    """Return the foreign keys with what they refer to filled in, each once, and what is wrong with the others."""
    keys: dict[tuple[str, tuple[str, ...]], ForeignKey] = {}
    problems: list[str] = []
    for key in sorted(table.foreign_keys, key=lambda key: (key.columns, key.table, key.references)):
        target = tables.get(key.table)
        references = key.references or (target.primary_key if target else ())
        if target is None:
            problem = f"there is no table {key.table!r}"
        elif len(references) != len(key.columns) or not all(map(target.column, references)):
            problem = f"{key.table!r} has no such columns"
        else:
            keys.setdefault((key.table, key.columns), ForeignKey(key.columns, key.table, references))
            continue
        columns = ", ".join(key.columns)
        problems.append(f"{table.name!r} gets no relation for its foreign key ({columns}): {problem}")
    return list(keys.values()), problems


def _own(table: TableSchema, key: ForeignKey, *, one: bool) -> Link:
    columns = [table.column(name) for name in key.columns]
    return Link(
        table=key.table,
        columns=key.columns,
        references=key.references,
        own=True,
        many=False,
        optional=any(column is None or column.nullable for column in columns),
        names=(_stem(key.columns) or _called(key.table, one=one),),
    )


def _foreign(child: TableSchema, key: ForeignKey, *, alone: bool, one: bool) -> Link:
    unique = any(set(columns) <= set(key.columns) for columns in _unique(child))
    name = _called(child.name, one=one and unique)
    by = f"{name}_by_{_stem(key.columns) or '_and_'.join(key.columns)}"
    return Link(
        table=child.name,
        columns=key.references,
        references=key.columns,
        own=False,
        many=not unique,
        optional=True,
        names=(name, by) if alone else (by,),
    )


def _unique(table: TableSchema) -> Iterable[tuple[str, ...]]:
    return (columns for columns in (table.primary_key, *table.unique) if columns)


def _stem(columns: tuple[str, ...]) -> str:
    if len(columns) == 1 and columns[0].endswith(_KEY_SUFFIX):
        return columns[0].removesuffix(_KEY_SUFFIX)
    return ""


def _called(table: str, *, one: bool) -> str:
    return singular(table) if one else table
