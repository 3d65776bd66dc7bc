"""The container: every model of a database, bound to one tenant of one branch."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

from cinch_client import CinchDB
from cinch_models_runtime._binding import Binding
from cinch_models_runtime._drift import OnDrift, Watches
from cinch_models_runtime._hooks import EventName, Hook, Hooks
from cinch_models_runtime._rows import codec_of
from cinch_models_runtime._suggestions import did_you_mean

if TYPE_CHECKING:
    from cinch_models_runtime._handle import Handle
    from cinch_models_runtime._model import RowModel
    from cinch_models_runtime._rows import RowCodec

_MOST_CONTAINERS = 1024


class CinchModels:
    """The models of a database in one scope. It never changes; ``with_tenant`` returns another one.

    It can be used by several threads at once, copied and pickled. Each model is an attribute of it.

    Args:
        connection: What :func:`cinch_client.connect` returns.
        on_drift: What happens when the schema is no longer the one that the package was generated from:
            ``warn``, ``raise`` or ``ignore``.

    Attributes:
        connection: The scope on its engine.

    Raises:
        TypeError: *connection* is no CinchDB.
    """

    _package: ClassVar[str | None] = None
    _registry: ClassVar[Mapping[str, str]] = {}
    _fingerprint: ClassVar[str] = ""
    _command: ClassVar[str] = "cinch-codegen generate DATABASE --output DIRECTORY"
    _handle_classes: ClassVar[dict[str, tuple["type[Handle[Any]]", "RowCodec[Any]"]]] = {}

    def __init_subclass__(cls) -> None:
        cls._handle_classes = {}

    def __init__(self, connection: CinchDB, *, on_drift: OnDrift = "warn") -> None:
        if not isinstance(connection, CinchDB):  # pyright: ignore[reportUnnecessaryIsInstance] - callers are not checked
            raise TypeError(
                f"{type(self).__name__} takes a CinchDB, such as cinch_client.connect('shop') returns, "
                f"not {type(connection).__name__}"
            )
        self.__setstate__((connection, on_drift, Hooks()))

    def with_tenant(self, name: str) -> Self:
        """Return the same models for another tenant; whether it exists shows at first use.

        Raises:
            InvalidNameError: The name is not allowed.
        """
        scope = (self._scope[0], name)
        found = self._family.containers.get(scope)
        return cast("Self", found) if found else self._derive(self.connection.with_tenant(name), scope)

    def with_branch(self, name: str) -> Self:
        """Return the same models for another branch; whether it exists shows at first use.

        Raises:
            InvalidNameError: The name is not allowed.
        """
        scope = (name, self._scope[1])
        found = self._family.containers.get(scope)
        return cast("Self", found) if found else self._derive(self.connection.with_branch(name), scope)

    def _derive(self, connection: CinchDB, scope: tuple[str, str]) -> Self:
        made = object.__new__(type(self))
        made.connection = connection
        made._scope = scope
        made._family = family = self._family
        if len(family.containers) >= _MOST_CONTAINERS:
            family.containers.clear()
        family.containers[scope] = made
        return made

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Begin a transaction on this scope: all that is written inside, through any model, is kept, or nothing.

        Every handle and object of the scope joins it in this thread or task; a nested one is a savepoint.

        Raises:
            DriftError: The schema has changed, with ``on_drift="raise"``; nothing was begun.
        """
        with self.connection.transaction():
            self._family.watches.watch(self._scope).look(self.connection)
            yield

    def on(self, event: EventName, model: "type[RowModel] | str | None", hook: Hook) -> None:
        """Call *hook* at every *event* of a model, in this container and in all that share its origin.

        Args:
            event: ``before_create``, ``after_create``, ``before_update``, ``after_update``,
                ``before_delete``, ``after_delete``, or ``query``: after every statement, with its time.
            model: The model's class or name, None for every model.
            hook: Takes an :class:`Event`. What it raises goes to the caller, and before a write prevents it.

        Raises:
            ConfigurationError: There is no such event.
            AttributeError: There is no such model.
        """
        name = model.__name__ if isinstance(model, type) else model
        if name is not None:
            self._find_class(name)
        self._family.hooks.add(event, name, hook)

    def _find_class(self, name: str) -> tuple["type[Handle[Any]]", "RowCodec[Any]"]:
        module = self._registry.get(name)
        if module is None:
            raise AttributeError(
                f"{type(self).__name__} has no model {name!r};{did_you_mean(name, self._registry)} "
                f"it has {', '.join(self._registry) or 'none'}"
            )
        handle_class = getattr(import_module(f"{self._package}.{module}"), f"{name}Handle")
        found = self._handle_classes[name] = (handle_class, codec_of(handle_class.__model__))
        return found

    if not TYPE_CHECKING:  # a checker that saw this would believe in any model

        def __getattr__(self, name: str) -> "Handle[Any]":
            if name.startswith("_"):
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            handle_class, codec = self._handle_classes.get(name) or self._find_class(name)
            family = self._family
            watch = family.watches.watch(self._scope)
            handle = handle_class(Binding(self, codec, self.connection, watch, family.hooks))
            setattr(self, name, handle)
            return handle

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._registry})

    def __repr__(self) -> str:
        scope = self.connection
        return f"<{type(self).__name__} {scope.database}/{scope.branch}/{scope.tenant}>"

    def __getstate__(self) -> tuple[CinchDB, OnDrift, Hooks]:
        return self.connection, self._family.on_drift, self._family.hooks

    def __setstate__(self, state: tuple[CinchDB, OnDrift, Hooks]) -> None:
        self.connection, on_drift, hooks = state
        watches = Watches.of(self.connection, self._fingerprint, on_drift, self._command)
        self._scope = (self.connection.branch, self.connection.tenant)
        self._family = _Family(on_drift, hooks, watches)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _memo: object) -> Self:
        return self


class _Family:
    """What a container shares with those that are derived from it."""

    __slots__ = ("containers", "hooks", "on_drift", "watches")

    def __init__(self, on_drift: OnDrift, hooks: Hooks, watches: Watches) -> None:
        self.on_drift: OnDrift = on_drift
        self.hooks = hooks
        self.watches = watches
        self.containers: dict[tuple[str, str], CinchModels] = {}
