"""Generates a typed Python package from the schema of a CinchDB database; the console script is ``cinch-codegen``."""

from cinch_codegen._errors import CodegenError, OptionsError, OutputError, PlanError, QuickstartError

__version__ = "1.0.0"

__all__ = ["CodegenError", "OptionsError", "OutputError", "PlanError", "QuickstartError", "__version__"]
