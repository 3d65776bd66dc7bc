"""What a user writes to define a table: columns, references and indexes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cinch_client._errors import ConfigurationError
from cinch_client._names import AUTOMATIC_COLUMNS, check_name
from cinch_client._schema import ColumnType, ForeignKeyAction

_TYPES: dict[str, ColumnType] = {
    "TEXT": "TEXT",
    "STRING": "TEXT",
    "STR": "TEXT",
    "VARCHAR": "TEXT",
    "CHAR": "TEXT",
    "INTEGER": "INTEGER",
    "INT": "INTEGER",
    "REAL": "REAL",
    "FLOAT": "REAL",
    "DOUBLE": "REAL",
    "BLOB": "BLOB",
    "BYTES": "BLOB",
    "BINARY": "BLOB",
    "NUMERIC": "NUMERIC",
    "BOOLEAN": "BOOLEAN",
    "BOOL": "BOOLEAN",
}
_ACTIONS: tuple[ForeignKeyAction, ...] = ("CASCADE", "SET NULL", "RESTRICT", "NO ACTION")


@dataclass(frozen=True, slots=True)
class ForeignKeyRef:
    """What a column refers to.

    Args:
        table: An existing table, or the one being created.
        column: A column there that is its primary key or unique.
        on_delete: ``CASCADE``, ``SET NULL``, ``RESTRICT`` or ``NO ACTION``.
        on_update: The same, for a change of that key.

    Raises:
        ConfigurationError: An action is none of these, or a name is not allowed.
    """

    table: str
    column: str = "id"
    on_delete: ForeignKeyAction = "RESTRICT"
    on_update: ForeignKeyAction = "RESTRICT"

    def __post_init__(self) -> None:
        for action in (self.on_delete, self.on_update):
            if action not in _ACTIONS:
                raise ConfigurationError(f"{action!r} is not a foreign key action; use one of {', '.join(_ACTIONS)}")


@dataclass(frozen=True, slots=True)
class Column:
    """A column to create; ``id``, ``created_at`` and ``updated_at`` come by themselves.

    Args:
        name: Lower-case letters, digits and ``_``, a letter first.
        type: ``TEXT``, ``INTEGER``, ``REAL``, ``BLOB``, ``NUMERIC`` or ``BOOLEAN``, or one of the aliases ``str``,
            ``string``, ``varchar``, ``char``, ``int``, ``float``, ``double``, ``bytes``, ``binary``, ``bool``, in
            any case. The attribute holds the type, never the alias.
        nullable: Whether NULL can be stored.
        default: The default as an SQL expression: ``"'n/a'"``, ``"0"``, ``"CURRENT_TIMESTAMP"``.
        unique: Whether no two rows may agree.
        foreign_key: What it refers to.

    Raises:
        InvalidNameError: The name is not allowed.
        ConfigurationError: The name is one of the automatic columns, or the type is unknown.
    """

    name: str
    type: str
    nullable: bool = True
    default: str | None = None
    unique: bool = False
    foreign_key: ForeignKeyRef | None = None

    def __post_init__(self) -> None:
        check_name(self.name, "column")
        if self.name in AUTOMATIC_COLUMNS:
            raise ConfigurationError(f"every table has a column {self.name!r} already; leave it out")
        kind = _TYPES.get(self.type.upper())
        if kind is None:
            raise ConfigurationError(
                f"{self.type!r} is not a column type; use TEXT, INTEGER, REAL, BLOB, NUMERIC or BOOLEAN"
            )
        object.__setattr__(self, "type", kind)


@dataclass(frozen=True, slots=True)
class Index:
    """An index to create together with its table.

    Args:
        columns: One column or more, in the order of the index.
        name: Its name; ``idx_<table>_<columns>``, or ``uniq_…`` for a unique one, by default.
        unique: Whether no two rows may agree in all its columns.
    """

    columns: Sequence[str]
    name: str | None = None
    unique: bool = False


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant of one branch.

    Attributes:
        name: Its name.
        database: The database it belongs to.
        branch: The branch it belongs to.
        description: What was said when it was created, or None.
        is_main: Whether it is the tenant that every branch has from the start.
        materialized: Whether it has a file of its own; one that was never written to has none.
    """

    name: str
    database: str
    branch: str
    description: str | None = None
    is_main: bool = False
    materialized: bool = False


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """Something that was done to the schema of a branch.

    Attributes:
        id: Its id; the same on every branch that it came to.
        type: What was done: ``create_table``, ``add_column``, ``drop_view`` …
        entity_type: ``table``, ``column``, ``view`` or ``index``.
        entity_name: The name of that.
        details: What else is recorded, or None.
        sql: The statement, or None.
        branch: The branch that it was made on.
        applied: Whether it was carried out.
        created_at: When it was recorded.
    """

    id: str
    type: str
    entity_type: str
    entity_name: str
    details: Mapping[str, object] | None
    sql: str | None
    branch: str | None
    applied: bool
    created_at: datetime
