"""What is going to be generated, as frozen values: every decision is made, nothing is spelled yet."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from cinch_codegen._types import PythonType

Default: TypeAlias = Literal["required", "none", "database", "new_id"]
"""Where the value of a field comes from when a new object does not say."""

SUFFIXES = ("", "Handle", "Filters", "Create", "Update", "AnyOf", "Order", "Relation", "Include", "Key")
"""What follows the class name in the names that a module defines."""


@dataclass(frozen=True, slots=True)
class NameRecord:
    """The names that one table or view got, so that it keeps them when others arrive.

    Attributes:
        class_name: Its class, or "" when a setting decides that.
        module: Its module, or "" likewise.
        fields: Column → field, where the two differ.
        relations: What identifies a relation → its attribute.
    """

    class_name: str = ""
    module: str = ""
    fields: Mapping[str, str] = field(default_factory=dict[str, str])
    relations: Mapping[str, str] = field(default_factory=dict[str, str])


NameRecords: TypeAlias = Mapping[str, NameRecord]
"""Table or view → its names."""


@dataclass(frozen=True, slots=True)
class FieldPlan:
    """One column as a field.

    Attributes:
        column: The column's name.
        name: The field's name.
        type: The type of its values, None aside.
        nullable: Whether None is one of them; never in a primary key, although SQLite would let it be.
        default: Where the value comes from when a new object does not say.
        writable: Whether it can be written at all.
        alias: The name of its ``Literal``, or "" when it has none.
    """

    column: str
    name: str
    type: PythonType
    nullable: bool
    default: Default
    writable: bool = True
    alias: str = ""


@dataclass(frozen=True, slots=True)
class RelationPlan:
    """Rows of another table, or of the same, that go with a row.

    Attributes:
        name: The attribute.
        table: The other table.
        class_name: Its class.
        module: The module of that class.
        columns: Columns of this table.
        references: The columns of the other table that are equal to them.
        own: Whether the columns of this table refer to those of the other.
        many: Whether there may be several.
        optional: Whether there may be none; of no meaning with *many*.
        identity: What it is recorded under.
    """

    name: str
    table: str
    class_name: str
    module: str
    columns: tuple[str, ...]
    references: tuple[str, ...]
    own: bool
    many: bool
    optional: bool
    identity: str


@dataclass(frozen=True, slots=True)
class ModelPlan:
    """One module: the model of a table or view and its handle.

    Attributes:
        relation: The table or view.
        class_name: The model's class.
        module: The module's name.
        fields: In the table's order.
        view: Whether it is a view: read-only, without a key.
        key: The fields of the primary key, in key order; () without one.
        unique: The fields that are, alone or together, a unique key.
        relations: In the order of their names.
    """

    relation: str
    class_name: str
    module: str
    fields: tuple[FieldPlan, ...]
    view: bool = False
    key: tuple[FieldPlan, ...] = ()
    unique: tuple[FieldPlan, ...] = ()
    relations: tuple[RelationPlan, ...] = ()

    @property
    def helpers(self) -> frozenset[str]:
        """What the module defines beside the types of its fields."""
        return frozenset(self.class_name + suffix for suffix in SUFFIXES)


@dataclass(frozen=True, slots=True)
class PackagePlan:
    """A whole package.

    Attributes:
        package: Its name.
        database: The database it is made from.
        fingerprint: That of the schema.
        models: In the order of their class names.
        names: What to record.
        singular: Whether those names were made with classes in the singular.
        notices: What was left out, and why; a sentence each.
        version: The version of the distribution, None for a package alone.
        command: What makes the package again.
    """

    package: str
    database: str
    fingerprint: str
    models: tuple[ModelPlan, ...]
    names: NameRecords
    singular: bool = False
    notices: tuple[str, ...] = ()
    version: str | None = None
    command: str = ""
