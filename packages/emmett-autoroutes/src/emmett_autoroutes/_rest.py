"""The REST face of a resource: JSON in, JSON out, strict about both."""

import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, Protocol, cast
from urllib.parse import quote

from . import _changes, _exchange
from ._columns import Column
from ._conditions import (
    InvalidQueryError,
    SortKey,
    parse_names,
    parse_number,
    parse_sort,
    parse_where,
    read_cursor,
    with_key,
    write_cursor,
)
from ._exchange import BodyError, Reply
from ._options import Action, Handler
from ._problems import EXPECTED, describe, etag
from ._resource import Listing, Loaded, Neighbours, Resource, Selection
from ._settings import suggest
from ._store import Raw
from ._threads import Result, off_loop
from ._ui_options import LARGEST_PAGE
from ._values import JSON_WRITERS, InvalidValueError, Json, from_json, load_json, to_json

LIST_PARAMETERS: Final = ("page", "page_size", "sort_by", "where", "fields", "expand", "after", "count")
READ_PARAMETERS: Final = ("fields", "expand")
_MOST_PAGES: Final = 1_000_000_000
_JSON_TYPE: Final = re.compile(r"application/([\w.+-]+\+)?json\s*(;.*)?", re.IGNORECASE)


class Surroundings(Neighbours, Protocol):
    """What a face needs to know beyond its own resource."""

    max_body: int

    def is_logged_in(self) -> bool:
        """Tell whether the visitor is logged in; without a login everybody counts as that."""
        ...

    def public_url(self, path: str) -> str:
        """Return *path* as visitors see it."""
        ...


