"""The text of a CREATE TABLE, taken apart without losing a character of what its author wrote.

SQLite can add and rename a column but not change a constraint: for that, a table is made anew from its text.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from cinch_client._embedded._tokens import (
    Token,
    group_end,
    mentions,
    significant,
    split_at_commas,
)
from cinch_client._errors import ColumnNotFoundError, SchemaError
from cinch_client._quoting import quote, same_name

_CONSTRAINT_WORDS = ("PRIMARY", "UNIQUE", "CHECK", "FOREIGN")


@dataclass(frozen=True, slots=True)
class ColumnText:
    """The definition of one column: its name, and all of its words as they were written."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class TableText:
    """A table's definition in pieces.

    Attributes:
        name: The table's name.
        columns: In the table's order.
        constraints: The table constraints, each as it was written.
        options: What follows the parenthesis: ``WITHOUT ROWID``, ``STRICT``.
    """

    name: str
    columns: tuple[ColumnText, ...]
    constraints: tuple[str, ...] = ()
    options: str = ""

    def sql(self) -> str:
        """Return the statement that makes the table."""
        pieces = ", ".join([*(column.text for column in self.columns), *self.constraints])
        return f"CREATE TABLE {quote(self.name)} ({pieces}) {self.options}".rstrip()

    def column(self, name: str) -> ColumnText | None:
        """Return the definition of that column, or None."""
        return next((column for column in self.columns if same_name(column.name, name)), None)

    def called(self, name: str) -> "TableText":
        """Return the same table under another name; checks that qualify a column by the old one lose that."""
        return replace(
            self,
            name=name,
            columns=tuple(replace(c, text=_unqualified(c.text, self.name)) for c in self.columns),
            constraints=tuple(_unqualified(text, self.name) for text in self.constraints),
        )

    def with_column(self, name: str, text: str) -> "TableText":
        """Return the table with one more column behind the others."""
        return replace(self, columns=(*self.columns, ColumnText(name, text)))

    def without_column(self, name: str) -> "TableText":
        """Return the table without a column and without the constraints on it alone.

        Raises:
            ColumnNotFoundError: There is no such column.
            SchemaError: Another column or a constraint of several columns needs it; the message quotes it.
        """
        self._require(name)
        others = tuple(column for column in self.columns if not same_name(column.name, name))
        for column in others:
            if any(mentions(group, name) for group in _local_groups(significant(column.text), self.name)):
                raise SchemaError(f"column {column.name!r} of table {self.name!r} needs it: {column.text}")
        names = [column.name for column in others]
        kept = tuple(text for text in self.constraints if not self._falls_with(text, name, names))
        return replace(self, columns=others, constraints=kept)

    def with_nullable(self, name: str, *, nullable: bool) -> "TableText":
        """Return the table with NOT NULL of a column taken away or added.

        Raises:
            ColumnNotFoundError: There is no such column.
        """
        column = self._require(name)
        text = _without_not_null(column.text)
        changed = ColumnText(column.name, text if nullable else f"{text} NOT NULL")
        return replace(self, columns=tuple(changed if c is column else c for c in self.columns))

    def checks(self) -> Iterator[tuple[Token, ...]]:
        """Give what stands between the parentheses of each CHECK, of columns and of the table."""
        for text in [*(column.text for column in self.columns), *self.constraints]:
            tokens = significant(text)
            for index, token in enumerate(tokens):
                if token.is_keyword("CHECK") and tokens[index + 1 : index + 2]:
                    yield tuple(tokens[index + 2 : group_end(tokens, index + 1)])

    def _require(self, name: str) -> ColumnText:
        column = self.column(name)
        if column is None:
            raise ColumnNotFoundError(f"table {self.name!r} has no column {name!r}")
        return column

    def _falls_with(self, constraint: str, name: str, others: Sequence[str]) -> bool:
        """Tell whether a constraint is about the column *name* alone; raise if it is about others, too."""
        tokens = significant(constraint)
        groups = list(_local_groups(tokens, self.name))
        if not any(mentions(group, name) for group in groups):
            return False
        shared = any(mentions(group, other) for group in groups for other in others)
        if shared or any(token.is_keyword("PRIMARY") for token in tokens[:3]):
            raise SchemaError(f"a constraint of table {self.name!r} needs it: {constraint}")
        return True


