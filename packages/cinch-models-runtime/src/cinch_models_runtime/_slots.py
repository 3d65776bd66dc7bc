"""What an object remembers beside its columns: slots of the model base, whose names no column can have."""

from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, cast

from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Callable

    from cinch_models_runtime._binding import Binding

ValueT = TypeVar("ValueT")


_OF_HANDLES = frozenset(
    "set_connection select first find_by_id get iterate create bulk_create upsert update_where delete_where "
    "delete_records count exists".split()
)

if TYPE_CHECKING:  # a checker that saw the metaclass would believe in any attribute
    UnslottedModel = BaseModel
else:

    class ModelType(type(BaseModel)):
        """The type of model classes. It helps those who ask a class for what only its handle in a tenant can do."""

        def __getattr__(cls, name: str) -> object:
            if name in _OF_HANDLES:
                raise AttributeError(
                    f"{cls.__name__}.{name} belongs to no tenant; models are bound by their container: "
                    f"models = create_models(connection), then models.{cls.__name__}"
                )
            return super().__getattr__(name)

    class UnslottedModel(BaseModel, metaclass=ModelType):
        """A model of that type."""


class SlottedModel(UnslottedModel):
    """Has the slots."""

    __slots__ = ("__cinch_binding__", "__cinch_state__")


class State:
    """What is to be known of an object that is more than a row as it was read.

    Attributes:
        unsaved: Whether it has never been stored.
        changes: Field → value as stored, for the fields that were assigned since.
        stored: Column → stored value, for the few columns whose Python value does not lead back to it.
        related: Relation → what was loaded.
        deleted: Whether its row was removed through this object.
    """

    __slots__ = ("changes", "deleted", "related", "stored", "unsaved")

    def __init__(self, stored: dict[str, Any] | None = None, *, unsaved: bool = False) -> None:
        self.unsaved = unsaved
        self.deleted = False
        self.stored = stored or {}
        self.changes: dict[str, Any] = {}
        self.related: dict[str, Any] = {}

    def copy(self) -> "State":
        """Return a state with dicts of its own."""
        made = State(dict(self.stored), unsaved=self.unsaved)
        made.deleted, made.changes, made.related = self.deleted, dict(self.changes), dict(self.related)
        return made


class Slot(Generic[ValueT]):
    """One slot of an object, which may be empty.

    Attributes:
        set: Fills the slot of an object: the descriptor's own method, because it runs once per row.
    """

    def __init__(self, name: str) -> None:
        descriptor: Any = SlottedModel.__dict__[name]
        self.set: Callable[[object, ValueT], None] = descriptor.__set__
        self._get: Callable[[object], object] = descriptor.__get__

    def get(self, row: object) -> ValueT | None:
        """Return what is in the slot, None when it is empty."""
        try:
            return cast("ValueT | None", self._get(row))
        except AttributeError:
            return None


BINDING: "Slot[Binding[Any] | None]" = Slot("__cinch_binding__")
"""Where the object belongs; empty when it was made from its class alone."""

STATE: Final = Slot[State | None]("__cinch_state__")
"""Empty for a row as it was read."""


def state_of(row: object) -> State:
    """Return the state of an object, which it gets if it has none."""
    state = STATE.get(row)
    if state is None:
        STATE.set(row, state := State())
    return state
