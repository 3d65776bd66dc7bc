"""What each operation does, with expectations written out."""

import itertools
import re
import sqlite3
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import cast

import pytest

from cinch_client import (
    AnyOf,
    CinchDB,
    Condition,
    Count,
    Delete,
    Insert,
    InvalidValueError,
    Lookup,
    Operator,
    QueryError,
    RecordNotFoundError,
    Select,
    TableNotFoundError,
    Update,
)

INFINITY = float("inf")
ROWS = (
    {"age": 1, "name": "apple", "score": 1.5, "active": True, "photo": b"\x00\xff", "price": 10},
    {"age": 2, "name": "Apple", "score": -0.5, "active": False, "photo": b"", "price": Decimal("9.99")},
    {"age": 3, "name": "50%_off", "score": INFINITY, "active": None, "photo": None, "price": None},
    {"age": 4, "name": None, "score": None, "active": True, "photo": b"abc", "price": 0},
    {"age": 5, "name": "a*b?c[d]e", "score": 2.0**53, "active": False, "photo": b"ABC", "price": 10.5},
    {"age": 6, "name": "Äpfel", "score": 0.0, "active": None, "photo": b"abc\x00", "price": -1},
    {"age": 7, "name": "", "score": -INFINITY, "active": True, "photo": b"b", "price": 2**63 - 1},
    {"age": None, "name": "nobody\nhere", "score": 1e-300, "active": False, "photo": None, "price": 1},
)
"""``age`` numbers the rows; the last has none and is called 8 below."""


@pytest.fixture
def fruit(shop: CinchDB) -> CinchDB:
    shop.execute(Insert("users", ROWS))
    return shop


def numbers(db: CinchDB, *where: Condition | AnyOf) -> list[int]:
    rows = db.execute(Select("users", ("age",), where))
    return sorted(cast("int", row["age"] or 8) for row in rows)


