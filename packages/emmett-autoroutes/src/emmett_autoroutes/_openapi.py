"""The OpenAPI 3.1 description of resources. Pure: resources and what may be listed in, a document out."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from ._columns import Column, Kind
from ._conditions import OPERATORS
from ._options import Action
from ._resource import Resource
from ._ui_options import LARGEST_PAGE
from ._values import Json

Schema = dict[str, Json]

_PROBLEMS: Final[Mapping[str, str]] = {
    "400": "A parameter or the body cannot be read.",
    "401": "Nobody is logged in.",
    "403": "The visitor may not do this.",
    "404": "There is no such record.",
    "409": "It conflicts with other records.",
    "412": "The record has changed in the meantime.",
    "413": "The body is too large.",
    "415": "The body is not JSON.",
    "422": "Some values are not valid.",
    "503": "The database is busy.",
}
_READ: Final = ("400", "401", "403", "404", "503")
_WRITE: Final = (*_READ, "409", "412", "413", "415", "422")


def describe(title: str, version: str, listed: Iterable[tuple[Resource, frozenset[Action]]], base: str) -> Schema:
    """Return the document.

    Args:
        title: The title of the API.
        version: Its version.
        listed: The resources, each with the actions to describe.
        base: The URL prefix of the whole app, `""` or `/…`.
    """
    paths: dict[str, Json] = {}
    schemas: dict[str, Json] = {"Problem": _problem()}
    for resource, actions in listed:
        if not actions:
            continue
        name = resource.facts.model
        schemas[name] = _record(resource)
        for action, suffix in (("create", "Create"), ("update", "Update")):
            if action in actions:
                schemas[f"{name}{suffix}"] = _input(resource, action)
        prefix = resource.options.rest_prefix
        collection, item = _collection(resource, actions), _item(resource, actions)
        if collection:
            paths[prefix] = collection
        if item:
            paths[f"{prefix}/{{record_id}}"] = {**item, "parameters": [_key_parameter(resource)]}
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "servers": [{"url": base or "/"}],
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _collection(resource: Resource, actions: frozenset[Action]) -> Schema:
    operations: Schema = {}
    if "list" in actions:
        operations["get"] = _operation(
            resource,
            "list",
            _list_parameters(resource),
            _answers("200", _list_of(resource), ("400", "401", "403", "503")),
        )
    if "create" in actions:
        answers = _answers("201", _reference(resource.facts.model), tuple(c for c in _WRITE if c not in {"404", "412"}))
        operations["post"] = {**_operation(resource, "create", [], answers), **_body(resource, "Create")}
    return operations


def _item(resource: Resource, actions: frozenset[Action]) -> Schema:
    operations: Schema = {}
    record = _reference(resource.facts.model)
    if "detail" in actions:
        parameters = [
            *_read_parameters(resource),
            _header("If-None-Match", "Answer 304 if the record has this ETag."),
        ]
        answers = _answers("200", record, _READ)
        operations["get"] = _operation(
            resource, "detail", parameters, {**answers, "304": {"description": "Unchanged."}}
        )
    if_match = _header("If-Match", "Only if the record still has this ETag.")
    if "update" in actions:
        for method, verb in (("put", "replace"), ("patch", "update")):
            operation = _operation(resource, verb, [if_match], _answers("200", record, _WRITE))
            operations[method] = {**operation, **_body(resource, "Update")}
    if "delete" in actions:
        cascade = _parameter("cascade", {"type": "boolean"}, "Delete what depends on it, too.")
        answers = _answers("200", {"type": "object"}, (*_READ, "409", "412", "422"))
        operations["delete"] = _operation(resource, "delete", [cascade, if_match], answers)
    return operations


def _operation(resource: Resource, verb: str, parameters: Sequence[Schema], answers: Schema) -> Schema:
    return {
        "operationId": f"{verb}_{resource.facts.tablename}",
        "summary": f"{verb.capitalize()} {resource.plural if verb == 'list' else resource.title}",
        "tags": [resource.plural],
        "parameters": list(parameters),
        "responses": answers,
    }


def _answers(code: str, schema: Schema, problems: Iterable[str]) -> Schema:
    answers: Schema = {code: {"description": "Done.", "content": {"application/json": {"schema": schema}}}}
    for status in problems:
        answers[status] = {
            "description": _PROBLEMS[status],
            "content": {"application/problem+json": {"schema": _reference("Problem")}},
        }
    return answers


def _reference(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _body(resource: Resource, suffix: str) -> Schema:
    schema = _reference(f"{resource.facts.model}{suffix}")
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _parameter(name: str, schema: Schema, description: str) -> Schema:
    return {"name": name, "in": "query", "schema": schema, "description": description}


def _header(name: str, description: str) -> Schema:
    return {"name": name, "in": "header", "schema": {"type": "string"}, "description": description}


def _key_parameter(resource: Resource) -> Schema:
    return {"name": "record_id", "in": "path", "required": True, "schema": _schema(resource.facts.key)}


def _list_parameters(resource: Resource) -> list[Schema]:
    operators = ", ".join(OPERATORS)
    return [
        _parameter("page", {"type": "integer", "minimum": 1}, "Which page, from 1."),
        _parameter(
            "page_size",
            {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE},
            "Records per page; 20 if not given.",
        ),
        _parameter("sort_by", {"type": "string"}, f"Columns, `-` for descending: {', '.join(resource.comparable)}."),
        _parameter("where", {"type": "string"}, f"A JSON object of columns and {operators}, $and, $or, $not."),
        _parameter("after", {"type": "string"}, "Blank to begin, then meta.next: pages that stay stable and fast."),
        _parameter("count", {"enum": ["exact", "none"]}, "none leaves total_objects out and saves its query."),
        *_read_parameters(resource),
    ]


def _read_parameters(resource: Resource) -> list[Schema]:
    expandable = [n for n, r in resource.relations.items() if n in resource.shown and r.resource]
    found = [_parameter("fields", {"type": "string"}, f"Only these columns: {', '.join(resource.shown)}.")]
    if expandable:
        found.append(_parameter("expand", {"type": "string"}, f"Whole records for keys: {', '.join(expandable)}."))
    return found


def _list_of(resource: Resource) -> Schema:
    meta: Schema = {
        "type": "object",
        "properties": {
            "object": {"const": "list"},
            "has_more": {"type": "boolean"},
            "total_objects": {"type": "integer", "minimum": 0},
            "next": {"type": ["string", "null"]},
        },
        "required": ["object", "has_more"],
    }
    data: Schema = {"type": "array", "items": _reference(resource.facts.model)}
    return {"type": "object", "properties": {"data": data, "meta": meta}, "required": ["data", "meta"]}


def _record(resource: Resource) -> Schema:
    properties: Schema = {}
    for name, column in resource.shown.items():
        schema: Schema = _schema(column)
        if name in resource.relations:
            schema = {"anyOf": [schema, {"type": "object"}, {"type": "null"}]}
        elif not column.is_key:
            schema = _nullable(schema)
        properties[name] = schema
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _input(resource: Resource, action: Action) -> Schema:
    properties: Schema = {}
    required: list[Json] = []
    for column in resource.facts.columns:
        if resource.is_writable(column, action) and column.kind != "upload":
            schema: Schema = {**_schema(column), "title": column.label}
            properties[column.name] = _nullable(schema) if column.nullable else schema
            if action == "create" and column.required and not column.has_default:
                required.append(column.name)
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _nullable(schema: Schema) -> Schema:
    kind = schema.get("type")
    if isinstance(kind, str):
        return {**schema, "type": [kind, "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


_TYPES: Final[Mapping[Kind, Schema]] = {
    "float": {"type": "number"},
    "decimal": {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"},
    "boolean": {"type": "boolean"},
    "password": {"type": "string", "writeOnly": True},
    "date": {"type": "string", "format": "date"},
    "time": {"type": "string", "pattern": r"^\d\d:\d\d(:\d\d)?$"},
    "datetime": {"type": "string", "format": "date-time"},
    "json": {"anyOf": [{"type": "object"}, {"type": "array"}]},
    "list_integer": {"type": "array", "items": {"type": "integer"}},
    "list_string": {"type": "array", "items": {"type": "string"}},
}


def _schema(column: Column) -> Schema:
    kind = column.key_kind if column.kind == "reference" else column.kind
    if kind == "integer":
        least, most = column.bounds
        return {"type": "integer", "minimum": least, "maximum": most}
    schema = dict(_TYPES.get(kind, {"type": "string"}))
    if column.kind == "string" and column.length:
        schema["maxLength"] = column.length
    return schema


def _problem() -> Schema:
    text: Schema = {"type": "string"}
    return {
        "type": "object",
        "properties": {
            "type": text,
            "title": text,
            "status": {"type": "integer"},
            "detail": text,
            "errors": {"type": "object"},
            "pointers": {"type": "object"},
            "dependants": {"type": "array", "items": {"type": "object"}},
        },
        "required": ["type", "title", "status", "detail"],
    }
