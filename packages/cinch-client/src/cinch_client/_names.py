"""Which names are allowed. Every name that becomes a path or a new identifier passes through here.

The rules are those of CinchDB 0.1, so that either side can open what the other made.
"""

import re
import warnings
from typing import Literal

from cinch_client._errors import InvalidNameError

Kind = Literal["database", "branch", "tenant", "table", "column", "view", "index"]

TEMPLATE_TENANT = "__empty__"
"""The tenant that holds the schema of a branch and no rows. It has a file but cannot be used by name."""

AUTOMATIC_COLUMNS = ("id", "created_at", "updated_at")
"""The columns that every table gets, in this order."""

_MAX_LENGTH = 63
_SCOPE = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
_IDENTIFIER = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(1, 10))})

# What 0.1 pastes into SQL unquoted and SQLite then refuses (https://www.sqlite.org/lang_keywords.html; only the
# words that cannot stand as an identifier).
_KEYWORDS = frozenset(
    "add all alter and as autoincrement between case check collate commit constraint create cross current_date "
    "current_time current_timestamp default deferrable delete distinct drop else escape except exists foreign from "
    "full group having if in index inner insert intersect into is isnull join left limit natural not notnull "
    "nothing null on or order outer primary references returning right select set table then to transaction "
    "union unique update using values when where".split()
)


def check_name(name: str, kind: Kind) -> str:
    """Return *name* if a new or an addressed *kind* may be called so.

    Args:
        name: What the user gave.
        kind: What it names; it decides the rule and the wording of the error.

    Raises:
        InvalidNameError: The name breaks a rule; the message says which.
    """
    problem = _problem(name, kind)
    if problem is not None:
        raise InvalidNameError(f"{name!r} cannot be the name of a {kind}: {problem}")
    if kind in {"table", "column"} and name in _KEYWORDS:
        warnings.warn(
            f"{name!r} is an SQL keyword: it works here, but CinchDB 0.1 cannot read a {kind} of this name",
            stacklevel=3,
        )
    return name


def _problem(name: object, kind: Kind) -> str | None:
    if not isinstance(name, str):
        return f"a name is a str, not {type(name).__name__}"
    if not name:
        return "it is empty"
    if len(name) > _MAX_LENGTH:
        return f"it has {len(name)} characters; {_MAX_LENGTH} is the most"
    if kind in {"database", "branch", "tenant"}:
        if _SCOPE.fullmatch(name) is None:
            return "use lower-case letters and digits, with a single '-' or '_' between them"
    elif _IDENTIFIER.fullmatch(name) is None:
        return "use lower-case letters and digits, a letter first, with a single '_' between them"
    if name in _DEVICES:
        return "some systems reserve it for a device"
    if kind in {"table", "view", "index"} and name.startswith("sqlite_"):
        return "names that begin with 'sqlite_' belong to SQLite"
    return None
