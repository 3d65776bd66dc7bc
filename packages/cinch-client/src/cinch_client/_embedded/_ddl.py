"""Column and table definitions as SQL text. Pure: nothing here knows a connection."""

from collections.abc import Sequence

from cinch_client._definitions import Column, ForeignKeyRef
from cinch_client._embedded._tokens import Token, group_end, tokenize
from cinch_client._errors import SchemaError
from cinch_client._quoting import quote

_AUTOMATIC = ('"id" TEXT PRIMARY KEY NOT NULL', '"created_at" TEXT NOT NULL', '"updated_at" TEXT')
_CONSTANTS = ("NULL", "TRUE", "FALSE")
_TIMES = ("CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP")


def create_table_sql(name: str, columns: Sequence[Column]) -> str:
    """Return the statement that makes a table: the automatic columns, then *columns*, then the foreign keys.

    Raises:
        SchemaError: A default is not one SQL expression.
    """
    pieces = [*_AUTOMATIC, *map(column_sql, columns)]
    pieces += [
        f"FOREIGN KEY ({quote(column.name)}) {references_sql(column.foreign_key)}"
        for column in columns
        if column.foreign_key is not None
    ]
    return f"CREATE TABLE {quote(name)} ({', '.join(pieces)})"


def column_sql(column: Column, *, unique: bool = True) -> str:
    """Return the definition of a column without its foreign key.

    Args:
        column: What to define.
        unique: False leaves UNIQUE out, which ALTER TABLE cannot add.

    Raises:
        SchemaError: The default is not one SQL expression.
    """
    words = [quote(column.name), column.type]
    if not column.nullable:
        words.append("NOT NULL")
    if column.default is not None:
        words.append(f"DEFAULT {default_sql(column.name, column.default)}")
    if column.unique and unique:
        words.append("UNIQUE")
    return " ".join(words)


def references_sql(reference: ForeignKeyRef) -> str:
    """Return the REFERENCES clause of a foreign key.

    RESTRICT, the default, is written as nothing, as CinchDB 0.1 does. SQLite then takes NO ACTION, which
    refuses the same deletions but looks at the end of the statement: written out, it would forbid to delete
    a parent and its children of the same table at once, and tables of the two engines would differ.
    """
    text = f"REFERENCES {quote(reference.table)}({quote(reference.column)})"
    for event, action in (("DELETE", reference.on_delete), ("UPDATE", reference.on_update)):
        if action != "RESTRICT":
            text += f" ON {event} {action}"
    return text


def default_sql(column: str, expression: str) -> str:
    """Return *expression* as DEFAULT takes it: a literal as it is, anything else in parentheses.

    Raises:
        SchemaError: It is not one expression, so it could not be told where the default ends.
    """
    tokens = _checked(column, expression)
    text = expression.strip()
    if _is_constant(tokens) or (len(tokens) == 1 and tokens[0].is_keyword(*_TIMES)):
        return text
    if tokens[0].is_symbol("(") and group_end(tokens, 0) == len(tokens) - 1:
        return text
    return f"({text})"


def is_constant(expression: str) -> bool:
    """Tell whether a default is a literal, which ALTER TABLE can give to rows that exist.

    Raises:
        SchemaError: It is not SQL.
    """
    return _is_constant(tokenize(expression))


def _is_constant(tokens: Sequence[Token]) -> bool:
    if len(tokens) == 2 and tokens[0].kind == "symbol" and tokens[0].text in "+-":
        return tokens[1].kind == "number"
    if len(tokens) != 1:
        return False
    return tokens[0].kind in {"string", "blob", "number"} or tokens[0].is_keyword(*_CONSTANTS)


def _checked(column: str, expression: str) -> list[Token]:
    """Return the tokens of a default that cannot get out of its place."""
    problem = f"the default of column {column!r} must be one SQL expression, not {expression!r}: "
    try:
        tokens = tokenize(expression)
    except SchemaError:
        raise SchemaError(
            f"{problem}it is no SQL, or a quotation does not end (text wants quotes: \"'n/a'\")"
        ) from None
    if not tokens:
        raise SchemaError(f"{problem}it is empty; use None for no default")
    depth = 0
    for token in tokens:
        if token.kind in {"comment", "variable"} or token.is_symbol(";"):
            raise SchemaError(f"{problem}{token.text!r} cannot stand in it")
        depth += token.is_symbol("(") - token.is_symbol(")")
        if depth < 0 or (depth == 0 and token.is_symbol(",")):
            raise SchemaError(f"{problem}{token.text!r} is one too many")
    if depth:
        raise SchemaError(f"{problem}a parenthesis is not closed")
    first = tokens[0]
    is_name = len(tokens) == 1 and first.kind in {"word", "quoted"}
    if is_name and not first.is_keyword(*_CONSTANTS, *_TIMES):
        raise SchemaError(f"{problem}text wants single quotes: \"'{expression.strip()}'\"")
    return tokens