CASES: list[tuple[str, Operator, object, list[int]]] = [
    ("name", "eq", "apple", [1]),
    ("name", "eq", "", [7]),
    ("name", "eq", None, [4]),
    ("active", "eq", True, [1, 4, 7]),
    ("active", "eq", False, [2, 5, 8]),
    ("active", "eq", None, [3, 6]),
    ("active", "eq", 1, [1, 4, 7]),
    ("score", "eq", 1.5, [1]),
    ("score", "eq", INFINITY, [3]),
    ("score", "eq", 0, [6]),
    ("photo", "eq", b"", [2]),
    ("photo", "eq", b"abc", [4]),
    ("price", "eq", 10, [1]),
    ("price", "eq", 10.0, [1]),
    ("price", "eq", Decimal("9.990"), [2]),
    ("price", "eq", 2**63 - 1, [7]),
    ("age", "eq", 1.0, [1]),
    ("name", "ne", "apple", [2, 3, 4, 5, 6, 7, 8]),
    ("name", "ne", None, [1, 2, 3, 5, 6, 7, 8]),
    ("active", "ne", False, [1, 3, 4, 6, 7]),
    ("active", "ne", True, [2, 3, 5, 6, 8]),
    ("photo", "ne", b"abc", [1, 2, 3, 5, 6, 7, 8]),
    ("age", "gt", 5, [6, 7]),
    ("age", "gt", 4.5, [5, 6, 7]),
    ("age", "gte", 5, [5, 6, 7]),
    ("age", "lt", 2, [1]),
    ("age", "lte", 2, [1, 2]),
    ("score", "lt", -INFINITY, []),
    ("score", "lte", -INFINITY, [7]),
    ("score", "gt", 2**53 - 1, [3, 5]),
    ("name", "gt", "a*b", [1, 5, 6, 8]),
    ("photo", "gte", b"abc", [4, 6, 7]),
    ("active", "gt", False, [1, 4, 7]),
    ("price", "lt", Decimal(1), [4, 6]),
    ("name", "in", [], []),
    ("name", "in", ["apple", "Äpfel", "nobody\nhere"], [1, 6, 8]),
    ("name", "in", ["apple", None], [1, 4]),
    ("name", "in", [None], [4]),
    ("name", "in", ("'", '"', "\\", "apple"), [1]),
    ("name", "in", {"apple"}, [1]),
    ("name", "in", ["apple\x00", "apple"], [1]),
    ("age", "in", [1, 2, 2, 99], [1, 2]),
    ("age", "in", [None, 1, None], [1, 8]),
    ("age", "in", [True], [1]),
    ("score", "in", [1.5, INFINITY, None, None], [1, 3, 4]),
    ("score", "in", [0], [6]),
    ("photo", "in", [b"abc", b"", None], [2, 3, 4, 8]),
    ("photo", "in", [bytearray(b"abc")], [4]),
    ("active", "in", [False], [2, 5, 8]),
    ("active", "in", [True, None], [1, 3, 4, 6, 7]),
    ("price", "in", [Decimal("9.99"), Decimal("10.0")], [1, 2]),
    ("price", "in", [2**63 - 1, -1], [6, 7]),
    ("age", "in", [-(2**63), 2**63 - 1], []),
    ("name", "not_in", [], [1, 2, 3, 4, 5, 6, 7, 8]),
    ("name", "not_in", ["apple"], [2, 3, 4, 5, 6, 7, 8]),
    ("name", "not_in", ["apple", None], [2, 3, 5, 6, 7, 8]),
    ("name", "not_in", [None], [1, 2, 3, 5, 6, 7, 8]),
    ("score", "not_in", [1.5], [2, 3, 4, 5, 6, 7, 8]),
    ("score", "not_in", [1.5, None], [2, 3, 5, 6, 7, 8]),
    ("active", "not_in", [False], [1, 3, 4, 6, 7]),
    ("name", "like", "a%", [1, 5]),
    ("name", "like", "_pple", [1, 2]),
    ("name", "like", "_pfel", [6]),
    ("name", "like", "APPLE", []),
    ("name", "like", "%*%", [5]),
    ("name", "like", "%?%", [5]),
    ("name", "like", "%[d]%", [5]),
    ("name", "like", "%]e", [5]),
    ("name", "like", "a*e", []),
    ("name", "like", "%", [1, 2, 3, 5, 6, 7, 8]),
    ("name", "like", "", [7]),
    ("name", "ilike", "APPLE", [1, 2]),
    ("name", "ilike", "aPP%", [1, 2]),
    ("name", "ilike", "äpfel", []),
    ("name", "ilike", "ÄPFEL", [6]),
    ("name", "ilike", "%*b?c[d]%", [5]),
    ("name", "contains", "ppl", [1, 2]),
    ("name", "contains", "PPL", []),
    ("name", "contains", "%_", [3]),
    ("name", "contains", "*b?c[d]", [5]),
    ("name", "contains", "Ä", [6]),
    ("name", "contains", "", [1, 2, 3, 5, 6, 7, 8]),
    ("name", "contains", "\n", [8]),
    ("name", "startswith", "a", [1, 5]),
    ("name", "startswith", "a*", [5]),
    ("name", "startswith", "50%", [3]),
    ("name", "startswith", "_", []),
    ("name", "startswith", "[", []),
    ("name", "startswith", "", [1, 2, 3, 5, 6, 7, 8]),
    ("name", "endswith", "e", [1, 2, 5, 8]),
    ("name", "endswith", "]e", [5]),
    ("name", "endswith", "%_off", [3]),
    ("name", "endswith", "?", []),
    ("age", "between", (2, 4), [2, 3, 4]),
    ("age", "between", [4, 2], []),
    ("score", "between", (-0.5, 1.5), [1, 2, 6, 8]),
    ("name", "between", ("A", "a"), [2]),
    ("photo", "between", (b"abc", b"abc\x00"), [4, 6]),
    ("name", "isnull", True, [4]),
    ("name", "isnull", False, [1, 2, 3, 5, 6, 7, 8]),
    ("active", "isnull", True, [3, 6]),
]


@pytest.mark.parametrize(("column", "operator", "value", "expected"), CASES, ids=lambda value: repr(value)[:30])
def test_each_operator_finds(
    fruit_of_the_module: CinchDB, column: str, operator: Operator, value: object, expected: list[int]
) -> None:
    where = Condition(column, operator, value)
    assert numbers(fruit_of_the_module, where) == expected
    assert fruit_of_the_module.execute(Count("users", (where,))) == len(expected)


@pytest.fixture(scope="module")
def fruit_of_the_module(lasting_shop: CinchDB) -> CinchDB:
    lasting_shop.execute(Insert("users", ROWS))
    return lasting_shop


