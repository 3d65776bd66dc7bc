"""The bases of generated models: an object is one row, and knows the tenant that it belongs to."""

from copy import deepcopy
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, cast

from pydantic import ConfigDict, model_validator

from cinch_models_runtime import _signatures, _storing
from cinch_models_runtime._errors import NotLoadedError
from cinch_models_runtime._fields import UNSET
from cinch_models_runtime._slots import BINDING, STATE, SlottedModel, state_of
from cinch_models_runtime._table import Table

if TYPE_CHECKING:
    from collections.abc import Mapping

RelatedT = TypeVar("RelatedT")


class RowModel(SlottedModel):
    """A row of a table or of a view."""

    __slots__ = ()

    model_config = ConfigDict(extra="forbid", populate_by_name=True, protected_namespaces=())

    __table__: ClassVar[Table]

    @model_validator(mode="after")
    def __made__(self) -> Self:
        """Know that this object comes from a caller and not from the database."""
        _storing.begin(self)
        return self

    @classmethod
    def model_construct(cls, _fields_set: set[str] | None = None, **values: Any) -> Self:  # noqa: ANN401 - pydantic's
        """Make an object without validation, as pydantic does."""
        made = super().model_construct(_fields_set, **values)
        _storing.begin(made)
        return made

    def model_copy(self, *, update: "Mapping[str, Any] | None" = None, deep: bool = False) -> Self:
        """Return a copy; what is in *update* counts as assigned."""
        made = super().model_copy(deep=deep)
        for name, value in (update or {}).items():
            setattr(made, name, value)
        return made

    # The generated property says which type it is; Any would not do, because strict checkers refuse to return it.
    def _related(self, name: str) -> RelatedT:  # type: ignore[type-var]  # pyright: ignore[reportInvalidTypeVarUse]
        state = STATE.get(self)
        if state is not None and name in state.related:
            return cast("RelatedT", state.related[name])
        model = type(self).__name__
        raise NotLoadedError(f"{model}.{name} was not loaded; ask for it: models.{model}.select(include=[{name!r}])")

    if not TYPE_CHECKING:  # a checker that saw these would believe in any attribute

        def __getattr__(self, name: str) -> Any:  # noqa: ANN401
            if name in type(self).__pydantic_fields__:
                model = type(self).__name__
                raise NotLoadedError(
                    f"{model}.{name} has no value yet: the database fills it; call save() first or assign one"
                )
            return super().__getattr__(name)

        def __setattr__(self, name: str, value: Any) -> None:  # noqa: ANN401
            before = self.__dict__.get(name, UNSET)
            super().__setattr__(name, value)
            if name in type(self).__pydantic_fields__:
                state_of(self).changes.setdefault(name, before)

    def __eq__(self, other: object) -> bool:
        """Two objects are equal when their model, their scope and their values are."""
        if type(self) is not type(other):
            return NotImplemented
        mine, others = BINDING.get(self), BINDING.get(other)
        return (mine and mine.connection) == (others and others.connection) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType] - it can change

    def __getstate__(self) -> dict[Any, Any]:
        return {**super().__getstate__(), "__cinch__": (BINDING.get(self), STATE.get(self))}

    def __setstate__(self, state: dict[Any, Any]) -> None:
        binding, own = state.pop("__cinch__")
        super().__setstate__(state)
        BINDING.set(self, binding)
        STATE.set(self, own)

    def __copy__(self) -> Self:
        made = super().__copy__()
        BINDING.set(made, BINDING.get(self))
        state = STATE.get(self)
        STATE.set(made, state and state.copy())
        return made

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        made = super().__deepcopy__(memo)
        BINDING.set(made, BINDING.get(self))
        STATE.set(made, deepcopy(STATE.get(self), memo))
        return made


class ViewModel(RowModel):
    """A row of a view: it can be read and nothing else."""


class Model(RowModel):
    """A row of a table."""

    @classmethod
    def __pydantic_init_subclass__(cls, **_options: Any) -> None:  # noqa: ANN401 - pydantic's
        _signatures.attach(cls, cls)

    def save(self) -> Self:
        """Store this object: insert it when it is new, otherwise write what has changed since it was read.

        Afterwards it holds the row as it is stored. Without a change nothing is sent.

        Raises:
            UnboundModelError: The object was made from its class and not from a container.
            InvalidValueError: A column cannot take its value.
            RecordNotFoundError: The row has been deleted in the meantime.
        """
        if _storing.is_unsaved(self):
            _storing.insert(self)
        else:
            _storing.update(self, {})
        return self

    def delete(self) -> bool:
        """Remove the row; the object keeps its values.

        Returns:
            Whether there was such a row.

        Raises:
            UnboundModelError: As in :meth:`save`.
            RecordNotFoundError: The object has never been stored.
        """
        return _storing.delete(self)

    def refresh(self) -> Self:
        """Read the row again, so that this object holds what is stored; what was assigned is lost.

        Raises:
            UnboundModelError: As in :meth:`save`.
            RecordNotFoundError: The object has never been stored, or its row has been deleted.
        """
        _storing.reread(self)
        return self

    def _update(self, values: "Mapping[str, Any]") -> Self:
        _storing.update(self, values)
        return self
