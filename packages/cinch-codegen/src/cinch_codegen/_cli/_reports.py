"""What the commands report, for people and for machines."""

from collections.abc import Sequence, Sized

from cinch_codegen._cli._speech import put, put_json, say, say_note
from cinch_codegen._generation import Generation, TenantState

_SHOWN = 12


def put_result(generation: Generation, *, machine: bool) -> None:
    """Report what was written."""
    plan, changes = generation.plan, generation.changes
    written = [change.path for change in changes if change.after is not None]
    removed = [change.path for change in changes if change.after is None]
    unchanged = len(generation.files) - len(written)
    for notice in plan.notices:
        say_note(notice)
    if machine:
        put_json(
            {
                "package": plan.package,
                "output": str(generation.directory),
                "fingerprint": plan.fingerprint,
                "models": {model.class_name: model.relation for model in plan.models},
                "written": written,
                "removed": removed,
                "unchanged": unchanged,
                "left_out": list(plan.notices),
            }
        )
        return
    for phrase in _some(generation.new_names()):
        say_note(phrase)
    if not changes:
        say(f"{plan.package} is up to date ({_count(plan.models, 'model')})")
        return
    parts = [f"wrote {_count(written, 'file')}"]
    parts += [f"removed {len(removed)}"] if removed else []
    parts += [f"left {unchanged} as they were"] if unchanged else []
    say(f"{plan.package}: {_count(plan.models, 'model')}; {', '.join(parts)} in {generation.directory}")


def put_diff(generation: Generation) -> int:
    """Print every change as a unified diff; return the exit code."""
    for notice in generation.plan.notices:
        say_note(notice)
    for change in generation.changes:
        put(change.diff().rstrip("\n"))
    return 1 if generation.changes else 0


def put_check(generation: Generation, states: Sequence[TenantState], *, machine: bool) -> int:
    """Report whether code, database and tenants are in step; return the exit code."""
    manifest = generation.found.manifest
    generated, now = manifest.fingerprint if manifest else None, generation.plan.fingerprint
    behind = [state.name for state in states if not state.matches and not state.failure]
    unreadable = {state.name: state.failure for state in states if state.failure}
    in_step = not generation.changes and generated == now and not behind and not unreadable
    if machine:
        put_json(
            {
                "in_step": in_step,
                "code": {
                    "current": not generation.changes,
                    "changes": [{"path": change.path, "change": change.kind} for change in generation.changes],
                },
                "database": {"current": generated == now, "generated": generated, "now": now},
                "tenants": {
                    "current": not behind and not unreadable,
                    "checked": len(states),
                    "behind": behind,
                    "unreadable": unreadable,
                },
            }
        )
    else:
        put(f"code      {_code_state(generation)}")
        put(f"database  {_database_state(generated, now)}")
        put(f"tenants   {_tenants_state(states, behind)}")
        for name, failure in unreadable.items():
            put(f"          {name} cannot be read: {failure}")
    return 0 if in_step else 1


def _code_state(generation: Generation) -> str:
    if generation.found.manifest is None:
        return f"not generated yet in {generation.directory}"
    if not generation.changes:
        return f"what would be written now ({_count(generation.files, 'file')})"
    verbs = {"create": "missing", "update": "outdated", "remove": "left over"}
    states = [f"{change.path} ({change.obstacle or verbs[change.kind]})" for change in generation.changes]
    return f"differs: {', '.join(_some(states))}"


def _database_state(generated: str | None, now: str) -> str:
    if generated is None:
        return f"has the schema {now}"
    if generated == now:
        return f"has the schema of the code ({now})"
    return f"has changed since the code was generated ({generated} then, {now} now)"


def _tenants_state(states: Sequence[TenantState], behind: Sequence[str]) -> str:
    if all(state.matches for state in states):
        return f"all in step ({len(states)})"
    matching = sum(state.matches for state in states)
    lagging = f"; another schema: {', '.join(_some(behind))}" if behind else ""
    return f"{matching} of {len(states)} in step{lagging}"


def _some(items: Sequence[str]) -> list[str]:
    more = len(items) - _SHOWN
    return [*items[:_SHOWN], *([f"and {more} more"] if more > 0 else [])]


def _count(items: Sized, noun: str) -> str:
    return f"{len(items)} {noun}{'' if len(items) == 1 else 's'}"
