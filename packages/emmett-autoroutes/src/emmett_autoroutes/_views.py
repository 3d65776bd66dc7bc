"""What the templates of list and detail show."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Final
from urllib.parse import quote

from ._cells import NUMERIC, cell_writer
from ._columns import Column
from ._options import Action
from ._permissions import Access
from ._resource import Loaded, Relation, Resource

RECORD_ACTIONS: Final[tuple[Action, ...]] = ("detail", "update", "delete")


class PageLinks:
    """The URLs of a resource's pages, as visitors see them."""

    def __init__(self, resource: Resource, public_url: Callable[[str], str]) -> None:
        self._resource = resource
        self._public_url = public_url

    def has(self, action: Action) -> bool:
        """Tell whether there is a page for *action*."""
        return self._resource.options.pages and action in self._resource.actions

    def home(self) -> str:
        """Return the URL of the list, or of the app's root if there is no list."""
        return self._public_url(self._resource.options.url_prefix if self.has("list") else "/")

    def new(self) -> str:
        """Return the URL of the form for a new record, blank if there is none."""
        return self._public_url(f"{self._resource.options.url_prefix}/new") if self.has("create") else ""

    def detail(self, key: object) -> str:
        """Return the URL of a record, blank if there is none."""
        return self._record(key, "") if self.has("detail") else ""

    def edit(self, key: object) -> str:
        """Return the URL of a record's form, blank if there is none."""
        return self._record(key, "/edit") if self.has("update") else ""

    def delete(self, key: object) -> str:
        """Return the URL for deleting a record, blank if there is none."""
        return self._record(key, "/delete") if self.has("delete") else ""

    def _record(self, key: object, suffix: str) -> str:
        return f"{self._public_url(self._resource.options.url_prefix)}/{quote(str(key), safe='')}{suffix}"

    def target(self, relation: Relation) -> "PageLinks | None":
        """Return the links of the resource that *relation* points to, if it has pages of its records."""
        if relation.resource is None:
            return None
        links = PageLinks(relation.resource, self._public_url)
        return links if links.has("detail") else None


@dataclass(frozen=True, slots=True)
class Heading:
    """A column of a list or a row of a detail.

    Attributes:
        name: The column.
        label: What it is called.
        align: `end` for numbers, else `start`.
    """

    name: str
    label: str
    align: str


def heading(resource: Resource, column: Column) -> Heading:
    """Return the heading of *column*."""
    options = resource.options.ui.field_config.get(column.name)
    label = options.label if options is not None and options.label else column.label
    return Heading(column.name, label, "end" if column.kind in NUMERIC else "start")


def link(url: str, text: str) -> str:
    """Return a link, or just the text if there is no URL; the text is escaped here."""
    shown = escape(text)
    return f'<a href="{escape(url)}">{shown}</a>' if url else shown


def allowed_actions(resource: Resource, actions: tuple[Action, ...]) -> dict[Action, Access]:
    """Return what the visitor may do; a permission that guards several actions is asked once."""
    asked: dict[int, Access | None] = {}
    granted: dict[Action, Access] = {}
    for action in actions:
        if action not in resource.actions:
            continue
        permission = id(resource.guard.permission(action))
        if permission not in asked:
            asked[permission] = resource.guard.allows(action)
        access = asked[permission]
        if access is not None:
            granted[action] = access
    return granted


class DetailView:
    """A record, as the detail template shows it.

    Attributes:
        title: The record's name.
        rows: Headings and values as HTML.
        edit: The URL of its form, blank if the visitor may not.
        delete: The URL for deleting it, blank if the visitor may not.
    """

    def __init__(self, resource: Resource, links: PageLinks, loaded: Loaded) -> None:
        self.title = resource.label.make(loaded.values)
        self.rows = [(heading(resource, c), _value(resource, links, c, loaded.values)) for c in _columns(resource)]
        granted = allowed_actions(resource, ("update", "delete"))
        record = resource.store.record(loaded.values)
        open_to = {a for a, access in granted.items() if access.rule is None or access.rule(record)}
        self.edit = links.edit(loaded.key) if "update" in open_to else ""
        self.delete = links.delete(loaded.key) if "delete" in open_to else ""


def _columns(resource: Resource) -> list[Column]:
    chosen = resource.options.ui.detail_columns
    return [resource.shown[name] for name in (chosen or tuple(resource.shown)) if name in resource.shown]


def _value(resource: Resource, links: PageLinks, column: Column, values: Mapping[str, object]) -> str:
    value = values[column.name]
    relation = resource.relations.get(column.name)
    if relation is None or value is None:
        return cell_writer(column, resource.options.ui.field_config.get(column.name), short=False)(value)
    name = relation.names([value]).get(value)
    target = links.target(relation)
    return link(target.detail(value) if target and name is not None else "", str(value) if name is None else name)
