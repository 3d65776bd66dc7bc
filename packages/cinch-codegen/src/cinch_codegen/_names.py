"""Names of the database → names of Python: always valid, always in the same way. Pure.

Each function that can meet a taken name gives candidates, best first; :class:`Names` takes the first free one.
"""

import keyword
import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import chain, count

MODEL_ATTRIBUTES = frozenset(
    (
        # of pydantic.BaseModel, those of its first version included
        "construct copy dict from_orm json parse_file parse_obj parse_raw schema schema_json update_forward_refs "
        "validate model_computed_fields model_config model_construct model_copy model_dump model_dump_json "
        "model_extra model_fields model_fields_set model_json_schema model_parametrized_name model_post_init "
        "model_rebuild model_validate model_validate_json model_validate_strings "
        # of cinch_models_runtime.Model
        "save update delete refresh"
    ).split()
)
"""What a field would hide."""

PARAMETERS = frozenset("self limit offset order_by include any_of on batch_size".split())
"""What the methods of a handle call their own parameters."""

_RESERVED_FIELDS = MODEL_ATTRIBUTES | PARAMETERS | frozenset({"TYPE_CHECKING", *keyword.kwlist})
_RESERVED_CLASSES = frozenset({"CinchModels", *keyword.kwlist})
_PACKAGE_NAMES = frozenset(
    {"cinch_models", "create_models", "import_module", "require_runtime", "annotations", "runtime", "py"}
)
_DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))})
_LONGEST_MODULE = 60
"""Characters; a file name may have 255 bytes, and a character may take four."""

_LAST_WORD = re.compile("[A-Z]?[a-z]+$")
_IRREGULAR = {
    "caches": "cache",
    "children": "child",
    "cookies": "cookie",
    "feet": "foot",
    "geese": "goose",
    "heroes": "hero",
    "indices": "index",
    "knives": "knife",
    "leaves": "leaf",
    "lives": "life",
    "matrices": "matrix",
    "men": "man",
    "mice": "mouse",
    "movies": "movie",
    "people": "person",
    "quizzes": "quiz",
    "shelves": "shelf",
    "teeth": "tooth",
    "vertices": "vertex",
    "wives": "wife",
    "women": "woman",
}
_UNCOUNTABLE = frozenset("data equipment information lens media metadata money news series species".split())


class Names:
    """The names that are taken in one place, so that each is given once."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)

    def offer(self, name: str, *, companions: tuple[str, ...] = ("",)) -> bool:
        """Take *name* with its companions if all are free, and tell whether they were.

        Args:
            name: What is wanted.
            companions: Suffixes of what comes with it; "" is the name itself.
        """
        wanted = {name + suffix for suffix in companions}
        free = self._taken.isdisjoint(wanted)
        if free:
            self._taken |= wanted
        return free

    def take(self, candidates: Iterable[str], *, companions: tuple[str, ...] = ("",)) -> str:
        """Take the first of *candidates*, which have no end, that is free with its companions, and return it."""
        return next(name for name in candidates if self.offer(name, companions=companions))


def identifier(name: str, fallback: str) -> str:
    """Return *name* as a public identifier without ``__``; *fallback* stands before digits and in place of nothing."""
    text = unicodedata.normalize("NFKC", name)
    spelled = "".join(character if f"a{character}".isidentifier() else "_" for character in text)
    if spelled != text:
        spelled = spelled.rstrip("_")
    spelled = re.sub("__+", "_", spelled).lstrip("_")
    if not spelled:
        return fallback
    return spelled if spelled.isidentifier() else f"{fallback}_{spelled}"


def field_names(name: str, fallback: str = "column") -> Iterator[str]:
    """Give the names that a column may have as a field: its own, then with ``_``, ``_2``, and so on."""
    return (candidate for candidate in _escapes(identifier(name, fallback)) if candidate not in _RESERVED_FIELDS)


def class_names(name: str, fallback: str) -> Iterator[str]:
    """Give the class names for a table or view: ``OrderItems``, ``Order_Items``, ``OrderItems_``, ``OrderItems_2``."""
    words = [_capital(word) for word in identifier(name, fallback).split("_") if word]
    joined = "".join(words)
    return (
        candidate
        for candidate in chain([joined, "_".join(words)], _escapes(joined))
        if candidate not in _RESERVED_CLASSES
    )


def module_names(class_name: str) -> Iterator[str]:
    """Give the module names for a class: ``order_items`` for ``OrderItems``, then with ``_``, ``_2``, and so on."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", class_name)
    name = re.sub("__+", "_", unicodedata.normalize("NFKC", words.lower()))[:_LONGEST_MODULE]
    return (
        candidate
        for candidate in _escapes(name)
        if candidate not in _PACKAGE_NAMES and candidate not in _DEVICES and not keyword.iskeyword(candidate)
    )


def singular(name: str) -> str:
    """Return *name* with its last word in the singular, by the common rules of English."""
    word = _LAST_WORD.search(name)
    if word is None:
        return name
    found = _singular(word[0].lower())
    return name[: word.start()] + (found.capitalize() if word[0][0].isupper() else found)


def is_class_name(name: str) -> bool:
    """Return whether a configuration may call a class so."""
    return _is_public(name) and name not in _RESERVED_CLASSES


def is_field_name(name: str) -> bool:
    """Return whether a configuration may call a field so."""
    return _is_public(name) and "__" not in name and name not in _RESERVED_FIELDS


def is_package_name(name: str) -> bool:
    """Return whether ``import name`` is possible."""
    return name.isidentifier() and not keyword.iskeyword(name)


def source_text(text: str) -> str:
    """Return *text* as it stands between double quotes in source code: on one line, nothing invisible in it."""
    return "".join(map(_source_character, text))


def _is_public(name: str) -> bool:
    normal = unicodedata.normalize("NFKC", name) == name
    return normal and name.isidentifier() and not name.startswith("_") and not keyword.iskeyword(name)


def _escapes(name: str) -> Iterator[str]:
    stem = name.rstrip("_")
    return chain([name, f"{stem}_"], (f"{stem}_{number}" for number in count(2)))


def _capital(word: str) -> str:
    capital = word[0].upper() + word[1:]
    return capital if capital.isidentifier() or word[0].isdecimal() else word


def _singular(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word in _UNCOUNTABLE or word.endswith(("ss", "us", "is")) or len(word) <= 2:
        return word
    if word.endswith("ies"):
        return word[:-3] + "y" if len(word) > len("ties") else word[:-1]
    if word.endswith(("sses", "xes", "zzes", "ches", "shes", "uses")) and not word.endswith(("auses", "ouses")):
        return word[:-2]
    if word.endswith("yses"):
        return word[:-2] + "is"
    return word.removesuffix("s")


def _source_character(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
