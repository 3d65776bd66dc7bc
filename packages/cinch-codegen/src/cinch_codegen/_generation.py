"""One run, from the settings to what would have to change on disk."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cinch_client import CinchDB, CinchError, Schema, connect
from cinch_codegen._errors import OutputError
from cinch_codegen._manifest import MANIFEST, write_manifest
from cinch_codegen._options import Options, Settings
from cinch_codegen._output import Change, Found, apply, compare, read_output
from cinch_codegen._package import PackagePlan
from cinch_codegen._plan import plan_package

Steps = Callable[[int], None]
"""Told after each file how many are rendered."""


@dataclass(frozen=True, slots=True)
class Generation:
    """What would be written, and what is there.

    Attributes:
        plan: What is generated.
        directory: The output directory.
        files: Path → text, the manifest included.
        found: What is on disk.
        changes: What differs.
    """

    plan: PackagePlan
    directory: Path
    files: Mapping[str, str]
    found: Found
    changes: list[Change]

    def write(self, *, force: bool = False) -> None:
        """Make the disk agree.

        Raises:
            OutputError: Something of the user's would be lost, or the disk refuses.
        """
        apply(self.changes, self.directory, foreign=self.found.foreign, force=force)

    def new_names(self) -> list[str]:
        """Return the columns that have become fields of another name since the last time, a phrase each."""
        manifest = self.found.manifest
        before = {
            (table, column, field)
            for table, record in (manifest.names.items() if manifest else ())
            for column, field in record.fields.items()
        }
        return [
            f"{table}.{column} is the field {field}"
            for table, record in self.plan.names.items()
            for column, field in record.fields.items()
            if (table, column, field) not in before
        ]


@dataclass(frozen=True, slots=True)
class TenantState:
    """How one tenant compares with the schema: it matches unless it lags or cannot be read."""

    name: str
    matches: bool
    failure: str = ""


def open_database(settings: Settings) -> CinchDB:
    """Connect to what the settings say.

    Raises:
        OptionsError: They do not say enough.
        CinchError: It cannot be reached.
    """
    database, _ = settings.target()
    return connect(database, settings.branch, settings.tenant, project_dir=settings.project_dir)


def prepare(schema: Schema, options: Options, directory: Path, steps: Steps | None = None) -> Generation:
    """Decide and render everything; nothing is written.

    Raises:
        PlanError: The settings do not fit the schema.
        OutputError: The output directory cannot be used.
    """
    from cinch_codegen._render import render

    if directory.exists() and not directory.is_dir():
        raise OutputError(f"{directory} is a file", hint="--output is the directory of the package")
    manifest = read_output(directory).manifest
    plan = plan_package(schema, options, manifest.names_for(singular=options.singular) if manifest else None)
    files: dict[str, str] = {}
    for path, text in render(plan):
        files[path] = text
        if steps is not None:
            steps(len(files))
    files[MANIFEST] = write_manifest(plan, files)
    found = read_output(directory, files)
    return Generation(plan, directory, files, found, compare(files, found))


def tenant_states(connection: CinchDB, fingerprint: str) -> list[TenantState]:
    """Compare every tenant of the branch with *fingerprint*."""
    states: list[TenantState] = []
    for tenant in connection.list_tenants():
        try:
            states.append(TenantState(tenant.name, connection.with_tenant(tenant.name).fingerprint() == fingerprint))
        except CinchError as error:
            states.append(TenantState(tenant.name, matches=False, failure=str(error)))
    return states
