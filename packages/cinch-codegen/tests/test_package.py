"""The package itself: what it exports, and that its version is one."""

from importlib.metadata import version

import cinch_codegen


def test_the_exports_are_sorted_and_complete() -> None:
    public = {name for name in vars(cinch_codegen) if name[0].isupper()} | {"__version__"}
    assert cinch_codegen.__all__ == sorted(public)


def test_the_version_is_that_of_the_distribution() -> None:
    assert cinch_codegen.__version__ == version("cinch-codegen")


def test_every_error_has_a_code_of_its_own() -> None:
    codes = {
        "CodegenError": "codegen",
        "OptionsError": "codegen_options",
        "OutputError": "codegen_output",
        "PlanError": "codegen_plan",
        "QuickstartError": "codegen_quickstart",
    }
    assert {name: getattr(cinch_codegen, name).code for name in codes} == codes
    assert set(codes) == set(cinch_codegen.__all__) - {"__version__"}
