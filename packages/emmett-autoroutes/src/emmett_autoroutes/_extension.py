# pyright: reportMissingTypeStubs=false
"""`AutoRoutes`, the Emmett extension: settings, known routes, the guard against late ones, the command."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Protocol, cast

import click
from emmett import App
from emmett.extensions import Extension, Signals, listen_signal

from ._errors import RouteConflictError
from ._host import Host
from ._options import Permission
from ._orm import ModelClass, Untyped
from ._report import Decision, Report
from ._routes import Route, RouteIndex, find_late_conflict

if TYPE_CHECKING:
    from emmett.orm import Database

    from ._site import Site

LATE_ADVICE = "Declare the route before discovery: call discover_and_register_auto_routes(app, db) last."


class AutoUi(Protocol):
    """Something that registers the pages of a model."""

    def __call__(self, app: App, model: ModelClass, url_prefix: str, config: dict[str, object] | None = None) -> object:
        """Register the pages of *model* under *url_prefix*."""
        ...


class Settings(Protocol):
    """`app.config.AutoRoutes`.

    Attributes:
        ignore_conflicts: Drop clashing auto routes with a warning instead of failing.
        call_setup: Call the `setup()` of packages whose routes are not live yet.
        default_permission: For every action that names no permission.
        auto_ui: Instead of this package's pages.
        openapi: Whether there is an OpenAPI document and its page.
        openapi_path: Where the document is.
        openapi_docs_path: Where its page is.
        openapi_permission: Who may read them whole; None shows everybody what anonymous visitors may do.
        openapi_title: The title of the API.
        max_body: Bytes that a request's body may have; uploads are limited by Emmett's own setting.
    """

    ignore_conflicts: bool
    call_setup: bool
    default_permission: Permission | None
    auto_ui: AutoUi | None
    openapi: bool
    openapi_path: str
    openapi_docs_path: str
    openapi_permission: Permission | None
    openapi_title: str
    max_body: int


class AutoRoutes(Extension):
    """The extension behind `discover_and_register_auto_routes`.

    Loading it is optional. Loaded early, it sees every route from then on, also those that Emmett's own
    list loses because they share a name.
    """

    namespace = "AutoRoutes"
    default_config: ClassVar[dict[str, object]] = {  # pyright: ignore[reportIncompatibleVariableOverride] - untyped
        "ignore_conflicts": False,
        "call_setup": True,
        "default_permission": None,
        "auto_ui": None,
        "openapi": True,
        "openapi_path": "/api/openapi.json",
        "openapi_docs_path": "/api/docs",
        "openapi_permission": None,
        "openapi_title": "API",
        "max_body": 1024 * 1024,
    }

    def on_load(self) -> None:
        """Prepare; called by Emmett."""
        self.host = Host(cast("App", cast("Untyped", self).app))
        self.settings = cast("Settings", cast("Untyped", self).config)
        self.sites: dict[int, tuple[Database, Site]] = {}
        self.has_openapi = False
        self._decisions: list[Decision] = []
        self._seen: dict[Route, None] = {}
        self._modules: set[str] = set()
        self._own = RouteIndex()
        self._claimed: list[Route] = []
        self._is_registering = False
        _add_command(self)

    @property
    def report(self) -> Report:
        """What was decided so far, by every discovery of the app."""
        return Report(tuple(self._decisions))

    def add_decisions(self, decisions: tuple[Decision, ...]) -> None:
        """Keep *decisions* for the report."""
        self._decisions.extend(decisions)

    def taken_routes(self) -> list[Route]:
        """Return the app's routes: those of the router's list and those seen being registered."""
        own = {name for decision in self._decisions for name in (route.name for route in decision.routes)}
        every = dict.fromkeys([*self.host.listed_routes(), *self._seen])
        return [route for route in every if route.name not in own]

    def claim(self, routes: tuple[Route, ...]) -> None:
        """Keep *routes* free from routes that are declared later."""
        for route in routes:
            self._claimed.append(route)
            self._own.add(route)

    def claimed_routes(self) -> list[Route]:
        """Return the auto routes of earlier registrations, as owned by nobody that registers now."""
        return [
            replace(route, owner=(f"{route.owner[0]}, registered before", route.owner[1]))
            for route in self._claimed
            if route.owner is not None
        ]

    @contextmanager
    def registering(self) -> Generator[None]:
        """Register auto routes inside."""
        self._is_registering = True
        try:
            yield
        finally:
            self._is_registering = False

    @listen_signal(cast("Untyped", Signals.before_route))
    def refuse_late_route(self, route: object, f: object) -> None:
        """Refuse a route of the app's own on a path that an auto route has."""
        if self._is_registering:
            return
        self._modules.add(getattr(f, "__module__", "") or "")
        rule: Untyped = route
        if hasattr(rule, "methods") and not rule.paths:
            rule.paths = [f"/{getattr(f, '__name__', '')}"]
        for manual in self.host.routes_of(rule):
            conflict = find_late_conflict(manual, self._own)
            if conflict is not None:
                self.host.forget_pending_rule()
                raise RouteConflictError([str(conflict)], LATE_ADVICE)

    @listen_signal(cast("Untyped", Signals.after_route))
    def note_route(self, route: object) -> None:
        """Remember a route of the app's own."""
        if not self._is_registering:
            self._seen.update(dict.fromkeys(self.host.routes_of(route)))

    def live_modules(self) -> frozenset[str]:
        """Return the modules whose functions answer routes of the app."""
        found = {getattr(handler, "__module__", "") or "" for handler in self.host.handlers()}
        return frozenset(found | self._modules)


def extension_of(app: App) -> AutoRoutes:
    """Return the app's extension; it is loaded if the app did not do it."""
    untyped: Untyped = app
    loaded: AutoRoutes | None = untyped.ext.AutoRoutes
    return loaded if loaded is not None else cast("AutoRoutes", untyped.use_extension(AutoRoutes))


def _add_command(extension: AutoRoutes) -> None:
    untyped: Untyped = extension.host.app

    @click.command("autoroutes", short_help="Shows what auto routes there are, and why.")
    @click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
    def autoroutes(*, as_json: bool) -> None:
        """Show the decision for every model, and its routes."""
        click.echo(extension.report.to_json() if as_json else str(extension.report))

    untyped.cli.add_command(autoroutes)
