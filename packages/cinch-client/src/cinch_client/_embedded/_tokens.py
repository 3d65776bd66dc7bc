"""SQL text as tokens, the way SQLite splits it: enough to find where things are, never to understand them."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from cinch_client._errors import SchemaError
from cinch_client._quoting import same_name

TokenKind: TypeAlias = Literal["comment", "string", "blob", "quoted", "number", "word", "variable", "symbol"]

# Source: https://www.sqlite.org/draft/tokenreq.html
_TOKEN = re.compile(
    r"""
      (?P<space>[ \t\n\f\r]+)
    | (?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))
    | (?P<string>'(?:[^']|'')*')
    | (?P<blob>[xX]'(?:[0-9a-fA-F]{2})*')
    | (?P<quoted>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])
    | (?P<number>0[xX][0-9a-fA-F]+|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<word>[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]*)
    | (?P<variable>[?]\d*|[:@$#][A-Za-z0-9_$\x80-\U0010ffff]+)
    | (?P<symbol>\|\||<<|>>|<=|>=|<>|==|!=|->>|->|[-+*/%(),.;=<>&|~])
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of SQL text and where it stands."""

    kind: TokenKind
    text: str
    start: int
    end: int

    @property
    def identifier(self) -> str | None:
        """The name it can stand for, without quotes, or None. SQLite lets a string stand for a name, too."""
        if self.kind == "word":
            return self.text
        if self.kind in {"quoted", "string"}:
            opening = self.text[0]
            return self.text[1:-1] if opening == "[" else self.text[1:-1].replace(opening * 2, opening)
        return None

    def is_keyword(self, *keywords: str) -> bool:
        """Tell whether it is one of these upper-case words, unquoted."""
        return self.kind == "word" and self.text.upper() in keywords

    def is_symbol(self, text: str) -> bool:
        """Tell whether it is this piece of punctuation."""
        return self.kind == "symbol" and self.text == text

    def names(self, name: str) -> bool:
        """Tell whether it can stand for *name*, which SQLite compares without regard to ASCII case."""
        identifier = self.identifier
        return identifier is not None and same_name(identifier, name)


def tokenize(sql: str) -> list[Token]:
    """Split *sql*; comments are tokens, space is not.

    Raises:
        SchemaError: Something in it is no SQL, or a quotation does not end.
    """
    tokens: list[Token] = []
    position = 0
    while position < len(sql):
        match = _TOKEN.match(sql, position)
        if match is None:
            raise SchemaError(f"{sql[position : position + 20]!r} is not SQL, or a quotation does not end: {sql!r}")
        if match.lastgroup != "space":
            kind: TokenKind = match.lastgroup  # pyright: ignore[reportAssignmentType] - one of the groups above
            tokens.append(Token(kind, match.group(), position, match.end()))
        position = match.end()
    return tokens


def significant(sql: str) -> list[Token]:
    """Split *sql* and leave comments out."""
    return [token for token in tokenize(sql) if token.kind != "comment"]


def mentions(tokens: Iterable[Token], name: str) -> bool:
    """Tell whether any of *tokens* can stand for *name*."""
    return any(token.names(name) for token in tokens)


def group_end(tokens: Sequence[Token], opening: int) -> int:
    """Return the index of the parenthesis that closes the one at *opening*.

    Raises:
        SchemaError: Nothing closes it.
    """
    depth = 0
    for index in range(opening, len(tokens)):
        if tokens[index].is_symbol("("):
            depth += 1
        elif tokens[index].is_symbol(")"):
            depth -= 1
            if depth == 0:
                return index
    raise SchemaError("a parenthesis is not closed")


def split_at_commas(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """Give the pieces between the commas that stand in no parenthesis of their own."""
    piece: list[Token] = []
    depth = 0
    for token in tokens:
        if token.is_symbol(",") and depth == 0:
            yield piece
            piece = []
            continue
        depth += token.is_symbol("(") - token.is_symbol(")")
        piece.append(token)
    if piece:
        yield piece
