"""Values on their way into columns and back."""

import datetime as dt
import enum
import math
import os
import re
import time
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import cast

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cinch_client import (
    CinchDB,
    Condition,
    Count,
    Delete,
    Insert,
    InvalidValueError,
    Select,
    connect,
    new_id,
    parse_timestamp,
)

SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
COLUMNS = ("name", "age", "score", "active", "photo", "price")


@pytest.fixture
def shop(lasting_shop: CinchDB) -> CinchDB:
    lasting_shop.execute(Delete("users"))
    return lasting_shop


class Color(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


class Word(enum.StrEnum):
    YES = "yes"


class Text(str):
    __slots__ = ()


STORED: list[tuple[str, object, object]] = [
    ("name", "", ""),
    ("name", "plain", "plain"),
    ("name", "a\x00b", "a\x00b"),
    ("name", "\N{COMBINING ACUTE ACCENT}\U0001f600\u202e\ufeff\uffff", "\u0301\U0001f600\u202e\ufeff\uffff"),
    ("name", "'; DROP TABLE users; --", "'; DROP TABLE users; --"),
    ("name", Text("sub"), "sub"),
    ("name", Color.RED, "red"),
    ("name", Word.YES, "yes"),
    ("name", dt.date(2024, 2, 29), "2024-02-29"),
    ("name", dt.time(1, 2, 3), "01:02:03"),
    ("name", uuid.UUID(int=5), "00000000-0000-0000-0000-000000000005"),
    ("name", Decimal("1.50"), "1.50"),
    ("name", dt.datetime(2024, 5, 1, 10, tzinfo=dt.UTC), "2024-05-01T10:00:00.000000+00:00"),
    (
        "name",
        dt.datetime(2024, 5, 1, 1, 0, 0, 7, tzinfo=dt.timezone(dt.timedelta(hours=9))),
        "2024-04-30T16:00:00.000007+00:00",
    ),
    ("age", 0, 0),
    ("age", 2**63 - 1, 2**63 - 1),
    ("age", -(2**63), -(2**63)),
    ("age", True, 1),
    ("age", Level.HIGH, 3),
    ("score", 1.5, 1.5),
    ("score", 3, 3.0),
    ("score", math.inf, math.inf),
    ("score", -math.inf, -math.inf),
    ("score", 5e-324, 5e-324),
    ("score", Decimal("0.5"), 0.5),
    ("score", 1e300, 1e300),
    ("active", True, True),
    ("active", False, False),
    ("active", 1, True),
    ("active", 0, False),
    ("photo", b"", b""),
    ("photo", b"\x00\xff'", b"\x00\xff'"),
    ("photo", bytearray(b"ab"), b"ab"),
    ("photo", memoryview(b"ab"), b"ab"),
    ("price", 7, 7),
    ("price", 2**63 - 1, 2**63 - 1),
    ("price", 1.25, 1.25),
    ("price", Decimal("9.99"), 9.99),
    ("price", Decimal("1E+2"), 100),
    ("price", Decimal(1234567890123456789), 1234567890123456789),
]


@pytest.mark.parametrize(("column", "given_value", "stored"), STORED, ids=lambda value: repr(value)[:40])
def test_what_is_given_is_what_is_stored(shop: CinchDB, column: str, given_value: object, stored: object) -> None:
    answer = shop.insert("users", {column: given_value})
    read = shop.execute(Select("users", (column,)))[0]
    assert (answer[column], type(answer[column])) == (stored, type(stored))
    assert (read[column], type(read[column])) == (stored, type(stored))
    assert shop.execute(Count("users", (Condition(column, "eq", given_value),))) == 1
    assert shop.execute(Count("users", (Condition(column, "in", [given_value]),))) == 1
    shop.execute(Insert("users", ({column: None},)))
    changed = shop.update("users", {"id": answer["id"], column: given_value})
    assert (changed[column], type(changed[column])) == (stored, type(stored))


@pytest.mark.parametrize("column", COLUMNS)
def test_none_is_null_in_every_column(shop: CinchDB, column: str) -> None:
    assert shop.insert("users", {column: None})[column] is None
    assert shop.query(f"SELECT {column} FROM users") == [{column: None}]


REFUSED: list[tuple[str, object, str]] = [
    ("name", 1, "column 'name' (TEXT) cannot take 1: it takes str, not int"),
    ("name", True, "column 'name' (TEXT) cannot take True: it takes str, not bool"),
    ("name", b"x", "column 'name' (TEXT) cannot take b'x': it takes str, not bytes"),
    ("name", {"a": 1}, "column 'name' (TEXT) cannot take {'a': 1}: it takes str, not dict"),
    ("name", ["x"], "it takes str, not list"),
    ("name", "\ud800", "lone surrogate"),
    ("name", object, "it takes str, not type"),
    ("name", Decimal("NaN"), "it takes str, not Decimal"),
    ("name", dt.datetime.min.replace(tzinfo=dt.timezone(dt.timedelta(hours=1))), "column 'name' (TEXT) cannot take"),
    ("age", "1", "column 'age' (INTEGER) cannot take '1': it takes int, not str"),
    ("age", 1.0, "it takes int, not float"),
    ("age", 2**63, "it does not fit into 64 bits"),
    ("age", -(2**63) - 1, "it does not fit into 64 bits"),
    ("age", b"1", "it takes int, not bytes"),
    ("score", "1.5", "column 'score' (REAL) cannot take '1.5': it takes float, not str"),
    ("score", math.nan, "column 'score' (REAL) cannot take nan: NaN cannot be stored"),
    ("score", True, "it takes float, not bool"),
    ("score", Decimal("sNaN"), "it takes float, not Decimal"),
    ("active", 2, "column 'active' (BOOLEAN) cannot take 2: it takes True or False"),
    ("active", "false", "it takes True or False"),
    ("active", 1.0, "it takes True or False"),
    ("photo", "x", "column 'photo' (BLOB) cannot take 'x': it takes bytes, not str"),
    ("photo", 1, "it takes bytes, not int"),
    ("price", "1", "column 'price' (NUMERIC) cannot take '1': it takes int, float or Decimal, not str"),
    ("price", math.nan, "NaN cannot be stored"),
    ("price", Decimal("12345678901234567.89"), "SQLite would round it to 15 digits; use a TEXT column"),
    ("score", Decimal("0.1234567890123456"), "SQLite would round it to 15 digits; use a TEXT column"),
    ("price", Decimal("Infinity"), "it takes int, float or Decimal, not Decimal"),
    ("price", True, "it takes int, float or Decimal, not bool"),
    ("price", 2**64, "it does not fit into 64 bits"),
    ("name", 10**100, "column 'name' (TEXT) cannot take 1000"),
]


@pytest.mark.parametrize(("column", "value", "message"), REFUSED, ids=lambda value: repr(value)[:40])
def test_what_a_column_cannot_take_is_refused_by_name(shop: CinchDB, column: str, value: object, message: str) -> None:
    row = shop.insert("users", {})
    for write in (
        lambda: shop.insert("users", {column: value}),
        lambda: shop.insert("users", {column: None}, {column: value}),
        lambda: shop.update("users", {"id": row["id"], column: value}),
        lambda: shop.update_where("users", {column: value}, id=row["id"]),
    ):
        with pytest.raises(InvalidValueError, match=re.escape(message)) as caught:
            write()
        if "surrogate" not in message:
            assert caught.value.column == column
    assert shop.query("SELECT count(*) AS n FROM users WHERE name IS NULL") == [{"n": 1}]


def test_a_refused_value_is_shown_in_short(shop: CinchDB) -> None:
    with pytest.raises(InvalidValueError) as caught:
        shop.insert("users", {"age": "x" * 10_000})
    assert len(str(caught.value)) < 150


TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
VALUES = {
    "name": TEXTS,
    "age": st.integers(-(2**63), 2**63 - 1),
    "score": st.floats(allow_nan=False) | st.integers(-(2**53), 2**53),
    "active": st.booleans(),
    "photo": st.binary(max_size=30),
    "price": st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False),
}


