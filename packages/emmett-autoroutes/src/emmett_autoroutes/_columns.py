"""What is known of a table and its columns, without the database. Imports nothing of Emmett."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "integer",
    "float",
    "decimal",
    "boolean",
    "string",
    "text",
    "password",
    "date",
    "time",
    "datetime",
    "json",
    "upload",
    "list_integer",
    "list_string",
    "reference",
    "inside",
]

INT32 = (-(2**31), 2**31 - 1)
INT64 = (-(2**63), 2**63 - 1)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a model's table.

    Attributes:
        name: Its name in the model.
        kind: How its values are read and written; `inside` stays in the server (blobs, geometry, lists of
            keys).
        type: Its type in Emmett's words: `decimal(9,2)`, `reference authors`.
        label: The field's label.
        help: The field's comment.
        required: It must be given, and must not be blank.
        nullable: It may be null.
        has_default: Emmett fills it in when it is left out.
        readable: The model lets it be read.
        writable: The model lets it be written.
        unique: No two rows share a value.
        length: The most characters of a text; 0 is no limit of its own.
        scale: Digits after the point of a decimal.
        bounds: Least and greatest integer that the database takes.
        references: The table that a reference points to.
        key_kind: For a reference, the kind of key it holds.
        choices: Values and labels, when the model's validation allows only these.
        is_key: It is the primary key.
        is_computed: Emmett computes it from other columns.
    """

    name: str
    kind: Kind
    type: str
    label: str
    help: str = ""
    required: bool = False
    nullable: bool = True
    has_default: bool = False
    readable: bool = True
    writable: bool = True
    unique: bool = False
    length: int = 0
    scale: int = 0
    bounds: tuple[int, int] = INT64
    references: str | None = None
    key_kind: Kind = "integer"
    choices: tuple[tuple[str, str], ...] | None = None
    is_key: bool = False
    is_computed: bool = False

    @property
    def is_usable(self) -> bool:
        """Whether pages or REST can do anything with it."""
        return self.kind != "inside"

    @property
    def is_shown(self) -> bool:
        """Whether its values may leave the server at all."""
        return self.is_key or (self.readable and self.kind not in {"inside", "password"})

    @property
    def is_comparable(self) -> bool:
        """Whether it can be sorted and filtered by."""
        return self.is_shown and self.kind not in {"json", "list_integer", "list_string", "upload"}


@dataclass(frozen=True, slots=True)
class Dependant:
    """A reference of another table (or the same one) to a table.

    Attributes:
        tablename: The table that refers.
        column: Its reference column.
        on_delete: `cascade`, `nullify` or `nothing`: what becomes of its rows.
    """

    tablename: str
    column: str
    on_delete: Literal["cascade", "nullify", "nothing"]


@dataclass(frozen=True, slots=True)
class TableFacts:
    """A model's table.

    Attributes:
        model: The model's class name.
        tablename: The table's name.
        columns: In the order of the model, the key included.
        keys: The primary key columns; only tables with exactly one can have auto routes.
        label_format: The model's own `format`, a `%(column)s` text or a function of the row.
    """

    model: str
    tablename: str
    columns: tuple[Column, ...]
    keys: tuple[str, ...]
    label_format: object = None

    @property
    def key(self) -> Column:
        """The primary key."""
        return next(column for column in self.columns if column.name == self.keys[0])

    @property
    def left_out(self) -> tuple[Column, ...]:
        """The columns that stay inside."""
        return tuple(column for column in self.columns if not column.is_usable)

    def column(self, name: str) -> Column:
        """Return the column *name*."""
        return next(column for column in self.columns if column.name == name)
