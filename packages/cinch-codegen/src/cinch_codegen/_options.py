"""What the user wants: ``[tool.cinch-codegen]`` of a pyproject.toml, the command line above it. Reads, never writes."""

import re
import sys
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypedDict, Unpack, cast, get_args

from cinch_codegen._errors import OptionsError
from cinch_codegen._names import is_package_name
from cinch_codegen._types import ChoiceType, ConfiguredType, EnumType, NamedType

SECTION = "[tool.cinch-codegen]"
_VERSION = re.compile("[0-9][0-9A-Za-z.+-]*")
_OURS = frozenset({"cinch_client", "cinch_codegen", "cinch_models_runtime", "cinch_server", "pydantic"})


@dataclass(frozen=True, slots=True)
class Options:
    """All that decides what the output says, beside the schema.

    Attributes:
        database: The database's name, for the docstrings.
        package: The name of the package.
        views: Whether views get models.
        singular: Whether classes are named in the singular.
        dist: Whether the output is a distribution with the package in it, not the package alone.
        version: The version of that distribution.
        names: Table or view → class.
        fields: Table or view → column → field.
        types: Table or view → column → type.
        config: The name of the file that these settings stand in, "" for none and for a pyproject.toml.
    """

    database: str
    package: str
    views: bool = True
    singular: bool = False
    dist: bool = False
    version: str = "0.1.0"
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    fields: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    types: Mapping[str, Mapping[str, ConfiguredType]] = field(default_factory=dict[str, Mapping[str, ConfiguredType]])
    config: str = ""

    @property
    def command(self) -> str:
        """What makes the output again, said in the directory above it."""
        output = self.package.replace("_", "-") if self.dist else self.package
        switches = {"--no-views": not self.views, "--singular": self.singular, "--dist": self.dist}
        chosen = [switch for switch, on in switches.items() if on]
        if self.config:
            chosen += ["--config", self.config]
        return " ".join(["cinch-codegen generate", self.database, "--output", output, *chosen])


class Overrides(TypedDict, total=False):
    """What the command line can say; None where it is silent."""

    database: str | None
    output: Path | None
    branch: str | None
    tenant: str | None
    project_dir: Path | None
    package_name: str | None
    views: bool | None
    singular: bool | None
    dist: bool | None


@dataclass(frozen=True, slots=True)
class Settings:
    """What a configuration says, with the defaults for what it does not say; paths are absolute."""

    database: str | None = None
    output: Path | None = None
    branch: str = "main"
    tenant: str = "main"
    project_dir: Path | None = None
    package_name: str | None = None
    views: bool = True
    singular: bool = False
    dist: bool = False
    version: str = "0.1.0"
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    fields: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    types: Mapping[str, Mapping[str, ConfiguredType]] = field(default_factory=dict[str, Mapping[str, ConfiguredType]])
    config: str = ""

    def override(self, **given: Unpack[Overrides]) -> "Settings":
        """Return these settings with everything that is given and not None."""
        return replace(self, **{name: value for name, value in given.items() if value is not None})

    def target(self) -> tuple[str, Path]:
        """Return the database and the output directory.

        Raises:
            OptionsError: One of them is not said anywhere.
        """
        if self.database is None:
            raise OptionsError(
                "no database is given",
                hint=f"cinch-codegen generate DATABASE --output DIR, or set database and output in {SECTION}",
            )
        if self.output is None:
            raise OptionsError(
                "no output directory is given",
                hint=f"add --output DIR, whose name becomes the package's, or set output in {SECTION}",
            )
        return self.database, self.output

    def options(self) -> Options:
        """Return what decides the output.

        Raises:
            OptionsError: The database, the output or a usable package name is missing.
        """
        database, output = self.target()
        return Options(
            database=database,
            package=self._package(output),
            views=self.views,
            singular=self.singular,
            dist=self.dist,
            version=self.version,
            names=self.names,
            fields=self.fields,
            types=self.types,
            config=self.config,
        )

    def _package(self, output: Path) -> str:
        name = self.package_name or (output.name.replace("-", "_") if self.dist else output.name)
        if not is_package_name(name):
            raise OptionsError(
                f"{name!r} cannot be imported as a package",
                hint="name the output directory with letters, digits and '_', a letter first"
                + (", or give --package-name" if self.dist else ""),
            )
        if name in _OURS or name in sys.stdlib_module_names:
            raise OptionsError(f"a package called {name!r} would hide another one", hint="name it differently")
        if not self.dist and name != output.name:
            raise OptionsError(
                f"the package is called {name!r} but its directory {output.name!r}",
                hint=f"write --output {output.parent / name}, or add --dist for a distribution with the package in it",
            )
        return name


def find_configuration(start: Path) -> Path | None:
    """Return the nearest pyproject.toml, from *start* upward, that has our section."""
    for directory in (start, *start.parents):
        file = directory / "pyproject.toml"
        if file.is_file() and _section(file) is not None:
            return file
    return None


