"""Functions that a program has called around its models' writes, and after every statement with its time."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from cinch_client import ConfigurationError, Operation
from cinch_models_runtime._suggestions import did_you_mean

if TYPE_CHECKING:
    from cinch_models_runtime._model import RowModel

EventName: TypeAlias = Literal[
    "before_create", "after_create", "before_update", "after_update", "before_delete", "after_delete", "query"
]
_EVENTS: tuple[str, ...] = get_args(EventName)
_LOCK = threading.Lock()


@dataclass(frozen=True, slots=True)
class Event:
    """What happens, as hooks see it.

    Attributes:
        name: The event that the hook was registered for.
        tenant: The tenant that is written or read.
        model: The model's class.
        operation: What is handed to the engine: table, conditions, values.
        values: What is written, one mapping from column to value per row; after a create, what was stored.
            Empty for deletes and for ``query``.
        seconds: How long the statement took, rows included; 0.0 for every event but ``query``.
    """

    name: EventName
    tenant: str
    model: "type[RowModel]"
    operation: Operation
    values: tuple[Mapping[str, Any], ...] = ()
    seconds: float = 0.0


Hook: TypeAlias = Callable[[Event], object]


class Hooks(dict[tuple[str, str | None], tuple[Hook, ...]]):
    """The hooks of a container and of all that share its origin, by event and model; None is every model.

    A dict, so that asking whether there are any costs next to nothing.
    """

    def add(self, name: str, model: str | None, hook: Hook) -> None:
        """Register one more hook; those of one event run in the order they came, the model's own first."""
        if name not in _EVENTS:
            raise ConfigurationError(
                f"{name!r} is not an event;{did_you_mean(name, _EVENTS)} use one of {', '.join(_EVENTS)}"
            )
        with _LOCK:
            self[name, model] = (*self.get((name, model), ()), hook)

    def fire(self, event: Event) -> None:
        """Run the hooks of *event*; what they raise goes to the caller of the operation."""
        for model in (event.model.__name__, None):
            for hook in self.get((event.name, model), ()):
                hook(event)