@SETTINGS
@given(row=st.fixed_dictionaries({}, optional={name: values | st.none() for name, values in VALUES.items()}))
@example(row={"price": 1e16, "score": -0.0, "age": -(2**63)})
@example(row={"price": 9.3e18, "score": 1e17})
def test_every_row_comes_back_as_it_was_given(shop: CinchDB, row: dict[str, object]) -> None:
    answer = shop.insert("users", row)
    where = (Condition("id", "eq", answer["id"]),)
    read = shop.execute(Select("users", COLUMNS, where))[0]
    expected = {name: row.get(name) for name in COLUMNS}
    assert read == expected
    assert {name: answer[name] for name in COLUMNS} == expected
    by_sql = shop.query("SELECT name, age, score, active, photo, price FROM users WHERE id = ?", [answer["id"]])
    assert by_sql == [expected]
    for name, value in row.items():
        assert shop.execute(Count("users", (*where, Condition(name, "eq", value)))) == 1
        assert shop.execute(Count("users", (*where, Condition(name, "in", [value])))) == 1
        assert shop.execute(Count("users", (*where, Condition(name, "ne", value)))) == 0


@SETTINGS
@given(moment=st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2999, 1, 1), timezones=st.timezones()))  # noqa: DTZ001 - hypothesis adds the zone
def test_aware_moments_round_trip(shop: CinchDB, moment: dt.datetime) -> None:
    text = cast("str", shop.insert("users", {"name": moment})["name"])
    assert parse_timestamp(text) == moment.astimezone(dt.UTC)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00", text)


