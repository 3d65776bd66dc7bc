"""Forms: columns as fields, what was typed as values, each mistake at its field."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from ._cells import cell_writer
from ._columns import Column, Kind
from ._exchange import Form
from ._options import Action
from ._resource import Resource
from ._ui_options import FieldOptions
from ._values import InvalidValueError, from_text, to_text

MOST_CHOICES: Final = 200
_HIDDEN: Final = frozenset({"_csrf_token", "_version"})
_WIDGETS: Final[Mapping[Kind, str]] = {
    "integer": "number",
    "float": "number",
    "decimal": "number",
    "boolean": "checkbox",
    "text": "textarea",
    "json": "textarea",
    "list_integer": "textarea",
    "list_string": "textarea",
    "password": "password",
    "date": "date",
    "time": "time",
    "datetime": "datetime-local",
    "upload": "file",
    "reference": "select",
}
_HELP: Final[Mapping[Kind, str]] = {
    "list_integer": "One number per line.",
    "list_string": "One text per line.",
    "json": "A JSON object or array.",
}


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field of a form, as the template shows it.

    Attributes:
        name: The column.
        label: What it is called.
        widget: An input type, or `textarea`, `select`.
        value: What the field holds: what was typed, or what is stored.
        checked: Whether a checkbox is.
        choices: Values and labels of a select.
        required: It must not be blank.
        help: A hint.
        error: What is wrong with it.
        step: Of a number.
        theirs: What somebody else stored meanwhile, as HTML; None if it is the same.
    """

    name: str
    label: str
    widget: str
    value: str = ""
    checked: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    required: bool = False
    help: str = ""
    error: str = ""
    step: str = "any"
    theirs: str | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """A submitted form.

    Attributes:
        texts: What was typed, by column.
        values: What it means.
        errors: What it does not mean; the key `""` is for the form as a whole.
    """

    texts: Mapping[str, str]
    values: Mapping[str, object]
    errors: Mapping[str, str]


def form_columns(resource: Resource, action: Action) -> list[Column]:
    """Return the columns that the form of *action* has."""
    chosen = resource.options.ui.form_columns
    names = chosen if chosen is not None else tuple(resource.columns)
    columns = (resource.columns[name] for name in names)
    return [column for column in columns if resource.is_writable(column, action)]


def read_submission(resource: Resource, action: Action, form: Form) -> Submission:
    """Read a submitted form; fields that it does not have are refused, not ignored."""
    columns = {column.name: column for column in form_columns(resource, action)}
    foreign = [n for n in (*form.fields, *form.files) if n not in columns and n not in _HIDDEN]
    errors = {"": f"{', '.join(sorted(foreign))} cannot be set"[:200]} if foreign else {}
    values: dict[str, object] = {}
    texts: dict[str, str] = {}
    for name, column in columns.items():
        if column.kind == "upload":
            if name in form.files:
                values[name] = form.files[name]
            continue
        if column.kind == "boolean" and _widget(resource, column) == "checkbox":
            values[name] = name in form.fields
            texts[name] = "true" if values[name] else "false"
            continue
        text = "\n".join(form.lists[name]) if name in form.lists else form.fields.get(name)
        if text is None or (column.kind == "password" and not text):
            continue
        texts[name] = text
        try:
            values[name] = from_text(column, text.replace("\r\n", "\n"))
        except InvalidValueError as error:
            errors[name] = str(error).capitalize()
    return Submission(texts, values, errors)


def field_views(
    resource: Resource,
    action: Action,
    texts: Mapping[str, str],
    errors: Mapping[str, str],
    *,
    theirs: Mapping[str, object] | None = None,
) -> list[FieldView]:
    """Return the fields of a form.

    Args:
        resource: Whose form it is.
        action: create or update.
        texts: What the fields hold.
        errors: What is wrong, by column.
        theirs: The values stored by somebody else meanwhile.
    """
    views: list[FieldView] = []
    for column in form_columns(resource, action):
        options = resource.options.ui.field_config.get(column.name, FieldOptions())
        text = texts.get(column.name, "")
        widget = _widget(resource, column)
        choices = _choices(resource, column, options, text)
        views.append(
            FieldView(
                name=column.name,
                label=options.label or column.label,
                widget="number" if widget == "select" and choices is None else widget,
                value="" if column.kind in {"password", "upload"} else text,
                checked=text == "true",
                choices=choices or (),
                required=column.required and not column.has_default and widget != "checkbox",
                help=options.help or column.help or _HELP.get(column.kind, ""),
                error=errors.get(column.name, ""),
                step=_step(column),
                theirs=_theirs(column, options, text, theirs),
            )
        )
    return views


def stored_texts(resource: Resource, values: Mapping[str, object]) -> dict[str, str]:
    """Return stored values as the form's fields hold them; a password never does."""
    return {name: to_text(resource.columns[name], value) for name, value in values.items()}


def default_texts(resource: Resource) -> dict[str, str]:
    """Return what a blank form holds."""
    columns = form_columns(resource, "create")
    return {column.name: to_text(column, resource.store.default(column)) for column in columns}


def _widget(resource: Resource, column: Column) -> str:
    options = resource.options.ui.field_config.get(column.name)
    if options is not None and options.widget is not None:
        return "datetime-local" if options.widget == "datetime" else options.widget
    if column.choices is not None or (options is not None and options.choices is not None):
        return "select"
    return _WIDGETS.get(column.kind, "text")


def _step(column: Column) -> str:
    if column.kind == "decimal":
        return f"0.{'0' * (column.scale - 1)}1" if column.scale else "1"
    return "1" if column.kind in {"integer", "reference"} else "any"


def _choices(
    resource: Resource, column: Column, options: FieldOptions, chosen: str
) -> tuple[tuple[str, str], ...] | None:
    """Return the choices, a blank one first; None if there are too many to show."""
    listed = _listed(resource, column, options)
    if listed is None:
        return None
    if chosen and all(value != chosen for value, _ in listed):
        listed.append((chosen, chosen))
    return (("", ""), *listed)


def _listed(resource: Resource, column: Column, options: FieldOptions) -> list[tuple[str, str]] | None:
    if options.choices is not None:
        return [(str(value), label) for value, label in options.choices]
    if column.choices is not None:
        return list(column.choices)
    relation = resource.relations.get(column.name)
    if relation is None:
        return [("true", "Yes"), ("false", "No")] if column.kind == "boolean" else None
    found = relation.choices(MOST_CHOICES)
    return None if found is None else [(str(key), name) for key, name in found]


def _theirs(column: Column, options: FieldOptions, text: str, theirs: Mapping[str, object] | None) -> str | None:
    if theirs is None or column.kind in {"password", "upload"} or to_text(column, theirs[column.name]) == text:
        return None
    write: Callable[[object], str] = cell_writer(column, options, short=False)
    return write(theirs[column.name])
