"""Reading what a developer wrote, and collecting every mistake in it. Pure."""

import difflib
from collections.abc import Iterable, Mapping
from typing import cast

from ._columns import Column


class SettingsReader:
    """Reads one model's settings and collects what is wrong with them."""

    def __init__(self, model: str, columns: Iterable[Column]) -> None:
        self.model = model
        self.columns = {column.name: column for column in columns}
        self.problems: list[str] = []

    def complain(self, where: str, problem: str) -> None:
        """Note a mistake."""
        self.problems.append(f"{self.model}.{where} {problem}")

    def check_keys(self, where: str, given: Mapping[str, object], known: Iterable[str], noun: str = "key") -> None:
        """Note the names in *given* that are not *known*."""
        for name in given:
            if name not in known:
                self.complain(where, f"has the unknown {noun} {name!r}; {suggest(name, known)}")

    def mapping(self, where: str, value: object) -> Mapping[str, object]:
        """Read a dict; None is an empty one."""
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            self.complain(where, f"is {value!r}; give a dict")
            return {}
        return {str(key): item for key, item in cast("Mapping[object, object]", value).items()}

    def flag(self, settings: Mapping[str, object], key: str, *, default: bool = True) -> bool:
        """Read True or False."""
        value = settings.get(key, default)
        if not isinstance(value, bool):
            self.complain(f"auto_routes[{key!r}]", f"is {value!r}; give True or False")
            return default
        return value

    def names(self, where: str, value: object) -> tuple[str, ...]:
        """Read a list of names."""
        if isinstance(value, str) or not isinstance(value, Iterable):
            self.complain(where, f"is {value!r}; give a list of names")
            return ()
        return tuple(str(item) for item in cast("Iterable[object]", value))

    def column_names(self, where: str, value: object, *, shown: bool = False) -> tuple[str, ...]:
        """Read columns, `-` before the name allowed; *shown* ones must be such that may leave the server."""
        given = self.names(where, value)
        for name in given:
            bare = name.removeprefix("-")
            column = self.columns.get(bare)
            if column is None:
                self.complain(where, f"has the unknown column {bare!r}; {suggest(bare, self.columns)}")
            elif not column.is_usable:
                self.complain(where, f"has the column {bare!r}, whose type {column.type!r} stays inside")
            elif shown and not column.is_shown:
                self.complain(where, f"has the column {bare!r}, which the model does not let be read")
        return given


def suggest(name: str, known: Iterable[str]) -> str:
    """Say what *name* may have been meant to be, and what there is."""
    choices = list(known)
    close = difflib.get_close_matches(name, choices, n=1, cutoff=0.5)
    listed = f"there is {', '.join(choices)}" if choices else "there is none"
    return f"did you mean {close[0]!r}? ({listed})" if close else listed
