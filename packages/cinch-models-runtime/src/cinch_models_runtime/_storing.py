"""How one object is written to its table and takes over what is stored."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cinch_client import Condition, RecordNotFoundError, Row
from cinch_models_runtime._errors import UnboundModelError
from cinch_models_runtime._fields import UNSET
from cinch_models_runtime._rows import no_key
from cinch_models_runtime._slots import BINDING, STATE, State, state_of

if TYPE_CHECKING:
    from cinch_models_runtime._binding import Binding
    from cinch_models_runtime._model import RowModel
    from cinch_models_runtime._rows import RowCodec


def begin(target: "RowModel") -> None:
    """Mark *target* as new, and leave out what the database will fill, so that reading it says so."""
    STATE.set(target, State(unsaved=True))
    fields = vars(target)
    for name in [name for name, value in fields.items() if value is UNSET]:
        del fields[name]


def is_unsaved(target: "RowModel") -> bool:
    """Tell whether *target* has never been stored."""
    state = STATE.get(target)
    return state is not None and state.unsaved


def insert(target: "RowModel") -> None:
    """Store a new object: only what was set is sent, so that the table's defaults apply."""
    binding = _binding_of(target)
    codec = binding.codec
    fields = vars(target)
    names = target.model_fields_set.union(codec.client_filled)
    row = codec.new_rows([{name: fields[name] for name in codec.columns if name in names and name in fields}])[0]
    stored = binding.insert((row,))[0]
    undo_on_rollback(target, binding)
    take(target, stored, binding, STATE.get(target))


def update(target: "RowModel", values: Mapping[str, Any]) -> None:
    """Write what has changed, and *values*, by field; nothing is sent when there is nothing to write."""
    binding, state = _stored(target)
    codec = binding.codec
    changed = {} if state is None else _changes(target, state, codec)
    changed.update(values)
    if not changed:
        if state is not None and state.deleted:
            raise _gone(target, state, binding)
        return
    row = binding.update_one(codec.changes(changed), _identity(target, state, codec))
    if row is None:
        raise _gone(target, state, binding)
    undo_on_rollback(target, binding)
    take(target, row, binding, state)


def delete(target: "RowModel") -> bool:
    """Remove the row; return whether it was there."""
    binding, state = _stored(target)
    deleted = binding.delete(_identity(target, state, binding.codec)) > 0
    undo_on_rollback(target, binding)
    state_of(target).deleted = True
    return deleted


def reread(target: "RowModel") -> None:
    """Take over what is stored now."""
    binding, state = _stored(target)
    rows = binding.execute(binding.select(_identity(target, state, binding.codec)))
    if not rows:
        raise _gone(target, state, binding)
    take(target, rows[0], binding, state)


def undo_on_rollback(target: "RowModel", binding: "Binding[Any]") -> None:
    """Have *target* forget the write that was just made, if its transaction is rolled back; then it can be repeated."""
    if not binding.connection.in_transaction:
        return
    before, names, state = dict(vars(target)), set(target.model_fields_set), STATE.get(target)
    kept = state and state.copy()

    def undo() -> None:
        since = STATE.get(target)
        assigned = {name: vars(target)[name] for name in since.changes} if since else {}
        object.__setattr__(target, "__dict__", {**before, **assigned})
        object.__setattr__(target, "__pydantic_fields_set__", names | set(assigned))
        STATE.set(target, kept)
        for name in assigned:
            state_of(target).changes.setdefault(name, before.get(name, UNSET))

    binding.connection.on_rollback(undo)


def unsave_on_rollback(made: "Sequence[RowModel]", binding: "Binding[Any]") -> None:
    """Have new objects count as unsaved again if the transaction that stored them is rolled back."""
    if binding.connection.in_transaction:

        def undo() -> None:
            for each in made:
                state_of(each).unsaved = True

        binding.connection.on_rollback(undo)


def take(target: "RowModel", row: Row, binding: "Binding[Any]", state: State | None) -> None:
    """Make *target* the object of a stored row, in place; relations stay while the columns they hang on do."""
    codec = binding.codec
    before = vars(target)
    codec.read_into(target, row, binding.connection)
    if state is None and not codec.kept:
        return
    fresh = State(codec.keep(row))
    if state is not None and state.related:
        now = vars(target)
        for name, related in state.related.items():
            fields = [codec.fields[column] for column in codec.relations[name].columns]
            if all(before.get(field) == now[field] for field in fields):
                fresh.related[name] = related
    STATE.set(target, fresh)


def key_of(target: "RowModel", state: State | None, codec: "RowCodec[Any]") -> list[object]:
    """Return the stored values of the primary key, also when it was assigned since.

    Raises:
        QueryError: The table has none.
    """
    if not codec.key:
        raise no_key(codec)
    fields = vars(target)
    if state is None:
        return [fields[field] for field in codec.key]
    stored = state.changes | {codec.fields[column]: value for column, value in state.stored.items()}
    return [stored[field] if field in stored else fields[field] for field in codec.key]


def not_found(binding: "Binding[Any]", key: list[Any] | tuple[Any, ...]) -> RecordNotFoundError:
    """Make the error for a key that no row has."""
    shown = repr(key[0]) if len(key) == 1 else repr(tuple(key))
    return RecordNotFoundError(f"{binding.where_is()} has no row {shown} in table {binding.codec.table.name!r}")


def _binding_of(target: "RowModel") -> "Binding[Any]":
    binding = BINDING.get(target)
    if binding is None:
        model = type(target).__name__
        raise UnboundModelError(
            f"this {model} belongs to no tenant; make it from a container instead of the class: "
            f"models = create_models(connection), then models.{model}(...)"
        )
    return binding


def _stored(target: "RowModel") -> tuple["Binding[Any]", State | None]:
    """Return what is to be known of an object whose row is to be addressed."""
    binding, state = _binding_of(target), STATE.get(target)
    if state is not None and state.unsaved:
        raise RecordNotFoundError(f"this {type(target).__name__} has not been stored yet; call save() first")
    return binding, state


def _identity(target: "RowModel", state: State | None, codec: "RowCodec[Any]") -> tuple[Condition, ...]:
    values = key_of(target, state, codec)
    return tuple([Condition(column, "eq", value) for column, value in zip(codec.table.key, values, strict=True)])


def _changes(target: "RowModel", state: State, codec: "RowCodec[Any]") -> dict[str, Any]:
    fields = vars(target)
    changes = {
        name: fields[name]
        for name, before in state.changes.items()
        if name in fields and not _same(before, fields[name])
    }
    for column in codec.json:
        name = codec.fields[column]
        if name in fields and codec.json_changed(state.stored[column], fields[name]):
            changes[name] = fields[name]
    return changes


def _same(before: object, now: object) -> bool:
    return before is now or (type(before) is type(now) and before == now)


def _gone(target: "RowModel", state: State | None, binding: "Binding[Any]") -> RecordNotFoundError:
    return not_found(binding, key_of(target, state, binding.codec))
