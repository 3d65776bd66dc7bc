"""Whether two route paths of Emmett can answer one URL, and which URL that is.

A path becomes a small automaton; two paths overlap when the product of their automata accepts a URL, and the
shortest such URL is the witness. What a path means is the router's business, so its rules are repeated
here: the part of a path between parameters is text in a static path and a regular expression in a dynamic
one, and a
slash at the end of a request is dropped before it is matched.
"""

import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

_PARAMETER = re.compile(r"<(int|float|str|any|alpha|date):(\w+)>")
_ANY_PARAMETER = re.compile(r"<\w+:\w+>")
_OPTIONAL = re.compile(r"\(.*\)\?")
# What a dynamic path may hold besides parameters, `.` and `( … )?` without being a regular expression of
# its own.
_REGEX_CHARACTERS = frozenset("*+?[]{}|\\^$()")
_LONGEST_WITNESS = 200

Accepts = Callable[[str], bool]
_Pair = tuple[frozenset[int], frozenset[int], bool]


def is_dynamic(path: str) -> bool:
    """Tell whether Emmett matches *path* as a regular expression."""
    return bool(_ANY_PARAMETER.search(path) or _OPTIONAL.search(path))


def find_overlap(first: str, second: str) -> str | None:
    """Return the shortest URL path that both route paths answer, or None if there is none.

    Args:
        first: A path as Emmett's router takes it, module prefix included: `/roles/<int:id>`.
        second: Another one.
    """
    one, other = _compile(first), _compile(second)
    if one.text is not None and other.text is not None:
        return one.text if one.text == other.text and _is_reachable(one.text) else None
    if one.regex is None and other.regex is None:
        return _walk(one, other)
    return _first_match(one, other)


def matches(path: str, url: str) -> bool:
    """Tell whether the route path *path* answers the URL path *url*."""
    compiled = _compile(path)
    if compiled.regex is not None:
        return compiled.regex.fullmatch(url) is not None
    states = compiled.closure({0})
    for character in url:
        states = compiled.step(states, character)
    return compiled.final in states


def sample_urls(path: str) -> tuple[str, ...]:
    """Return a few URL paths that *path* answers: one per common value of its parameters."""
    found = (
        _fill(path, number=number, word=word) for number, word in (("1", "1"), ("1", "a"), ("0", "new"), ("9", "edit"))
    )
    return tuple(dict.fromkeys(url for url in found if matches(path, url)))


def example_url(path: str) -> str:
    """Return a URL path that *path* answers, provided that its parameters may be numbers or texts."""
    return _fill(path, number="1", word="1")


def _fill(path: str, *, number: str, word: str) -> str:
    values = {"int": number, "float": f"{number}.0", "date": f"200{number}-01-01", "alpha": "a", "str": word}
    filled = _PARAMETER.sub(lambda match: values.get(match[1], word), path)
    return re.sub(r"\(([^()]*)\)\?", r"\1", filled)


@dataclass(slots=True)
class _Automaton:
    """A nondeterministic automaton; state 0 is the start."""

    text: str | None = None  # the whole path, if static
    regex: re.Pattern[str] | None = None  # instead of states, for a path that is a regular expression of its own
    final: int = 0
    size: int = 1
    literals: set[str] = field(default_factory=set[str])
    skips: dict[int, list[int]] = field(default_factory=dict[int, list[int]])
    moves: dict[int, list[tuple[Accepts, int]]] = field(default_factory=dict[int, list[tuple[Accepts, int]]])

    def add_state(self) -> int:
        self.size += 1
        return self.size - 1

    def add_move(self, start: int, accepts: Accepts, end: int | None = None) -> int:
        end = self.add_state() if end is None else end
        self.moves.setdefault(start, []).append((accepts, end))
        return end

    def repeat(self, start: int, accepts: Accepts) -> int:
        end = self.add_move(start, accepts)
        return self.add_move(end, accepts, end)

    def closure(self, states: set[int]) -> frozenset[int]:
        todo, seen = list(states), set(states)
        while todo:
            for state in self.skips.get(todo.pop(), ()):
                if state not in seen:
                    seen.add(state)
                    todo.append(state)
        return frozenset(seen)

    def step(self, states: frozenset[int], character: str) -> frozenset[int]:
        reached = {end for state in states for accepts, end in self.moves.get(state, ()) if accepts(character)}
        return self.closure(reached)


def _is_digit(character: str) -> bool:
    return character.isdecimal()


def _is_letter(character: str) -> bool:
    return character.isalpha()


def _is_in_segment(character: str) -> bool:
    return character != "/"


def _is_in_line(character: str) -> bool:
    return character != "\n"


def _equals(literal: str) -> Accepts:
    return literal.__eq__


_REPEATED: dict[str, Accepts] = {"int": _is_digit, "str": _is_in_segment, "alpha": _is_letter}


