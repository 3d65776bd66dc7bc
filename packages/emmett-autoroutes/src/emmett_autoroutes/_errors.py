"""Everything this package raises on purpose."""

from collections.abc import Sequence


class AutoRoutesError(Exception):
    """Something is wrong with the app's auto routes; nothing was registered by the call that raised."""


class ConfigurationError(AutoRoutesError):
    """The configuration of one or more models is wrong.

    Attributes:
        problems: Every mistake found, in the order of the models, one sentence each.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        many = len(self.problems) != 1
        heading = f"{len(self.problems)} mistake{'s' if many else ''} in the configuration of auto routes"
        super().__init__("\n".join([f"{heading}; nothing was registered:", *(f"  - {p}" for p in self.problems)]))


class RouteConflictError(AutoRoutesError):
    """Auto routes and other routes would answer the same URLs.

    Attributes:
        conflicts: One sentence per conflict, naming both routes and a URL that both would answer.
    """

    def __init__(self, conflicts: Sequence[str], advice: str) -> None:
        self.conflicts = tuple(conflicts)
        super().__init__("\n".join(["Routes clash:", *(f"  - {c}" for c in self.conflicts), advice]))
