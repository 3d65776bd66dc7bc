# ruff: noqa: I001
"""What a generated package looks like, written by hand for the database of conftest.py."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from cinch_models_runtime import require_runtime

require_runtime("1.0", "cinch-codegen generate shop --output shop_by_hand")

if TYPE_CHECKING:
    from cinch_client import CinchDB

    from cinch_models_runtime import OnDrift

    from .adults_view import AdultsView as AdultsView
    from .cinch_models import CinchModels as CinchModels
    from .line_notes import LineNotes as LineNotes
    from .log import Log as Log
    from .order_lines import OrderLines as OrderLines
    from .orders import Orders as Orders
    from .profiles import Profiles as Profiles
    from .users import Users as Users

_MODEL_REGISTRY = {
    "AdultsView": "adults_view",
    "LineNotes": "line_notes",
    "Log": "log",
    "OrderLines": "order_lines",
    "Orders": "orders",
    "Profiles": "profiles",
    "Users": "users",
}

__all__ = [
    "AdultsView",
    "CinchModels",
    "LineNotes",
    "Log",
    "OrderLines",
    "Orders",
    "Profiles",
    "Users",
    "create_models",
]


def create_models(connection: CinchDB, *, on_drift: OnDrift = "warn") -> CinchModels:
    """Bind the models to one tenant of one branch; `with_tenant` binds them to another."""
    from .cinch_models import CinchModels

    return CinchModels(connection, on_drift=on_drift)


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        module = "cinch_models" if name == "CinchModels" else _MODEL_REGISTRY.get(name)
        if module is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{__name__}.{module}"), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
