"""The errors that only models can raise; all others come from cinch_client."""

from cinch_client import CinchError, ConfigurationError


class UnboundModelError(CinchError):
    """An object that was made from its class alone, so that nobody knows which tenant it belongs to."""

    code = "unbound_model"


class NotLoadedError(CinchError, AttributeError):
    """An attribute without a value: a relation not included, or a column that the database will fill."""

    code = "not_loaded"


class RuntimeVersionError(ConfigurationError, ImportError):
    """A generated package and this runtime are of different eras."""

    code = "runtime_version"


class DriftWarning(UserWarning):
    """The schema has moved on since the package was generated."""
