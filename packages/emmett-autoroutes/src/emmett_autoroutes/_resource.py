"""One model as pages and REST see it: its columns, who may do what, and how its rows are read.

Everything here runs in the worker thread of a request, inside `off_loop`.
"""

import hashlib
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ._columns import Column, Dependant, TableFacts
from ._conditions import Condition, SortKey, with_key
from ._labels import Label, read_label, title_of
from ._options import Action, Options, Permission
from ._orm import ModelClass, Query, Untyped
from ._permissions import Access, DeniedError, Guard
from ._store import Raw, Store
from ._values import InvalidValueError, from_text

NAMED_DEPENDANTS = 10


class MissingError(Exception):
    """There is no such record, or none that the visitor may see."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A stored record.

    Attributes:
        key: Its primary key.
        values: Its values by column name.
        version: The token of these values, for ETags and edit forms.
        access: What the visitor may do with it.
    """

    key: object
    values: Mapping[str, object]
    version: str
    access: Access


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rows of a list, in which order.

    Attributes:
        columns: What to read of each row.
        order: What to sort by; the key is added.
        condition: Which rows; None is all.
        search: Only rows with this text in one of the search columns; blank is all.
        offset: Rows to skip.
        size: Rows to return, at least 1.
        after: The position to begin after, instead of an offset.
        count: Whether to count all rows that match.
        relations: Relations whose records' names to read along.
    """

    columns: Sequence[Column]
    order: Sequence[SortKey] = ()
    condition: Condition | None = None
    search: str = ""
    offset: int = 0
    size: int = 20
    after: Condition | None = None
    count: bool = True
    relations: "Sequence[tuple[Relation, Access]]" = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of a list.

    Attributes:
        rows: The driver's values: first the columns asked for, then the label columns of each relation.
        total: How many rows match; None if that was not asked.
        has_more: Whether rows follow.
    """

    rows: Sequence[Raw]
    total: int | None
    has_more: bool


@dataclass(frozen=True, slots=True)
class Dependants:
    """Records that refer to a record.

    Attributes:
        title: What they are called.
        count: How many.
        names: The names of the first ones that the visitor may see.
        on_delete: What becomes of them.
    """

    title: str
    tablename: str
    count: int
    names: tuple[str, ...]
    on_delete: str


class Neighbours(Protocol):
    """The other tables of the database."""

    def find(self, tablename: str) -> "Resource | None":
        """Return the resource of a table, if it has one."""
        ...

    def store_of(self, tablename: str) -> Store:
        """Return a table of the database."""
        ...

    def dependants_of(self, tablename: str) -> Sequence[Dependant]:
        """Return which references point to a table."""
        ...


