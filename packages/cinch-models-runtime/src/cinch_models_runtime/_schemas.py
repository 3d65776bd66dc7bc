"""What pydantic checks when a stored value is read, and when a caller's value is on its way to the engine."""

import json
from collections.abc import Iterator
from datetime import datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeAlias, Union, cast, get_args, get_origin

from pydantic import TypeAdapter
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from cinch_models_runtime._fields import JsonColumn

Direction: TypeAlias = Literal["read", "write"]

_PLAIN: dict[object, CoreSchema] = {
    bool: core_schema.bool_schema(),
    bytes: core_schema.bytes_schema(),
    float: core_schema.float_schema(),
    int: core_schema.int_schema(),
    str: core_schema.str_schema(),
}
# Only aware timestamps pass when rows are read: finding the naive ones of CinchDB 0.1 costs nothing then.
_SPECIAL: dict[tuple[object, Direction], CoreSchema] = {
    (datetime, "read"): core_schema.datetime_schema(tz_constraint="aware"),
    (datetime, "write"): core_schema.datetime_schema(),
}


def column_type(field: FieldInfo) -> object:
    """Return the type of a field with all that was attached to it."""
    for extra in reversed(field.metadata):
        annotated: Any = Annotated
        field_type = annotated[field.annotation, extra]
        return field_type if len(field.metadata) == 1 else annotated[field.annotation, *field.metadata]
    return field.annotation


def value_schema(annotation: object, direction: Direction) -> CoreSchema:
    """Return the pydantic schema of one column's values."""
    members = list(_members(annotation))
    if NoneType in members:
        return core_schema.nullable_schema(value_schema(_without_none(members), direction))
    if holds(annotation, JsonColumn):
        parse = parse_json if direction == "read" else dump_json
        return core_schema.no_info_plain_validator_function(parse)
    schema = _PLAIN.get(annotation) or _SPECIAL.get((annotation, direction))
    if schema is not None:
        return schema
    adapter: TypeAdapter[Any] = TypeAdapter(cast("Any", annotation))
    return adapter.core_schema


def holds(annotation: object, kind: type) -> bool:
    """Tell whether the type, None aside, is *kind* or is marked by an instance of it."""
    for member in _members(annotation):
        if member is kind:
            return True
        if get_origin(member) is Annotated and any(isinstance(extra, kind) for extra in get_args(member)[1:]):
            return True
    return False


def is_plain(annotation: object) -> bool:
    """Tell whether a stored value and its Python value are the same thing, None aside."""
    return all(member in _PLAIN for member in _members(annotation) if member is not NoneType)


def dump_json(value: object) -> str:
    """Return the text of a JSON column; a ValueError when *value* is no JSON."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise _no_json(str(error)) from error


def parse_json(text: object) -> object:
    """Return the value of a JSON column; a ValueError when *text* is no JSON."""
    if not isinstance(text, str | bytes):
        raise _no_json("the column holds no text")
    try:
        return json.loads(text)
    except ValueError as error:
        raise _no_json(str(error)) from error


def _no_json(why: str) -> PydanticCustomError:
    return PydanticCustomError("json", "it is no JSON: {why}", {"why": why})


def _members(annotation: object) -> Iterator[object]:
    if get_origin(annotation) in (Union, UnionType):
        yield from get_args(annotation)
    else:
        yield annotation


def _without_none(members: list[object]) -> object:
    union: Any = Union
    return union[tuple(member for member in members if member is not NoneType)]
