"""One model in one scope: what a handle and the objects that came through it share. It never changes."""

from collections.abc import Mapping, Sequence
from time import monotonic, perf_counter
from typing import TYPE_CHECKING, Any, Generic, cast, overload

from pydantic import ValidationError

from cinch_client import CinchDB, Condition, Count, Delete, Insert, Operation, Row, Select, Update
from cinch_models_runtime import _relations
from cinch_models_runtime._hooks import Event, EventName, Hooks
from cinch_models_runtime._rows import RowCodec, RowT, no_key
from cinch_models_runtime._slots import BINDING, STATE, State

if TYPE_CHECKING:
    from cinch_models_runtime._container import CinchModels
    from cinch_models_runtime._drift import SchemaWatch
    from cinch_models_runtime._filters import Where

_bind = BINDING.set


class Binding(Generic[RowT]):
    """Carries out operations of one model on one tenant.

    Attributes:
        models: The container that it belongs to.
        codec: How its rows become objects.
        connection: The scope.
        watch: Whether the schema is still the expected one.
        hooks: What the program wants to be called for.
    """

    __slots__ = ("codec", "connection", "hooks", "models", "watch")

    def __init__(
        self,
        models: "CinchModels",
        codec: RowCodec[RowT],
        connection: CinchDB,
        watch: "SchemaWatch",
        hooks: Hooks,
    ) -> None:
        self.models = models
        self.codec = codec
        self.connection = connection
        self.watch = watch
        self.hooks = hooks

    def __reduce__(self) -> tuple[object, ...]:
        return _rebind, (self.models, self.codec.name)

    def __copy__(self) -> "Binding[RowT]":
        return self

    def __deepcopy__(self, _memo: object) -> "Binding[RowT]":
        return self

    def related(self, model: str) -> "Binding[Any]":
        """Return the binding of another model in the same scope."""
        return _rebind(self.models, model)

    def where_is(self) -> str:
        """Return the scope as messages name it."""
        return f"{self.connection.database}/{self.connection.branch}/{self.connection.tenant}"

    # --- reading --------------------------------------------------------------------------------------------

    def find(self, key: Sequence[object], include: _relations.Include = ()) -> RowT | None:
        """Return the object with that primary key, or None, with all that :meth:`execute` and :meth:`read` do."""
        if not self.codec.key:
            raise no_key(self.codec)
        where = tuple([Condition(name, "eq", value) for name, value in zip(self.codec.table.key, key, strict=True)])
        found = self.read(self.select(where), include)
        return found[0] if found else None

    def select(
        self, where: "Where", order_by: tuple[str, ...] = (), limit: int | None = None, offset: int = 0
    ) -> Select:
        """Make the operation that reads whole rows."""
        return Select(self.codec.table.name, self.codec.selected, where, order_by, limit, offset)

    def read(self, operation: Select, include: _relations.Include = ()) -> list[RowT]:
        """Return the rows of *operation* as objects with their relations."""
        if not include:
            return self.bound(self.execute(operation))
        wanted = _relations.wanted(self, include)
        rows = self.execute(operation)
        found = self.bound(rows)
        _relations.load(self, rows, found, wanted)
        return found

    def bound(self, rows: list[Row]) -> list[RowT]:
        """Turn rows that were read here into objects that remember it."""
        codec = self.codec
        found = codec.read(rows, self.connection)
        for row in found:
            _bind(row, self)
        if codec.kept:
            for row, stored in zip(found, rows, strict=True):
                STATE.set(row, State(codec.keep(stored)))
        return found

    def bound_one(self, row: Row) -> RowT:
        """Do the same for one row."""
        codec = self.codec
        try:
            found = codec.validated(row)
        except ValidationError:
            return self.bound([row])[0]
        _bind(found, self)
        if codec.kept:
            STATE.set(found, State(codec.keep(row)))
        return found

    # --- writing --------------------------------------------------------------------------------------------

    def insert(self, rows: Sequence[Row], conflict: tuple[str, ...] = ()) -> list[Row]:
        """Write new rows, all or none; return them as they are stored."""
        operation = Insert(self.codec.table.name, tuple(rows), conflict, self.codec.selected)
        if not self.hooks:
            return self.execute(operation)
        self._fire("before_create", operation, operation.rows)
        stored = self.execute(operation)
        self._fire("after_create", operation, tuple(stored))
        return stored

    def update_one(self, values: Row, where: "Where") -> Row | None:
        """Change the row that *where* identifies; return it as it is stored, or None when there is none."""
        stored = self._update(Update(self.codec.table.name, values, where, self.codec.selected))
        return stored[0] if isinstance(stored, list) and stored else None

    def update_many(self, values: Row, where: "Where") -> int:
        """Change rows; return how many."""
        changed = self._update(Update(self.codec.table.name, values, where))
        return changed if isinstance(changed, int) else len(changed)

    def _update(self, operation: Update) -> list[Row] | int:
        if not self.hooks:
            return self.execute(operation)
        self._fire("before_update", operation, (operation.values,))
        result = self.execute(operation)
        self._fire("after_update", operation, (operation.values,))
        return result

    def delete(self, where: "Where") -> int:
        """Remove rows; return how many."""
        operation = Delete(self.codec.table.name, where)
        if not self.hooks:
            return self.execute(operation)
        self._fire("before_delete", operation, ())
        result = self.execute(operation)
        self._fire("after_delete", operation, ())
        return result

    def _fire(self, name: EventName, operation: Operation, values: tuple[Mapping[str, Any], ...]) -> None:
        self.hooks.fire(Event(name, self.connection.tenant, self.codec.model, operation, values))

    # --- the only way to the engine -------------------------------------------------------------------------

    @overload
    def execute(self, operation: Select | Insert) -> list[Row]: ...
    @overload
    def execute(self, operation: Count | Delete) -> int: ...
    @overload
    def execute(self, operation: Update) -> list[Row] | int: ...
    def execute(self, operation: Operation) -> list[Row] | int:
        """Hand one operation to the engine, after a look at the schema when it is time for one."""
        if monotonic() >= self.watch.due:
            self.watch.look(self.connection)
        if not self.hooks:
            return self.connection.execute(operation)
        started = perf_counter()
        try:
            return self.connection.execute(operation)
        finally:
            seconds = perf_counter() - started
            self.hooks.fire(Event("query", self.connection.tenant, self.codec.model, operation, (), seconds))


def _rebind(models: "CinchModels", model: str) -> "Binding[Any]":
    return cast("Binding[Any]", getattr(models, model).__binding__)
