"""What a generated module imports: only what it uses, under a name that nothing in it has. Pure."""

from collections.abc import Callable, Iterable, Mapping

from cinch_codegen._types import Symbol

_KNOWN: Mapping[str, Symbol] = {
    name: Symbol(module, name)
    for module, names in {
        "builtins": "bool bytes float int list property str tuple",
        "collections.abc": "Collection Iterable Iterator Sequence",
        "typing": "ClassVar Literal",
        "typing_extensions": "NotRequired Self TypedDict Unpack",
        "cinch_models_runtime": ("Field Model Relation Table TableHandle ViewHandle ViewModel from_database new_id"),
    }.items()
    for name in names.split()
}

_STANDARD = frozenset({"builtins", "collections.abc", "datetime", "decimal", "typing", "uuid"})


class Imports:
    """Gives names to what a module uses, and remembers it.

    Args:
        taken: All names that mean something else in the module, be it in one class only. None begins with ``_``, so a
            symbol whose name is among them is imported with ``_`` before it.
        siblings: The other modules of the package that it refers to; they are imported with ``_``, too.
    """

    def __init__(self, taken: Iterable[str], siblings: Iterable[str]) -> None:
        self._siblings = sorted(set(siblings))
        self._taken = frozenset(taken)
        self._running: dict[Symbol, str] = {}
        self._checking: dict[Symbol, str] = {}
        self.run = _Known(self.running)
        self.check = _Known(self.checking)

    def running(self, symbol: Symbol) -> str:
        """Return the name of something that exists at run time."""
        return self._name(symbol, self._running)

    def checking(self, symbol: Symbol) -> str:
        """Return the name of something that only type checkers see."""
        return self._name(symbol, self._checking)

    def run_lines(self) -> list[str]:
        """Return the import statements for run time, a blank line between the groups."""
        return _statements(self._running)

    def check_lines(self) -> list[str]:
        """Return those for type checkers."""
        only = {symbol: name for symbol, name in self._checking.items() if symbol not in self._running}
        groups = [_statements(only), [f"from . import {module} as _{module}" for module in self._siblings]]
        return _spaced(groups)

    def _name(self, symbol: Symbol, used: dict[Symbol, str]) -> str:
        name = used.get(symbol)
        if name is None:
            name = used[symbol] = self._free(symbol.name)
        return name

    def _free(self, name: str) -> str:
        if name not in self._taken:
            return name
        return f"_{name}_" if name in self._siblings else f"_{name}"


class _Known:
    """The symbols of which a template writes only the name."""

    def __init__(self, spell: Callable[[Symbol], str]) -> None:
        self._spell = spell

    def __getitem__(self, name: str) -> str:
        return self._spell(_KNOWN[name])


def _statements(used: Mapping[Symbol, str]) -> list[str]:
    modules: dict[str, list[str]] = {}
    for symbol, name in used.items():
        if name != symbol.name:
            modules.setdefault(symbol.module, []).append(f"{symbol.name} as {name}")
        elif symbol.module != "builtins":
            modules.setdefault(symbol.module, []).append(name)
    groups: tuple[list[str], list[str]] = ([], [])
    for module, names in sorted(modules.items()):
        groups[module not in _STANDARD].append(f"from {module} import {', '.join(sorted(names, key=_constants_first))}")
    return _spaced(groups)


def _spaced(groups: Iterable[list[str]]) -> list[str]:
    lines: list[str] = []
    for group in groups:
        lines += [""] if lines and group else []
        lines += group
    return lines


def _constants_first(name: str) -> tuple[bool, str]:
    return not name.isupper(), name
