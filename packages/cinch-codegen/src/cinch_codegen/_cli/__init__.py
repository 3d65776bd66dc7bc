"""The command line: the only place that prints and exits."""

from cinch_codegen._cli._main import main

__all__ = ["main"]
