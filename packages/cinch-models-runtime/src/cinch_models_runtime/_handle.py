"""Handles: what ``models.User`` is. Generated subclasses give the methods their names and types."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeAlias

from cinch_client import Count, QueryError, Row, Select
from cinch_models_runtime import _filters, _signatures, _storing
from cinch_models_runtime._rows import RowT, no_key
from cinch_models_runtime._slots import BINDING, STATE

if TYPE_CHECKING:
    from cinch_models_runtime._binding import Binding
    from cinch_models_runtime._filters import Filters, Where
    from cinch_models_runtime._model import RowModel
    from cinch_models_runtime._relations import Include

Ordering: TypeAlias = str | Sequence[str]
Values: TypeAlias = Mapping[str, Any]


class Handle(Generic[RowT]):
    """One model in one scope; it is bound to its container and never changes.

    Args:
        binding: The scope.
    """

    __slots__ = ("__binding__",)

    __model__: ClassVar[type["RowModel"]]

    def __init_subclass__(cls, *, model: "type[RowModel] | None" = None, **options: object) -> None:
        super().__init_subclass__(**options)
        if model is not None:
            cls.__model__ = model
            _signatures.attach(cls, model)

    def __init__(self, binding: "Binding[RowT]") -> None:
        self.__binding__ = binding

    def __reduce__(self) -> tuple[object, ...]:
        return getattr, (self.__binding__.models, self.__binding__.codec.name)

    def __copy__(self) -> "Handle[RowT]":
        return self

    def __deepcopy__(self, _memo: object) -> "Handle[RowT]":
        return self

    def __repr__(self) -> str:
        return f"<{self.__binding__.codec.name} of {self.__binding__.where_is()}>"

    # --- what the methods of generated handles call ---------------------------------------------------------

    def _select(
        self,
        filters: "Filters",
        any_of: "Sequence[Filters] | None" = None,
        order_by: Ordering = (),
        limit: int | None = None,
        offset: int = 0,
        include: "Include" = (),
    ) -> list[RowT]:
        binding = self.__binding__
        where = self._where(filters, any_of)
        terms = binding.codec.ordering(order_by) if order_by else ()
        return binding.read(binding.select(where, terms, limit, offset), include)

    def _first(
        self,
        filters: "Filters",
        any_of: "Sequence[Filters] | None" = None,
        order_by: Ordering = (),
        include: "Include" = (),
    ) -> RowT | None:
        binding = self.__binding__
        terms = binding.codec.ordering(order_by) if order_by else binding.codec.table.key
        found = binding.read(binding.select(self._where(filters, any_of), terms, 1), include)
        return found[0] if found else None

    def _count(self, filters: "Filters", any_of: "Sequence[Filters] | None" = None) -> int:
        binding = self.__binding__
        return binding.execute(Count(binding.codec.table.name, self._where(filters, any_of)))

    def _exists(self, filters: "Filters", any_of: "Sequence[Filters] | None" = None) -> bool:
        binding = self.__binding__
        table, column = binding.codec.table.name, binding.codec.selected[:1]
        return bool(binding.execute(Select(table, column, self._where(filters, any_of), limit=1)))

    def _where(self, filters: "Filters", any_of: "Sequence[Filters] | None") -> "Where":
        if not filters and any_of is None:
            return ()
        codec = self.__binding__.codec
        where: Where = _filters.conditions(codec, filters)
        return where if any_of is None else (*where, _filters.alternatives(codec, any_of))


class ViewHandle(Handle[RowT]):
    """The rows of a view in one scope: they can be read and nothing else."""

    __slots__ = ()

    if not TYPE_CHECKING:  # a checker that saw this would believe in any attribute

        def __getattr__(self, name: str) -> object:
            if hasattr(TableHandle, f"_{name}") or name.startswith("delete_"):
                raise AttributeError(f"{self.__binding__.codec.name} is a view: it can be read, not written")
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")


class TableHandle(Handle[RowT]):
    """The rows of a table in one scope."""

    __slots__ = ()

    def _new(self, values: Values) -> RowT:
        binding = self.__binding__
        made = binding.codec.model(**binding.codec.by_column(values))
        BINDING.set(made, binding)
        return made

    def _find(self, key: tuple[object, ...], include: "Include" = ()) -> RowT | None:
        binding = self.__binding__
        if include or binding.hooks or monotonic() >= binding.watch.due:
            return binding.find(key, include)
        row = binding.connection.look_up(binding.codec.lookup, key)
        return None if row is None else binding.bound_one(row)

    def _get(self, key: tuple[object, ...], include: "Include" = ()) -> RowT:
        found = self._find(key, include)
        if found is None:
            raise _storing.not_found(self.__binding__, key)
        return found

    def _iterate(
        self,
        filters: "Filters",
        any_of: "Sequence[Filters] | None" = None,
        batch_size: int = 1000,
        include: "Include" = (),
    ) -> Iterator[RowT]:
        binding = self.__binding__
        if not binding.codec.key:
            raise no_key(binding.codec)
        if batch_size < 1:
            raise QueryError(f"batch_size is 1 or more, not {batch_size!r}")
        return self._batches(self._where(filters, any_of), batch_size, include)

    def _batches(self, where: "Where", batch_size: int, include: "Include") -> Iterator[RowT]:
        binding = self.__binding__
        key = binding.codec.table.key
        after: Where = ()
        while True:
            found = binding.read(binding.select((*where, *after), key, batch_size), include)
            yield from found
            if len(found) < batch_size:
                return
            after = _filters.after(key, _storing.key_of(found[-1], STATE.get(found[-1]), binding.codec))

    def _create(self, values: Values) -> RowT:
        binding = self.__binding__
        return self._made(binding.insert(binding.codec.new_rows((values,))))[0]

    def _bulk_create(self, rows: Iterable[Values]) -> list[RowT]:
        binding = self.__binding__
        new = binding.codec.new_rows(list(rows))
        return self._made(binding.insert(new)) if new else []

    def _upsert(self, on: Ordering, values: Values) -> RowT:
        binding = self.__binding__
        fields = (on,) if isinstance(on, str) else tuple(on)
        if not fields:
            raise QueryError(f"upsert of {binding.codec.name} needs the columns of a unique key, such as on='id'")
        conflict = tuple(map(binding.codec.column, fields))
        missing = [field for field in fields if field not in values]
        if missing:
            raise QueryError(f"upsert of {binding.codec.name} on {missing[0]!r} needs a value for it")
        return self._made(binding.insert(binding.codec.new_rows((values,)), conflict))[0]

    def _made(self, rows: list[Row]) -> list[RowT]:
        made = self.__binding__.bound(rows)
        _storing.unsave_on_rollback(made, self.__binding__)
        return made

    def _update_where(self, values: Values, filters: "Filters", any_of: "Sequence[Filters] | None" = None) -> int:
        binding = self.__binding__
        where = self._restriction(filters, any_of, "update_where")
        changes = binding.codec.changes(values)
        if not changes:
            raise QueryError(f"update_where of {binding.codec.name} needs at least one column to set")
        return binding.update_many(changes, where)

    def _delete_where(self, filters: "Filters", any_of: "Sequence[Filters] | None" = None) -> int:
        return self.__binding__.delete(self._restriction(filters, any_of, "delete_where"))

    def _restriction(self, filters: "Filters", any_of: "Sequence[Filters] | None", method: str) -> "Where":
        where = self._where(filters, any_of)
        if not where:
            model = self.__binding__.codec.name
            raise QueryError(f"{method} of {model} needs a filter; without one it would touch every row")
        return where
