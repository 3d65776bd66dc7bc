"""What `auto_ui_config` may say of a model's pages. Pure."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, cast

from ._settings import SettingsReader, suggest

PAGE_NAMES: Final = ("list", "detail", "form", "delete", "error")
LARGEST_PAGE: Final = 100
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


_UI_KEYS: Final = tuple(UiOptions.__dataclass_fields__)
_FIELD_KEYS: Final = tuple(FieldOptions.__dataclass_fields__)


def read_ui(reader: SettingsReader, settings: Mapping[str, object]) -> UiOptions:
    """Turn an `auto_ui_config` into options; mistakes go to *reader*."""
    where = "auto_ui_config"
    reader.check_keys(where, settings, _UI_KEYS)
    checked: dict[str, object] = {}
    for key in ("list_columns", "search_fields", "filters", "form_columns", "detail_columns"):
        if settings.get(key) is not None:
            place = f"{where}[{key!r}]"
            checked[key] = reader.column_names(place, settings[key], shown=key != "form_columns")
    if settings.get("readonly_columns") is not None:
        checked["readonly_columns"] = frozenset(
            reader.column_names(f"{where}['readonly_columns']", settings["readonly_columns"])
        )
    sort = settings.get("sort_default")
    if sort is not None:
        given = (sort,) if isinstance(sort, str) else sort
        checked["sort_default"] = reader.column_names(f"{where}['sort_default']", given, shown=True)
    for key in ("display_name", "display_name_plural"):
        if settings.get(key) is not None:
            checked[key] = str(settings[key])
    _check_kinds(reader, checked)
    checked |= _read_scalars(reader, settings)
    checked["field_config"] = _field_config(reader, settings.get("field_config"))
    checked["templates"] = _templates(reader, settings.get("templates"))
    return UiOptions(**checked)  # pyright: ignore[reportArgumentType] - each value was checked under its own key


def _check_kinds(reader: SettingsReader, checked: Mapping[str, object]) -> None:
    """Search only texts; filter and sort only by what can be compared."""
    for key in ("search_fields", "filters", "sort_default"):
        for name in cast("tuple[str, ...]", checked.get(key, ())):
            column = reader.columns.get(name.removeprefix("-"))
            if column is None or not column.is_shown:
                continue
            if key == "search_fields" and column.kind not in {"string", "text"}:
                reader.complain(f"auto_ui_config[{key!r}]", f"has {name!r}, which is no text column")
            elif not column.is_comparable:
                reader.complain(f"auto_ui_config[{key!r}]", f"has {name!r}, which cannot be compared")


def _read_scalars(reader: SettingsReader, settings: Mapping[str, object]) -> dict[str, object]:
    checked: dict[str, object] = {}
    size = settings.get("page_size", 20)
    if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= LARGEST_PAGE:
        reader.complain("auto_ui_config['page_size']", f"is {size!r}; give a number from 1 to {LARGEST_PAGE}")
    else:
        checked["page_size"] = size
    label = settings.get("record_label")
    if label is not None:
        if isinstance(label, str):
            named = re.findall(r"%\((\w+)\)", label) if "%(" in label else [label]
            reader.column_names("auto_ui_config['record_label']", named)
        elif not callable(label):
            reader.complain("auto_ui_config['record_label']", f"is {label!r}; give a column, a format or a function")
        checked["record_label"] = label
    return checked


def _field_config(reader: SettingsReader, value: object) -> dict[str, FieldOptions]:
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


def _choices(reader: SettingsReader, where: str, value: object) -> tuple[tuple[object, str], ...] | None:
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


def _templates(reader: SettingsReader, value: object) -> dict[str, str]:
    where = "auto_ui_config['templates']"
    given = reader.mapping(where, value)
    reader.check_keys(where, given, PAGE_NAMES, "page")
    return {name: str(template) for name, template in given.items()}