class Resource:
    """A model with its options.

    Attributes:
        model: The Emmett model.
        options: Its checked options.
        store: Its table.
        guard: Its permissions.
        label: How its records are called.
        relations: Its references by column, once `bind` was called.
    """

    def __init__(
        self,
        model: ModelClass,
        options: Options,
        default_permission: Permission | None,
        facts: TableFacts | None = None,
    ) -> None:
        self.model = model
        self.options = options
        self.store = Store(model, facts)
        self.facts = self.store.facts
        self.guard = Guard(self.store, options.permissions, default_permission)
        self.label: Label = read_label(self.facts, options.ui.record_label, self.store.record)
        self.columns = {column.name: column for column in self.facts.columns}
        self.shown = {name: c for name, c in self.columns.items() if c.is_shown}
        self.comparable = {name: c for name, c in self.columns.items() if c.is_comparable}
        self.relations: dict[str, Relation] = {}

    @property
    def title(self) -> str:
        """What one record is called."""
        return self.options.ui.display_name or self.facts.model

    @property
    def plural(self) -> str:
        """What many records are called."""
        return self.options.ui.display_name_plural or title_of(self.facts.tablename)

    @property
    def actions(self) -> frozenset[Action]:
        """What can be done at all."""
        return self.options.enabled_actions

    def bind(self, neighbours: "Neighbours") -> None:
        """Connect the references to what they point to."""
        for column in self.facts.columns:
            if column.kind == "reference" and column.references is not None:
                target = neighbours.find(column.references)
                store = target.store if target else neighbours.store_of(column.references)
                label = target.label if target else read_label(store.facts, None, store.record)
                self.relations[column.name] = Relation(column, store, label, target)

    def is_writable(self, column: Column, action: Action) -> bool:
        """Tell whether a visitor may set *column* at all in a create or an update."""
        if column.name in self.options.ui.readonly_columns or column.kind == "inside":
            return False
        return column.writable and (not column.is_key or action == "create")

    def default_order(self) -> tuple[SortKey, ...]:
        """Return the configured order."""
        names = self.options.ui.sort_default
        return tuple(SortKey(self.columns[n.removeprefix("-")], n.startswith("-")) for n in names)

    def read_key(self, text: str) -> object:
        """Turn the key of a URL into a value.

        Raises:
            MissingError: No record can have it.
        """
        try:
            key = from_text(self.facts.key, text)
        except InvalidValueError as error:
            raise MissingError from error
        if key is None or key == "":
            raise MissingError
        return key

    def load(self, key_text: str, action: Action, *, for_update: bool = False) -> Loaded:
        """Return the record with the key *key_text*, if the visitor may do *action* with it.

        Args:
            key_text: The key as the URL has it.
            action: detail, update or delete.
            for_update: Keep others from changing it until the transaction ends.

        Raises:
            DeniedError: They may not.
            MissingError: There is none within their row filter.
        """
        access = self.guard.check(action)
        return self.load_within(access, self.read_key(key_text), for_update=for_update)

    def load_within(self, access: Access, key: object, *, for_update: bool = False) -> Loaded:
        """Return the record with *key* as `load` does, after the permission was asked."""
        raw = self.store.fetch(access.filter, key, for_update=for_update)
        if raw is None:
            raise MissingError
        values = self.store.read_values(raw, self.store.versioned)
        if access.rule is not None and not access.rule(self.store.record(values)):
            raise DeniedError
        return Loaded(key, values, version(raw), access)

    def select(self, selection: Selection, access: Access) -> Listing:
        """Return a page of the rows that *access* lets see."""
        store = self.store
        query = access.narrow(store.every_row())
        is_plain = query is store.every_row() and selection.condition is None and not selection.search
        if selection.condition is not None:
            query = query & store.compile(selection.condition)
        if selection.search:
            query = query & self._search(selection.search)
        total = store.count(query) if selection.count else None
        name = self._statement_name(selection) if is_plain and selection.after is None else None
        rows = store.select_again(name) if name is not None else None
        if rows is None:
            if selection.after is not None:
                query = query & store.compile(selection.after)
            rows = self._select_rows(selection, query, name)
        return Listing(rows[: selection.size], total, len(rows) > selection.size)

    def _select_rows(self, selection: Selection, query: Query, name: Hashable) -> list[Raw]:
        store = self.store
        fields = [store.field(column.name) for column in selection.columns]
        joins: list[Untyped] = []
        for relation, names_access in selection.relations:
            joined, names = relation.join(store, names_access)
            joins.append(joined)
            fields += names
        order = store.order(with_key(selection.order, self.facts.key))
        limit = (selection.offset, selection.offset + selection.size + 1)
        return store.select(query, fields, order=order, joins=joins, limit=limit, remember=name)

    def _statement_name(self, selection: Selection) -> Hashable:
        """Name the statement of a list that nothing narrows, unless the app itself may narrow it."""
        stores = [self.store, *(relation.store for relation, _ in selection.relations)]
        is_narrowed = any(access.filter is not None for _, access in selection.relations)
        if is_narrowed or any(store.has_common_filter for store in stores):
            return None
        return (
            tuple(column.name for column in selection.columns),
            tuple(str(key) for key in selection.order),
            tuple(relation.column.name for relation, _ in selection.relations),
            (selection.offset, selection.size),
        )

    def _search(self, text: str) -> Query:
        names = self.search_columns
        parts = [self.store.field(name).contains(text, case_sensitive=False) for name in names]
        condition = parts[0]
        for part in parts[1:]:
            condition = condition | part
        return condition

    @property
    def search_columns(self) -> tuple[str, ...]:
        """The columns that a search looks into."""
        chosen = self.options.ui.search_fields
        if chosen is not None:
            return chosen
        return tuple(n for n in self.label.columns if n in self.shown and self.columns[n].kind in {"string", "text"})

    def dependants(self, query: Query, neighbours: "Neighbours") -> list[Dependants]:
        """Return what refers to the rows of *query*, and to what would be deleted with them."""
        found: list[Dependants] = []
        todo: list[tuple[Store, Query]] = [(self.store, query)]
        seen: set[Dependant] = set()
        while todo:
            store, rows = todo.pop()
            for dependant in neighbours.dependants_of(store.facts.tablename):
                if dependant in seen:
                    continue
                seen.add(dependant)
                child = neighbours.store_of(dependant.tablename)
                children = child.referring(dependant.column, store, rows)
                count = child.count(children)
                if count:
                    names = _names(neighbours.find(dependant.tablename), child, children)
                    title = title_of(dependant.tablename)
                    found.append(Dependants(title, dependant.tablename, count, names, dependant.on_delete))
                    if dependant.on_delete == "cascade":
                        todo.append((child, children))
        return found


