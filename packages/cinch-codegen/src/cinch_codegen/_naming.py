"""Who gets which name: first by settings, then by the record, then by the rules; no newcomer changes that. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from cinch_client import TableSchema, ViewSchema
from cinch_codegen._names import Names, class_names, field_names, is_class_name, is_field_name, module_names, singular
from cinch_codegen._options import Options
from cinch_codegen._package import NameRecord, NameRecords
from cinch_codegen._relations import Link

_HANDLED = ("", "Handle")
"""A class comes with its handle."""


@dataclass(slots=True)
class _Claims:
    """What things would be called, and who comes first."""

    items: Sequence[str]
    candidates: Callable[[str], Iterator[str]]
    companions: tuple[str, ...] = ("",)
    given: dict[str, str] = field(default_factory=dict[str, str])

    def fix(self, names: Mapping[str, str], taken: Names) -> list[str]:
        """Give the names that a setting wants; return those that were taken."""
        return [
            names[item] for item in self.items if item in names and not self._give(item, names[item], taken, force=True)
        ]

    def keep(self, names: Mapping[str, str], taken: Names) -> None:
        """Give recorded names again where they are free."""
        for item in self.items:
            if item in names and item not in self.given:
                self._give(item, names[item], taken)

    def complete(self, taken: Names) -> Mapping[str, str]:
        """Give a name to everything that has none."""
        for item in self.items:
            if item not in self.given:
                self.given[item] = taken.take(self.candidates(item), companions=self.companions)
        return self.given

    def _give(self, item: str, name: str, taken: Names, *, force: bool = False) -> bool:
        free = taken.offer(name, companions=self.companions)
        if free or force:
            self.given[item] = name
        return free


def name_classes(
    relations: Iterable[TableSchema | ViewSchema], options: Options, recorded: NameRecords, problems: list[str]
) -> Mapping[str, tuple[str, str]]:
    """Return the class and the module of each table and view; add to *problems* what the settings get wrong."""
    known = {relation.name: relation for relation in relations}
    best = {name: next(_class_candidates(relation, options)) for name, relation in known.items()}
    order = sorted(known, key=lambda name: _precedence(known[name], best[name]))
    derived = {name: record for name, record in recorded.items() if name not in options.names}
    taken = Names()
    classes = _Claims(order, lambda name: _class_candidates(known[name], options), _HANDLED)
    problems += [
        f"names: {name!r} is given to two tables, or is the handle of another"
        for name in classes.fix(options.names, taken)
    ]
    classes.keep(
        {name: record.class_name for name, record in derived.items() if is_class_name(record.class_name)}, taken
    )
    named = classes.complete(taken)
    modules = _Claims(order, lambda name: module_names(named[name]))
    modules.keep({name: record.module for name, record in derived.items() if _is_module(record.module)}, taken)
    placed = modules.complete(taken)
    return {name: (named[name], placed[name]) for name in known}


def name_members(
    relation: TableSchema | ViewSchema,
    links: Sequence[Link],
    settings: Mapping[str, str],
    record: NameRecord,
    problems: list[str],
) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return column → field and identity of a link → attribute; add to *problems* what the settings get wrong."""
    best = {column.name: next(field_names(column.name)) for column in relation.columns}
    by_identity = {link.identity: link for link in links}
    taken = Names()
    fields = _Claims(sorted(best, key=lambda name: (best[name] != name, name)), field_names)
    attributes = _Claims(
        sorted(by_identity, key=lambda identity: (not by_identity[identity].own, identity)),
        lambda identity: by_identity[identity].candidates(),
    )
    problems += [f"fields.{relation.name}: {name!r} is given to two columns" for name in fields.fix(settings, taken)]
    fields.keep({column: name for column, name in record.fields.items() if is_field_name(name)}, taken)
    attributes.keep({identity: name for identity, name in record.relations.items() if is_field_name(name)}, taken)
    return fields.complete(taken), attributes.complete(taken)


def _class_candidates(relation: TableSchema | ViewSchema, options: Options) -> Iterator[str]:
    view = isinstance(relation, ViewSchema)
    fallback = "View" if view else "Table"
    name = relation.name
    if view and not next(class_names(name, fallback)).endswith("View"):
        name = f"{name}_view"
    if options.singular:
        one = f"{singular(relation.name)}_view" if name != relation.name else singular(name)
        return chain([next(class_names(one, fallback))], class_names(name, fallback))
    return class_names(name, fallback)


def _precedence(relation: TableSchema | ViewSchema, best: str) -> tuple[bool, bool, str]:
    """Tables come before views, and a name that a class keeps whole before one that only comes to the same class."""
    return isinstance(relation, ViewSchema), next(module_names(best)) != relation.name, relation.name


def _is_module(name: str) -> bool:
    return bool(name) and name.isidentifier() and next(module_names(name)) == name
