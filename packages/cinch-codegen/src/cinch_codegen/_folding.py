"""Breaks lines of source code that are too long, the way formatters do. Pure."""

from collections.abc import Iterable, Iterator
from itertools import pairwise

WIDTH = 110
_OPENING, _CLOSING = "([{", ")]}"
_INDENT = "    "
_SOFT_FIELDS = ("_:", "case:", "match:", "type:")
_IGNORE = "  # type: ignore["
"""What follows is for type checkers, which look for it on the first line of a statement; it does not count as width."""


def fold(text: str) -> str:
    """Return *text* with every line over the width broken at the commas of its longest brackets, where it has any."""
    lines: list[str] = []
    for line in text.split("\n"):
        if len(line) <= WIDTH:
            lines.append(line)
            continue
        code, comment, rest = line.partition(_IGNORE)
        first, *others = _fold(code)
        lines += [first + comment + rest, *others]
    return "\n".join(lines)


def pack(items: Iterable[str], indent: str, separator: str, end: str = "") -> list[str]:
    """Return *items* on as few lines as they need, with *indent* before and *end* behind each line.

    A declaration of a field that is called like a soft keyword begins a line: mypy cannot parse it behind a semicolon.
    """
    lines: list[str] = []
    room = WIDTH - len(separator) - len(end)
    for item in items:
        if lines and len(lines[-1]) + len(item) <= room and not item.startswith(_SOFT_FIELDS):
            lines[-1] += separator + item
        else:
            lines.append(indent + item)
    return [line + end for line in lines]


def _fold(line: str) -> list[str]:
    indent = line[: len(line) - len(line.lstrip())]
    if len(line) <= WIDTH or line.lstrip().startswith(('"', "#")):
        return [line]
    group = max(_groups(line), key=lambda group: group[-1] - group[0], default=[0, 0])
    start, end = group[0], group[-1]
    if end - start <= 1:
        return [line]
    head, inside, tail = line[: start + 1], line[start + 1 : end], indent + line[end:]
    if len(indent) + len(_INDENT) + len(inside) <= WIDTH:
        return [head, f"{indent}{_INDENT}{inside}", tail]
    items = [line[left + 1 : right].strip() for left, right in pairwise(group)]
    folded = [piece for item in items if item for piece in _fold(f"{indent}{_INDENT}{item},")]
    return [head, *folded, tail]


def _groups(line: str) -> Iterator[list[int]]:
    """Give for each outermost pair of brackets where it opens, where its own commas are, and where it closes."""
    depth, quoted, escaped = 0, False, False
    group: list[int] = []
    for place, character in enumerate(line):
        if quoted:
            quoted = escaped or character != '"'
            escaped = character == "\\" and not escaped
        elif character == '"':
            quoted = True
        elif character in _OPENING:
            depth += 1
            group += [place] if depth == 1 else []
        elif character in _CLOSING:
            depth -= 1
            if depth == 0:
                yield [*group, place]
                group = []
        elif character == "," and depth == 1:
            group.append(place)