def read_settings(file: Path) -> Settings:
    """Read the section of a pyproject.toml; relative paths in it start at the file's directory.

    Raises:
        OptionsError: The file cannot be read, or has no such section, or says what it cannot; all mistakes are named.
    """
    section = _section(file)
    if section is None:
        raise OptionsError(f"{file} has no section {SECTION}")
    reader = _Reader(file.parent.absolute())
    settings = reader.settings(section)
    if reader.problems:
        listed = "".join(f"\n  - {problem}" for problem in reader.problems)
        raise OptionsError(f"{SECTION} of {file} cannot be used:{listed}")
    return settings if file.name == "pyproject.toml" else replace(settings, config=file.name)


def _section(file: Path) -> Mapping[str, object] | None:
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise OptionsError(f"{file} cannot be read: {error}") from error
    section = document.get("tool", {}).get("cinch-codegen")
    if section is not None and not isinstance(section, dict):
        raise OptionsError(f"cinch-codegen in {file} is no table", hint=f"write {SECTION}")
    return cast("Mapping[str, object] | None", section)


class _Reader:
    """Reads one section and keeps what is wrong with it."""

    def __init__(self, directory: Path) -> None:
        self.problems: list[str] = []
        self._directory = directory
        self._readers: dict[str, Callable[[str, object], object]] = {
            "database": self._text,
            "output": self._path,
            "branch": self._text,
            "tenant": self._text,
            "project-dir": self._path,
            "package-name": self._text,
            "views": self._switch,
            "singular": self._switch,
            "dist": self._switch,
            "version": self._version,
            "names": self._texts,
            "fields": self._columns(self._text),
            "types": self._columns(self._type),
        }

    def settings(self, section: Mapping[str, object]) -> Settings:
        values: dict[str, Any] = {}
        for key, value in section.items():
            if key in self._readers:
                values[key.replace("-", "_")] = self._readers[key](key, value)
            else:
                near = get_close_matches(key, self._readers, n=1)
                self._problem(f"{key} is no setting" + (f"; did you mean {near[0]}?" if near else f"; {self._known()}"))
        return Settings() if self.problems else Settings(**values)

    def _known(self) -> str:
        return f"there are {', '.join(self._readers)}"

    def _problem(self, text: str) -> None:
        self.problems.append(text)

    def _text(self, key: str, value: object) -> str:
        if not isinstance(value, str) or not value:
            self._problem(f"{key} is {value!r}; write a text in quotes")
            return ""
        return value

    def _version(self, key: str, value: object) -> str:
        text = self._text(key, value)
        if text and _VERSION.fullmatch(text) is None:
            self._problem(f"{key} is {value!r}; write a version such as 1.2.0")
        return text

    def _switch(self, key: str, value: object) -> bool:
        if not isinstance(value, bool):
            self._problem(f"{key} is {value!r}; write true or false")
        return value is True

    def _path(self, key: str, value: object) -> Path:
        return self._directory / self._text(key, value)

    def _table(self, key: str, value: object, hint: str) -> Mapping[str, object]:
        if not isinstance(value, dict):
            self._problem(f"{key} is {value!r}; {hint}")
            return {}
        return cast("Mapping[str, object]", value)

    def _texts(self, key: str, value: object) -> Mapping[str, str]:
        table = self._table(key, value, 'write table = "ClassName" below [tool.cinch-codegen.names]')
        return {name: self._text(f"{key}.{name}", text) for name, text in table.items()}

    def _columns(self, read: Callable[[str, object], Any]) -> Callable[[str, object], Mapping[str, Mapping[str, Any]]]:
        def columns(key: str, value: object) -> Mapping[str, Mapping[str, Any]]:
            tables = self._table(key, value, f"write column = … below [tool.cinch-codegen.{key}.TABLE]")
            return {
                table: {
                    column: read(f"{key}.{table}.{column}", setting)
                    for column, setting in self._table(
                        f"{key}.{table}",
                        settings,
                        f"write column = … below [tool.cinch-codegen.{key}.TABLE], a dotted key without quotes",
                    ).items()
                }
                for table, settings in tables.items()
            }

        return columns

    def _type(self, key: str, value: object) -> ConfiguredType:
        names = get_args(NamedType)
        if isinstance(value, str) and value in names:
            return cast("NamedType", value)
        if isinstance(value, dict):
            table = cast("Mapping[str, object]", value)
            if tuple(table) == ("enum",):
                return self._enum(key, table["enum"])
        self._problem(f"{key} is {value!r}; write one of {', '.join(names)}, or {{ enum = … }}")
        return "text"

    def _enum(self, key: str, value: object) -> ConfiguredType:
        if isinstance(value, str):
            module, _, name = value.partition(":")
            if all(map(is_package_name, [*module.split("."), name])):
                return EnumType(module, name)
        if isinstance(value, list):
            values = cast("list[object]", value)
            choices = [item for item in values if isinstance(item, str) or type(item) is int]
            if values and len(choices) == len(values):
                return ChoiceType(tuple(choices))
        self._problem(f'{key} has enum = {value!r}; write "package.module:ClassName" or a list of texts or integers')
        return ChoiceType(())