@pytest.mark.parametrize("order", list(itertools.permutations([None, False, True])), ids=repr)
def test_what_was_asked_before_does_not_matter(fruit_of_the_module: CinchDB, order: tuple[bool | None, ...]) -> None:
    expected = {None: [3, 6], False: [2, 5, 8], True: [1, 4, 7]}
    fruit = fruit_of_the_module.with_tenant("main")
    assert [numbers(fruit, Condition("active", "eq", value)) for value in order] == [expected[v] for v in order]


def test_a_wrong_value_is_refused_also_when_a_right_one_was_asked_before(fruit_of_the_module: CinchDB) -> None:
    for right in (True, False):
        numbers(fruit_of_the_module, Condition("age", "isnull", right))
        for wrong in (0, 1, None, "yes"):
            with pytest.raises(QueryError, match="takes True or False"):
                numbers(fruit_of_the_module, Condition("age", "isnull", wrong))
    for right in (False, 0):
        numbers(fruit_of_the_module, Condition("age", "gt", right))
        with pytest.raises(InvalidValueError, match="cannot be compared with None"):
            numbers(fruit_of_the_module, Condition("age", "gt", None))


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        (
            Condition("agee", "eq", 1),
            "'users' has no column 'agee'; did you mean 'age'? its columns are id, created_at,",
        ),
        (Condition("", "eq", 1), "'users' has no column ''"),
        (Condition("rowid", "eq", 1), "'users' has no column 'rowid'"),
        (Condition("age; DROP TABLE users", "eq", 1), "has no column 'age; DROP TABLE users'"),
        (Condition("age", cast("Operator", "is"), 1), "'is' is not an operator of a condition; use one of eq, ne, gt,"),
        (Condition("age", "in", 1), "'in' takes a list, tuple or set of values, not 1"),
        (Condition("name", "in", "apple"), "'in' takes a list, tuple or set of values, not 'apple'"),
        (Condition("photo", "not_in", b"x"), "'not_in' takes a list, tuple or set of values, not b'x'"),
        (Condition("age", "in", {1: 2}), "'in' takes a list, tuple or set of values, not {1: 2}"),
        (Condition("age", "between", 1), "'between' on 'age' takes a pair (low, high), not 1"),
        (Condition("age", "between", (1, 2, 3)), "'between' on 'age' takes a pair (low, high)"),
        (Condition("age", "between", (1, None)), "'between' on 'age' takes a pair (low, high)"),
        (Condition("age", "isnull", 1), "'isnull' on 'age' takes True or False, not 1"),
        (Condition("age", "isnull", None), "'isnull' on 'age' takes True or False, not None"),
    ],
)
def test_a_condition_that_says_nothing_is_refused(shop: CinchDB, condition: Condition, message: str) -> None:
    with pytest.raises(QueryError, match=re.escape(message)):
        shop.execute(Select("users", ("age",), (condition,)))


@pytest.mark.parametrize("operator", ["gt", "gte", "lt", "lte"])
def test_none_has_no_order(shop: CinchDB, operator: Operator) -> None:
    with pytest.raises(InvalidValueError, match="'age' cannot be compared with None") as caught:
        shop.execute(Count("users", (Condition("age", operator, None),)))
    assert caught.value.column == "age"


@pytest.mark.parametrize("operator", ["like", "ilike", "startswith", "endswith"])
def test_a_pattern_with_nul_is_refused_instead_of_cut(fruit: CinchDB, operator: Operator) -> None:
    with pytest.raises(InvalidValueError, match="cannot look for text with NUL"):
        numbers(fruit, Condition("name", operator, "apple\x00%"))


def test_contains_finds_nul(shop: CinchDB) -> None:
    shop.insert("users", {"age": 1, "name": "a\x00b"}, {"age": 2, "name": "ab"})
    assert numbers(shop, Condition("name", "contains", "\x00b")) == [1]


@pytest.mark.parametrize("value", [1, None, b"a", ["a"]], ids=repr)
def test_a_pattern_is_text(shop: CinchDB, value: object) -> None:
    with pytest.raises(InvalidValueError, match="a pattern is a str"):
        numbers(shop, Condition("name", "contains", value))


