"""A schema with what was compiled for it; tenants whose schemas are equal share one."""

import sqlite3
from collections.abc import Container

from cinch_client._embedded._introspection import read_schema, schema_digest
from cinch_client._embedded._sql import CompiledLookup, Relation
from cinch_client._errors import TableNotFoundError
from cinch_client._operations import Lookup
from cinch_client._schema import Schema
from cinch_client._values import NaiveTimestamps

_MOST_LOOKUPS = 10_000
_MOST_SCHEMAS = 256

# A trigger keeps its table's name as its own statement spells it.
_TRIGGERED = """
    SELECT t.name FROM sqlite_master AS t WHERE t.type = 'table' AND (
        t.sql LIKE '%ON%CONFLICT%'
        OR EXISTS (SELECT * FROM sqlite_master WHERE type = 'trigger' AND tbl_name = t.name COLLATE NOCASE))"""


class TenantSchema:
    """A schema and the compiler of each of its tables and views, made at first use.

    Args:
        schema: The schema.
        triggered: The names of the tables whose triggers or conflict clauses may store something else than is given.
        naive: How timestamps without an offset are read.
    """

    __slots__ = ("_naive", "_relations", "_triggered", "lookups", "schema")

    def __init__(self, schema: Schema, triggered: Container[str], naive: NaiveTimestamps) -> None:
        self.schema = schema
        self._triggered = triggered
        self._naive: NaiveTimestamps = naive
        self.lookups: dict[Lookup, CompiledLookup] = {}
        self._relations: dict[str, Relation] = {}

    def compile_lookup(self, lookup: Lookup) -> CompiledLookup:
        """Compile a Lookup and remember it in ``lookups``."""
        if len(self.lookups) >= _MOST_LOOKUPS:
            self.lookups.clear()
        compiled = self.lookups[lookup] = self.relation(lookup.table).look_up(lookup)
        return compiled

    def relation(self, name: str) -> Relation:
        """Return the compiler of a table or view.

        Raises:
            TableNotFoundError: There is none of that name; the message says which there are.
        """
        relation = self._relations.get(name)
        if relation is None:
            found = self.schema.table(name) or self.schema.view(name)
            if found is None:
                names = ", ".join(sorted(each.name for each in self.schema)) or "none"
                raise TableNotFoundError(f"there is no table or view {name!r}; there are: {names}")
            relation = self._relations[name] = Relation(found, self._naive, has_triggers=name in self._triggered)
        return relation


class SchemaCache:
    """The schemas that were read so far, by a hash of their text; most tenants of a project have the same one."""

    def __init__(self, naive: NaiveTimestamps) -> None:
        self._naive: NaiveTimestamps = naive
        self._known: dict[str, TenantSchema] = {}

    def read(self, connection: sqlite3.Connection) -> TenantSchema:
        """Return the schema of the file that *connection* is open on, reading it only if no other had the same."""
        digest = schema_digest(connection)
        known = self._known.get(digest)
        if known is None:
            triggered = {name for (name,) in connection.execute(_TRIGGERED)}
            known = TenantSchema(read_schema(connection), triggered, self._naive)
            if len(self._known) >= _MOST_SCHEMAS:
                self._known.clear()
            self._known[digest] = known
        return known
