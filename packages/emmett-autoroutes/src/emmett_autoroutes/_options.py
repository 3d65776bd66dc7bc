"""What a model's `auto_routes` may say: it becomes frozen options, or every mistake at once. Pure."""

import difflib
import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Literal, cast, get_args

from ._columns import Column

Action = Literal["list", "detail", "create", "update", "delete"]
ACTIONS: Final = get_args(Action)
ROW_ACTIONS: Final = frozenset({"detail", "update", "delete"})
PAGE_NAMES: Final = ("list", "detail", "form", "delete", "error")
WIDGETS: Final = (
    "text",
    "textarea",
    "number",
    "checkbox",
    "select",
    "date",
    "time",
    "datetime",
    "file",
    "hidden",
)
LARGEST_PAGE: Final = 100

# A callable without arguments, or one that takes `record`; sync or async; what it returns is read by
# `_permissions`.
Permission = Callable[..., object]
Handler = Callable[..., Awaitable[object]]


@dataclass(frozen=True, slots=True)
class FieldOptions:
    """How one column looks in pages.

    Attributes:
        label: Instead of the column's own label.
        help: Shown beside the input.
        widget: One of `text`, `textarea`, `number`, `checkbox`, `select`, `date`, `time`, `datetime`,
            `file`, `hidden`.
        choices: The only values allowed, with their labels.
        formatter: From the value to the text shown in lists and details.
    """

    label: str | None = None
    help: str | None = None
    widget: str | None = None
    choices: tuple[tuple[object, str], ...] | None = None
    formatter: Callable[[object], str] | None = None


@dataclass(frozen=True, slots=True)
class UiOptions:
    """The checked `auto_ui_config` of a model; None stands for the default."""

    display_name: str | None = None
    display_name_plural: str | None = None
    record_label: str | Callable[[object], str] | None = None
    list_columns: tuple[str, ...] | None = None
    search_fields: tuple[str, ...] | None = None
    filters: tuple[str, ...] = ()
    sort_default: tuple[str, ...] = ()
    page_size: int = 20
    form_columns: tuple[str, ...] | None = None
    detail_columns: tuple[str, ...] | None = None
    readonly_columns: frozenset[str] = frozenset()
    field_config: Mapping[str, FieldOptions] = field(default_factory=dict[str, FieldOptions])
    templates: Mapping[str, str] = field(default_factory=dict[str, str])


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
_UI_KEYS: Final = tuple(UiOptions.__dataclass_fields__)
_FIELD_KEYS: Final = tuple(FieldOptions.__dataclass_fields__)


class _Reader:
    """Reads one model's settings and collects what is wrong with them."""

    def __init__(self, model: str, columns: Iterable[Column]) -> None:
        self.model = model
        self.columns = {column.name: column for column in columns}
        self.problems: list[str] = []

    def complain(self, where: str, problem: str) -> None:
        self.problems.append(f"{self.model}.{where} {problem}")

    def check_keys(
        self, where: str, given: Mapping[str, object], known: Iterable[str], noun: str = "key"
    ) -> None:
        for name in given:
            if name not in known:
                self.complain(where, f"has the unknown {noun} {name!r}; {suggest(name, known)}")

    def mapping(self, where: str, value: object) -> Mapping[str, object]:
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            self.complain(where, f"is {value!r}; give a dict")
            return {}
        return {str(key): item for key, item in cast("Mapping[object, object]", value).items()}

    def flag(self, settings: Mapping[str, object], key: str, *, default: bool = True) -> bool:
        value = settings.get(key, default)
        if not isinstance(value, bool):
            self.complain(f"auto_routes[{key!r}]", f"is {value!r}; give True or False")
            return default
        return value

    def names(self, where: str, value: object) -> tuple[str, ...]:
        if isinstance(value, str) or not isinstance(value, Iterable):
            self.complain(where, f"is {value!r}; give a list of names")
            return ()
        return tuple(str(item) for item in cast("Iterable[object]", value))

    def column_names(self, where: str, value: object, *, signed: bool = False) -> tuple[str, ...]:
        given = self.names(where, value)
        for name in given:
            bare = name.removeprefix("-") if signed else name
            if bare not in self.columns:
                self.complain(where, f"has the unknown column {bare!r}; {suggest(bare, self.columns)}")
            elif not self.columns[bare].is_usable:
                self.complain(
                    where, f"has the column {bare!r}, whose type {self.columns[bare].type!r} stays inside"
                )
        return given


def suggest(name: str, known: Iterable[str]) -> str:
    """Say what *name* may have been meant to be, and what there is."""
    choices = list(known)
    close = difflib.get_close_matches(name, choices, n=1, cutoff=0.5)
    listed = f"there is {', '.join(choices)}" if choices else "there is none"
    return f"did you mean {close[0]!r}? ({listed})" if close else listed


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
    reader = _Reader(model, columns)
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


def _prefix(reader: _Reader, key: str, value: object) -> str:
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


def _actions(reader: _Reader, value: object) -> frozenset[Action]:
    where = "auto_routes['enabled_actions']"
    given = reader.names(where, value)
    for name in given:
        if name not in ACTIONS:
            reader.complain(where, f"has the unknown action {name!r}; {suggest(name, ACTIONS)}")
    return frozenset(cast("Action", name) for name in given if name in ACTIONS)


def _permissions(reader: _Reader, value: object) -> dict[Action, Permission | None]:
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


