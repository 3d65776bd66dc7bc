"""CRUD pages, a REST API and its OpenAPI description for Emmett models."""

from ._discovery import discover_auto_routes_models
from ._errors import AutoRoutesError, ConfigurationError, RouteConflictError
from ._extension import AutoRoutes
from ._permissions import requires_login, requires_membership, requires_permission
from ._registration import auto_ui, discover_and_register_auto_routes
from ._report import Decision, Report, ReportedRoute

__all__ = [
    "AutoRoutes",
    "AutoRoutesError",
    "ConfigurationError",
    "Decision",
    "Report",
    "ReportedRoute",
    "RouteConflictError",
    "auto_ui",
    "discover_and_register_auto_routes",
    "discover_auto_routes_models",
    "requires_login",
    "requires_membership",
    "requires_permission",
]
