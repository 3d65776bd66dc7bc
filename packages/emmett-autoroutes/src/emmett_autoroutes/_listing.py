"""The list page: the URL's state in, rows, links and filters out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from ._cells import cell_writer
from ._columns import Column
from ._conditions import Compare, Condition, Every, InvalidQueryError, SortKey, parse_number, parse_sort
from ._forms import MOST_CHOICES
from ._permissions import Access
from ._resource import Relation, Resource, Selection
from ._settings import suggest
from ._store import Raw
from ._ui_options import LARGEST_PAGE
from ._values import InvalidValueError, from_text
from ._views import Heading, PageLinks, allowed_actions, heading, link

FILTER: Final = "filter."
_STATE: Final = ("search", "sort", "page", "page_size")
_MOST_PAGES: Final = 1_000_000_000
_LONGEST_SEARCH: Final = 200
_MOST_DEFAULT_COLUMNS: Final = 8


@dataclass(frozen=True, slots=True)
class RowView:
    """One row: its cells as HTML, and where it can be seen, edited and deleted."""

    name: str
    cells: tuple[str, ...]
    detail: str
    edit: str
    delete: str


@dataclass(frozen=True, slots=True)
class SortLink:
    """A column's heading and where a click on it leads."""

    heading: Heading
    url: str
    direction: str


@dataclass(frozen=True, slots=True)
class FilterView:
    """A filter: a select if it has choices, else a text."""

    name: str
    label: str
    value: str
    choices: tuple[tuple[str, str], ...] | None


@dataclass(frozen=True, slots=True)
class ListView:
    """What the list template shows.

    Attributes:
        headings: The columns.
        rows: The rows of this page.
        first: The number of the first row, from 1; 0 if there is none.
        last: The number of the last row.
        total: How many rows match.
        search: What was searched for; None if there is nothing to search in.
        sort: What it is sorted by.
        filters: The filters.
        is_narrowed: Whether a search or filter is on.
        previous: The URL of the page before, blank if there is none.
        next: The URL of the page after, blank if there is none.
        new: The URL of the form for a new record, blank if the visitor may not.
    """

    headings: Sequence[SortLink]
    rows: Sequence[RowView]
    first: int
    last: int
    total: int
    search: str | None
    sort: str
    filters: Sequence[FilterView]
    is_narrowed: bool
    previous: str
    next: str
    new: str


