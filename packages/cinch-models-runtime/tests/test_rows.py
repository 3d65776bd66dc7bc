"""Rows → objects: timestamps of 0.1, values that do not fit, and what a codec knows."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, ClassVar
from uuid import UUID

import pytest
from annotated_types import MaxLen
from shop_by_hand import CinchModels, create_models

from cinch_client import CinchDB, InvalidValueError, connect
from cinch_models_runtime import Field, Json, Model, Table, TableHandle, from_database
from cinch_models_runtime._binding import Binding
from cinch_models_runtime._rows import codec_of

Execute = Callable[..., None]


@pytest.fixture
def execute(project: Path) -> Execute:
    """Writes to the tenant `main` past this package, as CinchDB 0.1 or anybody could."""
    [file] = project.glob(".cinchdb/shop-main/*/main.db")

    def run(sql: str, *parameters: object) -> None:
        with closing(sqlite3.connect(file)) as connection, connection:
            connection.execute(sql, parameters)

    return run


INSERT = "INSERT INTO users (id, created_at, updated_at, name) VALUES (?, ?, ?, ?)"


@pytest.fixture
def mixed(execute: Execute) -> None:
    execute(INSERT, "a", "2024-05-01T10:00:00.123456+00:00", None, "aware")
    execute(INSERT, "b", "2024-05-01T10:00:00.123456", "2024-05-02T10:00:00", "naive")
    execute(INSERT, "c", "2024-05-01 10:00:00", "2024-05-01T12:00:00+02:00", "from CURRENT_TIMESTAMP")


@pytest.mark.usefixtures("mixed")
def test_naive_timestamps_are_utc_when_the_connection_says_so(project: Path):
    with connect("shop", project_dir=project, naive_timestamps="utc") as db:
        models = create_models(db)
        found = [models.Users.get("a"), models.Users.get("b"), models.Users.get("c")]
        assert models.Users.select(order_by="id") == found
    assert [user.created_at for user in found] == [
        datetime(2024, 5, 1, 10, 0, 0, 123456, tzinfo=UTC),
        datetime(2024, 5, 1, 10, 0, 0, 123456, tzinfo=UTC),
        datetime(2024, 5, 1, 10, 0, 0, tzinfo=UTC),
    ]
    assert [user.updated_at for user in found] == [
        None,
        datetime(2024, 5, 2, 10, tzinfo=UTC),
        datetime(2024, 5, 1, 10, tzinfo=UTC),
    ]


@pytest.mark.usefixtures("mixed")
def test_naive_timestamps_are_local_otherwise(models: CinchModels):
    local = datetime(2024, 5, 1, 10, 0, 0, 123456).astimezone()
    found = models.Users.get("b")
    assert found.created_at == local
    assert found.created_at.utcoffset() == timedelta(0)


@pytest.mark.usefixtures("mixed")
def test_a_naive_row_can_be_saved_and_refreshed(models: CinchModels):
    user = models.Users.get("b")
    user.update(age=1)
    assert user.refresh().age == 1
    assert user == models.Users.select(id="b")[0]
    assert user.delete()


UNREADABLE = [
    ("created_at", "yesterday", "Input should be a valid datetime"),
    ("age", "old", "Input should be a valid integer"),
    ("role", "king", "Input should be 'admin' or 'member'"),
    ("settings", "{", "it is no JSON: Expecting property name"),
]


@pytest.mark.parametrize(("column", "value", "why"), UNREADABLE, ids=[f"{c}={v}" for c, v, _ in UNREADABLE])
def test_a_stored_value_that_does_not_fit_names_its_place(
    models: CinchModels, execute: Execute, column: str, value: object, why: str
):
    user = models.Users.create(id="a", name="Ann")
    models.Users.create(id="b", name="Bob")
    execute(f"UPDATE users SET {column} = ? WHERE id = 'a'", value)
    message = f"users.{column} holds {value!r}, which does not fit Users.{column}: {why}"
    for read in (lambda: models.Users.select(), lambda: models.Users.find_by_id("a"), user.refresh):
        with pytest.raises(InvalidValueError) as caught:
            read()
        assert str(caught.value).startswith(message)
        assert caught.value.column == column
    assert models.Users.get("b").name == "Bob"


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Things(Model):
    """A model with the richer types that a text column may be declared to hold."""

    __table__: ClassVar[Table] = Table("log", key=("at",))

    when: datetime = Field(validation_alias="at", serialization_alias="at")
    message: Annotated[str, MaxLen(5)]


class Rich(Model):
    """Every richer type at once."""

    __table__: ClassVar[Table] = Table("rich", key=("id",))

    id: UUID
    price: Decimal
    colour: Colour | None = None
    document: Json
    extra: Json | None = None
    total: float = from_database("the total")


class RichHandle(TableHandle[Rich], model=Rich):
    """Its handle, as short as one can be."""

    __slots__ = ()


class ThingsHandle(TableHandle[Things], model=Things):
    """Its handle, as short as one can be."""

    __slots__ = ()


def handle_of(models: CinchModels, kind: Any) -> Any:
    """Bind a handle class that no registry knows."""
    binding = models.Users.__binding__
    return kind(Binding(models, codec_of(kind.__model__), binding.connection, binding.watch, binding.hooks))


@pytest.fixture
def rich(execute: Execute, models: CinchModels) -> Any:
    columns = "id TEXT PRIMARY KEY, price TEXT, colour TEXT, document TEXT, extra TEXT, 'the total' REAL DEFAULT 2"
    execute(f"CREATE TABLE rich ({columns})")
    return handle_of(models, RichHandle)


ID = UUID("01a1fff2-0448-7c03-b974-b697ef0553a4")


def test_rich_types_are_written_and_read(rich: Any, db: CinchDB):
    made = rich._create({"id": ID, "price": Decimal("1.10"), "colour": "blue", "document": None, "extra": None})
    assert (made.id, made.price, made.colour, made.document, made.extra, made.total) == (
        ID,
        Decimal("1.10"),
        Colour.BLUE,
        None,
        None,
        2.0,
    )
    assert db.query("SELECT * FROM rich") == [
        {"id": str(ID), "price": "1.10", "colour": "blue", "document": "null", "extra": None, "the total": 2.0}
    ]
    assert rich._find((ID,)) == made
    made.price = Decimal("2.20")
    made.document = {"a": 1}
    assert made.save().price == Decimal("2.20")
    assert rich._count({"colour": Colour.BLUE, "price": Decimal("2.20"), "document": {"a": 1}}) == 1
    assert made.delete()


def test_a_bad_rich_value_is_refused_before_it_is_written(rich: Any):
    with pytest.raises(InvalidValueError, match=r"^Rich.colour cannot take 'green': Input should be 'red' or 'blue'$"):
        rich._create({"id": ID, "price": 1, "document": 1, "colour": "green"})
    assert rich._count({}) == 0


def test_a_key_of_a_rich_type_is_found_as_it_is_stored(models: CinchModels, execute: Execute):
    execute("INSERT INTO log VALUES ('2024-05-01T10:00:00', 'one'), ('2024-05-01T12:00:00+02:00', 'two')")
    things = handle_of(models, ThingsHandle)
    for thing in things._select({}):
        thing.message = thing.message.upper()
        thing.save()
    assert sorted(thing.message for thing in things._iterate({}, None, 1)) == ["ONE", "TWO"]
    with pytest.raises(InvalidValueError, match=r"^Things.message cannot take 'longer'"):
        things._create({"when": datetime.now(UTC), "message": "longer"})


class Confusing(Model):
    """Fields that are named like other fields' columns."""

    __table__: ClassVar[Table] = Table("confusing", key=("class_",))

    class_: str = Field(validation_alias="class", serialization_alias="class")
    class_2: str = Field(validation_alias="class_", serialization_alias="class_")


class ConfusingHandle(TableHandle[Confusing], model=Confusing):
    """Its handle, as short as one can be."""

    __slots__ = ()


def test_a_field_is_not_taken_for_the_column_of_another(models: CinchModels, execute: Execute, db: CinchDB):
    execute("CREATE TABLE confusing (class TEXT, class_ TEXT PRIMARY KEY)")
    confusing = handle_of(models, ConfusingHandle)
    for made in (
        confusing._create({"class_": "a", "class_2": "1"}),
        confusing._new({"class_": "a", "class_2": "2"}).save(),
    ):
        assert made.class_ == "a"
        made._update({"class_": "b"})
    assert db.query("SELECT class, class_ FROM confusing ORDER BY 2") == [
        {"class": "b", "class_": "1"},
        {"class": "b", "class_": "2"},
    ]
    assert confusing._find(("2",)).class_ == "b"


def test_a_not_a_number_in_stored_json_does_not_block_the_row(models: CinchModels, execute: Execute):
    user = models.Users.create(id="a", name="Ann", settings={})
    execute("UPDATE users SET settings = '[NaN]'")
    user.refresh()
    user.update(age=1)
    assert models.Users.get("a").age == 1
