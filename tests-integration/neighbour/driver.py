"""Run by the Python of CinchDB 0.1.24's own environment: answers one JSON request per line of standard input.

A request names a project, a scope and a method of the neighbour's own API; the answer is its result or the
error it raised. What JSON lacks is tagged: ``{"$bytes": base64}``, ``{"$datetime": iso}`` and so on.
"""

import base64
import datetime as dt
import decimal
import json
import sys
import uuid
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

database: Any = import_module("cinchdb.core.database")
initializer: Any = import_module("cinchdb.core.initializer")
models: Any = import_module("cinchdb.models")
pydantic: Any = import_module("pydantic")

DECODERS: dict[str, Callable[[Any], object]] = {
    "$bytes": base64.b64decode,
    "$datetime": dt.datetime.fromisoformat,
    "$decimal": decimal.Decimal,
    "$uuid": uuid.UUID,
    "$column": lambda fields: models.Column(**fields),
    "$reference": lambda fields: models.ForeignKeyRef(**fields),
    "$index": lambda fields: models.Index(**fields),
}


def decode(item: dict[str, Any]) -> object:
    """Turn a tagged object into what it stands for; anything else stays a dict."""
    if len(item) == 1:
        tag, value = next(iter(item.items()))
        if tag in DECODERS:
            return DECODERS[tag](value)
    return item


def encode(value: Any) -> object:
    """Turn what the neighbour returned into what JSON can hold."""
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, dt.datetime):
        return {"$datetime": value.isoformat()}
    if hasattr(value, "model_dump"):
        return value.model_dump()
    return str(value)


def answer(request: dict[str, Any], connections: dict[tuple[str, ...], Any]) -> object:
    """Do what *request* says and return its result."""
    project, method = request["project"], request["method"]
    args, kwargs = request["args"], request["kwargs"]
    if method in {"init_project", "init_database"}:
        getattr(initializer, method)(Path(project), *args, **kwargs)
        return None
    scope = (project, *request["scope"])
    if scope not in connections:
        connections[scope] = database.connect(*request["scope"], project_dir=Path(project))
    if method == "select":
        return select(connections[scope], *args, **kwargs)
    target: Any = connections[scope]
    for name in method.split("."):
        target = getattr(target, name)
    return target(*args, **kwargs)


def select(connection: Any, table: str, fields: list[str], **filters: object) -> object:
    """Read rows through the neighbour's own ``select``, with a model like those that it generates."""
    place: Any = {"json_schema_extra": {"table_name": table}}
    model: Any = pydantic.create_model(table, __config__=place, **dict.fromkeys(fields, (Any, None)))
    return connection.select(model, **filters)


def main() -> None:
    """Answer until standard input ends."""
    connections: dict[tuple[str, ...], Any] = {}
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        try:
            outcome: dict[str, object] = {"result": answer(json.loads(line, object_hook=decode), connections)}
        except Exception as error:  # noqa: BLE001 - whatever it raises is this program's data
            outcome = {"error": type(error).__name__, "message": str(error)}
        print(json.dumps(outcome, default=encode), file=answers, flush=True)


if __name__ == "__main__":
    main()
