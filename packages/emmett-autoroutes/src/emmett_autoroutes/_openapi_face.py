# pyright: reportMissingTypeStubs=false
"""The OpenAPI document and its page, as routes."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from emmett import current

from . import _exchange
from ._exchange import HTML, Reply
from ._extension import AutoRoutes
from ._host import asset_url
from ._openapi import Schema, describe
from ._options import ACTIONS, Action, Permission
from ._permissions import DeniedError, ask
from ._problems import describe as describe_problem
from ._report import ReportedRoute
from ._resource import Resource
from ._routes import Route
from ._site import Site
from ._threads import off_loop

if TYPE_CHECKING:
    from ._orm import Untyped

API_VERSION = "1.0"


class OpenApiFace:
    """Two routes that describe the REST faces of an app."""

    def __init__(self, extension: AutoRoutes, site: Site) -> None:
        settings = extension.settings
        self._extension = extension
        self._site = site
        host = extension.host.default_host
        methods = frozenset({"GET", "HEAD"})
        self._document_route = Route(
            "autoroutes.openapi", settings.openapi_path, methods, host, owner=("OpenAPI", "openapi")
        )
        self._docs_route = Route(
            "autoroutes.docs", settings.openapi_docs_path, methods, host, owner=("OpenAPI docs", "openapi")
        )

    @property
    def _permission(self) -> Permission | None:
        return self._extension.settings.openapi_permission

    @property
    def routes(self) -> tuple[Route, ...]:
        """The routes wanted."""
        return (self._document_route, self._docs_route)

    def register(self, accepted: frozenset[Route]) -> tuple[ReportedRoute, ...]:
        """Register those of the routes that were *accepted*."""
        guard = (
            "public" if self._permission is None else getattr(self._permission, "__qualname__", str(self._permission))
        )
        reported: list[ReportedRoute] = []
        for route, endpoint in ((self._document_route, self.document), (self._docs_route, self.docs)):
            if route in accepted:
                self._extension.host.register(route, endpoint)
                reported.append(ReportedRoute("GET", route.path, "openapi", guard, route.name))
        return tuple(reported)

    async def document(self) -> str:
        """Answer with the document."""
        try:
            return _exchange.send(Reply(json.dumps(await off_loop(self._describe))))
        except DeniedError as error:
            return _exchange.send(describe_problem(error, logged_in=self._site.is_logged_in()))

    async def docs(self) -> str:
        """Answer with the page."""
        try:
            document = await off_loop(self._describe)
        except DeniedError as error:
            return _exchange.send(describe_problem(error, logged_in=self._site.is_logged_in()))
        context = {
            "document": document,
            "document_url": self._extension.host.public_url(self._document_route.path),
            "dump": _dump,
            "stylesheet": asset_url("autoroutes.css"),
        }
        return _exchange.send(Reply(self._extension.host.render("autoroutes:openapi.html", context), content_type=HTML))

    def _describe(self) -> Schema:
        """List everything for those with the permission; without one, what anonymous visitors may reach."""
        if self._permission is not None:
            if not ask(self._permission):
                raise DeniedError
            listed = [(r, r.actions) for r in self._resources()]
        else:
            with _anonymous():
                listed = [(resource, _open_actions(resource)) for resource in self._resources()]
        settings = self._extension.settings
        return describe(settings.openapi_title, API_VERSION, listed, self._extension.host.prefix)

    def _resources(self) -> list[Resource]:
        sites = [site for _, site in self._extension.sites.values()] or [self._site]
        return [r for site in sites for r in site.resources.values() if r.options.rest_api and r.options.enabled]


def _dump(schema: Schema) -> str:
    return json.dumps(schema, indent=2)


def _open_actions(resource: Resource) -> frozenset[Action]:
    actions: list[Action] = [a for a in ACTIONS if a in resource.actions]
    return frozenset(a for a in actions if resource.guard.permission(a) is None or resource.guard.allows_quietly(a))


@contextmanager
def _anonymous() -> Generator[None]:
    """Take the visitor's session away, so that permissions are asked as for somebody who has none."""
    context: Untyped = current
    session = context.session
    context.session = None
    try:
        yield
    finally:
        context.session = session
