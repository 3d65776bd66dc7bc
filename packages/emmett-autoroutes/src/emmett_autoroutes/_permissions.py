# pyright: reportMissingTypeStubs=false
"""Who may do what: permission callables, what they return, and ready-made ones for Emmett's Auth."""

import inspect
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, cast

from emmett import current
from pydal.objects import Expression, Set
from pydal.objects import Query as PydalQuery

from ._options import Action, Permission, required_parameters
from ._orm import Query, Record, Untyped
from ._store import Store
from ._threads import on_loop

logger = logging.getLogger("emmett_autoroutes")

RowRule = Callable[[Record], bool]


class Auth(Protocol):
    """What the ready-made permissions need of `emmett.tools.auth.Auth`."""

    def is_logged(self) -> bool:
        """Tell whether somebody is logged in."""
        ...

    def has_membership(self, group: str) -> bool:
        """Tell whether the visitor is a member of *group*."""
        ...

    def has_permission(self, name: str, table_name: str | None = None) -> bool:
        """Tell whether one of the visitor's groups has the permission."""
        ...


def request_auth() -> Auth:
    """Return the Auth of the app that answers the current request."""
    context: Untyped = current
    return cast("Auth", context.app.ext.AuthExtension.auth)


class DeniedError(Exception):
    """The visitor may not do this."""


@dataclass(frozen=True, slots=True)
class Access:
    """What a permission granted.

    Attributes:
        filter: Only these rows; None is every row.
        rule: To be asked about each row; None asks nothing.
    """

    filter: Query | None = None
    rule: RowRule | None = None

    def narrow(self, query: Query) -> Query:
        """Return *query* within the row filter."""
        return query if self.filter is None else query & self.filter


class Guard:
    """The permissions of one model.

    Every method here runs in the worker thread that does the request's database work, because a synchronous
    callable usually asks the database; what turns out to be a coroutine is awaited on the event loop.
    """

    def __init__(
        self, store: Store, permissions: Mapping[Action, Permission | None], default: Permission | None = None
    ) -> None:
        self._store = store
        self._permissions = dict(permissions)
        self._default = default
        guards = [p for p in (*self._permissions.values(), default) if p is not None]
        self._rules = {id(p) for p in guards if required_parameters(p) == ["record"]}

    def permission(self, action: Action) -> Permission | None:
        """Return the callable that guards *action*; None is public."""
        return self._permissions.get(action, self._default)

    def describe(self, action: Action) -> str:
        """Name what guards *action*, for reports."""
        permission = self.permission(action)
        if permission is None:
            return "public"
        if isinstance(permission, AuthPermission):
            return str(permission)
        name = getattr(permission, "__qualname__", None) or type(permission).__name__
        return name.rpartition("<locals>.")[2]

    def check(self, action: Action) -> Access:
        """Ask whether the visitor may do *action*.

        Raises:
            DeniedError: They may not, or the callable failed.
        """
        permission = self.permission(action)
        if permission is None:
            return Access()
        if id(permission) in self._rules:
            return Access(rule=lambda record: self._asks_yes(action, permission, record))
        answer = self._ask(action, permission)
        granted = self._store.as_filter(answer)
        if granted is not None:
            return Access(filter=granted)
        if not self._is_yes(action, answer):
            raise DeniedError
        return Access()

    def allows(self, action: Action) -> Access | None:
        """Return what the visitor may do, or None instead of an error."""
        try:
            return self.check(action)
        except DeniedError:
            return None

    def allows_quietly(self, action: Action) -> bool:
        """Tell whether *action* is open to somebody without a session; a rule per row does not say."""
        permission = self.permission(action)
        if permission is None or id(permission) in self._rules:
            return permission is None
        try:
            answer = _answer(permission)
        except Exception:  # noqa: BLE001 - many permissions need a session; without one they do not say yes
            return False
        return self._store.as_filter(answer) is not None or _is_plain_yes(answer)

    def _asks_yes(self, action: Action, permission: Permission, record: Record) -> bool:
        try:
            return self._is_yes(action, self._ask(action, permission, record))
        except DeniedError:
            return False

    def _ask(self, action: Action, permission: Permission, *arguments: Record) -> object:
        try:
            return _answer(permission, *arguments)
        except Exception as error:
            # Whatever goes wrong while asking, the answer is no; the error is logged, not swallowed.
            logger.exception("The permission %s of %s failed; denied", action, self._store.facts.model)
            raise DeniedError from error

    def _is_yes(self, action: Action, answer: object) -> bool:
        """Truth decides, except where it is a mistake: a function that was not called, a foreign query."""
        if _is_suspicious(answer):
            logger.error(
                "The permission %s of %s returned %s; return a bool or a query on that model alone; denied",
                action,
                self._store.facts.model,
                type(answer).__name__,
            )
        return _is_plain_yes(answer)


def _answer(permission: Permission, *arguments: Record) -> object:
    answer = permission(*arguments)
    return on_loop(cast("Awaitable[object]", answer)) if inspect.isawaitable(answer) else answer


def _is_suspicious(answer: object) -> bool:
    return inspect.isroutine(answer) or isinstance(answer, Expression | PydalQuery | Set)


def _is_plain_yes(answer: object) -> bool:
    return bool(answer) and not _is_suspicious(answer)


def ask(permission: Permission) -> bool:
    """Ask a permission that belongs to no model; a failure is a no, and logged."""
    try:
        return _is_plain_yes(_answer(permission))
    except Exception:  # whatever goes wrong while asking, the answer is no
        logger.exception("A permission failed; denied")
        return False


@dataclass(frozen=True, slots=True)
class AuthPermission:
    """A permission that asks the app's `emmett.tools.auth`."""

    name: str
    check: Callable[[Auth], bool]

    def __call__(self) -> bool:
        """Ask."""
        return bool(self.check(request_auth()))

    def __str__(self) -> str:
        """Return how it is written."""
        return self.name


def requires_login() -> AuthPermission:
    """Return a permission for everybody who is logged in."""
    return AuthPermission("requires_login()", lambda auth: auth.is_logged())


def requires_membership(group: str) -> AuthPermission:
    """Return a permission for the members of *group*, such as `admin`."""
    return AuthPermission(f"requires_membership({group!r})", lambda auth: auth.has_membership(group))


def requires_permission(name: str, table_name: str | None = None) -> AuthPermission:
    """Return a permission for those whose groups hold the permission *name*.

    Args:
        name: The permission's name, as in the rows of Auth's permission model.
        table_name: Only where it was given for this table.
    """
    arguments = repr(name) if table_name is None else f"{name!r}, {table_name!r}"
    label = f"requires_permission({arguments})"
    return AuthPermission(label, lambda auth: auth.has_permission(name, table_name))
