"""Which project, database and branch a command is about: options, then the environment, then config.toml."""

import os
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from cinch_client import ConfigurationError, ProjectNotFoundError

_DIRECTORY = ".cinchdb"
_CONFIG = "config.toml"


@dataclass(frozen=True, slots=True)
class Project:
    """A project's directory and what its config.toml says is active."""

    directory: Path
    active_database: str
    active_branch: str

    def branch_of(self, database: str) -> str:
        """Return the branch that is meant when none is named: another database's active branch is not ours."""
        return self.active_branch if database == self.active_database else "main"

    def activate(self, database: str, branch: str) -> None:
        """Make a database and a branch the active ones; the rest of config.toml stays as it is, to the byte."""
        file = self.directory / _DIRECTORY / _CONFIG
        text = file.read_text(encoding="utf-8")
        for key, value in (("active_database", database), ("active_branch", branch)):
            line = f'{key} = "{value}"'
            text, found = re.subn(rf"(?m)^{key}[ \t]*=.*$", line, text, count=1)
            text = text if found else f"{line}\n{text}"
        new = file.with_suffix(f".new-{os.getpid()}")
        new.write_text(text, encoding="utf-8")
        new.chmod(file.stat().st_mode & 0o777)
        new.replace(file)


def find_project(directory: Path | None) -> Project:
    """Return the project at *directory*, or, for None, here or above.

    Raises:
        ProjectNotFoundError: There is none.
        ConfigurationError: Its config.toml cannot be read.
    """
    start = Path.cwd() if directory is None else directory.resolve()
    candidates = [start, *start.parents] if directory is None else [start]
    for candidate in candidates:
        if (candidate / _DIRECTORY).is_dir():
            return _read(candidate)
    above = " or above" if directory is None else ""
    raise ProjectNotFoundError(f"there is no CinchDB project in {start}{above}; make one with 'cinch-client init'")


def _read(directory: Path) -> Project:
    file = directory / _DIRECTORY / _CONFIG
    try:
        config = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        config = {}
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{file} cannot be read: {error}") from error
    return Project(directory, str(config.get("active_database", "main")), str(config.get("active_branch", "main")))
