"""How a model's rows are written: what a visitor may set, what the model calls valid, and nobody's work lost.

Like everything of the resource, this runs in the worker thread of a request. Each function either commits
or rolls back and raises; what it raises is for the faces to word.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from ._columns import Column
from ._options import Action
from ._permissions import Access, DeniedError
from ._resource import Dependants, Loaded, Resource
from ._store import Store, VetoError
from ._values import to_validator

Values = Mapping[str, object]
Result = TypeVar("Result")
RESERVED_KEYS = ("new", ".", "..")
VETO = "A rule of the application prevented this change."


class InvalidRecordError(Exception):
    """Some values are not valid.

    Attributes:
        errors: What is wrong, by column name.
    """

    def __init__(self, errors: Mapping[str, str]) -> None:
        self.errors = dict(errors)
        super().__init__("; ".join(f"{name}: {error}" for name, error in errors.items()))


class RefusedChangeError(Exception):
    """A callback of the model prevented the change."""


class StaleError(Exception):
    """Somebody else changed the record in the meantime.

    Attributes:
        current: The record as it is now.
    """

    def __init__(self, current: Loaded) -> None:
        self.current = current
        super().__init__("the record has changed in the meantime")


class HasDependantsError(Exception):
    """Deleting the record would delete others along with it.

    Attributes:
        dependants: What depends on it.
    """

    def __init__(self, dependants: Iterable[Dependants]) -> None:
        self.dependants = tuple(dependants)
        super().__init__("other records would be deleted along with it")


def check_columns(resource: Resource, names: Iterable[str], action: Action) -> None:
    """Refuse columns that the visitor may not set: unknown, hidden, computed, read-only or the key.

    Raises:
        InvalidRecordError: There are such columns.
    """
    allowed = [c.name for c in resource.facts.columns if resource.is_writable(c, action)]
    errors: dict[str, str] = {}
    for name in names:
        if name not in allowed:
            exists = name in resource.shown
            errors[name] = "cannot be set" if exists else f"is unknown; there is {', '.join(allowed)}"
    if errors:
        raise InvalidRecordError(errors)


def create(resource: Resource, values: Values, access: Access, errors: Mapping[str, str] | None = None) -> Loaded:
    """Insert a record and return it as it was stored.

    Args:
        resource: Whose record.
        values: What the visitor gave, by column.
        access: What the visitor may do.
        errors: What is known to be wrong already; everything else is checked, so that all is told at once.

    Raises:
        InvalidRecordError: A value is not valid; nothing was written.
        DeniedError: The new record is outside the visitor's row filter; nothing was written.
        RefusedChangeError: A callback prevented it.
    """
    store = resource.store
    with store.transaction.guarded(), store.transaction.editing(None):
        store.transaction.lock()
        cleaned = _validate(resource, values, _all_columns(resource, values), errors or {})
        kept = _keep_files(resource, cleaned)
        key = _vetoable(lambda: store.insert(kept))
        _check_filter(store, key, access)
        created = resource.load_within(Access(), key)
        store.transaction.commit()
    return created


def update(resource: Resource, loaded: Loaded, values: Values, errors: Mapping[str, str] | None = None) -> Loaded:
    """Change a record that was loaded for update and return it as it was stored.

    Args:
        resource: Whose record.
        loaded: The record as it is.
        values: What the visitor gave, by column.
        errors: What is known to be wrong already.

    Raises:
        InvalidRecordError: A value is not valid; nothing was written.
        DeniedError: The changed record is outside the visitor's row filter; nothing was written.
        RefusedChangeError: A callback prevented it.
    """
    store = resource.store
    with store.transaction.guarded(), store.transaction.editing(loaded.key):
        changed = {n: v for n, v in values.items() if n not in loaded.values or loaded.values[n] != v}
        cleaned = _validate(resource, changed, [resource.columns[name] for name in changed], errors or {})
        kept = _keep_files(resource, cleaned)
        _vetoable(lambda: store.update(store.record(loaded.values), kept))
        _check_filter(store, loaded.key, loaded.access)
        stored = resource.load_within(Access(), loaded.key)
        store.transaction.commit()
    return stored


def delete(resource: Resource, loaded: Loaded) -> None:
    """Delete a record that was loaded for update.

    Raises:
        RefusedChangeError: A callback prevented it.
    """
    store = resource.store
    with store.transaction.guarded():
        _vetoable(lambda: store.delete(store.record(loaded.values)))
        store.transaction.commit()


def replacement(resource: Resource, values: Values) -> dict[str, object]:
    """Complete *values* as a PUT means them: what may be written and is left out is reset."""
    store = resource.store
    complete: dict[str, object] = {}
    for column in resource.facts.columns:
        if column.name in values:
            complete[column.name] = values[column.name]
        elif resource.is_writable(column, "update") and column.kind not in {"password", "upload"}:
            complete[column.name] = store.default(column)
    return complete


def _all_columns(resource: Resource, values: Values) -> list[Column]:
    """A new row is valid as a whole: what nobody gave is checked with its default."""
    return [
        column
        for column in resource.facts.columns
        if column.name in values or not (column.is_computed or (column.is_key and not column.writable))
    ]


def _validate(
    resource: Resource, values: Values, columns: Iterable[Column], known: Mapping[str, str]
) -> dict[str, object]:
    store = resource.store
    cleaned: dict[str, object] = {}
    errors = dict(known)
    for column in columns:
        if column.name in known:
            continue
        value = values[column.name] if column.name in values else store.default(column)
        error: str | None
        if _may_be_blank(store, column, value):
            cleaned[column.name], error = value, None
        else:
            cleaned[column.name], error = store.validate(column, to_validator(value))
        if error is None and column.name in values:
            error = _relation_error(resource, column, value)
        if error is None and column.is_key:
            error = _key_error(resource, value)
        if error is not None:
            errors[column.name] = error
    if errors:
        raise InvalidRecordError(errors)
    return cleaned


def _keep_files(resource: Resource, values: Values) -> dict[str, object]:
    """Store uploaded files, once everything else is valid, and put their names in their places."""
    kept = dict(values)
    for name, value in values.items():
        column = resource.columns[name]
        if column.kind == "upload" and value is not None and not isinstance(value, str):
            kept[name] = resource.store.store_upload(column, value)
    return kept


def _may_be_blank(store: Store, column: Column, value: object) -> bool:
    """Emmett's type check refuses a blank optional number or date; nobody means that."""
    if value is not None or column.required:
        return False
    return not store.has_own_rules(column)


def _key_error(resource: Resource, value: object) -> str | None:
    """A key that the visitor chooses must be free, and must be reachable in a URL."""
    if value is None or value == "":
        return "Cannot be empty"
    if isinstance(value, str) and ("/" in value or value in RESERVED_KEYS or value != value.strip()):
        return f"must not contain a slash, blanks around it, or be one of {', '.join(RESERVED_KEYS)}"
    return "is taken already" if resource.store.exists(resource.store.with_key(value)) else None


def _relation_error(resource: Resource, column: Column, value: object) -> str | None:
    relation = resource.relations.get(column.name)
    if relation is None or value is None or relation.may_point_to(value):
        return None
    return "points to no record that you may choose"


def _check_filter(store: Store, key: object, access: Access) -> None:
    if access.filter is not None and not store.exists(access.narrow(store.with_key(key))):
        raise DeniedError


def _vetoable(work: Callable[[], Result]) -> Result:
    try:
        return work()
    except VetoError as error:
        raise RefusedChangeError(VETO) from error
