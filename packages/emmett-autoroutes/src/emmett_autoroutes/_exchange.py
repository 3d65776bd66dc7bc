# pyright: reportMissingTypeStubs=false
"""One request and its answer, as Emmett holds them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, cast

from emmett import current
from emmett.security import CSRFStorage

from ._orm import Untyped

HTML: Final = "text/html; charset=utf-8"
JSON: Final = "application/json"
_MOST_DISCARDED: Final = 64 * 1024 * 1024


class BodyError(Exception):
    """The body cannot be read.

    Attributes:
        status: What to answer.
    """

    def __init__(self, status: int, problem: str) -> None:
        self.status = status
        super().__init__(problem)


@dataclass(frozen=True, slots=True)
class Reply:
    """What to answer."""

    body: str
    status: int = 200
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Form:
    """A submitted form.

    Attributes:
        fields: The last text of each name.
        lists: All texts of the names given several times.
        files: Uploaded files by name; those without a name were not chosen.
    """

    fields: Mapping[str, str]
    lists: Mapping[str, list[str]]
    files: Mapping[str, object]


def _request() -> Untyped:
    untyped: Untyped = current
    return untyped.request


def method() -> str:
    """Return the request's method in capitals."""
    return cast("str", _request().method)


def path() -> str:
    """Return the request's path with its query, for coming back to it."""
    request = _request()
    query = request._scope.query_string
    text = query.decode("latin-1") if isinstance(query, bytes) else str(query)
    return f"{request.path}?{text}" if text else cast("str", request.path)


def header(name: str) -> str:
    """Return a header of the request, blank if it is not there."""
    return cast("str", _request().headers.get(name) or "")


def query() -> dict[str, str | list[str]]:
    """Return the parameters of the URL; a list where a name is given several times."""
    return dict(_request().query_params)


async def read_body(most: int) -> bytes:
    """Return the body of the request.

    Args:
        most: Bytes it may have.

    Raises:
        BodyError: It has more.
    """
    await _check_length(most)
    body = cast("bytes", await _request().body)
    if len(body) > most:
        raise BodyError(413, f"The body is larger than {most} bytes.")
    return body


async def read_form(most: int) -> Form:
    """Return the submitted form.

    Args:
        most: Bytes that the whole body may have.

    Raises:
        BodyError: It has more, or is no form.
    """
    await _check_length(most)
    request = _request()
    if request.content_type not in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        raise BodyError(415, "Send a form: application/x-www-form-urlencoded or multipart/form-data.")
    params: dict[str, object] = dict(await request.body_params)
    uploaded: dict[str, object] = dict(await request.files)
    lists = {
        name: [str(v) for v in cast("list[object]", value)] for name, value in params.items() if isinstance(value, list)
    }
    fields = {name: str(value) for name, value in params.items() if not isinstance(value, list)}
    fields |= {name: values[-1] for name, values in lists.items() if values}
    files = {name: file for name, file in uploaded.items() if getattr(file, "filename", "")}
    return Form(fields, lists, files)


async def _check_length(most: int) -> None:
    """Refuse a body that says it is too large; read it first, for clients hear nothing while they send."""
    given = header("content-length")
    if not given and header("transfer-encoding"):
        raise BodyError(411, "Send the length of the body.")
    if given.isdigit() and int(given) > most:
        if int(given) <= _MOST_DISCARDED:
            async for _ in _request().body:
                pass
        raise BodyError(413, f"The body is larger than {most} bytes.")


def send(reply: Reply) -> str:
    """Hand *reply* over to Emmett and return what the endpoint returns."""
    response: Untyped = cast("Untyped", current).response
    response.status = reply.status
    response.headers["content-type"] = reply.content_type
    for name, value in reply.headers.items():
        response.headers[name] = value
    return reply.body


def flash(message: str) -> None:
    """Show *message* on the next page."""
    session = cast("Untyped", current).session
    if session is not None:
        session.autoroutes_flash = message


def take_flash() -> str:
    """Return the message of the last page, once."""
    session = cast("Untyped", current).session
    if session is None or not session.autoroutes_flash:
        return ""
    message = str(session.autoroutes_flash)
    del session.autoroutes_flash
    return message


def csrf_token() -> str:
    """Return a token for the forms of this session.

    One token serves all of them while it is fresh: Emmett's one token per form fills a session cookie after
    some sixty forms, and browsers drop it then.
    """
    session = cast("Untyped", current).session
    storage = session._csrf
    if not isinstance(storage, CSRFStorage):
        storage = session._csrf = CSRFStorage()
    untyped: Untyped = storage
    untyped._clean()
    token = next(reversed(untyped), None)
    now = int(cast("Untyped", current).request.now.timestamp())
    if token is None or untyped[token] + 1800 < now:
        token = untyped.gen_token()
    return cast("str", token)


def has_csrf_token(form: Form) -> bool:
    """Tell whether *form* carries a token of this session."""
    storage = cast("Untyped", current).session._csrf
    if not isinstance(storage, CSRFStorage):
        return False
    cast("Untyped", storage)._clean()
    return form.fields.get("_csrf_token", "") in storage


def has_session() -> bool:
    """Tell whether the request has a session."""
    return cast("Untyped", current).session is not None
