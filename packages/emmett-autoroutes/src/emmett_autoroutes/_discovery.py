# pyright: reportMissingTypeStubs=false
"""Which models get auto routes, and why the others do not."""

import inspect
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import cast

from emmett.orm import Database

from ._columns import TableFacts
from ._options import Options, read_options, required_parameters
from ._orm import ModelClass, database_of, models_of, read_facts, undefined_models

MANY_KEYS = "its table has several primary key columns ({}); auto routes need exactly one"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model that asks for auto routes, with its checked options."""

    model: ModelClass
    facts: TableFacts
    options: Options


@dataclass(frozen=True, slots=True)
class Setup:
    """A `setup()` of a package: the app's own way to make the routes of the package's models."""

    package: str
    function: Callable[..., object]

    @property
    def arguments(self) -> int:
        """How many of (app, db) it takes."""
        return len(inspect.signature(self.function).parameters)


def discover_auto_routes_models(db: Database) -> list[ModelClass]:
    """Return the models of *db* that ask for auto routes, in the order of their definition.

    Those whose package has a `setup()` are among them: it is registration that prefers the `setup()`.

    Args:
        db: A database whose models are defined.
    """
    return [model for model in models_of(db) if asks_for_routes(model)]


def asks_for_routes(model: ModelClass) -> bool:
    """Tell whether the class itself, not a parent, declares `auto_routes` and leaves it switched on."""
    declared: object = vars(model).get("auto_routes", False)
    settings = cast("dict[str, object]", declared) if isinstance(declared, dict) else {}
    return declared is not False and settings.get("enabled") is not False


def is_switched_off(model: ModelClass) -> bool:
    """Tell whether the class itself declares `auto_routes` but switches them off."""
    return "auto_routes" in vars(model) and not asks_for_routes(model)


def read_candidates(db: Database, models: Iterable[ModelClass], app_package: str) -> tuple[list[Candidate], list[str]]:
    """Check the options of the *models* that ask for auto routes.

    Returns:
        The candidates, and every mistake of all models.
    """
    candidates: list[Candidate] = []
    problems = _undefined(app_package)
    if not models_of(db):
        problems.append("the database has no models yet; call db.define_models(…) before discovery")
    for model in models:
        candidate, found = read_candidate(db, model, vars(model).get("auto_routes"))
        problems += found
        if candidate is not None and not found:
            candidates.append(candidate)
    return candidates, problems + _shared_prefixes(candidates)


def read_candidate(db: Database, model: ModelClass, attribute: object) -> tuple[Candidate | None, list[str]]:
    """Check the options of one model."""
    name = model.__name__
    if database_of(model) is not db:
        return None, [f"{name} is not defined on this database; add it to db.define_models(…) of that database"]
    facts = read_facts(model)
    if len(facts.keys) != 1:
        return None, [f"{name}: {MANY_KEYS.format(', '.join(facts.keys))}"]
    own_ui = vars(model).get("auto_ui_config")
    options, problems = read_options(name, facts.tablename, facts.columns, attribute, own_ui)
    return Candidate(model, facts, options), problems


def _undefined(app_package: str) -> list[str]:
    """Find models of the app that ask for routes but are on no database; Emmett is silent about them."""
    return [
        f"{model.__name__} has auto_routes but is on no database; add it to db.define_models(…), "
        "and mind that Emmett silently skips a model whose name the database already uses"
        for model in undefined_models()
        if asks_for_routes(model) and _belongs_to(model.__module__, app_package)
    ]


def _belongs_to(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def _shared_prefixes(candidates: Iterable[Candidate]) -> list[str]:
    problems: list[str] = []
    owners: dict[str, str] = {}
    for candidate in candidates:
        name, options = candidate.facts.model, candidate.options
        wanted = ([options.url_prefix] if options.pages else []) + ([options.rest_prefix] if options.rest_api else [])
        for prefix in wanted:
            if prefix in owners:
                problems.append(f"{name} and {owners[prefix]} both want {prefix!r}; give one another prefix")
            owners.setdefault(prefix, name)
    return problems


def ui_config(model: ModelClass) -> dict[str, object]:
    """Return a model's settings for pages as written, for an `auto_ui` of the app's own."""
    attribute: object = vars(model).get("auto_routes")
    settings = cast("dict[str, object]", attribute) if isinstance(attribute, dict) else {}
    configured = cast("dict[str, object]", settings.get("auto_ui_config") or {})
    kept = {key: settings[key] for key in ("permissions", "enabled_actions", "custom_handlers") if key in settings}
    return {**cast("dict[str, object]", vars(model).get("auto_ui_config") or {}), **configured, **kept}


def find_setup(model: ModelClass) -> Setup | None:
    """Return the `setup()` that the model's own package defines in its `__init__`, or None."""
    module = sys.modules.get(model.__module__)
    package = sys.modules.get(getattr(module, "__package__", None) or "")
    if package is None or not hasattr(package, "__path__"):
        return None
    function = vars(package).get("setup")
    if not inspect.isfunction(function) or function.__module__ != package.__name__:
        return None
    return Setup(package.__name__, function) if _is_route_setup(function) else None


def _is_route_setup(function: Callable[..., object]) -> bool:
    """Only (), (app) and (app, db) make a `setup()` of ours; others are somebody else's business."""
    names = list(inspect.signature(function).parameters)
    return names in ([], ["app"], ["app", "db"]) and len(required_parameters(function)) == len(names)


def asynchronous_setups(setups: Iterable[Setup]) -> list[str]:
    """Return a mistake for each `setup()` that is async: nobody could await it."""
    return [
        f"{setup.package}.setup() is async; make it a plain function"
        for setup in setups
        if inspect.iscoroutinefunction(setup.function)
    ]


def is_live(setup: Setup, modules: Iterable[str]) -> bool:
    """Tell whether one of the *modules* that answer routes of the app is inside the setup's package."""
    return any(_belongs_to(module, setup.package) for module in modules)