# --- timestamps -------------------------------------------------------------------------------------------------------


@pytest.fixture
def tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let this machine stand in Tokyo, nine hours before UTC."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def utc(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=dt.UTC)  # type: ignore[arg-type, misc]


@pytest.mark.usefixtures("tokyo")
def test_naive_timestamps_are_local_time_or_utc_as_the_connection_says(shop: CinchDB) -> None:
    naive = dt.datetime(2024, 5, 1, 10, 0)  # noqa: DTZ001 - what is tested
    as_utc = connect("main", project_dir=shop.project_dir, naive_timestamps="utc")
    with as_utc:
        assert shop.insert("users", {"name": naive})["name"] == "2024-05-01T01:00:00.000000+00:00"
        assert as_utc.insert("users", {"name": naive})["name"] == "2024-05-01T10:00:00.000000+00:00"
        stored = {"created_at": "2024-05-01T10:00:00.123456", "updated_at": "2024-05-01T10:00:00+05:00"}
        assert shop.insert("users", stored)["created_at"] == utc(2024, 5, 1, 1, 0, 0, 123456)
        assert as_utc.insert("users", stored)["created_at"] == utc(2024, 5, 1, 10, 0, 0, 123456)
        assert as_utc.insert("users", stored)["updated_at"] == utc(2024, 5, 1, 5)
    assert parse_timestamp("2024-05-01T10:00:00") == utc(2024, 5, 1, 1)
    assert parse_timestamp("2024-05-01T10:00:00", "utc") == utc(2024, 5, 1, 10)
    assert parse_timestamp("2024-05-01 10:00", "utc") == utc(2024, 5, 1, 10)
    assert parse_timestamp("2024-05-01T10:00:00Z") == utc(2024, 5, 1, 10)
    assert parse_timestamp("2024-05-01T10:00:00+09:00") == utc(2024, 5, 1, 1)


@pytest.mark.usefixtures("tokyo")
def test_automatic_timestamps_are_this_moment_in_utc_with_microseconds(shop: CinchDB) -> None:
    before = dt.datetime.now(dt.UTC)
    row = shop.insert("users", {})
    after = dt.datetime.now(dt.UTC)
    created = cast("dt.datetime", row["created_at"])
    assert before - dt.timedelta(microseconds=1) <= created <= after
    assert created.tzinfo is dt.UTC
    assert row["updated_at"] == created
    text = shop.query("SELECT created_at FROM users")[0]["created_at"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00", cast("str", text))


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2024-13-01", "2024-05-01T25:00", "0001-01-01T00:00+14:00", "9999-12-31T23:59-10:00"]
)
def test_what_is_no_timestamp_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError, match=re.escape(repr(text))):
        parse_timestamp(text)


def test_text_that_is_no_timestamp_stays_text(shop: CinchDB) -> None:
    assert shop.insert("users", {"created_at": "long ago"})["created_at"] == "long ago"
    assert shop.execute(Count("users")) == 1


# --- ids --------------------------------------------------------------------------------------------------------------


def test_ids_are_uuids_of_version_7_of_this_moment() -> None:
    before = time.time_ns() // 1_000_000
    text = new_id()
    after = time.time_ns() // 1_000_000
    parsed = uuid.UUID(text)
    assert str(parsed) == text
    assert (parsed.version, parsed.variant) == (7, uuid.RFC_4122)
    assert before <= parsed.int >> 80 <= after


def test_ids_differ_and_sort_by_the_time_they_were_made() -> None:
    ids = [new_id() for _ in range(20_000)]
    assert len(set(ids)) == 20_000
    # Ids of one quarter of a microsecond are in no order: compare what counts the time.
    times = [text[:18] for text in ids]
    assert times == sorted(times)


def test_forked_processes_make_different_ids() -> None:
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, "".join(new_id() for _ in range(100)).encode())
        os._exit(0)
    os.waitpid(child, 0)
    theirs = os.read(read, 3600).decode()
    os.close(read)
    os.close(write)
    assert {new_id() for _ in range(100)}.isdisjoint({theirs[at : at + 36] for at in range(0, 3600, 36)})


def test_an_id_can_be_given_and_a_missing_one_is_made(shop: CinchDB) -> None:
    assert shop.insert("users", {"id": "mine"})["id"] == "mine"
    made = shop.insert("users", {"id": None, "created_at": None, "updated_at": None})
    assert uuid.UUID(cast("str", made["id"])).version == 7
    assert isinstance(made["created_at"], dt.datetime)
    with pytest.raises(InvalidValueError, match="column 'id'"):
        shop.insert("users", {"id": 5})