class RestFace:
    """The REST endpoints of one resource."""

    def __init__(self, resource: Resource, surroundings: Surroundings) -> None:
        self.resource = resource
        self._around = surroundings

    async def collection(self) -> str:
        """Answer a request for the list."""
        return await self._answer(self._create if _exchange.method() == "POST" else self._list)

    async def item(self, record_id: str) -> str:
        """Answer a request for one record."""
        method = _exchange.method()
        if method in {"PUT", "PATCH"}:
            return await self._answer(lambda: self._change(record_id, replace=method == "PUT"))
        if method == "DELETE":
            return await self._answer(lambda: self._delete(record_id))
        return await self._answer(lambda: self._read(record_id))

    async def _run(self, work: Callable[[], Result]) -> Result:
        """Do a request's database work off the event loop; whatever it raises undoes what it wrote."""

        def guarded() -> Result:
            with self.resource.store.transaction.guarded():
                return work()

        return await off_loop(guarded)

    async def _answer(self, work: Callable[[], Awaitable[Reply]]) -> str:
        try:
            reply = await work()
        except EXPECTED as error:
            reply = describe(error, logged_in=self._around.is_logged_in())
        return _exchange.send(reply)

    # reading

    async def _list(self) -> Reply:
        handler = self.resource.options.custom_handlers.get("rest_list")
        if handler is not None:
            await self._run(lambda: self.resource.guard.check("list"))
            return _handled(await handler())
        return await self._run(self._read_list)

    def _read_list(self) -> Reply:
        access = self.resource.guard.check("list")
        parameters = _parameters(LIST_PARAMETERS)
        fields = self._fields(parameters)
        expand = self._expand(parameters)
        order = with_key(self._order(parameters), self.resource.facts.key)
        columns = list({column.name: column for column in (*fields, *(key.column for key in order))}.values())
        listing = self.resource.select(self._selection(parameters, columns, order), access)
        data = self._to_objects(fields, listing.rows, expand)
        meta: dict[str, Json] = {"object": "list", "has_more": listing.has_more}
        if listing.total is not None:
            meta["total_objects"] = listing.total
        if "after" in parameters:
            meta["next"] = self._next(listing, columns, order)
        return Reply(json.dumps({"data": data, "meta": meta}))

    def _selection(
        self, parameters: Mapping[str, str], columns: Sequence[Column], order: Sequence[SortKey]
    ) -> Selection:
        if "after" in parameters and "page" in parameters:
            raise InvalidQueryError("after", "cannot be used together with page")
        size = parse_number("page_size", parameters.get("page_size", "20"), LARGEST_PAGE)
        page = parse_number("page", parameters.get("page", "1"), _MOST_PAGES)
        counting = parameters.get("count", "exact")
        if counting not in {"exact", "none"}:
            raise InvalidQueryError("count", f"must be exact or none, not {counting[:40]!r}")
        where = parameters.get("where")
        return Selection(
            columns=columns,
            order=order,
            condition=None if where is None else parse_where(where, self.resource.comparable),
            offset=(page - 1) * size,
            size=size,
            after=read_cursor(parameters["after"], order) if parameters.get("after") else None,
            count=counting == "exact",
        )

    def _order(self, parameters: Mapping[str, str]) -> Sequence[SortKey]:
        if "sort_by" in parameters:
            return parse_sort("sort_by", parameters["sort_by"], self.resource.comparable)
        return self.resource.default_order()

    def _next(self, listing: Listing, columns: Sequence[Column], order: Sequence[SortKey]) -> str | None:
        if not listing.has_more:
            return None
        return write_cursor(order, self.resource.store.read_values(listing.rows[-1], columns))

    def _fields(self, parameters: Mapping[str, str]) -> list[Column]:
        shown = self.resource.shown
        if "fields" not in parameters:
            return list(shown.values())
        return [shown[name] for name in parse_names("fields", parameters["fields"], list(shown))]

    def _expand(self, parameters: Mapping[str, str]) -> tuple[str, ...]:
        if "expand" not in parameters:
            return ()
        return parse_names("expand", parameters["expand"], self.expandable)

    @property
    def expandable(self) -> list[str]:
        """The references whose records can be shown in place of their keys: those that have a REST face."""
        relations = self.resource.relations.items()
        return [n for n, r in relations if n in self.resource.shown and r.resource and r.resource.options.rest_api]

    def _to_objects(
        self, fields: Sequence[Column], rows: Sequence[Raw], expand: Sequence[str]
    ) -> list[dict[str, Json]]:
        """Turn the driver's tuples, the fields first in them, into what JSON takes."""
        names = [column.name for column in fields]
        writers = [(n, write) for n, c in zip(names, fields, strict=True) if (write := self._writer(c)) is not None]
        data: list[dict[str, Json]] = []
        for row in cast("Sequence[tuple[Json, ...]]", rows):
            item = dict(zip(names, row, strict=False))
            for name, write in writers:
                if item[name] is not None:
                    item[name] = write(item[name])
            data.append(item)
        for name in expand:
            if any(column.name == name for column in fields):
                self._embed(name, data)
        return data

    def _writer(self, column: Column) -> Callable[[object], Json] | None:
        read, write = self.resource.store.reader(column), JSON_WRITERS.get(column.kind)
        if read is None or write is None:
            return cast("Callable[[object], Json] | None", read or write)
        return lambda raw: write(read(raw))

    def _embed(self, name: str, data: Sequence[dict[str, Json]]) -> None:
        """Put records in place of the keys in the column *name*; null where none may be seen."""
        target = cast("Resource", self.resource.relations[name].resource)
        access = target.guard.allows("detail")
        keys = {cast("int | str", item[name]) for item in data if item[name] is not None}
        found: dict[object, dict[str, Json]] = {}
        if access is not None and keys:
            query = access.narrow(target.store.with_keys(list(keys)))
            fields = [target.store.field(column.name) for column in target.store.versioned]
            for raw in target.store.select(query, fields):
                values = target.store.read_values(raw, target.store.versioned)
                if access.rule is None or access.rule(target.store.record(values)):
                    found[values[target.facts.keys[0]]] = to_object(target, values)
        for item in data:
            item[name] = found.get(item[name])

    async def _read(self, record_id: str) -> Reply:
        handler = self.resource.options.custom_handlers.get("rest_detail")
        if handler is not None:
            return await self._custom(handler, record_id, "detail")
        return await self._run(lambda: self._read_one(record_id))

    def _read_one(self, record_id: str) -> Reply:
        loaded = self.resource.load(record_id, "detail")
        parameters = _parameters(READ_PARAMETERS)
        fields, expand = self._fields(parameters), self._expand(parameters)
        if expand:  # the tag would not change with the embedded records
            item = {column.name: to_json(column, loaded.values[column.name]) for column in fields}
            for name in expand:
                if name in item:
                    self._embed(name, [item])
            return Reply(json.dumps(item))
        tag = {"etag": etag(loaded.version)}
        if _is_among(_exchange.header("if-none-match"), loaded.version, weak=True):
            return Reply("", 304, headers=tag)
        return Reply(json.dumps({c.name: to_json(c, loaded.values[c.name]) for c in fields}), headers=tag)

    # writing

    async def _create(self) -> Reply:
        body = await self._read_json()
        handler = self.resource.options.custom_handlers.get("rest_create")
        if handler is not None:
            await self._run(lambda: self.resource.guard.check("create"))
            return _handled(await handler())
        return await self._run(lambda: self._store_new(body))

    def _store_new(self, body: bytes) -> Reply:
        access = self.resource.guard.check("create")
        _parameters(())
        values, errors = self._read_values(body, "create")
        created = _changes.create(self.resource, values, access, errors)
        place = f"{self.resource.options.rest_prefix}/{quote(str(created.key), safe='')}"
        headers = {"etag": etag(created.version), "location": self._around.public_url(place)}
        return Reply(json.dumps(to_object(self.resource, created.values)), 201, headers=headers)

    async def _change(self, record_id: str, *, replace: bool) -> Reply:
        body = await self._read_json()
        handler = self.resource.options.custom_handlers.get("rest_update")
        if handler is not None:
            return await self._custom(handler, record_id, "update")
        return await self._run(lambda: self._store_change(record_id, body, replace=replace))

    def _store_change(self, record_id: str, body: bytes, *, replace: bool) -> Reply:
        with self.resource.store.transaction.guarded():
            loaded = self.resource.load(record_id, "update", for_update=True)
            _parameters(())
            _check_match(loaded)
            values, errors = self._read_values(body, "update")
            complete = _changes.replacement(self.resource, values) if replace else values
            stored = _changes.update(self.resource, loaded, complete, errors)
        headers = {"etag": etag(stored.version)}
        return Reply(json.dumps(to_object(self.resource, stored.values)), headers=headers)

    async def _delete(self, record_id: str) -> Reply:
        handler = self.resource.options.custom_handlers.get("rest_delete")
        if handler is not None:
            return await self._custom(handler, record_id, "delete")
        return await self._run(lambda: self._remove(record_id))

    def _remove(self, record_id: str) -> Reply:
        resource = self.resource
        with resource.store.transaction.guarded():
            loaded = resource.load(record_id, "delete", for_update=True)
            cascade = _parameters(("cascade",)).get("cascade", "false")
            if cascade not in {"true", "false"}:
                raise InvalidQueryError("cascade", f"must be true or false, not {cascade[:40]!r}")
            _check_match(loaded)
            if cascade == "false":
                query = resource.store.with_key(loaded.key)
                found = resource.dependants(query, self._around)
                lost = [dependants for dependants in found if dependants.on_delete == "cascade"]
                if lost:
                    raise _changes.HasDependantsError(lost)
            _changes.delete(resource, loaded)
        return Reply("{}")

    # shared

    async def _custom(self, handler: Handler, record_id: str, action: Action) -> Reply:
        loaded = await self._run(lambda: self.resource.load(record_id, action))
        return _handled(await handler(self.resource.store.record(loaded.values)))

    async def _read_json(self) -> bytes:
        if not _JSON_TYPE.fullmatch(_exchange.header("content-type")):
            raise BodyError(415, "Send JSON, with content-type: application/json.")
        return await _exchange.read_body(self._around.max_body)

    def _read_values(self, body: bytes, action: Action) -> tuple[dict[str, object], dict[str, str]]:
        """Return what was given, and what of it cannot be read, by column."""
        try:
            document = load_json(body)
        except InvalidValueError as error:
            raise BodyError(400, f"The body {error}.") from error
        if not isinstance(document, dict):
            raise BodyError(400, "The body must be a JSON object.")
        given = cast("dict[str, object]", document)
        _changes.check_columns(self.resource, given, action)
        values: dict[str, object] = {}
        errors: dict[str, str] = {}
        for name, value in given.items():
            try:
                values[name] = from_json(self.resource.columns[name], value)
            except InvalidValueError as error:
                errors[name] = str(error)
        return values, errors


def to_object(resource: Resource, values: Mapping[str, object]) -> dict[str, Json]:
    """Return what of a record may leave the server."""
    return {name: to_json(column, values[name]) for name, column in resource.shown.items()}


def _parameters(allowed: Sequence[str]) -> dict[str, str]:
    given = _exchange.query()
    parameters: dict[str, str] = {}
    for name, value in given.items():
        if name not in allowed:
            raise InvalidQueryError(name[:40], f"is no parameter here; {suggest(name, allowed)}")
        if isinstance(value, list):
            raise InvalidQueryError(name, "is given more than once")
        parameters[name] = value
    return parameters


def _handled(result: object) -> Reply:
    return Reply(result if isinstance(result, str) else json.dumps(result))


def _check_match(loaded: Loaded) -> None:
    condition = _exchange.header("if-match")
    if condition and not _is_among(condition, loaded.version, weak=False):
        raise _changes.StaleError(loaded)


def _is_among(tags: str, version: str, *, weak: bool) -> bool:
    listed = [tag.strip() for tag in tags.split(",")]
    wanted = {etag(version), f"W/{etag(version)}"} if weak else {etag(version)}
    return "*" in listed or not wanted.isdisjoint(listed)
