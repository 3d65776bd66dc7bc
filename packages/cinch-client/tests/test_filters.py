"""Filters as keywords, and hostile names and values that never become SQL."""

import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, cast

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cinch_client import (
    AnyOf,
    CinchDB,
    Condition,
    Count,
    Delete,
    Insert,
    InvalidValueError,
    Operator,
    QueryError,
    Select,
    TableNotFoundError,
    Update,
)
from cinch_client._filters import where

SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def shop(lasting_shop: CinchDB) -> CinchDB:
    lasting_shop.execute(Delete("users"))
    return lasting_shop


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, ()),
        ({"age": 1}, (Condition("age", "eq", 1),)),
        ({"age__gte": 1, "name__like": "a%"}, (Condition("age", "gte", 1), Condition("name", "like", "a%"))),
        ({"age__gte__eq": 1}, (Condition("age__gte", "eq", 1),)),
        ({"__in": 1}, (Condition("__in", "eq", 1),)),
        ({"a___in": 1}, (Condition("a_", "in", 1),)),
    ],
)
def test_a_key_is_a_column_and_maybe_an_operator(filters: dict[str, object], expected: tuple[Condition, ...]) -> None:
    assert where(filters) == expected


def test_or_makes_one_alternative_of_each() -> None:
    assert where({"a": 1, "b__gt": 2}, "OR") == (AnyOf(((Condition("a", "eq", 1),), (Condition("b", "gt", 2),))),)


@pytest.mark.parametrize("key", ["age__", "age__GTE", "age__regex", "a__b", "age__gte ", "age__gte__or"])
def test_an_unknown_operator_is_refused_with_those_there_are(key: str) -> None:
    with pytest.raises(QueryError, match="ends with no operator; use one of between, contains, endswith, eq, gt,"):
        where({key: 1})


@pytest.mark.parametrize("operator", ["and", "XOR", "OR 1=1", None])
def test_filters_are_joined_by_and_or_or(operator: object) -> None:
    with pytest.raises(QueryError, match="filters are joined by 'AND' or 'OR'"):
        where({"a": 1}, cast("Literal['AND', 'OR']", operator))


# What defect D18 of 0.1 let through.
HOSTILE_KEYS = [
    "name = 'ann' --",
    "1=0 UNION SELECT 'id','c','u',name,sql FROM sqlite_master --",
    "age = 77, age_gt",
    'name" = 1 OR "1',
    "name`",
    "users.name",
    '"users"."name"',
    "NAME",
    "name ",
    "rowid",
    "",
    "*",
    "name\x00",
    "\ud800",
]


@pytest.mark.parametrize("key", HOSTILE_KEYS, ids=ascii)
def test_hostile_keys_are_unknown_columns(shop: CinchDB, key: str) -> None:
    shop.insert("users", {"name": "ann", "age": 1})
    for attempt in (
        lambda: shop.delete_where("users", "AND", **{key: 1}),
        lambda: shop.update_where("users", {"age": 2}, "AND", **{key: 1}),
        lambda: shop.update_where("users", {key: 2}, name="ann"),
        lambda: shop.insert("users", {key: 1}),
        lambda: shop.execute(Select("users", (key,))),
        lambda: shop.execute(Select("users", ("age",), (), (key,))),
        lambda: shop.execute(Select("users", ("age",), (AnyOf(((Condition(key, "eq", 1),),)),))),
        lambda: shop.execute(Insert("users", ({"age": 1},), (key,))),
        lambda: shop.execute(Insert("users", ({"age": 1},), (), (key,))),
        lambda: shop.execute(Update("users", {"age": 1}, (), (key,))),
    ):
        with pytest.raises(QueryError, match="'users' has no column"):
            attempt()
    assert shop.query("SELECT name, age FROM users") == [{"name": "ann", "age": 1}]


