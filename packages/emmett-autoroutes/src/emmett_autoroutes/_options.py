"""What a model's `auto_routes` may say: it becomes frozen options, or every mistake at once. Pure."""

import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Literal, cast, get_args

from ._columns import Column
from ._settings import SettingsReader, suggest
from ._ui_options import UiOptions, read_ui

Action = Literal["list", "detail", "create", "update", "delete"]
ACTIONS: Final = get_args(Action)
ROW_ACTIONS: Final = frozenset({"detail", "update", "delete"})

# A callable without arguments, or one that takes `record`; sync or async; what it returns is read by
# `_permissions`.
Permission = Callable[..., object]
Handler = Callable[..., Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Options:
    """The checked `auto_routes` of a model."""

    url_prefix: str
    rest_prefix: str
    enabled: bool = True
    pages: bool = True
    rest_api: bool = True
    enabled_actions: frozenset[Action] = frozenset(ACTIONS)
    permissions: Mapping[Action, Permission | None] = field(default_factory=dict[Action, Permission | None])
    ui: UiOptions = field(default_factory=UiOptions)
    custom_handlers: Mapping[str, Handler] = field(default_factory=dict[str, Handler])


_KEYS: Final = (
    "enabled",
    "url_prefix",
    "rest_api",
    "rest_prefix",
    "enabled_actions",
    "permissions",
    "pages",
    "auto_ui_config",
    "custom_handlers",
)
_HANDLER_KEYS: Final = (*ACTIONS, *(f"rest_{action}" for action in ACTIONS))


def read_options(
    model: str, tablename: str, columns: Iterable[Column], attribute: object, own_ui: object = None
) -> tuple[Options, list[str]]:
    """Turn a model's `auto_routes` into options.

    Args:
        model: The model's class name, for messages.
        tablename: Where the default prefixes come from.
        columns: All columns of the table.
        attribute: `auto_routes` as written: True, False or a dict.
        own_ui: The model's own `auto_ui_config`; what stands in `auto_routes` wins over it, key by key.

    Returns:
        The options, and every mistake as a sentence; with mistakes the options are not to be used.
    """
    reader = SettingsReader(model, columns)
    if attribute is not True and attribute is not False and not isinstance(attribute, Mapping):
        reader.complain("auto_routes", f"is {attribute!r}; give True, False or a dict")
    settings: Mapping[str, object] = {"enabled": attribute is True}
    if isinstance(attribute, Mapping):
        settings = reader.mapping("auto_routes", cast("object", attribute))
    reader.check_keys("auto_routes", settings, _KEYS)
    ui_settings = {
        **reader.mapping("auto_ui_config", own_ui),
        **reader.mapping("auto_routes['auto_ui_config']", settings.get("auto_ui_config")),
    }
    options = Options(
        url_prefix=_prefix(reader, "url_prefix", settings.get("url_prefix", f"/{tablename}")),
        rest_prefix=_prefix(reader, "rest_prefix", settings.get("rest_prefix", f"api/{tablename}")),
        enabled=reader.flag(settings, "enabled"),
        pages=reader.flag(settings, "pages"),
        rest_api=reader.flag(settings, "rest_api"),
        enabled_actions=_actions(reader, settings.get("enabled_actions", ACTIONS)),
        permissions=_permissions(reader, settings.get("permissions")),
        ui=read_ui(reader, ui_settings),
        custom_handlers=_handlers(reader, settings.get("custom_handlers")),
    )
    return options, reader.problems


def _prefix(reader: SettingsReader, key: str, value: object) -> str:
    where = f"auto_routes[{key!r}]"
    if not isinstance(value, str) or not value.strip("/ "):
        reader.complain(where, f"is {value!r}; give a path such as '/articles'")
        return "/"
    path = "/" + value.strip("/ ")
    if "<" in value or ">" in value:
        reader.complain(where, f"is {value!r}, which has a parameter; a prefix is a plain path")
    elif "//" in path or any(character in path for character in "()*+?[]{}|\\^$#%.: "):
        reader.complain(where, f"is {value!r}; use letters, digits, '-', '_' and single slashes only")
    elif path.split("/")[1] in {"static", "__emmett__"}:
        reader.complain(where, f"is {value!r}, where Emmett serves files before any route")
    return path


def _actions(reader: SettingsReader, value: object) -> frozenset[Action]:
    where = "auto_routes['enabled_actions']"
    given = reader.names(where, value)
    for name in given:
        if name not in ACTIONS:
            reader.complain(where, f"has the unknown action {name!r}; {suggest(name, ACTIONS)}")
    return frozenset(cast("Action", name) for name in given if name in ACTIONS)


def _permissions(reader: SettingsReader, value: object) -> dict[Action, Permission | None]:
    where = "auto_routes['permissions']"
    given = reader.mapping(where, value)
    reader.check_keys(where, given, ACTIONS, "action")
    checked: dict[Action, Permission | None] = {}
    for name, permission in given.items():
        if permission is not None and not callable(permission):
            reader.complain(f"{where}[{name!r}]", f"is {permission!r}; give a callable, or None for public")
        elif name in ACTIONS:
            if permission is not None:
                _check_permission(reader, f"{where}[{name!r}]", cast("Action", name), permission)
            checked[cast("Action", name)] = permission
    return checked


def _check_permission(reader: SettingsReader, where: str, action: Action, permission: Permission) -> None:
    required = required_parameters(permission)
    if required == ["record"] and action not in ROW_ACTIONS:
        reader.complain(where, f"wants a record, but {action!r} has none; return a row filter instead")
    elif required not in ([], ["record"]):
        reader.complain(where, f"wants the arguments {', '.join(required)}; it is called with none, or with `record`")


@lru_cache(maxsize=1024)  # one function often guards every action of every model
def required_parameters(function: Callable[..., object]) -> list[str]:
    """Return the names of the parameters that *function* cannot be called without."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:  # some builtins have no signature; they are called without arguments
        return []
    variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [p.name for p in parameters if p.default is inspect.Parameter.empty and p.kind not in variable]


def _handlers(reader: SettingsReader, value: object) -> dict[str, Handler]:
    where = "auto_routes['custom_handlers']"
    given = reader.mapping(where, value)
    reader.check_keys(where, given, _HANDLER_KEYS, "handler")
    checked: dict[str, Handler] = {}
    for name, handler in given.items():
        place = f"{where}[{name!r}]"
        if not callable(handler) or not _is_async(handler):
            reader.complain(place, f"is {handler!r}; give an async function")
            continue
        takes_record = name.removeprefix("rest_") in ROW_ACTIONS
        if len(required_parameters(handler)) != int(takes_record):
            reader.complain(place, f"must take {'one argument, the record' if takes_record else 'no arguments'}")
        checked[name] = cast("Handler", handler)
    return checked


def _is_async(function: Callable[..., object]) -> bool:
    call = getattr(function, "__call__", None)  # noqa: B004 - the method itself is wanted: it may be async
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(call)
