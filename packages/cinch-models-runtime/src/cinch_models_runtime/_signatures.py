"""Signatures for people at a prompt: a handle's methods show every filter and every column.

They are worked out when somebody looks; until then a method costs one small object when its class is made.
"""

import inspect
from collections.abc import Callable, Collection, Mapping
from inspect import Parameter
from types import FunctionType, MappingProxyType
from typing import TYPE_CHECKING, Any

from cinch_models_runtime._fields import UNSET
from cinch_models_runtime._rows import codec_of

if TYPE_CHECKING:
    from cinch_models_runtime._model import RowModel


class ModelSignature(inspect.Signature):
    """The signature of a generated method whose ``**filters`` or ``**values`` stand for columns."""

    __slots__ = ("_function", "_model")

    def __init__(self, function: FunctionType, model: "type[RowModel]") -> None:
        super().__init__((), return_annotation=function.__annotations__.get("return", inspect.Signature.empty))
        self._function = function
        self._model = model

    @property
    def parameters(self) -> MappingProxyType[str, Parameter]:
        """Every parameter, the columns' ones spelled out."""
        expanded: list[Parameter] = []
        for parameter in _as_written(self._function).parameters.values():
            expand = _EXPANSIONS.get(parameter.name) if parameter.kind is Parameter.VAR_KEYWORD else None
            expanded += expand(self._model, self._function.__name__) if expand else [parameter]
        return inspect.Signature(expanded).parameters

    def replace(self, **changes: Any) -> inspect.Signature:  # type: ignore[override]  # noqa: ANN401 - as in inspect
        """Return an ordinary signature with these changes, as :meth:`inspect.Signature.replace` does."""
        return inspect.Signature(
            list(changes.get("parameters", self.parameters.values())),
            return_annotation=changes.get("return_annotation", self.return_annotation),
        )


def attach(owner: type, model: "type[RowModel]") -> None:
    """Give the methods that *owner* itself defines their signatures."""
    for method in vars(owner).values():
        if isinstance(method, FunctionType) and method.__code__.co_flags & inspect.CO_VARKEYWORDS:
            setattr(method, "__signature__", ModelSignature(method, model))  # noqa: B010 - not in FunctionType's stub


def _as_written(function: FunctionType) -> inspect.Signature:
    bare = FunctionType(
        function.__code__,
        function.__globals__,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    bare.__kwdefaults__ = function.__kwdefaults__
    bare.__annotations__ = function.__annotations__
    return inspect.signature(bare)


def _filters(model: "type[RowModel]", _method: str) -> list[Parameter]:
    codec = codec_of(model)
    types = {column: model.model_fields[field].annotation for field, column in codec.columns.items()}
    return [
        Parameter(keyword, Parameter.KEYWORD_ONLY, default=UNSET, annotation=_compared(types[column], operator))
        for keyword, (column, operator) in codec.comparisons.items()
    ]


def _compared(kind: Any, operator: str) -> Any:  # noqa: ANN401 - annotations are of any type
    """Return what a filter with that operator on a column of that type takes."""
    if operator in {"in", "not_in"}:
        return Collection[kind]
    if operator == "between":
        return tuple[kind, kind]
    return bool if operator == "isnull" else kind


def _values(model: "type[RowModel]", method: str) -> list[Parameter]:
    return [
        Parameter(
            name,
            Parameter.KEYWORD_ONLY,
            default=Parameter.empty if field.is_required() and method != "update" else UNSET,
            annotation=field.annotation,
        )
        for name, field in model.model_fields.items()
    ]


_EXPANSIONS: Mapping[str, Callable[["type[RowModel]", str], list[Parameter]]] = {
    "filters": _filters,
    "values": _values,
}
