"""What this package refuses or cannot do."""

from collections.abc import Sequence
from typing import ClassVar

from cinch_client import CinchError


class CodegenError(CinchError):
    """Anything that the generator refuses or cannot do.

    Attributes:
        hint: What to do about it; "" when the message says it all.
    """

    code: ClassVar[str] = "codegen"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class OptionsError(CodegenError):
    """An option, or a setting in ``[tool.cinch-codegen]``, that cannot be used as it is."""

    code = "codegen_options"


class OutputError(CodegenError):
    """An output directory that cannot be written without losing what is not ours; nothing was changed."""

    code = "codegen_output"


class PlanError(CodegenError):
    """Settings that do not fit the schema.

    Attributes:
        problems: Every one of them, each a sentence.
    """

    code = "codegen_plan"

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        listed = "".join(f"\n  - {problem}" for problem in self.problems)
        super().__init__(f"the settings do not fit the schema:{listed}", hint="change [tool.cinch-codegen] accordingly")


class QuickstartError(CodegenError):
    """A quickstart that cannot be made here."""

    code = "codegen_quickstart"
