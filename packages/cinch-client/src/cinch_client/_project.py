"""Making projects and databases. The work is the embedded engine's, which is loaded only when it is needed."""

import os
from pathlib import Path

from cinch_client._names import check_name


def init_project(
    project_dir: str | os.PathLike[str] | None = None, database_name: str = "main", branch_name: str = "main"
) -> Path:
    """Make a project with one database.

    Args:
        project_dir: A directory, made if it is missing; None is the current one.
        database_name: The name of the first database.
        branch_name: The name of its first branch.

    Returns:
        The project's directory, absolute.

    Raises:
        InvalidNameError: A name is not allowed.
        AlreadyExistsError: The directory holds a project already; it was not touched.
    """
    from cinch_client._embedded import _project

    check_name(database_name, "database")
    check_name(branch_name, "branch")
    return _project.init_project(Path(project_dir or "."), database_name, branch_name)


def init_database(
    project_dir: str | os.PathLike[str] | None,
    database_name: str,
    branch_name: str = "main",
    description: str | None = None,
    *,
    lazy: bool = True,
) -> None:
    """Make a database in an existing project.

    Args:
        project_dir: The directory that contains ``.cinchdb``; None searches the current directory and those above.
        database_name: Its name.
        branch_name: The name of its first branch.
        description: Any text.
        lazy: Whether its directory and files are made at the first write instead of now.

    Raises:
        ProjectNotFoundError: There is no project.
        InvalidNameError: A name is not allowed.
        AlreadyExistsError: There is a database of that name, or another one's files would be in the same directory.
    """
    from cinch_client._embedded import _project

    check_name(database_name, "database")
    check_name(branch_name, "branch")
    _project.init_database(project_dir, database_name, branch_name, description, lazy=lazy)


def delete_database(project_dir: str | os.PathLike[str] | None, database_name: str) -> None:
    """Delete a database with all its branches, tenants and files.

    Args:
        project_dir: The directory that contains ``.cinchdb``; None searches the current directory and those above.
        database_name: Its name.

    Raises:
        ProjectNotFoundError: There is no project.
        DatabaseNotFoundError: The project has no such database.
        ConfigurationError: It is the project's last database.
    """
    from cinch_client._embedded import _project

    _project.delete_database(project_dir, check_name(database_name, "database"))


def list_databases(project_dir: str | os.PathLike[str] | None = None) -> list[str]:
    """Return the names of a project's databases, sorted.

    Raises:
        ProjectNotFoundError: There is no project.
    """
    from cinch_client._embedded import _project

    return _project.open_engine(project_dir).databases()
