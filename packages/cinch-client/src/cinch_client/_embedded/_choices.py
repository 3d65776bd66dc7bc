"""Which values a ``CHECK (column IN (…))`` leaves to a column."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from cinch_client._embedded._table_text import TableText, read_table_text
from cinch_client._embedded._tokens import Token, significant, split_at_commas
from cinch_client._errors import SchemaError
from cinch_client._quoting import fold

Choices = tuple[str | int, ...]


@lru_cache(maxsize=1024)
def read_choices(sql: str) -> Mapping[str, Choices]:
    """Return the choices of each column that has any, by folded name.

    A check in any other form, or on a column that compares text by a collation, gives none.
    """
    if "CHECK" not in sql.upper():
        return {}
    try:
        table = read_table_text(sql)
    except SchemaError:  # no ordinary table
        return {}
    found: dict[str, Choices] = {}
    for check in table.called(table.name).checks():  # without the table's name before a column
        column, choices = _choices(check)
        if choices and not _collated(table, column):
            found[fold(column)] = choices
    return found


def _choices(check: Sequence[Token]) -> tuple[str, Choices]:
    if len(check) < 5 or not check[1].is_keyword("IN") or not check[2].is_symbol("("):
        return "", ()
    column = check[0].identifier
    if column is None or check[0].kind == "string" or not check[-1].is_symbol(")"):
        return "", ()
    values = [_literal(piece) for piece in split_at_commas(check[3:-1])]
    choices = tuple(value for value in values if value is not None)
    return (column, choices) if len(choices) == len(values) else ("", ())


def _literal(tokens: Sequence[Token]) -> str | int | None:
    if len(tokens) == 1 and tokens[0].kind == "string":
        return tokens[0].identifier
    sign = -1 if tokens and tokens[0].is_symbol("-") else 1
    digits = tokens[1:] if tokens and tokens[0].kind == "symbol" and tokens[0].text in "+-" else tokens
    if len(digits) == 1 and digits[0].kind == "number" and digits[0].text.isdecimal():
        return sign * int(digits[0].text)
    return None


def _collated(table: TableText, column: str) -> bool:
    definition = table.column(column)
    return definition is None or any(token.is_keyword("COLLATE") for token in significant(definition.text))
