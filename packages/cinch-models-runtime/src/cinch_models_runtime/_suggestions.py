"""What somebody may have meant."""

import difflib
from collections.abc import Iterable


def did_you_mean(name: str, valid: Iterable[str]) -> str:
    """Return `` did you mean 'x'?`` with the nearest of *valid*, or nothing when none is near."""
    names = {candidate.casefold(): candidate for candidate in valid}
    near = difflib.get_close_matches(name.casefold(), names, n=1)
    return f" did you mean {names[near[0]]!r}?" if near else ""
