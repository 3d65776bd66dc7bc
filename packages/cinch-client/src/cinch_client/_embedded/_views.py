"""The SQL of views: one SELECT, and nothing but."""

import sqlite3

from cinch_client._embedded._readonly import read_only
from cinch_client._embedded._tokens import significant
from cinch_client._errors import SchemaError
from cinch_client._quoting import quote

_SECONDS = 30.0


def select_text(name: str, sql: str) -> str:
    """Return the one SELECT that *sql* is, without what follows it.

    Raises:
        SchemaError: It is no SELECT, or more than one statement, or wants parameters.
    """
    tokens = significant(sql)
    while tokens and tokens[-1].is_symbol(";"):
        tokens.pop()
    if not tokens or not tokens[0].is_keyword("SELECT", "WITH"):
        raise SchemaError(f"view {name!r} must be a SELECT; it is {sql!r}")
    for token in tokens:
        if token.is_symbol(";"):
            raise SchemaError(f"view {name!r} must be one statement; it is {sql!r}")
        if token.kind == "variable":
            raise SchemaError(f"view {name!r} cannot have the parameter {token.text!r}")
    return sql[tokens[0].start : tokens[-1].end]


def create_view_sql(connection: sqlite3.Connection, name: str, sql: str) -> str:
    """Return the statement that makes a view; SQLite has compiled its SELECT and found that it only reads.

    Raises:
        SchemaError: It does not compile, or it would do something else than read.
    """
    select = select_text(name, sql)
    with read_only(connection, _SECONDS) as guard:
        try:
            connection.execute(f"EXPLAIN {select}").close()
        except sqlite3.DatabaseError as error:
            if guard.refused:
                raise SchemaError(f"view {name!r} can only read; {guard.refused} is not allowed") from error
            if error.sqlite_errorcode != sqlite3.SQLITE_ERROR:
                raise
            raise SchemaError(f"view {name!r} does not work: {error}") from error
    return f"CREATE VIEW {quote(name)} AS {select}"
