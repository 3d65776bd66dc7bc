"""Which routes a resource has: paths, methods, actions. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from ._columns import TableFacts
from ._options import Action, Options
from ._routes import Face, Route

_WITH_FORM: frozenset[Action] = frozenset({"create", "update", "delete"})
KEY = "<str:record_id>"  # Emmett's `int` stops at 32 bits, and costs the router four times as much


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A route of a resource.

    Attributes:
        route: The route.
        page: Which endpoint of its face answers: list, detail, create, update, delete; collection, item.
        actions: What each method does.
    """

    route: Route
    page: str
    actions: tuple[tuple[str, Action], ...]


def endpoints(facts: TableFacts, options: Options, host: str | None) -> list[Endpoint]:
    """Return the routes that a model wants, pages first."""
    found: list[Endpoint] = []
    if options.pages:
        found += _pages(facts, options, host)
    if options.rest_api:
        found += _rest(facts, options, host)
    return found


def _pages(facts: TableFacts, options: Options, host: str | None) -> Iterator[Endpoint]:
    paths: dict[Action, str] = {
        "list": options.url_prefix,
        "create": f"{options.url_prefix}/new",
        "detail": f"{options.url_prefix}/{KEY}",
        "update": f"{options.url_prefix}/{KEY}/edit",
        "delete": f"{options.url_prefix}/{KEY}/delete",
    }
    for action, path in paths.items():
        if action in options.enabled_actions:
            methods = ("GET", "POST") if action in _WITH_FORM else ("GET", "HEAD")
            route = _route(facts, "pages", path, methods, action, host)
            yield Endpoint(route, action, _all_do(methods, action))


def _all_do(methods: tuple[str, ...], action: Action) -> tuple[tuple[str, Action], ...]:
    return tuple((method, action) for method in methods)


def _rest(facts: TableFacts, options: Options, host: str | None) -> Iterator[Endpoint]:
    collection: dict[str, Action] = {"GET": "list", "HEAD": "list", "POST": "create"}
    item: dict[str, Action] = {
        "GET": "detail",
        "HEAD": "detail",
        "PUT": "update",
        "PATCH": "update",
        "DELETE": "delete",
    }
    for page, path, actions in (
        ("collection", options.rest_prefix, collection),
        ("item", f"{options.rest_prefix}/{KEY}", item),
    ):
        enabled: tuple[tuple[str, Action], ...] = tuple(
            item for item in actions.items() if item[1] in options.enabled_actions
        )
        if enabled:
            methods = tuple(method for method, _ in enabled)
            yield Endpoint(_route(facts, "rest", path, methods, f"rest_{page}", host), page, enabled)


def _route(facts: TableFacts, face: Face, path: str, methods: tuple[str, ...], name: str, host: str | None) -> Route:
    is_numeric = KEY in path and facts.key.kind == "integer"
    return Route(
        name=f"autoroutes.{facts.tablename}.{name}",
        path=path,
        methods=frozenset(methods),
        host=host,
        owner=(facts.model, face),
        keyed=path.replace(KEY, "<int:record_id>") if is_numeric else None,
    )
