"""Settings: from pyproject.toml and from the command line."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cinch_codegen._errors import OptionsError
from cinch_codegen._options import Settings, find_configuration, read_settings
from cinch_codegen._types import ChoiceType, EnumType


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        file = tmp_path / "pyproject.toml"
        file.write_text(text, encoding="utf-8")
        return file

    return write


def test_everything_can_be_said(write: Callable[[str], Path], tmp_path: Path) -> None:
    settings = read_settings(
        write("""
        [tool.cinch-codegen]
        database = "shop"
        output = "src/shop_models"
        branch = "next"
        tenant = "acme"
        project-dir = "data"
        views = false
        singular = true
        dist = false
        version = "2.0"
        names = { users = "Person" }
        fields.users.class = "klass"
        [tool.cinch-codegen.types]
        users.settings = "json"
        users.state = { enum = "app.states:State" }
        users.role = { enum = ["admin", "member"] }
        """)
    )
    assert settings == Settings(
        database="shop",
        output=tmp_path / "src/shop_models",
        branch="next",
        tenant="acme",
        project_dir=tmp_path / "data",
        views=False,
        singular=True,
        version="2.0",
        names={"users": "Person"},
        fields={"users": {"class": "klass"}},
        types={
            "users": {
                "settings": "json",
                "state": EnumType("app.states", "State"),
                "role": ChoiceType(("admin", "member")),
            }
        },
    )


def test_all_mistakes_are_told_at_once(write: Callable[[str], Path]) -> None:
    with pytest.raises(OptionsError) as caught:
        read_settings(
            write("""
            [tool.cinch-codegen]
            databse = "shop"
            output = 7
            views = "no"
            version = "one"
            names = "users"
            [tool.cinch-codegen.types]
            "users.settings" = "json"
            users.a = "jsno"
            users.b = { enum = "nonsense" }
            users.c = { enum = [] }
            """)
        )
    assert str(caught.value).splitlines()[1:] == [
        "  - databse is no setting; did you mean database?",
        "  - output is 7; write a text in quotes",
        "  - views is 'no'; write true or false",
        "  - version is 'one'; write a version such as 1.2.0",
        "  - names is 'users'; write table = \"ClassName\" below [tool.cinch-codegen.names]",
        (
            "  - types.users.settings is 'json'; write column = … below [tool.cinch-codegen.types.TABLE], "
            "a dotted key without quotes"
        ),
        (
            "  - types.users.a is 'jsno'; write one of text, integer, real, numeric, boolean, blob, json, "
            "datetime, date, time, uuid, decimal, or { enum = … }"
        ),
        "  - types.users.b has enum = 'nonsense'; write \"package.module:ClassName\" or a list of texts or integers",
        '  - types.users.c has enum = []; write "package.module:ClassName" or a list of texts or integers',
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.", "cannot be read"),
        ("[project]\nname = 'x'", "has no section"),
        ("[tool]\ncinch-codegen = 1", "is no table"),
    ],
)
def test_a_file_that_says_nothing(write: Callable[[str], Path], text: str, message: str) -> None:
    with pytest.raises(OptionsError, match=message):
        read_settings(write(text))


def test_the_nearest_file_with_our_section_counts(write: Callable[[str], Path], tmp_path: Path) -> None:
    file = write("[tool.cinch-codegen]")
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "pyproject.toml").write_text("[project]")
    assert find_configuration(tmp_path / "a" / "b") == file


def test_the_command_line_wins() -> None:
    settings = Settings(database="shop", branch="next", views=False)
    assert settings.override(database="blog", branch=None, views=True) == Settings(
        database="blog", branch="next", views=True
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (Settings(), "no database is given"),
        (Settings(database="shop"), "no output directory is given"),
        (Settings(database="shop", output=Path("/p/shop-models")), "'shop-models' cannot be imported as a package"),
        (Settings(database="shop", output=Path("/p/class")), "'class' cannot be imported as a package"),
        (Settings(database="shop", output=Path("/p/json")), "a package called 'json' would hide another one"),
        (Settings(database="shop", output=Path("/p/cinch_client")), "would hide another one"),
        (
            Settings(database="shop", output=Path("/p/x"), package_name="y"),
            "the package is called 'y' but its directory 'x'",
        ),
    ],
)
def test_what_cannot_be_generated(settings: Settings, message: str) -> None:
    with pytest.raises(OptionsError, match=message):
        settings.options()


@pytest.mark.parametrize(
    ("settings", "package", "command"),
    [
        (
            Settings(database="shop", output=Path("/p/shop_models")),
            "shop_models",
            "cinch-codegen generate shop --output shop_models",
        ),
        (
            Settings(database="shop", output=Path("/p/shop-models"), dist=True),
            "shop_models",
            "cinch-codegen generate shop --output shop-models --dist",
        ),
        (
            Settings(database="shop", output=Path("/p/anywhere"), dist=True, package_name="shop_models"),
            "shop_models",
            "cinch-codegen generate shop --output shop-models --dist",
        ),
        (
            Settings(database="shop", output=Path("/p/shop_models"), singular=True, config="codegen.toml"),
            "shop_models",
            "cinch-codegen generate shop --output shop_models --singular --config codegen.toml",
        ),
    ],
)
def test_the_package_has_a_name(settings: Settings, package: str, command: str) -> None:
    assert settings.options().package == package
    assert settings.options().command == command


@pytest.mark.parametrize(("name", "config"), [("pyproject.toml", ""), ("codegen.toml", "codegen.toml")])
def test_settings_know_a_file_that_is_not_found_by_itself(tmp_path: Path, name: str, config: str) -> None:
    (tmp_path / name).write_text('[tool.cinch-codegen]\ndatabase = "shop"\noutput = "shop_models"\n')
    assert read_settings(tmp_path / name).config == config
