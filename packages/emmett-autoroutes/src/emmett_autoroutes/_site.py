# pyright: reportMissingTypeStubs=false
"""The auto routes of one app on one database: its resources, and the faces that answer for them."""

import logging
from collections.abc import Iterable, Sequence

from emmett.orm import Database

from ._columns import Dependant
from ._discovery import Candidate
from ._endpoints import Endpoint, endpoints
from ._host import Endpoint as Answer
from ._host import Host
from ._options import Permission
from ._orm import model_of, read_dependants
from ._pages import PagesFace
from ._report import Decision, ReportedRoute
from ._resource import Resource
from ._rest import RestFace
from ._routes import Route
from ._store import Store

logger = logging.getLogger("emmett_autoroutes")


class Site:
    """Resources that know each other.

    Attributes:
        max_body: Bytes that a request's body may have.
    """

    def __init__(self, host: Host, db: Database, *, max_body: int) -> None:
        self.host = host
        self._db = db
        self._dependants = read_dependants(db)
        self.max_body = max_body
        self.resources: dict[str, Resource] = {}
        self._stores: dict[str, Store] = {}
        self._endpoints: dict[Resource, list[Endpoint]] = {}

    def add(self, candidates: Iterable[Candidate], default_permission: Permission | None) -> list[Resource]:
        """Make resources of *candidates*; relations lead to the first resource of a table."""
        added: list[Resource] = []
        for candidate in candidates:
            resource = Resource(candidate.model, candidate.options, default_permission, candidate.facts)
            self.resources.setdefault(resource.facts.tablename, resource)
            self._stores[resource.facts.tablename] = resource.store
            self._endpoints[resource] = endpoints(resource.facts, resource.options, self.host.default_host)
            added.append(resource)
        for resource in added:
            resource.bind(self)
        return added

    def forget(self, resources: Iterable[Resource]) -> None:
        """Take resources back whose registration was refused."""
        for resource in resources:
            if self.resources.get(resource.facts.tablename) is resource:
                del self.resources[resource.facts.tablename]

    def find(self, tablename: str) -> Resource | None:
        """Return the resource of a table, if it has one."""
        return self.resources.get(tablename)

    def store_of(self, tablename: str) -> Store:
        """Return a table of the database, with or without auto routes."""
        if tablename not in self._stores:
            self._stores[tablename] = Store(model_of(self._db, tablename))
        return self._stores[tablename]

    def dependants_of(self, tablename: str) -> Sequence[Dependant]:
        """Return which references point to a table."""
        return self._dependants.get(tablename, ())

    def is_logged_in(self) -> bool:
        """Tell whether the visitor is logged in; without Emmett's Auth, everybody counts as that."""
        auth = self.host.auth
        return auth is None or bool(auth.is_logged())

    def public_url(self, path: str) -> str:
        """Return *path* as visitors see it."""
        return self.host.public_url(path)

    def wanted(self, resource: Resource) -> list[Route]:
        """Return the routes that *resource* wants."""
        return [endpoint.route for endpoint in self._endpoints[resource]]

    def register(self, resource: Resource, accepted: frozenset[Route]) -> tuple[ReportedRoute, ...]:
        """Register those routes of *resource* that were *accepted*, and report them."""
        pages, rest = PagesFace(resource, self), RestFace(resource, self)
        reported: list[ReportedRoute] = []
        for endpoint in self._endpoints[resource]:
            route = endpoint.route
            if route not in accepted:
                continue
            face = pages if route.owner and route.owner[1] == "pages" else rest
            answer: Answer = getattr(face, endpoint.page)
            self.host.register(route, answer)
            for method, action in endpoint.actions:
                if method != "HEAD":
                    guard = resource.guard.describe(action)
                    reported.append(ReportedRoute(method, route.path, action, guard, route.name))
        return tuple(reported)


def warn(resource: Resource) -> None:
    """Log what a developer should know of *resource*: public writes, and columns that no route shows."""
    facts, guard = resource.facts, resource.guard
    writing = [a for a in ("create", "update", "delete") if a in resource.actions and guard.permission(a) is None]
    if writing:
        logger.warning(
            "%s: %s %s public; give auto_routes['permissions'], or default_permission to discovery",
            facts.model,
            ", ".join(writing),
            "is" if len(writing) == 1 else "are",
        )
    for column in facts.left_out:
        logger.info(
            "%s.%s is left out of pages and REST: values of type %s stay inside",
            facts.model,
            column.name,
            column.type,
        )


def decision(resource: Resource, routes: tuple[ReportedRoute, ...], dropped: Iterable[str]) -> Decision:
    """Report *resource*."""
    return Decision(resource.facts.model, "auto", "auto_routes", routes, tuple(dropped))
