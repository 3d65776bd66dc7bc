"""Plan → {path: text}: the only module that knows templates. They hold names and types, never behaviour. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from cinch_codegen import __version__
from cinch_codegen._folding import fold, pack
from cinch_codegen._imports import Imports
from cinch_codegen._names import source_text
from cinch_codegen._package import FieldPlan, ModelPlan, PackagePlan, RelationPlan
from cinch_codegen._types import PythonType, Symbol

_DEEP = " " * 8
_PATTERNS = frozenset({"like", "ilike", "contains", "startswith", "endswith"})


def render(plan: PackagePlan) -> Iterator[tuple[str, str]]:
    """Give the path and the text of one file after the other, the modules of the models first."""
    package = "" if plan.version is None else f"src/{plan.package}/"
    for model in plan.models:
        yield f"{package}{model.module}.py", _module(model)
    values = {"p": _package_values(plan)}
    yield f"{package}cinch_models.py", fold(_fill("container.py", values))
    yield f"{package}__init__.py", fold(_fill("init.py", values))
    yield f"{package}py.typed", ""
    if plan.version is not None:
        yield "pyproject.toml", _fill("pyproject.toml", values)
        yield "README.md", _fill("README.md", values)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - the output is Python, whose quoting is _names.source_text
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )


def _fill(template: str, values: Mapping[str, object]) -> str:
    return _environment().get_template(f"{template}.jinja").render(values)


def _package_values(plan: PackagePlan) -> Mapping[str, object]:
    classes = [model.class_name for model in plan.models]
    return {
        "package": plan.package,
        "distribution": plan.package.replace("_", "-"),
        "database": plan.database,
        "fingerprint": plan.fingerprint,
        "command": source_text(plan.command),
        "era": ".".join(__version__.split(".")[:2]),
        "runtime": __version__,
        "version": plan.version,
        "models": [
            {"class_name": model.class_name, "module": model.module, "relation": source_text(model.relation)}
            for model in plan.models
        ],
        "exported": list(map(_quoted, sorted([*classes, "CinchModels", "create_models"]))),
    }


def _module(model: ModelPlan) -> str:
    fields = [field.name for field in model.fields]
    taken = {
        *fields,
        *(relation.name for relation in model.relations),
        *(field.alias for field in model.fields),
        *model.helpers,
    }
    others = {relation.module for relation in model.relations if _is_elsewhere(relation, model)}
    imports = Imports(taken, others)
    imports.running(Symbol("typing", "TYPE_CHECKING"))
    values = _model_values(model, imports)
    parts = {"m": values, "run": imports.run, "check": imports.check}
    bodies = {name: _fill(f"{name}.py", parts).rstrip("\n") for name in ("checking", "model", "handle")}
    return fold(_fill("module.py", {**parts, **bodies, "imports": imports}))


def _model_values(model: ModelPlan, imports: Imports) -> Mapping[str, object]:
    spelling = _Spelling(imports)
    name = model.class_name
    writable = [field for field in model.fields if field.writable]
    return {
        "name": name,
        "view": model.view,
        "kind": "view" if model.view else "table",
        "relation": source_text(model.relation),
        "table": _table_arguments(model, imports),
        "aliases": [
            {"name": field.alias, "type": spelling.literal(field.type)} for field in model.fields if field.alias
        ],
        "fields": [
            {"name": field.name, "type": spelling.stored(field), "value": _value(field, imports)}
            for field in model.fields
        ],
        "relations": [_relation_values(relation, model, imports) for relation in model.relations],
        "related": [_quoted(relation.name) for relation in model.relations],
        "filters": [line for field in model.fields for line in pack(spelling.filters(field), _DEEP, "; ")],
        "creating": pack((f"{field.name}: {spelling.created(field)}" for field in writable), _DEEP, "; "),
        "updating": pack((f"{field.name}: {spelling.stored(field)}" for field in writable), _DEEP, "; "),
        "order": pack(_order(model), _DEEP, ", ", ","),
        "unique": [_quoted(field.name) for field in model.unique],
        "key": [f"{field.name}: {spelling.value(field)}" for field in model.key],
        "key_values": _tuple([field.name for field in model.key]),
    }


class _Spelling:
    """How the types of one module are written."""

    def __init__(self, imports: Imports) -> None:
        self._imports = imports

    def literal(self, kind: PythonType) -> str:
        values = ", ".join(str(value) if isinstance(value, int) else _quoted(value) for value in kind.literals)
        return f"{self._imports.run['Literal']}[{values}]"

    def value(self, field: FieldPlan) -> str:
        return field.alias or " | ".join(map(self._imports.running, field.type.union))

    def stored(self, field: FieldPlan) -> str:
        return f"{self.value(field)} | None" if field.nullable else self.value(field)

    def created(self, field: FieldPlan) -> str:
        if field.default == "required":
            return self.stored(field)
        return f"{self._imports.check['NotRequired']}[{self.stored(field)}]"

    def filters(self, field: FieldPlan) -> Iterator[str]:
        name, value, stored, check = field.name, self.value(field), self.stored(field), self._imports.check
        yield f"{name}: {stored}"
        yield f"{name}__eq: {stored}"
        for operator in field.type.operators:
            if operator == "ne":
                kind = stored
            elif operator in _PATTERNS:
                kind = check["str"]
            elif operator == "between":
                kind = f"{check['tuple']}[{value}, {value}]"
            elif operator in {"in", "not_in"}:
                kind = f"{check['Collection']}[{value}]"
            else:
                kind = value
            yield f"{name}__{operator}: {kind}"
        if field.nullable:
            yield f"{name}__isnull: {check['bool']}"


def _order(model: ModelPlan) -> Iterator[str]:
    return (f'"{sign}{field.name}"' for field in model.fields if field.type.sortable for sign in ("", "-"))


def _table_arguments(model: ModelPlan, imports: Imports) -> list[str]:
    arguments = [_quoted(model.relation)]
    if model.key:
        arguments.append(f"key={_tuple([_quoted(field.column) for field in model.key])}")
    if model.relations:
        relations = [
            f"{imports.run['Relation']}({_quoted(relation.name)}, {_quoted(relation.class_name)}, "
            f"columns={_tuple(map(_quoted, relation.columns))}, "
            f"references={_tuple(map(_quoted, relation.references))}, many={relation.many})"
            for relation in model.relations
        ]
        arguments.append(f"relations={_tuple(relations)}")
    return arguments


def _value(field: FieldPlan, imports: Imports) -> str:
    """Return what stands behind the annotation of a field."""
    aliased = field.name != field.column
    if field.default == "database":
        return f" = {imports.run['from_database']}({_quoted(field.column) if aliased else ''})"
    arguments: list[str] = []
    if field.default == "none":
        arguments.append("default=None")
    elif field.default == "new_id":
        arguments.append(f"default_factory={imports.run['new_id']}")
    if aliased:
        column = _quoted(field.column)
        arguments += [f"validation_alias={column}", f"serialization_alias={column}"]
    if arguments == ["default=None"]:
        return " = None"
    return f" = {imports.run['Field']}({', '.join(arguments)})" if arguments else ""


def _relation_values(relation: RelationPlan, model: ModelPlan, imports: Imports) -> Mapping[str, str]:
    target = f"_{relation.module}.{relation.class_name}" if _is_elsewhere(relation, model) else relation.class_name
    one = f"{target} | None" if relation.optional else target
    kind = f"{imports.run['list']}[{target}]" if relation.many else one
    return {"name": relation.name, "type": kind, "doc": _relation_doc(relation)}


def _relation_doc(relation: RelationPlan) -> str:
    table = source_text(relation.table)
    columns, references = (_listed(names) for names in (relation.columns, relation.references))
    if relation.own:
        text = f"The row of `{table}` that {columns} refers to"
    else:
        text = f"The row{'s' if relation.many else ''} of `{table}` whose {references} is this {columns}"
    return f"{text}, if any." if relation.optional and not relation.many else f"{text}."


def _is_elsewhere(relation: RelationPlan, model: ModelPlan) -> bool:
    """Tell whether the class has to be imported: it is in another module, or a member of this class hides it."""
    members = {field.name for field in model.fields} | {other.name for other in model.relations}
    return relation.module != model.module or relation.class_name in members


def _quoted(text: str) -> str:
    return f'"{source_text(text)}"'


def _listed(names: Sequence[str]) -> str:
    return " and ".join(f"`{source_text(name)}`" for name in names)


def _tuple(items: "Sequence[str] | map[str]") -> str:
    written = list(items)
    return f"({', '.join(written)}{',' if len(written) == 1 else ''})"