@pytest.mark.parametrize("table", ["users where 1=1 --", 'users"', "USERS", "main.users", "", "users\x00", "\ud800"])
def test_hostile_tables_are_unknown_tables(shop: CinchDB, table: str) -> None:
    shop.insert("users", {"name": "ann", "age": 1})
    for attempt in (
        lambda: shop.delete_where(table, name="x"),
        lambda: shop.insert(table, {"name": "x"}),
        lambda: shop.execute(Select(table)),
        lambda: shop.execute(Count(table)),
    ):
        with pytest.raises(TableNotFoundError):
            attempt()
    assert shop.execute(Count("users")) == 1


def test_tables_of_the_system_are_out_of_reach(shop: CinchDB) -> None:
    for table in ("sqlite_master", "sqlite_schema", "sqlite_sequence", "__kv"):
        with pytest.raises(TableNotFoundError):
            shop.execute(Select(table))


# --- against plain Python ---------------------------------------------------------------------------------------------

NAMES = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), min_size=1, max_size=12)
HOSTILE_TEXTS = st.text(st.sampled_from("aA%_*?[]^-'\"\\;ä\n 0"), max_size=6)
ODD_NAMES = NAMES | HOSTILE_TEXTS.filter(bool) | st.sampled_from([*HOSTILE_KEYS[:4], "select", "a__gte", "-a", "id "])


def folded(name: str) -> str:
    return "".join(c.lower() if c.isascii() else c for c in name)


def is_free(name: str) -> bool:
    return not folded(name).startswith(("sqlite_", "__"))


@SETTINGS
@given(
    table=ODD_NAMES.filter(is_free),
    columns=st.lists(ODD_NAMES, min_size=2, max_size=5, unique_by=folded),
    texts=st.lists(HOSTILE_TEXTS, min_size=5, max_size=5),
)
@example(table='a"b', columns=['"', "'", "-", "--"], texts=["'", '"', "--", ";", "\\"])
@example(table="select", columns=["a", "-a", "group", "a__gte"], texts=["1", "2", "3", "4", "5"])
def test_any_name_and_text_is_only_a_name_and_a_text(
    db: CinchDB,
    raw: Callable[[Path], sqlite3.Connection],
    file_of: Callable[..., Path],
    table: str,
    columns: list[str],
    texts: list[str],
) -> None:
    def quoted(name: str) -> str:
        return '"' + name.replace('"', '""') + '"'

    row: dict[str, object] = dict(zip(columns, texts, strict=False))
    first = columns[0]
    other = raw(file_of())
    other.execute(f"CREATE TABLE {quoted(table)} ({', '.join(f'{quoted(name)} TEXT' for name in columns)})")
    try:
        assert db.insert(table, row) == row
        assert db.execute(Select(table)) == [row]
        assert db.execute(Select(table, tuple(columns[::-1]), (), tuple(columns))) == [row]
        for name, text in row.items():
            for operator in ("eq", "contains", "startswith", "endswith", "gte"):
                assert db.execute(Count(table, (Condition(name, operator, text),))) == 1
            assert db.execute(Count(table, (Condition(name, "in", [text]),))) == 1
            assert db.execute(Count(table, (Condition(name, "ne", text),))) == 0
        assert db.execute(Update(table, {first: "new"}, (Condition(first, "eq", row[first]),), (first,))) == [
            {first: "new"}
        ]
        assert db.execute(Delete(table, (Condition(first, "eq", "new"),))) == 1
    finally:
        other.execute(f"DROP TABLE {quoted(table)}")
        other.close()


TEXT_VALUES = st.none() | HOSTILE_TEXTS
NUMBER_VALUES = st.none() | st.integers(-3, 3)
BOOLEAN_VALUES = st.none() | st.booleans()
FILLED = st.fixed_dictionaries({"name": TEXT_VALUES, "age": NUMBER_VALUES, "active": BOOLEAN_VALUES})


