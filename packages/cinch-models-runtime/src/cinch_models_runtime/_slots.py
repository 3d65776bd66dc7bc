"""What an object remembers beside its columns: slots of the model base, whose names no column can have."""

from copy import copy
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from cinch_models_runtime._binding import Binding


ValueT = TypeVar("ValueT")


class Slot(Generic[ValueT]):
    """One slot of an object, which may be empty.

    Attributes:
        name: The slot's attribute.
        set: Fills the slot of an object: the slot descriptor's own method, because it runs once per row.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.set: Callable[[object, ValueT], None]
        self._descriptor: Any = None

    def attach(self, owner: type) -> None:
        """Connect with the class that has the slot."""
        self._descriptor = owner.__dict__[self.name]
        self.set = self._descriptor.__set__

    def get(self, row: object) -> ValueT | None:
        """Return what is in the slot, None when it is empty."""
        try:
            return cast("ValueT", self._descriptor.__get__(row))
        except AttributeError:
            return None

    def clear(self, row: object) -> None:
        """Empty the slot."""
        if self.get(row) is not None:
            self._descriptor.__delete__(row)


BINDING: "Slot[Binding[Any]]" = Slot("__cinch_binding__")
"""Where the object belongs; empty when it was made from its class alone."""

UNSAVED: Final = Slot[bool]("__cinch_unsaved__")
"""True until the object is stored."""

CHANGES: Final = Slot[dict[str, Any]]("__cinch_changes__")
"""Field → value as stored, for the fields that were assigned since."""

STORED: Final = Slot[dict[str, Any]]("__cinch_stored__")
"""Column → stored value, for the few columns whose Python value does not lead back to it."""

RELATED: Final = Slot[dict[str, Any]]("__cinch_related__")
"""Relation → what was loaded."""

SLOTS: Final[tuple[Slot[Any], ...]] = (BINDING, UNSAVED, CHANGES, STORED, RELATED)


def copy_slots(source: object, target: object, copied: "Callable[[Any], Any]" = copy) -> None:
    """Give *target* copies of what *source* remembers."""
    for slot in SLOTS:
        value = slot.get(source)
        if value is not None:
            slot.set(target, copied(value))
