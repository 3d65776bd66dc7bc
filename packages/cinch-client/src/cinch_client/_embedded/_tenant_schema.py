"""A schema with what was compiled for it; tenants whose schemas are equal share one."""

from collections.abc import Container

from cinch_client._embedded._sql import CompiledLookup, Relation
from cinch_client._errors import TableNotFoundError
from cinch_client._operations import Lookup
from cinch_client._schema import Schema
from cinch_client._values import NaiveTimestamps

_MOST_LOOKUPS = 10_000


class TenantSchema:
    """A schema and the compiler of each of its tables and views, made at first use.

    Args:
        schema: The schema.
        triggered: The names of the tables that have triggers.
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
