"""What discovery decided, for people and for machines. Pure."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["auto", "manual", "off", "none", "skipped"]


@dataclass(frozen=True, slots=True)
class ReportedRoute:
    """One registered auto route.

    Attributes:
        method: In capitals.
        path: Without the app's own prefix.
        action: What it does: list, detail, create, update, delete, or `openapi`.
        permission: The name of the callable that guards it, or `public`.
        name: Its name in Emmett, for `url()`.
    """

    method: str
    path: str
    action: str
    permission: str
    name: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided for one model.

    Attributes:
        model: The model's class name; `-` for what belongs to no model.
        outcome: `auto` (routes registered), `manual` (its package's `setup()` has the say), `off` (switched
            off), `none` (it does not ask for auto routes).
        reason: Why, in a few words.
        routes: What was registered.
        dropped: What was not, because of a conflict and `ignore_conflicts=True`.
    """

    model: str
    outcome: Outcome
    reason: str
    routes: tuple[ReportedRoute, ...] = ()
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """The result of discovery: one decision per model, in the order of their definition."""

    decisions: tuple[Decision, ...]

    @property
    def routes(self) -> tuple[ReportedRoute, ...]:
        """Every registered route."""
        return tuple(route for decision in self.decisions for route in decision.routes)

    def for_model(self, model: str) -> Decision:
        """Return the decision for the model class named *model*.

        Raises:
            KeyError: The model was not seen.
        """
        for decision in self.decisions:
            if decision.model == model:
                return decision
        raise KeyError(model)

    def to_json(self) -> str:
        """Return the report as a JSON text: a list of decisions."""
        return json.dumps([_as_dict(decision) for decision in self.decisions], indent=2)

    def __str__(self) -> str:
        """Return the report as a table."""
        heading = ("MODEL", "DECISION", "METHOD", "PATH", "PERMISSION")
        return _table([heading, *(row for decision in self.decisions for row in _rows(decision))])


def _as_dict(decision: Decision) -> dict[str, object]:
    names = ("method", "path", "action", "permission", "name")
    return {
        "model": decision.model,
        "decision": decision.outcome,
        "reason": decision.reason,
        "routes": [{name: getattr(route, name) for name in names} for route in decision.routes],
        "dropped": list(decision.dropped),
    }


def _rows(decision: Decision) -> Iterable[tuple[str, ...]]:
    what = f"{decision.outcome}: {decision.reason}"
    if not decision.routes:
        yield decision.model, what, "", "", ""
    for number, route in enumerate(decision.routes):
        first = (decision.model, what) if number == 0 else ("", "")
        yield *first, route.method, route.path, route.permission
    for dropped in decision.dropped:
        yield "", "dropped", "", dropped, ""


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)
