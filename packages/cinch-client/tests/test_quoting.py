"""Quoting: any identifier survives SQLite, and nothing gets out of the quotes."""

import sqlite3
from contextlib import closing

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cinch_client._errors import InvalidNameError
from cinch_client._quoting import quote

identifiers = st.text(st.characters(exclude_characters="\x00", exclude_categories=("Cs",)), min_size=1)


@pytest.mark.parametrize(
    ("identifier", "quoted"),
    [
        ("users", '"users"'),
        ("", '""'),
        ('a"b', '"a""b"'),
        ('"', '""""'),
        ("select", '"select"'),
        ("x'; DROP TABLE users --", '"x\'; DROP TABLE users --"'),
        ("名前", '"名前"'),
    ],
    ids=["plain", "empty", "quote inside", "only a quote", "keyword", "injection", "not Latin"],
)
def test_quoting(identifier: str, quoted: str) -> None:
    assert quote(identifier) == quoted


@pytest.mark.parametrize("identifier", ["a\x00b", "\x00", "a\ud800b"], ids=["NUL inside", "NUL", "lone surrogate"])
def test_what_no_file_can_hold_is_refused(identifier: str) -> None:
    with pytest.raises(InvalidNameError, match="nothing can be called so"):
        quote(identifier)


@settings(deadline=None)
@given(identifier=identifiers)
@example('"" ; --')
@example("]")
@example("`")
@example("\n/*")
def test_a_column_of_any_name_survives_sqlite(identifier: str) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(f"CREATE TABLE t ({quote(identifier)} TEXT)")
        connection.execute(f"INSERT INTO t ({quote(identifier)}) VALUES ('v')")
        cursor = connection.execute(f"SELECT t.{quote(identifier)} AS {quote(identifier)} FROM t")
        assert cursor.description[0][0] == identifier
        assert cursor.fetchall() == [("v",)]
        assert connection.execute("SELECT name FROM pragma_table_info('t')").fetchall() == [(identifier,)]


@settings(deadline=None)
@given(identifier=identifiers.filter(lambda name: not name.lower().startswith("sqlite_")))
def test_a_table_of_any_name_survives_sqlite(identifier: str) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(f"CREATE TABLE {quote(identifier)} (a)")
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [(identifier,)]
