"""What generated CinchDB models run on: the container, its handles, and the bases of models."""

from cinch_models_runtime._container import CinchModels
from cinch_models_runtime._drift import OnDrift
from cinch_models_runtime._era import __version__, require_runtime
from cinch_models_runtime._errors import DriftWarning, NotLoadedError, RuntimeVersionError, UnboundModelError
from cinch_models_runtime._fields import Field, Json, from_database, new_id
from cinch_models_runtime._handle import TableHandle, ViewHandle
from cinch_models_runtime._hooks import Event, EventName, Hook
from cinch_models_runtime._model import Model, ViewModel
from cinch_models_runtime._table import Relation, Table

__all__ = [
    "CinchModels",
    "DriftWarning",
    "Event",
    "EventName",
    "Field",
    "Hook",
    "Json",
    "Model",
    "NotLoadedError",
    "OnDrift",
    "Relation",
    "RuntimeVersionError",
    "Table",
    "TableHandle",
    "UnboundModelError",
    "ViewHandle",
    "ViewModel",
    "__version__",
    "from_database",
    "new_id",
    "require_runtime",
]