def _add_parameter(automaton: _Automaton, start: int, kind: str) -> int:
    if kind in _REPEATED:
        return automaton.repeat(start, _REPEATED[kind])
    if kind == "any":
        loop = automaton.add_state()
        automaton.skips.setdefault(start, []).append(loop)
        return automaton.add_move(loop, _is_in_line, loop)
    if kind == "float":
        whole = automaton.repeat(start, _is_digit)
        return automaton.repeat(automaton.add_move(whole, _equals(".")), _is_digit)
    for part in "dddd-dd-dd":
        start = automaton.add_move(start, _is_digit if part == "d" else _equals("-"))
    return start


@lru_cache(maxsize=8192)
def _compile(path: str) -> _Automaton:
    dynamic = is_dynamic(path)
    if dynamic and _is_regex(path):
        return _Automaton(regex=re.compile(_to_regex(path)))
    automaton = _Automaton(text=None if dynamic else path)
    current, position, groups = 0, 0, list[int]()
    while position < len(path):
        parameter = _PARAMETER.match(path, position)
        if parameter:
            current = _add_parameter(automaton, current, parameter[1])
            position = parameter.end()
        elif dynamic and path[position] == "(":
            groups.append(current)
            position += 1
        elif dynamic and path.startswith(")?", position):
            current = _close_group(automaton, groups.pop(), current)
            position += 2
        else:
            current = _add_character(automaton, current, path[position], dynamic=dynamic)
            position += 1
    automaton.final = current
    return automaton


def _close_group(automaton: _Automaton, start: int, end: int) -> int:
    """End the group in a state of its own: *end* may repeat itself, which skipping must not allow."""
    after = automaton.add_state()
    for state in (start, end):
        automaton.skips.setdefault(state, []).append(after)
    return after


def _add_character(automaton: _Automaton, start: int, character: str, *, dynamic: bool) -> int:
    if dynamic and character == ".":  # an unescaped dot in a dynamic path is the regular expression's dot
        return automaton.add_move(start, _is_in_line)
    automaton.literals.add(character)
    return automaton.add_move(start, _equals(character))


def _is_regex(path: str) -> bool:
    rest = _PARAMETER.sub("", path)
    while (simpler := re.sub(r"\(([^()]*)\)\?", r"\1", rest)) != rest:
        rest = simpler
    return not _REGEX_CHARACTERS.isdisjoint(rest)


def _to_regex(path: str) -> str:
    kinds = {"int": r"\d+", "str": "[^/]+", "any": ".*", "alpha": r"[^/\W\d_]+", "date": r"\d{4}-\d{2}-\d{2}"}
    return _PARAMETER.sub(lambda match: kinds.get(match[1], r"\d+\.\d+"), path)


def _is_reachable(url: str) -> bool:
    return url == "/" or (url != "" and not url.endswith("/"))


def _walk(one: _Automaton, other: _Automaton) -> str | None:
    alphabet = _alphabet(one, other)
    start: _Pair = (one.closure({0}), other.closure({0}), False)
    todo: deque[tuple[_Pair, str]] = deque([(start, "")])
    seen: set[_Pair] = {start}
    while todo:
        (left, right, _), url = todo.popleft()
        if one.final in left and other.final in right and _is_reachable(url):
            return url
        if len(url) >= _LONGEST_WITNESS:
            continue
        for character in alphabet:
            after = (one.step(left, character), other.step(right, character), character == "/")
            if after[0] and after[1] and after not in seen:
                seen.add(after)
                todo.append((after, url + character))
    return None


def _alphabet(one: _Automaton, other: _Automaton) -> list[str]:
    """One character per class that the two automata can tell apart, the readable ones first."""
    literals = one.literals | other.literals
    return [*dict.fromkeys(["1", "a", "-", ".", *sorted(literals), "/", "~"])]


def _first_match(one: _Automaton, other: _Automaton) -> str | None:
    """Look for an overlap with a path that is a regular expression of its own, by trying candidates."""
    regex, rest = (one, other) if one.regex is not None else (other, one)
    candidates = [rest.text] if rest.text is not None else list(_candidates(rest))
    return next((url for url in candidates if regex.regex and regex.regex.fullmatch(url) and _is_reachable(url)), None)


def _candidates(automaton: _Automaton) -> Iterator[str]:
    if automaton.regex is not None:
        yield from sample_urls(automaton.regex.pattern)
        return
    alphabet = _alphabet(automaton, automaton)
    start = automaton.closure({0})
    todo, seen = deque([(start, "")]), dict[frozenset[int], int]()
    while todo:
        states, url = todo.popleft()
        if automaton.final in states:
            yield url
        for character in alphabet:
            after = automaton.step(states, character)
            # Each state is entered from a few sides, so that a parameter has a few values of one letter.
            if after and seen.get(after, 0) < len(alphabet):
                seen[after] = seen.get(after, 0) + 1
                todo.append((after, url + character))