def _check_permission(reader: _Reader, where: str, action: Action, permission: Permission) -> None:
    required = required_parameters(permission)
    if required == ["record"] and action not in ROW_ACTIONS:
        reader.complain(where, f"wants a record, but {action!r} has none; return a row filter instead")
    elif required not in ([], ["record"]):
        reader.complain(
            where, f"wants the arguments {', '.join(required)}; it is called with none, or with `record`"
        )


@lru_cache(maxsize=1024)  # one function often guards every action of every model
def required_parameters(function: Callable[..., object]) -> list[str]:
    """Return the names of the parameters that *function* cannot be called without."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:  # some builtins have no signature; they are called without arguments
        return []
    variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [p.name for p in parameters if p.default is inspect.Parameter.empty and p.kind not in variable]


def _handlers(reader: _Reader, value: object) -> dict[str, Handler]:
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
            reader.complain(
                place, f"must take {'one argument, the record' if takes_record else 'no arguments'}"
            )
        checked[name] = cast("Handler", handler)
    return checked


def _is_async(function: Callable[..., object]) -> bool:
    call = getattr(function, "__call__", None)  # noqa: B004 - the method itself is wanted: it may be async
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(call)


def read_ui(reader: _Reader, settings: Mapping[str, object]) -> UiOptions:
    """Turn an `auto_ui_config` into options; mistakes go to *reader*."""
    where = "auto_ui_config"
    reader.check_keys(where, settings, _UI_KEYS)
    checked: dict[str, object] = {}
    for key in ("list_columns", "search_fields", "filters", "form_columns", "detail_columns"):
        if settings.get(key) is not None:
            checked[key] = reader.column_names(f"{where}[{key!r}]", settings[key])
    if settings.get("readonly_columns") is not None:
        checked["readonly_columns"] = frozenset(
            reader.column_names(f"{where}['readonly_columns']", settings["readonly_columns"])
        )
    sort = settings.get("sort_default")
    if sort is not None:
        given = (sort,) if isinstance(sort, str) else sort
        checked["sort_default"] = reader.column_names(f"{where}['sort_default']", given, signed=True)
    for key in ("display_name", "display_name_plural"):
        if settings.get(key) is not None:
            checked[key] = str(settings[key])
    _read_search(reader, checked)
    checked |= _read_scalars(reader, settings)
    checked["field_config"] = _field_config(reader, settings.get("field_config"))
    checked["templates"] = _templates(reader, settings.get("templates"))
    return UiOptions(**checked)  # pyright: ignore[reportArgumentType] - each value was checked under its own key


def _read_search(reader: _Reader, checked: Mapping[str, object]) -> None:
    for name in cast("tuple[str, ...]", checked.get("search_fields", ())):
        column = reader.columns.get(name)
        if column is not None and column.kind not in {"string", "text"}:
            reader.complain("auto_ui_config['search_fields']", f"has {name!r}, which is no text column")


def _read_scalars(reader: _Reader, settings: Mapping[str, object]) -> dict[str, object]:
    checked: dict[str, object] = {}
    size = settings.get("page_size", 20)
    if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= LARGEST_PAGE:
        reader.complain("auto_ui_config['page_size']", f"is {size!r}; give a number from 1 to {LARGEST_PAGE}")
    else:
        checked["page_size"] = size
    label = settings.get("record_label")
    if label is not None:
        if isinstance(label, str) and "%(" not in label:
            reader.column_names("auto_ui_config['record_label']", [label])
        elif not isinstance(label, str) and not callable(label):
            reader.complain(
                "auto_ui_config['record_label']", f"is {label!r}; give a column, a format or a function"
            )
        checked["record_label"] = label
    return checked


def _field_config(reader: _Reader, value: object) -> dict[str, FieldOptions]:
    where = "auto_ui_config['field_config']"
    given = reader.mapping(where, value)
    reader.column_names(where, given.keys())
    checked: dict[str, FieldOptions] = {}
    for name, raw in given.items():
        place = f"{where}[{name!r}]"
        settings = dict(reader.mapping(place, raw))
        reader.check_keys(place, settings, _FIELD_KEYS)
        widget, formatter = settings.get("widget"), settings.get("formatter")
        if widget is not None and widget not in WIDGETS:
            reader.complain(place, f"has the unknown widget {widget!r}; {suggest(str(widget), WIDGETS)}")
        if formatter is not None and not callable(formatter):
            reader.complain(place, f"has the formatter {formatter!r}; give a function")
        checked[name] = FieldOptions(
            label=_text(settings.get("label")),
            help=_text(settings.get("help")),
            widget=_text(widget),
            choices=_choices(reader, place, settings.get("choices")),
            formatter=cast("Callable[[object], str] | None", formatter),
        )
    return checked


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _choices(reader: _Reader, where: str, value: object) -> tuple[tuple[object, str], ...] | None:
    if value is None:
        return None
    if isinstance(value, Mapping):
        items = cast("Mapping[object, object]", value).items()
        return tuple((key, str(label)) for key, label in items)
    if isinstance(value, str) or not isinstance(value, Iterable):
        reader.complain(where, f"has the choices {value!r}; give values, or pairs of value and label")
        return None
    pairs: list[tuple[object, str]] = []
    for item in cast("Iterable[object]", value):
        if isinstance(item, tuple) and len(cast("tuple[object, ...]", item)) == 2:
            key, label = cast("tuple[object, object]", item)
        else:
            key = label = cast("object", item)
        pairs.append((key, str(label)))
    return tuple(pairs)


def _templates(reader: _Reader, value: object) -> dict[str, str]:
    where = "auto_ui_config['templates']"
    given = reader.mapping(where, value)
    reader.check_keys(where, given, PAGE_NAMES, "page")
    return {name: str(template) for name, template in given.items()}
