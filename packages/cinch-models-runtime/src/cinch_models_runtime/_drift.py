"""Whether the schema is still the one that the package was generated from."""

import inspect
import math
import warnings
from time import monotonic
from typing import ClassVar, Literal, TypeAlias
from weakref import WeakValueDictionary

from cinch_client import CinchDB, ConfigurationError, DriftError
from cinch_models_runtime._errors import DriftWarning

OnDrift: TypeAlias = Literal["ignore", "raise", "warn"]

_INTERVAL = 0.1
_MOST_WATCHES = 4096


class SchemaWatch:
    """Compares the schema of one scope with the expected one, at most ten times a second.

    Attributes:
        due: The moment of :func:`time.monotonic` from which the next operation has to look.
    """

    __slots__ = ("_found", "_watches", "due")

    def __init__(self, watches: "Watches") -> None:
        self._watches = watches
        self._found = ""
        self.due = watches.first_due

    def look(self, connection: CinchDB) -> None:
        """Compare now.

        Raises:
            DriftError: The schemas differ, and that is to be raised; the next operation looks again.
        """
        watches = self._watches
        if watches.first_due == math.inf:
            return
        found = connection.fingerprint()
        if found != watches.expected:
            first_time, self._found, self.due = found != self._found, found, 0.0
            watches.report(connection, found, first_time=first_time)
        self.due = monotonic() + _INTERVAL


class Watches:
    """The watches of one database's scopes, which all containers of a generated package on one engine share."""

    __slots__ = ("__weakref__", "_by_scope", "_command", "_raises", "expected", "first_due")

    _shared: ClassVar[WeakValueDictionary[tuple[CinchDB, str, str], "Watches"]] = WeakValueDictionary()

    def __init__(self, expected: str, on_drift: OnDrift, command: str) -> None:
        self.expected = expected
        self.first_due = 0.0 if expected and on_drift != "ignore" else math.inf
        self._raises = on_drift == "raise"
        self._command = command
        self._by_scope: dict[tuple[str, str], SchemaWatch] = {}

    @classmethod
    def of(cls, connection: CinchDB, expected: str, on_drift: OnDrift, command: str) -> "Watches":
        """Return what containers of *connection*, whatever their branch and tenant, share.

        Raises:
            ConfigurationError: *on_drift* is none of the three words.
        """
        if on_drift not in ("ignore", "raise", "warn"):
            raise ConfigurationError(f"on_drift is 'warn', 'raise' or 'ignore', not {on_drift!r}")
        key = (connection.with_branch("main").with_tenant("main"), expected, on_drift)
        return cls._shared.setdefault(key, cls(expected, on_drift, command))

    def watch(self, scope: tuple[str, str]) -> SchemaWatch:
        """Return the watch of a branch and tenant."""
        found = self._by_scope.get(scope)
        if found is None:
            if len(self._by_scope) >= _MOST_WATCHES:
                self._by_scope.clear()
            found = self._by_scope.setdefault(scope, SchemaWatch(self))
        return found

    def report(self, connection: CinchDB, found: str, *, first_time: bool) -> None:
        """Say that the schema of a scope is another one.

        Raises:
            DriftError: With ``on_drift="raise"``, every time; a warning is given once for each schema found.
        """
        scope = f"{connection.database}/{connection.branch}/{connection.tenant}"
        message = (
            f"the schema of {scope} has changed since this package was generated "
            f"(fingerprint {self.expected} then, {found} now); run: {self._command}"
        )
        if connection.branch != "main" and "--branch" not in self._command:
            message += f" --branch {connection.branch}"
        if self._raises:
            raise DriftError(message)
        if first_time:
            warnings.warn(message, DriftWarning, stacklevel=_callers_level())


def _callers_level() -> int:
    """Return the stack level, for a warning, of the line that called a generated method or began a transaction."""
    level, frame = 0, inspect.currentframe()
    while frame is not None and str(frame.f_globals.get("__name__")).startswith("cinch_models_runtime."):
        level, frame = level + 1, frame.f_back
    return level + 1  # one more frame is not the caller's: the generated method, or contextlib's
