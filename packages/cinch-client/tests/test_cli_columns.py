"""Columns as they are written on the command line."""

import click
import pytest

from cinch_client import Column, ConfigurationError, ForeignKeyRef, InvalidNameError
from cinch_client._cli._column_words import parse_column


@pytest.mark.parametrize(
    ("word", "column"),
    [
        ("name:text", Column("name", "TEXT")),
        ("name:Text:not_null", Column("name", "TEXT", nullable=False)),
        ("name:str:nullable:unique", Column("name", "TEXT", unique=True)),
        ("age:int:default=0", Column("age", "INTEGER", default="0")),
        ("at:text:not_null:default='12:30'", Column("at", "TEXT", nullable=False, default="'12:30'")),
        ("a:int:default=", Column("a", "INTEGER", default="")),
        ("user_id:text:fk=users", Column("user_id", "TEXT", foreign_key=ForeignKeyRef("users"))),
        (
            "user_id:text:fk=users.email:cascade:not_null",
            Column("user_id", "TEXT", nullable=False, foreign_key=ForeignKeyRef("users", "email", "CASCADE")),
        ),
        (
            "user_id:text:fk=users.id.set null",
            Column("user_id", "TEXT", foreign_key=ForeignKeyRef("users", "id", "SET NULL")),
        ),
        (
            "user_id:text:fk=users.no_action",
            Column("user_id", "TEXT", foreign_key=ForeignKeyRef("users", "id", "NO ACTION")),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_words(word: str, column: Column) -> None:
    assert parse_column(word) == column


@pytest.mark.parametrize(
    ("word", "error", "message"),
    [
        ("name", click.BadParameter, "has no type; the format is name:type"),
        ("name:text:required", click.BadParameter, "'required' in 'name:text:required' is not known"),
        ("name:text:cascade", click.BadParameter, "'cascade' in 'name:text:cascade' is not known"),
        ("name:text:fk=a.b.c", click.BadParameter, "'a.b.c' is no reference"),
        ("name:text:fk=", click.BadParameter, "'' is no reference"),
        ("name:json", ConfigurationError, "'json' is not a column type"),
        ("Name:text", InvalidNameError, "lower-case"),
        ("id:text", ConfigurationError, "every table has a column 'id' already"),
    ],
)
def test_what_is_no_column(word: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        parse_column(word)
