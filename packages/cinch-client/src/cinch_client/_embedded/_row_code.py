"""Functions between rows and dicts, generated for a list of columns.

Building a row from a dict display takes half the time of ``dict(zip(...))``, and checking a value's type in line a
third of calling a function for it; at 10,000 rows this is most of what an engine costs above SQLite. Only reprs of
names and numbered variables become source; everything else goes in through the namespace.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import cast

from cinch_client._errors import QueryError
from cinch_client._operations import Row
from cinch_client._schema import ColumnSchema, ColumnType
from cinch_client._values import NaiveTimestamps, Storable, encode, encode_comparison, new_id

BuildRows = Callable[[Iterable[Sequence[object]]], list[Row]]
BindKey = Callable[[Sequence[object]], Sequence[Storable]]
EncodeRow = Callable[[Mapping[str, object], str], list[Storable]]


def row_builder(
    columns: Sequence[ColumnSchema], *, order: Sequence[str] | None = None, returned: bool = False
) -> BuildRows:
    """Make the function that turns sequences of values into dicts of *columns*.

    Args:
        columns: What the dicts have, in order.
        order: The names of the values, if they are not those of *columns*; a column that is not among them is NULL.
        returned: Whether the rows were given back by a write. SQLite 3.40 gives numbers the affinity of another
            column there, an integer as 1.0 or a real number as 1, which is mended.
    """
    mends = _RETURNED if returned else _STORED
    names = [column.name for column in columns] if order is None else order
    variables = [f"v{position}" for position in range(len(names))]
    by_name = dict(zip(names, variables, strict=True))
    pairs = [
        f"{column.name!r}: {mends.get(column.type, '{0}').format(by_name.get(column.name, 'None'))}"
        for column in columns
    ]
    source = f"lambda rows: [{{{', '.join(pairs)}}} for {', '.join(variables)}, in rows]"
    known: dict[str, object] = {"__builtins__": {}, "boolean": _BOOLEANS, "type": type, "int": int, "float": float}
    return cast("BuildRows", eval(source, known))  # noqa: S307 - see the module


def row_encoder(
    columns: Sequence[ColumnSchema], given: Collection[str], filled: Collection[str], naive: NaiveTimestamps
) -> EncodeRow:
    """Make the function that turns a dict and the present moment into the parameters of a write.

    Args:
        columns: What is written, in order.
        given: The names of the dict's keys.
        filled: The automatic columns that are filled in where the dict has None; all that it has not are.
        naive: What a datetime without an offset means.
    """
    known: dict[str, object] = {f"c{position}": column for position, column in enumerate(columns)}
    for builtin in (type, str, bytes, int, float, bool):
        known[builtin.__name__] = builtin
    known |= {
        "__builtins__": {},
        "encode": encode,
        "naive": naive,
        "new_id": new_id,
        "low": -(2**63),
        "high": 2**63,
    }
    items: list[str] = []
    for position, column in enumerate(columns):
        filling = "new_id()" if column.name == "id" else "moment"
        if column.name not in given:
            items.append(filling)
            continue
        value = f"(v := row[{column.name!r}])"
        encoding = _FILLED if column.name in filled else _ENCODINGS.get(column.type, "v if {0} is None else {1}")
        items.append(encoding.format(value, f"encode(v, c{position}, naive)", filling))
    source = f"lambda row, moment: [{', '.join(items)}]"
    return cast("EncodeRow", eval(source, known))  # noqa: S307 - see the module


def key_encoder(columns: Sequence[ColumnSchema], naive: NaiveTimestamps) -> BindKey:
    """Make the function that turns the values of a key, one for each of *columns*, into parameters."""

    def bind(key: Sequence[object]) -> Sequence[Storable]:
        if len(key) != len(columns):
            names = ", ".join(column.name for column in columns)
            raise QueryError(f"the key of this table is ({names}); {len(key)} values do not make one")
        return [encode_comparison(value, column, naive) for value, column in zip(key, columns, strict=True)]

    def bind_text(key: Sequence[object]) -> Sequence[Storable]:
        return cast("tuple[str]", key) if len(key) == 1 and type(key[0]) is str else bind(key)

    return bind_text if [column.type for column in columns] == ["TEXT"] else bind


_FILLED = "{2} if {0} is None else v if type(v) is str else {1}"
_ENCODINGS: dict[ColumnType | None, str] = {
    "TEXT": "v if {0} is None or type(v) is str else {1}",
    "BLOB": "v if {0} is None or type(v) is bytes else {1}",
    "INTEGER": "v if {0} is None or type(v) is int and low <= v < high else {1}",
    "REAL": "v if {0} is None or type(v) is float and v == v else {1}",
    "BOOLEAN": "v if {0} is None else int(v) if type(v) is bool else {1}",
}


class _Booleans(dict[object, object]):
    """What an integer in a BOOLEAN column means; a foreign value that is no number stays what it is."""

    def __missing__(self, value: object) -> object:
        return value != 0 if isinstance(value, int | float) else value


_BOOLEANS = _Booleans({None: None, 0: False, 1: True})
_STORED: dict[ColumnType | None, str] = {"BOOLEAN": "boolean[{0}]"}
_WHOLE = "int({0}) if type({0}) is float and {0}.is_integer() and -9e18 < {0} < 9e18 else {0}"
_RETURNED: dict[ColumnType | None, str] = {
    **_STORED,
    "INTEGER": _WHOLE,
    "NUMERIC": _WHOLE,
    "REAL": "float({0}) if type({0}) is int else {0}",
}
