# pyright: reportMissingTypeStubs=false
"""The app we live in: its router, pipeline, templates and login. The only module that touches them.

Emmett's router offers no list of its routes and no removal. The one full text list is the private
`_routes_str`, keyed by route name, so that a second route of one name hides the first; `answering` asks the
live router
instead.
"""

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import cast

from emmett import App, asis, current, url
from emmett.orm import Database
from emmett.orm.base import DatabasePipe
from emmett.tools.auth.exposer import AuthModule
from emmett.tools.service import JSONServicePipe, XMLServicePipe
from emmett_core.sessions import SessionPipe
from renoir.extensions import Extension as TemplateExtension

from ._orm import Untyped
from ._paths import sample_urls
from ._permissions import Auth
from ._routes import Route

Endpoint = Callable[..., Awaitable[str]]

_LISTED = re.compile(r"(?P<methods>\S+) (?P<schemes>[a-z|]+)://(?P<host><any>|[^/]*)(?P<path>/.*) -> (?P<name>.*)")
_url: Untyped = url
_PACKAGE = Path(__file__).parent
_TEMPLATES = str(_PACKAGE / "templates")


class Host:
    """An Emmett app, as far as auto routes need it."""

    def __init__(self, app: App) -> None:
        self.app = app
        self._untyped: Untyped = app
        self._router: Untyped = self._untyped._router_http

    @property
    def default_host(self) -> str | None:
        """The only host that new routes answer for, if the app says so."""
        return cast("str | None", self._untyped.config.hostname_default)

    @property
    def prefix(self) -> str:
        """The URL prefix of the whole app, `""` or `/…`."""
        return cast("str", self._router._prefix_main)

    # routes

    def listed_routes(self) -> list[Route]:
        """Return the routes of the router's list."""
        listed = [_LISTED.fullmatch(line) for line in self._router._routes_str.values()]
        return [
            Route(
                name=match["name"],
                path=match["path"].removeprefix(self.prefix) or "/",
                methods=frozenset(match["methods"].split("|")),
                host=None if match["host"] == "<any>" else match["host"],
                schemes=frozenset(match["schemes"].split("|")),
            )
            for match in listed
            if match is not None
        ]

    def routes_of(self, rule: object) -> list[Route]:
        """Return the routes that a routing rule of Emmett registers; none for a websocket's."""
        untyped: Untyped = rule
        if not hasattr(untyped, "methods"):
            return []
        paths = [path if path.startswith("/") else f"/{path}" for path in untyped.paths]
        return [
            Route(
                name=str(untyped.name),
                path=((path != "/" and untyped.prefix + path) or untyped.prefix) if untyped.prefix else path,
                methods=frozenset(method.upper() for method in untyped.methods),
                host=untyped.hostname,
                schemes=frozenset(untyped.schemes),
            )
            for path in paths
        ]

    def answering(self, method: str, path: str, host: str | None = None) -> str | None:
        """Return the name of the route that answers *path* (without the app's prefix) just now."""
        found = self._router.match_route_all(host or "", "http", method, path)[0]
        return None if found is None else cast("str", found.name)

    def handlers(self) -> list[Callable[..., object]]:
        """Return the functions behind the listed routes, as far as the live router can be asked for them."""
        found: list[Callable[..., object]] = []
        for route in self.listed_routes():
            for sample in sample_urls(route.path)[:1]:
                scheme, method = min(route.schemes), min(route.methods)
                match = self._router.match_route_all(route.host or "", scheme, method, sample)[0]
                if match is not None:
                    dispatcher: Untyped = match.dispatch.__self__
                    dispatcher = getattr(dispatcher, "dispatcher", dispatcher)  # routes with a date wrap it
                    found.append(inspect.unwrap(dispatcher.f))
        return found

    def register(self, route: Route, endpoint: Endpoint) -> None:
        """Add *route* to the app's router."""
        methods = [method.lower() for method in sorted(route.methods)]
        self._untyped.route(route.path, name=route.name, methods=methods)(endpoint)

    def forget_pending_rule(self) -> None:
        """Undo what Emmett noted of a route whose registration is being refused."""
        self._router._mixin_cls._routing_stack.pop()

    # pipeline

    def has_database_pipe(self, db: Database) -> bool:
        """Tell whether requests open *db*."""
        pipes: list[Untyped] = self._untyped.pipeline
        return any(isinstance(pipe, DatabasePipe) and cast("Untyped", pipe).db is db for pipe in pipes)

    def has_session_pipe(self) -> bool:
        """Tell whether requests have a session."""
        return any(isinstance(pipe, SessionPipe) for pipe in self._untyped.pipeline)

    def has_service_pipe(self) -> bool:
        """Tell whether every answer of the app is encoded once more."""
        return any(isinstance(pipe, JSONServicePipe | XMLServicePipe) for pipe in self._untyped.pipeline)

    def public_url(self, path: str) -> str:
        """Return *path* with the app's prefix and the visitor's language, as Emmett's own `url` does."""
        if self._untyped.language_force_on_url:
            return str(_url(path))
        return f"{self.prefix}{path}"

    # auth

    @property
    def auth(self) -> Auth | None:
        """The app's Auth, if it has one."""
        extension: Untyped = self._untyped.ext.AuthExtension
        return None if extension is None else cast("Auth", extension.auth)

    def login_url(self, after: str) -> str | None:
        """Return where to log in and come back to *after*, or None without a login route."""
        for module in self._untyped._modules.values():
            if isinstance(module, AuthModule) and "login" in cast("Untyped", module).enabled_routes:
                return str(_url(f"{cast('Untyped', module).name}.login", params={"_after": after}))
        return None

    # pages

    def prepare_pages(self) -> None:
        """Make the package's templates and assets known to the app."""
        if "autoroutes" in self._untyped.templater._namespaces:
            return
        self._untyped.templater.register_namespace("autoroutes", _TEMPLATES)
        self._untyped.use_template_extension(_Overrides, folder=Path(self._untyped.template_path))
        self._untyped.module(__name__, "autoroutes_static", static_path="static")

    def template_exists(self, name: str) -> bool:
        """Tell whether the app itself has the template *name*."""
        return (Path(self._untyped.template_path) / name).is_file()

    def render(self, template: str, context: Mapping[str, object]) -> str:
        """Render *template*, with what Emmett gives every template."""
        return cast(
            "str",
            self._untyped.templater.render(template, {"asis": asis, "current": current, "url": url, **context}),
        )


class _Overrides(TemplateExtension):
    """Lets a file `templates/autoroutes/<name>` of the app stand for the package's template of that name."""

    file_extension = ".html"

    def load(self, path: str, file_name: str) -> tuple[str, str]:
        if path == _TEMPLATES:
            folder = cast("Path", cast("Untyped", self).config["folder"]) / "autoroutes"
            if (folder / file_name).is_file():
                return str(folder), file_name
        return path, file_name


def asset_url(name: str) -> str:
    """Return the URL of a file of the package's `static` folder."""
    return str(_url("autoroutes_static.static", name))
