"""Writing through handles: create, bulk_create, upsert, update_where, delete_where, delete_records."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from shop_by_hand import CinchModels

from cinch_client import CinchDB, ConstraintError, InvalidValueError, QueryError


def test_create_sends_what_was_set_and_returns_what_is_stored(models: CinchModels, db: CinchDB):
    user = models.Users.create(name="Ann")
    assert (user.active, user.role, user.age) == (True, "member", None)
    assert user.created_at.tzinfo is not None
    assert db.query("SELECT id, active, role, age FROM users") == [
        {"id": user.id, "active": True, "role": "member", "age": None}
    ]


def test_every_kind_of_value_comes_back(models: CinchModels):
    user = models.Users.create(
        id="u1",
        name="Ünï ☃ \x00 '\"",
        email="a@example.com",
        age=-(2**63),
        active=False,
        role="admin",
        balance=0.1,
        settings={"list": [1, 2.5, None, True], "text": "ß"},
        avatar=b"\x00\xff",
        class_="x",
        created_at=datetime(2024, 5, 1, 12, 0, 0, 123456, tzinfo=UTC),
    )
    found = models.Users.get("u1")
    assert found == user
    assert found.model_dump(exclude={"updated_at"}) == {
        "id": "u1",
        "created_at": datetime(2024, 5, 1, 12, 0, 0, 123456, tzinfo=UTC),
        "name": "Ünï ☃ \x00 '\"",
        "email": "a@example.com",
        "age": -(2**63),
        "active": False,
        "role": "admin",
        "balance": 0.1,
        "settings": {"list": [1, 2.5, None, True], "text": "ß"},
        "avatar": b"\x00\xff",
        "class_": "x",
        "manager_id": None,
    }
    assert models.Orders.create(user_id="u1", total=3, due=date(2024, 2, 29)).due == date(2024, 2, 29)


def test_bulk_create_returns_the_rows_in_order(models: CinchModels):
    users = models.Users.bulk_create([{"name": "Ann", "age": 1}, {"name": "Bob"}, {"name": "Cid", "role": "admin"}])
    assert [(user.name, user.age, user.role) for user in users] == [
        ("Ann", 1, "member"),
        ("Bob", None, "member"),
        ("Cid", None, "admin"),
    ]
    assert models.Users.bulk_create([]) == []


def test_bulk_create_is_all_or_nothing(models: CinchModels):
    with pytest.raises(ConstraintError):
        models.Users.bulk_create([{"name": "Ann", "email": "x"}, {"name": "Bob", "email": "x"}])
    assert models.Users.count() == 0


def test_upsert_inserts_and_then_updates(models: CinchModels):
    first = models.Users.upsert(on="email", name="Ann", email="a@example.com", age=1)
    second = models.Users.upsert(on=["email"], name="Anna", email="a@example.com")
    assert (second.id, second.name, second.age) == (first.id, "Anna", 1)
    assert models.Users.count() == 1


def test_upsert_on_a_composite_key(models: CinchModels):
    order = models.Orders.create(user_id=models.Users.create(name="Ann").id, total=1)
    for quantity in (3, 4):
        models.OrderLines.upsert(on=("order_id", "line"), order_id=order.id, line=1, quantity=quantity)
    assert [(row.line, row.quantity, row.doubled) for row in models.OrderLines.select()] == [(1, 4, 8)]


@pytest.mark.parametrize(
    ("on", "message"),
    [
        ((), "upsert of Users needs the columns of a unique key, such as on='id'"),
        ("emial", "Users has no column 'emial'; did you mean 'email'?"),
        ("email", "upsert of Users on 'email' needs a value for it"),
    ],
    ids=["empty", "unknown", "without value"],
)
def test_upsert_without_a_usable_key_is_refused(models: CinchModels, on: Any, message: str):
    with pytest.raises(QueryError) as caught:
        models.Users.upsert(on=on, name="Ann")
    assert str(caught.value).startswith(message)


def test_update_where_counts_the_changed_rows(models: CinchModels):
    models.Users.bulk_create([{"name": "Ann", "age": 1}, {"name": "Bob", "age": 2}])
    assert models.Users.update_where({"class_": "x"}, age__lte=1) == 1
    assert models.Users.update_where({"class_": "y"}, any_of=[{"age": 1}, {"age": 2}]) == 2
    assert models.Users.update_where({"age": None}, age=7) == 0


@pytest.mark.parametrize("method", ["delete_where", "delete_records"])
def test_delete_counts_the_removed_rows(models: CinchModels, method: str):
    models.Users.bulk_create([{"name": "Ann", "age": 1}, {"name": "Bob", "age": 2}])
    assert getattr(models.Users, method)(age=2) == 1
    assert getattr(models.Users, method)(any_of=[{"age": 2}]) == 0
    assert [user.name for user in models.Users.select()] == ["Ann"]


def test_writing_without_a_filter_is_refused(models: CinchModels):
    models.Users.create(name="Ann")
    with pytest.raises(QueryError, match=r"^update_where of Users needs a filter; without one it would touch"):
        models.Users.update_where({"age": 1})
    with pytest.raises(QueryError, match=r"^delete_where of Users needs a filter; without one it would touch"):
        models.Users.delete_where()
    with pytest.raises(QueryError, match=r"^delete_where of Users needs a filter"):
        models.Users.delete_records()
    with pytest.raises(QueryError, match=r"^any_of of Users holds an empty filter, which every row passes"):
        models.Users.delete_where(any_of=[{}])
    with pytest.raises(QueryError, match=r"^update_where of Users needs at least one column to set$"):
        models.Users.update_where({}, name="Ann")
    assert models.Users.delete_where(any_of=[]) == 0
    assert models.Users.count() == 1


BAD_VALUES: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({}, InvalidValueError, "Users needs a value for 'name'; it has no default"),
    (
        {"name": "A", "agee": 1},
        QueryError,
        "Users has no column 'agee'; did you mean 'age'? its columns are id, created_at, updated_at, name,",
    ),
    ({"name": "A", "class": "x"}, QueryError, "Users has no column 'class'; did you mean 'class_'?"),
    ({"name": None}, InvalidValueError, "Users.name cannot take None: Input should be a valid string"),
    (
        {"name": "A", "age": "old"},
        InvalidValueError,
        "Users.age cannot take 'old': Input should be a valid integer, unable to parse string as an integer",
    ),
    (
        {"name": "A", "role": "king"},
        InvalidValueError,
        "Users.role cannot take 'king': Input should be 'admin' or 'member'",
    ),
    ({"name": "A", "age": 2**63}, InvalidValueError, "column 'age' (INTEGER) cannot take 9223372036854775808"),
    ({"name": "A", "balance": float("nan")}, InvalidValueError, "column 'balance' (REAL) cannot take nan"),
    ({"name": "A", "settings": {1, 2}}, InvalidValueError, "Users.settings cannot take {1, 2}: it is no JSON"),
    ({"name": "A", "settings": float("nan")}, InvalidValueError, "Users.settings cannot take nan"),
    ({"name": "A", "active": "perhaps"}, InvalidValueError, "Users.active cannot take 'perhaps'"),
]


@pytest.mark.parametrize(("values", "kind", "message"), BAD_VALUES, ids=[str(values) for values, _, _ in BAD_VALUES])
def test_a_bad_value_is_refused_before_anything_is_written(
    models: CinchModels, values: dict[str, Any], kind: type[Exception], message: str
):
    for write in (lambda: models.Users.create(**values), lambda: models.Users.bulk_create([{"name": "B"}, values])):  # type: ignore[list-item]
        with pytest.raises(kind) as caught:
            write()
        assert str(caught.value).startswith(message)
    assert models.Users.count() == 0


def test_the_column_of_a_refused_value_is_an_attribute(models: CinchModels):
    values: Any = {"name": "A", "age": "old"}
    with pytest.raises(InvalidValueError) as caught:
        models.Users.create(**values)
    assert caught.value.column == "age"


def test_a_row_that_is_no_mapping_is_refused(models: CinchModels):
    rows: Any = [{"name": "Ann"}, 7]
    with pytest.raises(InvalidValueError, match=r"^Users takes a mapping of columns to values, not 7$"):
        models.Users.bulk_create(rows)


def test_a_generated_column_cannot_be_set(models: CinchModels):
    order = models.Orders.create(user_id=models.Users.create(name="Ann").id, total=1)
    values: Any = {"order_id": order.id, "line": 1, "doubled": 9}
    with pytest.raises(QueryError, match="'doubled' of 'order lines' is computed by the database and cannot be set"):
        models.OrderLines.create(**values)


def test_constraints_keep_their_names(models: CinchModels):
    models.Users.create(name="Ann", email="a")
    with pytest.raises(ConstraintError) as caught:
        models.Users.create(name="Bob", email="a")
    assert (caught.value.constraint, caught.value.table, caught.value.columns) == ("unique", "users", ("email",))
    with pytest.raises(ConstraintError) as caught:
        models.Orders.create(user_id="nobody", total=1)
    assert caught.value.constraint == "foreign_key"