def _names(resource: Resource | None, store: Store, query: Query) -> tuple[str, ...]:
    """Name the first rows of *query*, those that the visitor may list."""
    label = resource.label if resource else read_label(store.facts, None, store.record)
    if resource is not None:
        access = resource.guard.allows("list")
        if access is None:
            return ()
        query = access.narrow(query)
    return tuple(name for _, name in read_names(store, label, query, NAMED_DEPENDANTS))


def read_names(store: Store, label: Label, query: Query, most: int) -> list[tuple[object, str]]:
    """Return key and name of the first *most* rows of *query*, sorted by name."""
    columns = [store.facts.column(name) for name in label.columns]
    fields = [store.field(store.facts.keys[0]), *(store.field(column.name) for column in columns)]
    rows = store.select(query, fields, order=fields[1:], limit=(0, most))
    return [(row[0], label.make(store.read_values(row[1:], columns))) for row in rows]


class Relation:
    """A reference of a model.

    Attributes:
        column: The reference column.
        store: The table it points to.
        label: How the records there are called.
        resource: The target's resource, whose permission covers its names; None if it has no auto routes.
    """

    def __init__(self, column: Column, store: Store, label: Label, resource: Resource | None) -> None:
        self.column = column
        self.store = store
        self.label = label
        self.resource = resource
        self.label_columns = [store.facts.column(name) for name in label.columns]
        self._alias: Untyped = store.aliased(f"autoroutes_{column.name}")

    def access(self) -> Access | None:
        """Return which target records the visitor may see the names of; None is none."""
        return Access() if self.resource is None else self.resource.guard.allows("list")

    def join(self, store: Store, access: Access) -> tuple[Untyped, list[Untyped]]:
        """Return pyDAL's left join of the names to *store*'s rows, and the fields that it brings."""
        alias = self._alias
        key = self.store.facts.keys[0]
        condition: Untyped = alias[key] == store.field(self.column.name)
        if access.filter is not None:
            condition = condition & alias[key].belongs(self.store.keys_of(access.filter))
        return alias.on(condition), [alias[name] for name in self.label.columns]

    def name(self, raw: Raw) -> str:
        """Return the name of a target record, from the driver's values of its label columns."""
        return self.label.make(self.store.read_values(raw, self.label_columns))

    def names(self, keys: Sequence[object]) -> dict[object, str]:
        """Return the names of the target records with *keys*, those that the visitor may see."""
        access = self.access()
        if access is None or not keys:
            return {}
        query = access.narrow(self.store.with_keys(keys))
        return dict(read_names(self.store, self.label, query, len(keys)))

    def choices(self, most: int) -> list[tuple[object, str]] | None:
        """Return key and name of what to choose from; None if there is more than *most*, or none to see."""
        access = self.access()
        if access is None:
            return None
        query = access.narrow(self.store.every_row())
        found = read_names(self.store, self.label, query, most + 1)
        return found if len(found) <= most else None

    def may_point_to(self, key: object) -> bool:
        """Tell whether the visitor may let a record point to the target with *key*."""
        access = self.access()
        if self.column.required and (access is None or access.filter is None):
            return True  # Emmett's own validator of a required reference has looked
        query = self.store.with_key(key)
        return self.store.exists(query if access is None else access.narrow(query))


def version(raw: Raw) -> str:
    """Return the token of a row's stored values: one in every process, another after every change."""
    return hashlib.blake2b(repr(raw).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