def conditions() -> st.SearchStrategy[Condition]:
    columns = {"name": TEXT_VALUES, "age": NUMBER_VALUES, "active": BOOLEAN_VALUES}
    compared = ("gt", "gte", "lt", "lte")
    every = [
        *(st.builds(Condition, st.just(n), st.sampled_from(["eq", "ne"]), v) for n, v in columns.items()),
        *(
            st.builds(Condition, st.just(n), st.sampled_from(["in", "not_in"]), st.lists(v, max_size=3))
            for n, v in columns.items()
        ),
        *(
            st.builds(Condition, st.just(n), st.sampled_from(compared), v.filter(lambda value: value is not None))
            for n, v in columns.items()
        ),
        st.builds(Condition, st.sampled_from(list(columns)), st.just("isnull"), st.booleans()),
        st.builds(Condition, st.just("age"), st.just("between"), st.tuples(st.integers(-3, 3), st.integers(-3, 3))),
        st.builds(Condition, st.just("name"), st.sampled_from(["contains", "startswith", "endswith"]), HOSTILE_TEXTS),
    ]
    return st.one_of(every)


def holds(condition: Condition, row: Mapping[str, object]) -> bool:
    """What a condition means, in plain Python."""
    found, value = row[condition.column], condition.value
    operator: Operator = condition.operator
    if operator == "isnull":
        return (found is None) == value
    if operator in {"eq", "ne"}:
        return (found == value) == (operator == "eq")
    if operator in {"in", "not_in"}:
        return (found in cast("list[object]", value)) == (operator == "in")
    if found is None:
        return False
    if isinstance(found, str):
        one, other = found.encode(), value.encode() if isinstance(value, str) else b""
        tests = {
            "contains": other in one,
            "startswith": one.startswith(other),
            "endswith": one.endswith(other),
            "gt": one > other,
            "gte": one >= other,
            "lt": one < other,
            "lte": one <= other,
        }
        return tests[operator]
    number = cast("int", found)
    if operator == "between":
        low, high = cast("tuple[int, int]", value)
        return low <= number <= high
    limit = cast("int", value)
    return {"gt": number > limit, "gte": number >= limit, "lt": number < limit, "lte": number <= limit}[operator]


@settings(SETTINGS, max_examples=120)
@given(
    rows=st.lists(FILLED, max_size=8),
    terms=st.lists(conditions(), max_size=3),
    either=st.none() | st.lists(st.lists(conditions(), max_size=2), max_size=3),
    window=st.tuples(st.none() | st.integers(0, 4), st.integers(0, 3)),
)
def test_filters_mean_what_python_means(
    shop: CinchDB,
    rows: list[dict[str, object]],
    terms: list[Condition],
    either: list[list[Condition]] | None,
    window: tuple[int | None, int],
) -> None:
    shop.execute(Delete("users"))
    numbered = [{**row, "score": float(number)} for number, row in enumerate(rows)]
    shop.execute(Insert("users", tuple(numbered)))
    clause: tuple[Condition | AnyOf, ...] = tuple(terms)
    if either is not None:
        clause += (AnyOf(tuple(map(tuple, either))),)
    expected = [
        row
        for row in numbered
        if all(holds(term, row) for term in terms)
        and (either is None or any(all(holds(term, row) for term in alternative) for alternative in either))
    ]
    limit, offset = window
    shown = ("name", "age", "active", "score")
    assert shop.execute(Select("users", shown, clause, ("score",))) == expected
    assert shop.execute(Count("users", clause)) == len(expected)
    last = None if limit is None else offset + limit
    assert shop.execute(Select("users", shown, clause, ("score",), limit, offset)) == expected[offset:last]
    assert shop.execute(Update("users", {"photo": b"x"}, clause)) == len(expected)
    assert shop.execute(Delete("users", clause)) == len(expected)
    assert shop.execute(Count("users")) == len(rows) - len(expected)


@SETTINGS
@given(key=st.text(max_size=12), value=st.none() | st.integers() | st.text(max_size=5) | st.lists(st.integers()))
def test_any_filter_is_understood_or_refused(shop: CinchDB, key: str, value: object) -> None:
    shop.execute(Delete("users"))
    shop.insert("users", {"name": "kept", "age": 10**6})
    try:
        found = shop.execute(Count("users", where({key: value})))
    except (QueryError, InvalidValueError):
        found = 0
    assert found in (0, 1)
    assert shop.query("SELECT name FROM users") == [{"name": "kept"}]