class ListPage:
    """One request for a list."""

    def __init__(
        self, resource: Resource, links: PageLinks, access: Access, query: Mapping[str, str | list[str]]
    ) -> None:
        self._resource = resource
        self._links = links
        self._access = access
        self._state = self._read_state(query)
        self._columns = _list_columns(resource)

    def _read_state(self, query: Mapping[str, str | list[str]]) -> dict[str, str]:
        known = [*_STATE, *(f"{FILTER}{name}" for name in self._resource.options.ui.filters)]
        state: dict[str, str] = {}
        for name, value in query.items():
            if name not in known:
                raise InvalidQueryError(name[:40], f"is no parameter here; {suggest(name, known)}")
            if isinstance(value, list):
                raise InvalidQueryError(name, "is given more than once")
            if value:
                state[name] = value
        return state

    def read(self) -> ListView:
        """Read the rows, and say what the page shows."""
        size = parse_number("page_size", self._state.get("page_size", str(self._size)), LARGEST_PAGE)
        page = parse_number("page", self._state.get("page", "1"), _MOST_PAGES)
        order = self._order()
        joined = self._joined()
        key = self._resource.facts.key
        wanted = [*self._columns, key, *self._label_columns()]
        columns = list({column.name: column for column in wanted}.values())
        selection = Selection(
            columns=columns,
            order=order,
            condition=self._condition(),
            search=self._search(),
            offset=(page - 1) * size,
            size=size,
            relations=joined,
        )
        listing = self._resource.select(selection, self._access)
        rows = self._rows(listing.rows, columns, [relation for relation, _ in joined])
        first = (page - 1) * size + 1 if rows else 0
        return ListView(
            headings=[self._sort_link(column, order) for column in self._columns],
            rows=rows,
            first=first,
            last=first + len(rows) - 1 if rows else 0,
            total=listing.total or 0,
            search=self._state.get("search", "") if self._resource.search_columns else None,
            sort=self._state.get("sort", ""),
            filters=[self._filter(name) for name in self._resource.options.ui.filters],
            is_narrowed=any(name == "search" or name.startswith(FILTER) for name in self._state),
            previous=self._url(page=str(page - 1)) if page > 1 else "",
            next=self._url(page=str(page + 1)) if listing.has_more else "",
            new=self._links.new() if allowed_actions(self._resource, ("create",)) else "",
        )

    @property
    def _size(self) -> int:
        return self._resource.options.ui.page_size

    def _order(self) -> Sequence[SortKey]:
        if "sort" not in self._state:
            return self._resource.default_order()
        sortable = {c.name: c for c in self._columns if c.is_comparable}
        return parse_sort("sort", self._state["sort"], sortable)

    def _search(self) -> str:
        text = self._state.get("search", "").strip()
        if text and not self._resource.search_columns:
            raise InvalidQueryError("search", "there is no text column to search in")
        if len(text) > _LONGEST_SEARCH or "\0" in text:
            raise InvalidQueryError("search", f"must be at most {_LONGEST_SEARCH} plain characters")
        return text

    def _condition(self) -> Condition | None:
        parts: list[Condition] = []
        for name in self._resource.options.ui.filters:
            text = self._state.get(f"{FILTER}{name}")
            if text is not None:
                column = self._resource.columns[name]
                try:
                    value = from_text(column, text)
                except InvalidValueError as error:
                    raise InvalidQueryError(f"{FILTER}{name}", str(error)) from error
                is_text = column.kind in {"string", "text"} and column.choices is None
                parts.append(Compare(column, "icontains" if is_text else "eq", value))
        return Every(tuple(parts)) if parts else None

    def _joined(self) -> list[tuple[Relation, Access]]:
        """The relations whose names the list shows, where the visitor may see any."""
        joined: list[tuple[Relation, Access]] = []
        for column in self._columns:
            relation = self._resource.relations.get(column.name)
            access = relation.access() if relation is not None else None
            if relation is not None and access is not None:
                joined.append((relation, access))
        return joined

    def _label_columns(self) -> list[Column]:
        return [self._resource.columns[name] for name in self._resource.label.columns]

    def _rows(self, rows: Sequence[Raw], columns: Sequence[Column], relations: Sequence[Relation]) -> list[RowView]:
        places = {column.name: place for place, column in enumerate(columns)}
        writers = self._writers(places, len(columns), relations)
        key_place = places[self._resource.facts.keys[0]]
        labels = self._label_columns()
        read_label = self._resource.store.values_reader(labels)
        label_places = [places[column.name] for column in labels]
        granted = allowed_actions(self._resource, ("detail", "update", "delete"))
        shown: list[RowView] = []
        for row in rows:
            key = row[key_place]
            shown.append(
                RowView(
                    name=self._resource.label.make(read_label(tuple(row[place] for place in label_places))),
                    cells=tuple(write(row) for write in writers),
                    detail=self._links.detail(key) if "detail" in granted else "",
                    edit=self._links.edit(key) if "update" in granted else "",
                    delete=self._links.delete(key) if "delete" in granted else "",
                )
            )
        return shown

    def _writers(
        self, places: Mapping[str, int], start: int, relations: Sequence[Relation]
    ) -> list[Callable[[Raw], str]]:
        """Return one function per column, from the driver's tuple to HTML; names stand after the columns."""
        writers: dict[str, Callable[[Raw], str]] = {}
        for relation in relations:
            end = start + len(relation.label_columns)
            place = places[relation.column.name]
            writers[relation.column.name] = _name_writer(relation, self._links.target(relation), place, start, end)
            start = end
        for column in self._columns:
            if column.name not in writers:
                options = self._resource.options.ui.field_config.get(column.name)
                read, write = self._resource.store.reader(column), cell_writer(column, options, short=True)
                writers[column.name] = _value_writer(read, write, places[column.name])
        return [writers[column.name] for column in self._columns]

    def _sort_link(self, column: Column, order: Sequence[SortKey]) -> SortLink:
        shown = heading(self._resource, column)
        if not column.is_comparable:
            return SortLink(shown, "", "none")
        current = next((key for key in order if key.column.name == column.name), None)
        direction = "none" if current is None else ("descending" if current.descending else "ascending")
        target = f"-{column.name}" if direction == "ascending" else column.name
        return SortLink(shown, self._url(sort=target, page=""), direction)

    def _filter(self, name: str) -> FilterView:
        column = self._resource.columns[name]
        choices: tuple[tuple[str, str], ...] | None = column.choices
        if column.kind == "boolean":
            choices = (("true", "Yes"), ("false", "No"))
        relation = self._resource.relations.get(name)
        if relation is not None:
            found = relation.choices(MOST_CHOICES)
            choices = None if found is None else tuple((str(key), label) for key, label in found)
        label = heading(self._resource, column).label
        return FilterView(f"{FILTER}{name}", label, self._state.get(f"{FILTER}{name}", ""), choices)

    def _url(self, **changes: str) -> str:
        state = {name: value for name, value in {**self._state, **changes}.items() if value}
        return f"{self._links.home()}?{urlencode(state)}" if state else self._links.home()


def _name_writer(
    relation: Relation, target: PageLinks | None, place: int, start: int, end: int
) -> Callable[[Raw], str]:
    def write(row: Raw) -> str:
        key, names = row[place], row[start:end]
        if key is None:
            return ""
        if all(name is None for name in names):  # outside the visitor's row filter, or gone
            return link("", str(key))
        return link(target.detail(key) if target else "", relation.name(names))

    return write


def _value_writer(
    read: Callable[[object], object] | None, write: Callable[[object], str], place: int
) -> Callable[[Raw], str]:
    if read is None:
        return lambda row: write(row[place])
    return lambda row: write(None if row[place] is None else read(row[place]))


def _list_columns(resource: Resource) -> list[Column]:
    chosen = resource.options.ui.list_columns
    if chosen is not None:
        return [resource.shown[name] for name in chosen if name in resource.shown]
    found = [c for c in resource.shown.values() if c.kind not in {"text", "json"} and not c.is_key]
    return found[:_MOST_DEFAULT_COLUMNS] or [resource.facts.key]