def read_table_text(sql: str) -> TableText:
    """Take the statement apart that ``sqlite_master`` keeps for a table.

    Raises:
        SchemaError: It is not the text of an ordinary table.
    """
    tokens = significant(sql)
    opening = next((index for index, token in enumerate(tokens) if token.is_symbol("(")), None)
    if opening is None or not _is_create_table(tokens[:opening]):
        raise SchemaError(f"this is not the definition of an ordinary table: {sql}")
    closing = group_end(tokens, opening)
    columns: list[ColumnText] = []
    constraints: list[str] = []
    for piece in split_at_commas(tokens[opening + 1 : closing]):
        if piece[0].is_keyword("CONSTRAINT", *_CONSTRAINT_WORDS):
            constraints.extend(_verbatim(sql, part) for part in _split_constraints(piece))
        else:
            columns.append(ColumnText(piece[0].identifier or "", _verbatim(sql, piece)))
    name = tokens[opening - 1].identifier or ""
    return TableText(name, tuple(columns), tuple(constraints), _verbatim(sql, tokens[closing + 1 :]))


def _is_create_table(head: Sequence[Token]) -> bool:
    words = [token for token in head[:-1] if not token.is_keyword("TEMP", "TEMPORARY")]
    return len(words) >= 2 and words[0].is_keyword("CREATE") and words[1].is_keyword("TABLE")


def _verbatim(sql: str, tokens: Sequence[Token]) -> str:
    return sql[tokens[0].start : tokens[-1].end] if tokens else ""


def _split_constraints(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """Give each constraint; SQLite wants no comma between two of them."""
    piece: list[Token] = []
    depth = 0
    for token in tokens:
        starts = depth == 0 and token.is_keyword("CONSTRAINT", *_CONSTRAINT_WORDS)
        named = bool(piece) and piece[0].is_keyword("CONSTRAINT") and len(piece) == 2  # CONSTRAINT name …
        if starts and piece and not named:
            yield piece
            piece = []
        depth += token.is_symbol("(") - token.is_symbol(")")
        piece.append(token)
    yield piece


def _local_groups(tokens: Sequence[Token], table: str) -> Iterator[Sequence[Token]]:
    """Give the parenthesised parts that can name columns of *table*: no defaults, no columns of others."""
    index = 0
    foreign = False
    while index < len(tokens):
        token = tokens[index]
        if token.is_keyword("REFERENCES") and index + 1 < len(tokens):
            foreign = not tokens[index + 1].names(table)
            index += 1
        elif token.is_symbol("("):
            end = group_end(tokens, index)
            if not foreign and not tokens[index - 1].is_keyword("DEFAULT"):
                yield tokens[index + 1 : end]
            foreign = False
            index = end
        elif token.kind == "word":
            foreign = False
        index += 1


def _without_not_null(text: str) -> str:
    tokens = significant(text)
    depth = 0
    for index, token in enumerate(tokens[:-1]):
        depth += token.is_symbol("(") - token.is_symbol(")")
        if depth or not (token.is_keyword("NOT") and tokens[index + 1].is_keyword("NULL")):
            continue
        first, last = index, index + 1
        if index >= 3 and tokens[index - 2].is_keyword("CONSTRAINT"):
            first -= 2
        if [token.text.upper() for token in tokens[last + 1 : last + 3]] == ["ON", "CONFLICT"]:
            last += 3
        return f"{text[: tokens[first].start].rstrip()} {text[tokens[last].end :].lstrip()}".strip()
    return text


def _unqualified(text: str, table: str) -> str:
    tokens = significant(text)
    for index in range(len(tokens) - 2, 0, -1):
        if tokens[index].is_symbol(".") and tokens[index - 1].names(table):
            text = text[: tokens[index - 1].start] + text[tokens[index].end :]
    return text
