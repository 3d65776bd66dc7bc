"""Errors of the REST face as problem details (RFC 9457), with emmett-rest's `errors` per field inside."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from ._changes import HasDependantsError, InvalidRecordError, RefusedChangeError, StaleError
from ._conditions import InvalidQueryError
from ._exchange import BodyError, Reply
from ._permissions import DeniedError
from ._resource import MissingError
from ._transactions import BusyError, ConstraintError, DatabaseError, RefusedValueError

CONTENT_TYPE: Final = "application/problem+json"
_TITLES: Final = {422: "Unprocessable Content", 413: "Content Too Large"}

EXPECTED: Final = (
    BodyError,
    DatabaseError,
    DeniedError,
    HasDependantsError,
    InvalidQueryError,
    InvalidRecordError,
    MissingError,
    RefusedChangeError,
    StaleError,
)


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None, **members: object) -> Reply:
    """Return a problem document.

    Args:
        status: The HTTP status.
        detail: What is wrong, for people.
        headers: More headers.
        members: More members of the document.
    """
    title = _TITLES.get(status) or HTTPStatus(status).phrase
    document = {"type": "about:blank", "title": title, "status": status, "detail": detail, **members}
    return Reply(json.dumps(document), status, CONTENT_TYPE, headers or {})


def describe(error: Exception, *, logged_in: bool) -> Reply:
    """Word one of the `EXPECTED` errors.

    Args:
        error: What was raised.
        logged_in: Whether the visitor is; somebody else may log in and try again.
    """
    if isinstance(error, DeniedError):
        return _denied(logged_in=logged_in)
    if isinstance(error, MissingError):
        return problem(404, "There is no such record.", errors={"id": "record not found"})
    if isinstance(error, BodyError):
        return problem(error.status, str(error))
    if isinstance(error, InvalidQueryError):
        return problem(400, str(error), errors={error.parameter: str(error)})
    if isinstance(error, InvalidRecordError):
        return invalid(error.errors)
    if isinstance(error, StaleError):
        headers = {"etag": etag(error.current.version)}
        return problem(412, "The record has changed in the meantime; read it again.", headers)
    if isinstance(error, HasDependantsError):
        return _dependants(error)
    if isinstance(error, RefusedChangeError):
        return problem(422, str(error), errors={})
    return _database(error)


def invalid(errors: Mapping[str, str]) -> Reply:
    """Return the problem of values that are not valid, with a JSON pointer per field."""
    pointers = {name: "#/" + name.replace("~", "~0").replace("/", "~1") for name in errors}
    return problem(422, "Some values are not valid.", errors=dict(errors), pointers=pointers)


def etag(version: str) -> str:
    """Return *version* as a strong entity tag."""
    return f'"{version}"'


def _denied(*, logged_in: bool) -> Reply:
    if logged_in:
        return problem(403, "You may not do this.")
    return problem(401, "Log in first.", {"www-authenticate": 'Session realm="login"'})


def _dependants(error: HasDependantsError) -> Reply:
    listed = [
        {"table": d.tablename, "count": d.count, "names": list(d.names), "on_delete": d.on_delete}
        for d in error.dependants
    ]
    return problem(409, "Others would be deleted along with it; add ?cascade=true to do that.", dependants=listed)


def _database(error: Exception) -> Reply:
    if isinstance(error, BusyError):
        return problem(503, str(error), {"retry-after": "1"})
    if isinstance(error, ConstraintError):
        return problem(409, str(error))
    return problem(422 if isinstance(error, RefusedValueError) else 500, str(error))
