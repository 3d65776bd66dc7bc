"""The one place that quotes identifiers for SQL, and knows which of them SQLite takes for the same."""

from cinch_client._errors import InvalidNameError


def quote(identifier: str) -> str:
    """Return *identifier* as SQL text that names exactly it, whatever it contains.

    Raises:
        InvalidNameError: It contains NUL or a lone surrogate, which no database file can hold.

    Source: https://www.sqlite.org/lang_keywords.html
    """
    if "\x00" in identifier:
        raise InvalidNameError(f"{identifier!r} contains NUL; nothing can be called so")
    try:
        identifier.encode()
    except UnicodeEncodeError:
        raise InvalidNameError(f"{identifier!r} is not valid Unicode; nothing can be called so") from None
    return '"' + identifier.replace('"', '""') + '"'


def fold(name: str) -> str:
    """Return what is equal for names that SQLite takes for the same: ASCII letters lose their case."""
    return name.lower() if name.isascii() else "".join(c.lower() if c.isascii() else c for c in name)


def same_name(one: str, other: str) -> bool:
    """Tell whether SQLite takes both names for the same."""
    return fold(one) == fold(other)
