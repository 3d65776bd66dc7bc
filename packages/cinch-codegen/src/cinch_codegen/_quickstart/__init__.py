"""A small project to look at: made, generated for, and run."""

from cinch_codegen._quickstart._make import Quickstart, make_quickstart

__all__ = ["Quickstart", "make_quickstart"]