def test_conditions_are_joined_by_and(fruit: CinchDB) -> None:
    assert numbers(fruit, Condition("active", "eq", True), Condition("age", "gt", 1)) == [4, 7]


def test_any_of_is_or_between_alternatives_and_and_within(fruit: CinchDB) -> None:
    either = AnyOf(
        (
            (Condition("name", "eq", "apple"), Condition("active", "eq", True)),
            (Condition("name", "isnull", True),),
            (Condition("age", "in", [6, 7]), Condition("score", "in", [0.0, None])),
        )
    )
    assert numbers(fruit, either) == [1, 4, 6]
    assert numbers(fruit, either, Condition("age", "ne", 4)) == [1, 6]
    assert numbers(fruit, Condition("age", "lt", 5), either, AnyOf(((Condition("age", "eq", 1),),))) == [1]


def test_no_alternative_is_never_true_and_an_empty_one_always(fruit: CinchDB) -> None:
    assert numbers(fruit, AnyOf(())) == []
    assert numbers(fruit, AnyOf(((),))) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_every_column_is_read_in_the_order_of_the_table(fruit: CinchDB) -> None:
    row = fruit.execute(Select("users", where=(Condition("age", "eq", 1),)))[0]
    assert list(row) == ["id", "created_at", "updated_at", "name", "age", "score", "active", "photo", "price"]
    assert (row["name"], row["active"], row["photo"], row["price"]) == ("apple", True, b"\x00\xff", 10)


def test_columns_come_in_the_order_asked_for(fruit: CinchDB) -> None:
    rows = fruit.execute(Select("users", ("active", "age"), (Condition("age", "eq", 3),)))
    assert rows == [{"active": None, "age": 3}]
    assert list(rows[0]) == ["active", "age"]


def ages(db: CinchDB, *order_by: str, limit: int | None = None, offset: int = 0) -> list[object]:
    return [row["age"] for row in db.execute(Select("users", ("age",), (), order_by, limit, offset))]


def test_order(fruit: CinchDB) -> None:
    assert ages(fruit, "age") == [None, 1, 2, 3, 4, 5, 6, 7]
    assert ages(fruit, "-age") == [7, 6, 5, 4, 3, 2, 1, None]
    assert ages(fruit, "-active", "score") == [4, 7, 1, 2, None, 5, 6, 3]
    assert ages(fruit, "name")[:3] == [4, 7, 3]


