# pyright: reportMissingTypeStubs=false
"""From models to registered routes: check everything, plan everything, then register, or nothing."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from emmett import App
from emmett.orm import Database

from . import _discovery  # pyright: ignore[reportPrivateUsage] - false: it is a sibling
from ._discovery import Candidate, Setup
from ._errors import AutoRoutesError, ConfigurationError, RouteConflictError
from ._extension import AutoRoutes, AutoUi, extension_of
from ._openapi_face import OpenApiFace
from ._options import Permission
from ._orm import ModelClass, database_of, models_of
from ._paths import example_url, matches
from ._permissions import AuthPermission
from ._report import Decision, Report
from ._resource import Resource
from ._routes import Conflict, Plan, Route, plan
from ._site import Site, decision, warn

logger = logging.getLogger("emmett_autoroutes")

REGISTERED_ALREADY = "the auto routes of this database are registered already; call discovery once, last"
CONFLICT_ADVICE = (
    "Nothing was registered. Change url_prefix or rest_prefix of the model, rename your route, "
    "or pass ignore_conflicts=True to drop just the clashing auto routes."
)


def discover_and_register_auto_routes(
    app: App,
    db: Database,
    *,
    ignore_conflicts: bool = False,
    call_setup: bool = True,
    default_permission: Permission | None = None,
    auto_ui: AutoUi | None = None,
) -> Report:
    """Register pages, REST and OpenAPI for the models of *db* that ask for it; call it last.

    Routes of the app's own come first, then the `setup()` of a model's package, then `auto_routes`.

    Args:
        app: The app, its pipeline complete.
        db: The database, its models defined.
        ignore_conflicts: Drop just the auto routes that clash with other routes, with a warning each.
        call_setup: Call a package's `setup()` unless its routes are live already.
        default_permission: A callable for every action that names no permission; None leaves these public.
        auto_ui: Called instead of this package's own `auto_ui` for the pages of each model.

    Returns:
        What was decided for each model, and why.

    Raises:
        ConfigurationError: Mistakes in the models' configuration, all of them; nothing was registered.
        RouteConflictError: Auto routes and other routes would answer the same URLs; nothing was registered.
        AutoRoutesError: The routes of *db* are registered already.
    """
    extension = extension_of(app)
    settings = extension.settings
    registration = _Registration(
        extension,
        db,
        ignore_conflicts=ignore_conflicts or settings.ignore_conflicts,
        call_setup=call_setup and settings.call_setup,
        default_permission=default_permission or settings.default_permission,
        auto_ui=auto_ui or settings.auto_ui,
    )
    return registration.run()


def auto_ui(app: App, model: ModelClass, url_prefix: str, config: Mapping[str, object] | None = None) -> Report:
    """Register the pages of one model.

    Args:
        app: The app, its pipeline complete.
        model: A model defined on a database.
        url_prefix: Where the pages are, such as `/articles`.
        config: What `auto_ui_config` may say, and `permissions`, `enabled_actions` and `custom_handlers` as
            in `auto_routes`.

    Returns:
        What was registered.

    Raises:
        ConfigurationError: Mistakes in *config*, all of them; nothing was registered.
        RouteConflictError: The pages and other routes would answer the same URLs; nothing was registered.
    """
    extension = extension_of(app)
    db = database_of(model)
    if db is None:
        raise ConfigurationError([f"{model.__name__} is not defined on any database; call db.define_models(…) first"])
    shared = {k: v for k, v in (config or {}).items() if k in {"permissions", "enabled_actions", "custom_handlers"}}
    attribute = {
        **shared,
        "url_prefix": url_prefix,
        "rest_api": False,
        "auto_ui_config": {k: v for k, v in (config or {}).items() if k not in shared},
    }
    candidate, problems = _discovery.read_candidate(db, model, attribute)
    registration = _Registration(extension, db, default_permission=extension.settings.default_permission)
    return registration.run_for([candidate] if candidate else [], problems)


class _Registration:
    def __init__(
        self,
        extension: AutoRoutes,
        db: Database,
        *,
        ignore_conflicts: bool = False,
        call_setup: bool = True,
        default_permission: Permission | None = None,
        auto_ui: AutoUi | None = None,
    ) -> None:
        self._extension = extension
        self._host = extension.host
        self._db = db
        self._ignore_conflicts = ignore_conflicts
        self._call_setup = call_setup
        self._default_permission = default_permission
        self._auto_ui = auto_ui

    def run(self) -> Report:
        """Decide for every model of the database, and register."""
        if id(self._db) in self._extension.sites:
            raise AutoRoutesError(REGISTERED_ALREADY)
        models = models_of(self._db)
        setups = {model: setup for model in models if (setup := _discovery.find_setup(model)) is not None}
        asking = [m for m in models if _discovery.asks_for_routes(m) and m not in setups]
        package = str(self._host.app.import_name)
        candidates, problems = _discovery.read_candidates(self._db, asking, package)
        distinct = tuple(dict.fromkeys(setups.values()))
        self._check(candidates, problems + _discovery.asynchronous_setups(distinct))
        reasons = self._run_setups(distinct)
        site = self._new_site()
        decisions = self._register(site, candidates, with_openapi=True)
        self._extension.sites[id(self._db)] = (self._db, site)
        others = [d for model in models if (d := _other_decision(model, setups.get(model), reasons)) is not None]
        places = {model.__name__: place for place, model in enumerate(models)}
        ordered = sorted([*decisions, *others], key=lambda d: places.get(d.model, len(places)))
        self._extension.add_decisions(tuple(ordered))
        return Report(tuple(ordered))

    def run_for(self, candidates: Sequence[Candidate], problems: list[str]) -> Report:
        self._check(candidates, problems)
        known = self._extension.sites.get(id(self._db))
        decisions = self._register(known[1] if known else self._new_site(), candidates, with_openapi=False)
        self._extension.add_decisions(decisions)
        return Report(decisions)

    def _new_site(self) -> Site:
        return Site(self._host, self._db, max_body=self._extension.settings.max_body)

    # checks

    def _check(self, candidates: Sequence[Candidate], problems: list[str]) -> None:
        found = list(problems)
        if candidates and not self._host.has_database_pipe(self._db):
            found.append("app.pipeline lacks db.pipe; set app.pipeline = [..., db.pipe] before discovery")
        if candidates and self._host.has_service_pipe():
            found.append("app.pipeline has a service pipe, which would encode every page; put it on your own routes")
        if not self._host.has_session_pipe():
            found += [
                f"{c.facts.model} has pages with forms, but app.pipeline has no session pipe; "
                "add SessionManager.cookies(key), or set pages: False"
                for c in candidates
                if _has_forms(c) and self._auto_ui is None
            ]
        if self._host.auth is None:
            found += [
                f"{where} needs emmett.tools.Auth; create Auth(app, db)" for where in self._needing_auth(candidates)
            ]
        if found:
            raise ConfigurationError(found)

    def _needing_auth(self, candidates: Iterable[Candidate]) -> list[str]:
        needing = [
            f"{c.facts.model}: {permission}"
            for c in candidates
            for permission in c.options.permissions.values()
            if isinstance(permission, AuthPermission)
        ]
        default = self._default_permission
        return [*needing, f"default_permission: {default}"] if isinstance(default, AuthPermission) else needing

    def _run_setups(self, setups: Iterable[Setup]) -> dict[str, str]:
        """Call what has to be called, and say of each package what was done."""
        reasons: dict[str, str] = {}
        for setup in setups:
            if not self._call_setup:
                reasons[setup.package] = f"{setup.package}.setup(), not called"
            elif _discovery.is_live(setup, self._extension.live_modules()):
                reasons[setup.package] = f"{setup.package}.setup(), live already"
            else:
                setup.function(*(self._host.app, self._db)[: setup.arguments])
                reasons[setup.package] = f"{setup.package}.setup(), called"
        return reasons

    # registration

    def _register(self, site: Site, candidates: Sequence[Candidate], *, with_openapi: bool) -> tuple[Decision, ...]:
        custom_pages = [c for c in candidates if c.options.pages and self._auto_ui is not None]
        own = [_without_pages(c) if c in custom_pages else c for c in candidates]
        resources = site.add(own, self._default_permission)
        openapi = self._openapi(site) if with_openapi else None
        wanted = [route for resource in resources for route in site.wanted(resource)]
        planned = self._plan([*wanted, *(openapi.routes if openapi else ())])
        dropped = self._settle(site, resources, planned)
        self._extension.claim(planned.routes)
        self._host.prepare_pages()
        for candidate in custom_pages:
            self._call_auto_ui(candidate)
        accepted = frozenset(planned.routes)
        decisions: list[Decision] = []
        with self._extension.registering():
            for resource in resources:
                warn(resource)
                routes = site.register(resource, accepted)
                decisions.append(decision(resource, routes, dropped.get(resource.facts.model, ())))
            if openapi is not None:
                decisions.append(Decision("-", "auto", "OpenAPI", openapi.register(accepted)))
                self._extension.has_openapi = True
        return tuple(decisions)

    def _call_auto_ui(self, candidate: Candidate) -> None:
        if self._auto_ui is None:
            return
        config = _discovery.ui_config(candidate.model)
        self._auto_ui(self._host.app, candidate.model, candidate.options.url_prefix, config)

    def _openapi(self, site: Site) -> OpenApiFace | None:
        if self._extension.has_openapi or not self._extension.settings.openapi:
            return None
        return OpenApiFace(self._extension, site)

    def _plan(self, wanted: Sequence[Route]) -> Plan:
        taken = self._extension.taken_routes()
        planned = plan(wanted, [*taken, *self._extension.claimed_routes()])
        hidden = self._hidden_conflicts(planned.routes, taken)
        refused = {conflict.wanted for conflict in hidden}
        routes = tuple(route for route in planned.routes if route not in refused)
        return replace(planned, routes=routes, conflicts=(*planned.conflicts, *hidden))

    def _hidden_conflicts(self, routes: Iterable[Route], taken: Iterable[Route]) -> list[Conflict]:
        """Ask the live router for routes that Emmett's list lost because another one has their name."""
        known: dict[str, list[Route]] = {}
        for route in taken:
            known.setdefault(route.name, []).append(route)
        found: list[Conflict] = []
        for route in routes:
            url = example_url(route.answered)
            for method in sorted(route.methods):
                name = self._host.answering(method, url, route.host)
                if name is not None and not any(matches(k.path, url) for k in known.get(name, ())):
                    found.append(Conflict(route, Route(name, url, frozenset({method})), url))
                    break
        return found

    def _settle(self, site: Site, resources: Iterable[Resource], planned: Plan) -> dict[str, list[str]]:
        """Raise for conflicts, or say which routes were dropped, by model."""
        dropped: dict[str, list[str]] = {}
        if planned.conflicts and not self._ignore_conflicts:
            site.forget(resources)
            raise RouteConflictError([str(conflict) for conflict in planned.conflicts], CONFLICT_ADVICE)
        for conflict in planned.conflicts:
            logger.warning("Auto route dropped: %s", conflict)
            owner = conflict.wanted.owner[0] if conflict.wanted.owner else "-"
            dropped.setdefault(owner, []).append(conflict.wanted.describe())
        return dropped


def _has_forms(candidate: Candidate) -> bool:
    options = candidate.options
    return options.pages and bool(options.enabled_actions & {"create", "update", "delete"})


def _without_pages(candidate: Candidate) -> Candidate:
    return replace(candidate, options=replace(candidate.options, pages=False))


def _other_decision(model: ModelClass, setup: Setup | None, reasons: Mapping[str, str]) -> Decision | None:
    name = model.__name__
    if setup is not None:
        return Decision(name, "manual", reasons[setup.package])
    if _discovery.is_switched_off(model):
        return Decision(name, "off", "auto_routes is switched off")
    return None if _discovery.asks_for_routes(model) else Decision(name, "none", "no auto_routes")
