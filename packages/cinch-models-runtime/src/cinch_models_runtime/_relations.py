"""Rows of other tables that belong to those which were read: one statement per relation, never per row."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from cinch_client import Condition, QueryError, Row
from cinch_models_runtime._slots import state_of
from cinch_models_runtime._suggestions import did_you_mean

if TYPE_CHECKING:
    from cinch_models_runtime._binding import Binding
    from cinch_models_runtime._table import Relation

Include: TypeAlias = str | Sequence[str]
Wanted: TypeAlias = Mapping[str, Any]
"""Relation → what is wanted of its rows in turn."""


def wanted(binding: "Binding[Any]", include: Include) -> Wanted:
    """Turn ``"orders"`` or ``["user", "orders.lines"]`` into a tree.

    Raises:
        QueryError: There is no such relation; the message names the valid ones.
    """
    tree: dict[str, Any] = {}
    for path in (include,) if isinstance(include, str) else include:
        branch, here = tree, binding
        for name in path.split("."):
            relation = here.codec.relations.get(name)
            if relation is None:
                raise _unknown(name, here)
            branch = branch.setdefault(name, {})
            here = here.related(relation.model)
    return tree


def load(binding: "Binding[Any]", rows: Sequence[Row], owners: Sequence[Any], tree: Wanted) -> None:
    """Read what is wanted and attach it.

    Args:
        binding: Where *rows* come from.
        rows: What was read, as stored.
        owners: The objects made of them, in the same order.
        tree: From :func:`wanted`.
    """
    for name, nested in tree.items():
        relation = binding.codec.relations[name]
        keys = [tuple([row[column] for column in relation.columns]) for row in rows]
        groups = _read(binding.related(relation.model), relation, {key for key in keys if None not in key}, nested)
        for owner, key in zip(owners, keys, strict=True):
            belonging = groups.get(key, ())
            state_of(owner).related[name] = list(belonging) if relation.many else next(iter(belonging), None)


def _read(
    target: "Binding[Any]", relation: "Relation", keys: set[tuple[object, ...]], nested: Wanted
) -> Mapping[tuple[object, ...], Sequence[Any]]:
    if not keys:
        return {}
    # Each column by itself: with several columns this may read too much, but never grows with their number.
    where = tuple(
        Condition(column, "in", list({key[position] for key in keys}))
        for position, column in enumerate(relation.references)
    )
    rows = target.execute(target.select(where, order_by=target.codec.table.key))
    found = [(tuple([row[column] for column in relation.references]), row) for row in rows]
    found = [(key, row) for key, row in found if key in keys]
    rows = [row for _, row in found]
    objects = target.bound(rows)
    load(target, rows, objects, nested)
    groups: dict[tuple[object, ...], list[Any]] = {}
    for (key, _), related in zip(found, objects, strict=True):
        groups.setdefault(key, []).append(related)
    return groups


def _unknown(name: str, binding: "Binding[Any]") -> QueryError:
    relations, model = binding.codec.relations, binding.codec.name
    if not relations:
        return QueryError(f"{model} has no relation {name!r}; it has none at all")
    return QueryError(f"{model} has no relation {name!r};{did_you_mean(name, relations)} it has {', '.join(relations)}")
