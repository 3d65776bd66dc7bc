"""Schema and options → what is going to be generated. Every decision is made here, and every problem found. Pure."""

from collections.abc import Mapping, Sequence

from cinch_client import ColumnSchema, Schema, TableSchema, ViewSchema
from cinch_codegen._errors import PlanError
from cinch_codegen._names import Names, class_names
from cinch_codegen._naming import name_classes, name_members
from cinch_codegen._options import Options
from cinch_codegen._package import (
    SUFFIXES,
    Default,
    FieldPlan,
    ModelPlan,
    NameRecord,
    NameRecords,
    PackagePlan,
    RelationPlan,
)
from cinch_codegen._relations import Link, find_links
from cinch_codegen._settings import setting_problems
from cinch_codegen._types import python_type

_TIMESTAMPS = frozenset({"created_at", "updated_at"})


def plan_package(schema: Schema, options: Options, recorded: NameRecords | None = None) -> PackagePlan:
    """Decide everything.

    Args:
        schema: What to generate for; the order of its tables and views is of no importance.
        options: How.
        recorded: The names of the last time; they are kept.

    Raises:
        PlanError: The settings do not fit the schema; all problems are named.
    """
    recorded = recorded or {}
    links, notices = find_links(schema, one=options.singular)
    wanted: list[TableSchema | ViewSchema] = [*schema.tables, *(schema.views if options.views else ())]
    relations = [relation for relation in wanted if relation.columns]
    notices += [f"{each.name!r} is left out: SQLite tells no columns of it" for each in wanted if not each.columns]
    problems = setting_problems(schema, options)
    if problems:
        raise PlanError(problems)
    classes = name_classes(relations, options, recorded, problems)
    models = [
        _plan_model(each, links.get(each.name, ()), classes, options, recorded.get(each.name, NameRecord()), problems)
        for each in sorted(relations, key=lambda each: each.name)
    ]
    if problems:
        raise PlanError(problems)
    return PackagePlan(
        package=options.package,
        database=options.database,
        fingerprint=schema.fingerprint,
        models=tuple(sorted(models, key=lambda model: model.class_name)),
        names={model.relation: _record(model, options) for model in models},
        singular=options.singular,
        notices=tuple(sorted(notices)),
        version=options.version if options.dist else None,
        command=options.command,
    )


def _plan_model(
    relation: TableSchema | ViewSchema,
    links: Sequence[Link],
    classes: Mapping[str, tuple[str, str]],
    options: Options,
    record: NameRecord,
    problems: list[str],
) -> ModelPlan:
    class_name, module = classes[relation.name]
    named, attributes = name_members(relation, links, options.fields.get(relation.name, {}), record, problems)
    fields = _plan_fields(relation, named, class_name, options)
    by_column = {field.column: field for field in fields}
    key, unique = (), ()
    if isinstance(relation, TableSchema):
        key = tuple(by_column[column] for column in relation.primary_key)
        columns = {column for columns in (relation.primary_key, *relation.unique) for column in columns}
        unique = tuple(field for field in fields if field.column in columns)
    return ModelPlan(
        relation=relation.name,
        class_name=class_name,
        module=module,
        fields=fields,
        view=isinstance(relation, ViewSchema),
        key=key,
        unique=unique,
        relations=tuple(
            sorted(
                (_plan_relation(link, attributes[link.identity], classes) for link in links),
                key=lambda relation: relation.name,
            )
        ),
    )


def _plan_fields(
    relation: TableSchema | ViewSchema, named: Mapping[str, str], class_name: str, options: Options
) -> tuple[FieldPlan, ...]:
    types = options.types.get(relation.name, {})
    helpers = Names(class_name + suffix for suffix in SUFFIXES)
    fields: list[FieldPlan] = []
    for column in relation.columns:
        name = named[column.name]
        kind = python_type(column, types.get(column.name))
        default = _default(column, relation, text=[symbol.name for symbol in kind.union] == ["str"])
        fields.append(
            FieldPlan(
                column=column.name,
                name=name,
                type=kind,
                nullable=column.nullable and not column.primary_key,
                default=default,
                writable=not column.generated,
                alias=helpers.take(class_names(f"{class_name}_{name}", "")) if kind.literals else "",
            )
        )
    return tuple(fields)


def _default(column: ColumnSchema, relation: TableSchema | ViewSchema, *, text: bool) -> Default:
    """Tell who fills the column in when a new object does not say; the engine knows three columns by their names."""
    if isinstance(relation, ViewSchema):
        return "required"
    if column.name == "id" and relation.makes_ids:
        return "new_id" if text else "database"
    automatic = column.type == "TEXT" and column.name in _TIMESTAMPS
    if automatic or column.generated or column.default is not None or _is_rowid(column, relation):
        return "database"
    return "none" if column.nullable and not column.primary_key else "required"


def _is_rowid(column: ColumnSchema, relation: TableSchema | ViewSchema) -> bool:
    """Tell whether SQLite numbers the column itself."""
    key = relation.primary_key if isinstance(relation, TableSchema) else ()
    return key == (column.name,) and column.declared_type.upper() == "INTEGER"


def _plan_relation(link: Link, name: str, classes: Mapping[str, tuple[str, str]]) -> RelationPlan:
    class_name, module = classes[link.table]
    return RelationPlan(
        name=name,
        table=link.table,
        class_name=class_name,
        module=module,
        columns=link.columns,
        references=link.references,
        own=link.own,
        many=link.many,
        optional=link.optional,
        identity=link.identity,
    )


def _record(model: ModelPlan, options: Options) -> NameRecord:
    configured = model.relation in options.names
    columns = options.fields.get(model.relation, {})
    return NameRecord(
        class_name="" if configured else model.class_name,
        module="" if configured else model.module,
        fields={
            field.column: field.name
            for field in model.fields
            if field.name != field.column and field.column not in columns
        },
        relations={relation.identity: relation.name for relation in model.relations},
    )
