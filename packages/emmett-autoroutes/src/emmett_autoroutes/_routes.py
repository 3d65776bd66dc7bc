"""Which routes are wanted, which are taken, and where the two meet: a plan, or conflicts. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from ._paths import find_overlap, is_dynamic

Face = Literal["pages", "rest", "openapi"]
BOTH_SCHEMES = frozenset({"http", "https"})
_PLAIN_SEGMENT = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_~!@%&=;:,' ")


@dataclass(frozen=True, slots=True)
class Route:
    """One path of the app, with the methods it answers.

    Attributes:
        name: The route's name in Emmett.
        path: As registered, module prefix included and app prefix not.
        methods: In capitals.
        host: The only host it answers for; None is every host.
        schemes: `http`, `https` or both.
        owner: The model and face of an auto route; None for a route the app wrote.
        keyed: Which values the path's record key can really have: `<int:…>` for a numeric key although
            `<str:…>` is registered, because Emmett's `int` stops at 32 bits.
    """

    name: str
    path: str
    methods: frozenset[str]
    host: str | None = None
    schemes: frozenset[str] = BOTH_SCHEMES
    owner: tuple[str, Face] | None = None
    keyed: str | None = None

    @property
    def answered(self) -> str:
        """The path with the key it can really have."""
        return self.path if self.keyed is None else self.keyed

    def describe(self) -> str:
        """Say which route this is: methods, host and path, name."""
        where = f"{self.host or ''}{self.path}"
        return f"{'|'.join(sorted(self.methods))} {where} ({self.name})"


@dataclass(frozen=True, slots=True)
class Conflict:
    """An auto route that cannot be registered beside another route.

    Attributes:
        wanted: The auto route.
        taken: The route in its way.
        url: A path that both would answer.
    """

    wanted: Route
    taken: Route
    url: str

    def __str__(self) -> str:
        """Name both routes and the URL."""
        owner = self.wanted.owner[0] if self.wanted.owner else "?"
        other = "another auto route" if self.taken.owner else "the route"
        return f"{owner}: {self.wanted.describe()} and {other} {self.taken.describe()} both answer {self.url}"


@dataclass(frozen=True, slots=True)
class Plan:
    """What to register: `routes` in order; `conflicts` name the wanted routes that are not among them."""

    routes: tuple[Route, ...]
    conflicts: tuple[Conflict, ...]


@dataclass(slots=True)
class _Node:
    routes: list[Route] = field(default_factory=list[Route])
    children: "dict[str | None, _Node]" = field(default_factory=dict[str | None, "_Node"])  # None: any one segment


class RouteIndex:
    """Routes by the segments of their paths, so that only those which may overlap are compared."""

    def __init__(self, routes: Iterable[Route] = ()) -> None:
        self._root = _Node()
        self._always: list[Route] = []
        for route in routes:
            self.add(route)

    def add(self, route: Route) -> None:
        """Add *route*."""
        segments = _segments(route.path)
        if segments is None:
            self._always.append(route)
            return
        node = self._root
        for segment in segments:
            node = node.children.setdefault(segment, _Node())
        node.routes.append(route)

    def candidates(self, path: str) -> Iterator[Route]:
        """Yield the routes that may overlap *path*."""
        yield from self._always
        segments = _segments(path)
        if segments is None:
            yield from _all_below(self._root)
            return
        nodes = [self._root]
        for segment in segments:
            nodes = [child for node in nodes for child in _matching(node, segment)]
        for node in nodes:
            yield from node.routes


def plan(wanted: Sequence[Route], taken: Iterable[Route]) -> Plan:
    """Decide which of the *wanted* auto routes can be registered after the *taken* ones."""
    index = RouteIndex(taken)
    accepted: list[Route] = []
    conflicts: list[Conflict] = []
    for route in wanted:
        found = find_conflict(route, index)
        if found:
            conflicts.append(found)
        else:
            accepted.append(route)
            index.add(route)
    return Plan(tuple(accepted), tuple(conflicts))


def find_conflict(wanted: Route, index: RouteIndex) -> Conflict | None:
    """Return why *wanted* cannot be registered after the routes of *index*, or None."""
    for taken in index.candidates(wanted.path):
        url = _clash(wanted, taken)
        if url is not None:
            return Conflict(wanted, taken, url)
    return None


def find_late_conflict(manual: Route, index: RouteIndex) -> Conflict | None:
    """Return why a route of the app's own cannot follow the auto routes of *index*, or None.

    Only a static route wins over a dynamic one that was registered before it.
    """
    for auto in index.candidates(manual.path):
        if not _can_meet(manual, auto) or _is_narrower(manual, auto):
            continue
        if not is_dynamic(manual.path) and is_dynamic(auto.path):
            continue
        url = find_overlap(manual.path, auto.path)
        if url is not None:
            return Conflict(auto, manual, url)
    return None


def _clash(wanted: Route, taken: Route) -> str | None:
    if not _can_meet(wanted, taken):
        return None
    if taken.owner is None:
        # The router asks narrower hosts and schemes first, and static paths before dynamic ones.
        if _is_narrower(taken, wanted) or (is_dynamic(wanted.path) and not is_dynamic(taken.path)):
            return None
        return find_overlap(taken.path, wanted.answered)
    if taken.owner == wanted.owner:
        return None
    if is_dynamic(taken.path) and is_dynamic(wanted.path):
        return find_overlap(taken.path, wanted.answered)
    return find_overlap(taken.answered, wanted.answered)


def _can_meet(one: Route, other: Route) -> bool:
    hosts_meet = one.host is None or other.host is None or one.host == other.host
    return hosts_meet and not one.methods.isdisjoint(other.methods) and not one.schemes.isdisjoint(other.schemes)


def _is_narrower(route: Route, than: Route) -> bool:
    if (route.host is None) != (than.host is None):
        return route.host is not None
    return len(route.schemes) < len(than.schemes)


def _segments(path: str) -> list[str | None] | None:
    """Split *path*: None for a segment with a parameter, and in all when their number may vary."""
    if "<any:" in path or (is_dynamic(path) and not set(".()*+?[]{}|\\^$").isdisjoint(path)):
        return None
    dynamic = is_dynamic(path)
    return [None if dynamic and not _PLAIN_SEGMENT.issuperset(segment) else segment for segment in path.split("/")[1:]]


def _matching(node: _Node, segment: str | None) -> Iterator[_Node]:
    if segment is None:
        yield from node.children.values()
        return
    for key in (segment, None):
        child = node.children.get(key)
        if child is not None:
            yield child


def _all_below(node: _Node) -> Iterator[Route]:
    yield from node.routes
    for child in node.children.values():
        yield from _all_below(child)


def without_app_prefix(route: Route, prefix: str) -> Route:
    """Return *route* as its router sees it, after Emmett cut the app's own URL prefix off."""
    return replace(route, path=route.path.removeprefix(prefix) or "/") if prefix else route
