"""Whether the schema is still the one that the package was generated from."""

import math
import warnings
from time import monotonic
from typing import ClassVar, Literal, TypeAlias
from weakref import WeakValueDictionary

from cinch_client import CinchDB, ConfigurationError, DriftError
from cinch_models_runtime._errors import DriftWarning

OnDrift: TypeAlias = Literal["ignore", "raise", "warn"]

_INTERVAL = 0.1


class SchemaWatch:
    """Compares the schema of one scope with the expected one, at most ten times a second.

    Attributes:
        due: The moment of :func:`time.monotonic` from which the next operation has to look.
    """

    __slots__ = ("__weakref__", "_command", "_expected", "_raises", "_warned_of", "due")

    _shared: ClassVar[WeakValueDictionary[tuple[CinchDB, str, str], "SchemaWatch"]] = WeakValueDictionary()

    def __init__(self, expected: str, *, raises: bool, command: str) -> None:
        self._expected = expected
        self._raises = raises
        self._command = command
        self._warned_of = ""
        self.due = 0.0

    @classmethod
    def of(cls, connection: CinchDB, expected: str, on_drift: OnDrift, command: str) -> "SchemaWatch":
        """Return the watch of a scope, which all containers of equal connections share."""
        if on_drift not in ("ignore", "raise", "warn"):
            raise ConfigurationError(f"on_drift is 'warn', 'raise' or 'ignore', not {on_drift!r}")
        if on_drift == "ignore" or not expected:
            return _NEVER
        key = (connection, expected, on_drift)
        watch = cls._shared.get(key)
        if watch is None:
            watch = cls._shared.setdefault(key, cls(expected, raises=on_drift == "raise", command=command))
        return watch

    def look(self, connection: CinchDB) -> None:
        """Compare now.

        Raises:
            DriftError: The schemas differ, and that is to be raised; the next operation looks again.
        """
        if self is _NEVER:
            return
        found = connection.fingerprint()
        if found != self._expected:
            self._report(connection, found)
        self.due = monotonic() + _INTERVAL

    def _report(self, connection: CinchDB, found: str) -> None:
        scope = f"{connection.database}/{connection.branch}/{connection.tenant}"
        message = (
            f"the schema of {scope} has changed since this package was generated "
            f"(fingerprint {self._expected} then, {found} now); run: {self._command}"
        )
        if self._raises:
            self.due = 0.0
            raise DriftError(message)
        if found != self._warned_of:
            self._warned_of = found
            warnings.warn(message, DriftWarning, stacklevel=6)


_NEVER = SchemaWatch("", raises=False, command="")
_NEVER.due = math.inf