def test_limit_and_offset(fruit: CinchDB) -> None:
    assert ages(fruit, "age", limit=2) == [None, 1]
    assert ages(fruit, "age", limit=2, offset=3) == [3, 4]
    assert ages(fruit, "age", offset=6) == [6, 7]
    assert ages(fruit, "age", offset=99) == []
    assert ages(fruit, "age", limit=0) == []
    assert ages(fruit, "age", limit=0, offset=1) == []
    assert ages(fruit, "age", limit=99) == [None, 1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("window", [-1, 1.0, "1", True, "1; DROP TABLE users"], ids=repr)
def test_a_window_is_a_number_of_rows(shop: CinchDB, window: object) -> None:
    with pytest.raises(QueryError, match="limit is an int of 0 or more"):
        ages(shop, limit=cast("int", window))
    with pytest.raises(QueryError, match="offset is an int of 0 or more"):
        ages(shop, offset=cast("int", window))


@pytest.mark.parametrize("term", ["--age", "", "-", "age desc", "nope", "1", "+age"])
def test_order_by_what_is_no_column_is_refused(shop: CinchDB, term: str) -> None:
    with pytest.raises(QueryError, match="has no column"):
        ages(shop, term)


def test_a_column_whose_name_begins_with_minus_is_addressed_by_it(
    db: CinchDB, raw: Callable[[Path], sqlite3.Connection], file_of: Callable[..., Path]
) -> None:
    raw(file_of()).execute('CREATE TABLE odd (a, "-a")')
    db.execute(Insert("odd", ({"a": 1, "-a": 8}, {"a": 2, "-a": 9})))
    order = {term: [row["a"] for row in db.execute(Select("odd", ("a",), (), (term,)))] for term in ("a", "-a", "--a")}
    assert order == {"a": [1, 2], "-a": [1, 2], "--a": [2, 1]}


def test_unknown_tables_are_named_with_those_there_are(shop: CinchDB) -> None:
    shop.create_view("adults", "SELECT name FROM users WHERE age > 17")
    for operation in (Select("user"), Count("user"), Insert("user", ({},)), Update("user", {"a": 1}), Delete("user")):
        with pytest.raises(TableNotFoundError, match="there is no table or view 'user'; there are: adults, users"):
            shop.execute(operation)


def test_a_view_is_read_and_never_written(shop: CinchDB) -> None:
    shop.create_view("adults", "SELECT name, age, active FROM users WHERE age > 17")
    shop.insert("users", {"name": "a", "age": 18, "active": True}, {"name": "b", "age": 17})
    assert shop.execute(Select("adults")) == [{"name": "a", "age": 18, "active": True}]
    assert shop.execute(Count("adults", (Condition("active", "eq", True),))) == 1
    for operation in (Insert("adults", ({"name": "c"},)), Update("adults", {"name": "c"}), Delete("adults")):
        with pytest.raises(QueryError, match="'adults' is a view: it can be read, not written"):
            shop.execute(operation)


def test_update_tells_how_many_or_gives_the_rows(fruit: CinchDB) -> None:
    changed = fruit.execute(Update("users", {"name": "x", "active": True}, (Condition("age", "lt", 3),)))
    assert changed == 2
    rows = fruit.execute(
        Update("users", {"score": 7}, (Condition("age", "eq", 1),), ("age", "name", "active", "score"))
    )
    assert rows == [{"age": 1, "name": "x", "active": True, "score": 7.0}]
    assert fruit.execute(Update("users", {"name": "y"}, (Condition("age", "eq", 99),), ("age",))) == []
    assert fruit.execute(Update("users", {"name": "all"})) == 8


def test_update_of_nothing_is_refused(fruit: CinchDB) -> None:
    with pytest.raises(QueryError, match="nothing to change in 'users'"):
        fruit.execute(Update("users", {}))


def test_every_update_moves_updated_at_unless_it_is_given(fruit: CinchDB) -> None:
    before = fruit.execute(Select("users", ("updated_at", "created_at"), (Condition("age", "eq", 1),)))[0]
    after = cast(
        "list[dict[str, str]]",
        fruit.execute(Update("users", {"age": 1}, (Condition("age", "eq", 1),), ("updated_at", "created_at"))),
    )[0]
    assert after["created_at"] == before["created_at"]
    assert after["updated_at"] > cast("str", before["updated_at"])
    fruit.update_where("users", {"updated_at": "2020-01-01T00:00:00.000000+00:00"}, age=1)
    assert fruit.query("SELECT updated_at FROM users WHERE age = 1") == [
        {"updated_at": "2020-01-01T00:00:00.000000+00:00"}
    ]


def test_delete_tells_how_many(fruit: CinchDB) -> None:
    assert fruit.execute(Delete("users", (Condition("age", "in", [1, 2, 99]),))) == 2
    assert fruit.execute(Delete("users", (Condition("age", "eq", 1),))) == 0
    assert fruit.execute(Delete("users")) == 6


def test_lookup_reads_one_row_by_its_key(fruit: CinchDB) -> None:
    lookup = Lookup("users", ("age", "active"), ("name",))
    assert fruit.look_up(lookup, ("apple",)) == {"age": 1, "active": True}
    assert fruit.look_up(lookup, ("pear",)) is None
    assert fruit.look_up(Lookup("users", ("name",), ("age", "active")), (7, True)) == {"name": ""}


@pytest.mark.parametrize("key", [(), ("a", "b")], ids=repr)
def test_a_lookup_needs_its_whole_key(shop: CinchDB, key: tuple[str, ...]) -> None:
    with pytest.raises(QueryError, match=r"the key of this table is \(name\)"):
        shop.look_up(Lookup("users", ("age",), ("name",)), key)


def test_a_lookup_checks_its_names_and_values(shop: CinchDB) -> None:
    with pytest.raises(QueryError, match="has no column 'nme'"):
        shop.look_up(Lookup("users", ("age",), ("nme",)), ("x",))
    with pytest.raises(TableNotFoundError):
        shop.look_up(Lookup("user", ("age",), ("name",)), ("x",))
    with pytest.raises(InvalidValueError, match="column 'name'"):
        shop.look_up(Lookup("users", ("age",), ("name",)), (1,))


def test_a_lookup_with_none_finds_nothing(fruit: CinchDB) -> None:
    assert fruit.look_up(Lookup("users", ("age",), ("name",)), (None,)) is None


def test_one_lookup_serves_tenants_of_different_schemas(
    shop: CinchDB, raw: Callable[[Path], sqlite3.Connection], file_of: Callable[..., Path]
) -> None:
    shop.create_tenant("other", lazy=False)
    raw(file_of("other")).executescript("DROP TABLE users; CREATE TABLE users (age TEXT, name TEXT)")
    other = shop.with_tenant("other")
    shop.insert("users", {"name": "a", "age": 1})
    other.execute(Insert("users", ({"name": "a", "age": "one"},)))
    lookup = Lookup("users", ("age",), ("name",))
    assert [shop.look_up(lookup, ("a",)), other.look_up(lookup, ("a",))] == [{"age": 1}, {"age": "one"}]


# --- rows as dicts ----------------------------------------------------------------------------------------------------


def test_update_by_id_gives_the_stored_row(shop: CinchDB) -> None:
    row = shop.insert("users", {"name": "a", "age": 1})
    changed = shop.update("users", {"id": row["id"], "age": 2})
    assert changed["age"] == 2
    assert changed["name"] == "a"
    assert changed["created_at"] == row["created_at"]


def test_update_of_several_is_all_or_none(shop: CinchDB) -> None:
    first, second = shop.insert("users", {"age": 1}, {"age": 2})
    assert [
        row["age"] for row in shop.update("users", {"id": first["id"], "age": 3}, {"id": second["id"], "age": 4})
    ] == [
        3,
        4,
    ]
    with pytest.raises(RecordNotFoundError, match="'users' has no row with the id 'ghost'; nothing was changed"):
        shop.update("users", {"id": first["id"], "age": 9}, {"id": "ghost", "age": 9})
    assert ages(shop, "age") == [3, 4]
    assert shop.update("users") == []


def test_update_needs_ids(shop: CinchDB) -> None:
    with pytest.raises(QueryError, match="needs the 'id' of each row"):
        shop.update("users", {"age": 1})


def test_delete_by_id(shop: CinchDB) -> None:
    first, second = shop.insert("users", {"age": 1}, {"age": 2})
    assert shop.delete("users") == 0
    assert shop.delete("users", first["id"], "ghost", None) == 1
    assert [row["id"] for row in shop.query("SELECT id FROM users")] == [second["id"]]


def test_update_where_and_delete_where_take_filters(fruit: CinchDB) -> None:
    assert fruit.update_where("users", {"name": "x"}, age__gte=6) == 2
    assert fruit.update_where("users", {"name": "y"}, "OR", age=1, active__isnull=True) == 3
    assert fruit.delete_where("users", name="y", age__lt=3) == 1
    assert fruit.delete_where("users", operator="OR", age=2, name="x") == 2
    assert ages(fruit, "age") == [None, 3, 4, 5, 6]


def test_writing_without_a_filter_is_refused(fruit: CinchDB) -> None:
    with pytest.raises(QueryError, match="would touch every row"):
        fruit.update_where("users", {"name": "x"})
    with pytest.raises(QueryError, match="would touch every row"):
        fruit.delete_where("users")
    assert fruit.execute(Count("users")) == 8


def test_a_table_without_id_has_no_update_by_id(
    db: CinchDB, raw: Callable[[Path], sqlite3.Connection], file_of: Callable[..., Path]
) -> None:
    raw(file_of()).execute("CREATE TABLE log (at TEXT, line TEXT)")
    assert db.insert("log", {"at": "now", "line": "x"}) == {"at": "now", "line": "x"}
    with pytest.raises(QueryError, match="'log' has no column 'id'"):
        db.update("log", {"id": 1, "line": "y"})
    with pytest.raises(QueryError, match="'log' has no column 'id'"):
        db.delete("log", 1)
    assert db.update_where("log", {"line": "y"}, at="now") == 1
    assert db.delete_where("log", line="y") == 1


def test_a_select_of_no_column_is_refused(shop: CinchDB) -> None:
    with pytest.raises(QueryError, match="nothing to read from 'users': name at least one column"):
        shop.execute(Select("users", columns=()))
