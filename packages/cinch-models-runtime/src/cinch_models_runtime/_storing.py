"""How one object is written to its table and takes over what is stored."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cinch_client import Condition, RecordNotFoundError, Row
from cinch_models_runtime._errors import UnboundModelError
from cinch_models_runtime._fields import UNSET
from cinch_models_runtime._rows import no_key
from cinch_models_runtime._slots import BINDING, CHANGES, RELATED, STORED, UNSAVED

if TYPE_CHECKING:
    from cinch_models_runtime._binding import Binding
    from cinch_models_runtime._model import RowModel
    from cinch_models_runtime._rows import RowCodec


def drop_unset(target: "RowModel") -> None:
    """Leave out what the database will fill, so that reading it says so."""
    fields = vars(target)
    for name in [name for name, value in fields.items() if value is UNSET]:
        del fields[name]


def insert(target: "RowModel") -> None:
    """Store a new object: only what was set is sent, so that the table's defaults apply."""
    binding = _binding_of(target)
    codec = binding.codec
    fields = target.__dict__
    names = target.model_fields_set.union(codec.client_filled)
    row = codec.new_rows([{name: fields[name] for name in codec.columns if name in names and name in fields}])[0]
    take(target, binding.insert([row])[0], binding)


def update(target: "RowModel", values: Mapping[str, Any]) -> None:
    """Write what has changed, and *values*, by field; nothing is sent when there is nothing to write."""
    binding = _stored_binding_of(target)
    codec = binding.codec
    changed = _changes(target, codec) | dict(values)
    if not changed:
        return
    row = binding.update_one(codec.changes(changed), _identity(target, codec))
    if row is None:
        raise _gone(target, binding)
    take(target, row, binding)


def delete(target: "RowModel") -> bool:
    """Remove the row; return whether it was there."""
    binding = _stored_binding_of(target)
    return binding.delete(_identity(target, binding.codec)) > 0


def reread(target: "RowModel") -> None:
    """Take over what is stored now."""
    binding = _stored_binding_of(target)
    rows = binding.execute(binding.select(_identity(target, binding.codec)))
    if not rows:
        raise _gone(target, binding)
    take(target, rows[0], binding)


def take(target: "RowModel", row: Row, binding: "Binding[Any]") -> None:
    """Make *target* the object of a stored row, in place."""
    codec = binding.codec
    before = target.__dict__
    codec.read_into(target, row, binding.connection)
    BINDING.set(target, binding)
    UNSAVED.clear(target)
    CHANGES.clear(target)
    if codec.kept:
        STORED.set(target, codec.keep(row))
    related = RELATED.get(target) or {}
    for relation in [relation for name, relation in codec.relations.items() if name in related]:
        names = [codec.fields[column] for column in relation.columns]
        if any(before.get(name) != target.__dict__[name] for name in names):
            del related[relation.name]


def _binding_of(target: "RowModel") -> "Binding[Any]":
    binding = BINDING.get(target)
    if binding is None:
        model = type(target).__name__
        raise UnboundModelError(
            f"this {model} belongs to no tenant; make it from a container instead of the class: "
            f"models = create_models(connection), then models.{model}(...)"
        )
    return binding


def _stored_binding_of(target: "RowModel") -> "Binding[Any]":
    binding = _binding_of(target)
    if UNSAVED.get(target):
        raise RecordNotFoundError(f"this {type(target).__name__} has not been stored yet; call save() first")
    return binding


def key_of(target: "RowModel", codec: "RowCodec[Any]") -> list[object]:
    """Return the stored values of the primary key, also when it was assigned since.

    Raises:
        QueryError: The table has none.
    """
    if not codec.key:
        raise no_key(codec)
    stored = (CHANGES.get(target) or {}) | {
        codec.fields[column]: value for column, value in (STORED.get(target) or {}).items()
    }
    return [stored[field] if field in stored else target.__dict__[field] for field in codec.key]


def _identity(target: "RowModel", codec: "RowCodec[Any]") -> tuple[Condition, ...]:
    values = key_of(target, codec)
    return tuple([Condition(column, "eq", value) for column, value in zip(codec.table.key, values, strict=True)])


def _changes(target: "RowModel", codec: "RowCodec[Any]") -> dict[str, Any]:
    fields = target.__dict__
    changes = {
        name: fields[name]
        for name, before in (CHANGES.get(target) or {}).items()
        if name in fields and not _same(before, fields[name])
    }
    stored = STORED.get(target) or {}
    for column in codec.json:
        name = codec.fields[column]
        if codec.json_changed(stored[column], fields[name]):
            changes[name] = fields[name]
    return changes


def _same(before: object, now: object) -> bool:
    return before is now or (type(before) is type(now) and before == now)


def _gone(target: "RowModel", binding: "Binding[Any]") -> RecordNotFoundError:
    return not_found(binding, [target.__dict__.get(name) for name in binding.codec.key])


def not_found(binding: "Binding[Any]", key: "list[Any] | tuple[Any, ...]") -> RecordNotFoundError:
    """Make the error for a key that no row has."""
    shown = repr(key[0]) if len(key) == 1 else repr(tuple(key))
    return RecordNotFoundError(f"{binding.where_is()} has no row {shown} in table {binding.codec.table.name!r}")
