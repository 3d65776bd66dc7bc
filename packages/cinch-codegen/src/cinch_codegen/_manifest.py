"""What an output remembers of itself: its files, its schema and the names it gave. Pure."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import cast

from cinch_codegen._errors import OutputError
from cinch_codegen._package import NameRecord, NameRecords, PackagePlan

MANIFEST = ".cinch-codegen.json"
_FORMAT = 1
_HASH_LENGTH = 32
_ABOUT = "Written by cinch-codegen. Commit it: it keeps the names stable, and edited files from being overwritten."


@dataclass(frozen=True, slots=True)
class Manifest:
    """What was written the last time.

    Attributes:
        fingerprint: That of the schema.
        files: Path below the output directory → hash of its text.
        names: What was called what.
        singular: Whether classes were named in the singular.
    """

    fingerprint: str
    files: Mapping[str, str]
    names: NameRecords
    singular: bool = False

    def names_for(self, *, singular: bool) -> NameRecords:
        """Return the names to keep: only those of columns when classes and relations are named by another rule now."""
        if singular == self.singular:
            return self.names
        return {table: NameRecord(fields=record.fields) for table, record in self.names.items()}


def hash_of(content: bytes) -> str:
    """Return the hash of a file's text, whatever its line ends."""
    return hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()[:_HASH_LENGTH]


def write_manifest(plan: PackagePlan, files: Mapping[str, str]) -> str:
    """Return the manifest's text for *files*, path → text."""
    document = {
        "about": _ABOUT,
        "format": _FORMAT,
        "database": plan.database,
        "fingerprint": plan.fingerprint,
        "singular": plan.singular,
        "files": {path: hash_of(text.encode()) for path, text in sorted(files.items())},
        "names": {table: _names_document(record) for table, record in sorted(plan.names.items())},
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def read_manifest(text: str) -> Manifest:
    """Read a manifest.

    Raises:
        OutputError: It is damaged, or of a later version.
    """
    try:
        document = json.loads(text)
        written = document["format"]
        if written != _FORMAT:
            raise OutputError(
                f"the output was written by another cinch-codegen (manifest format {written!r})",
                hint="upgrade cinch-codegen",
            )
        return Manifest(
            fingerprint=str(document["fingerprint"]),
            files={_inside(path): str(digest) for path, digest in document["files"].items()},
            names={str(table): _record(names) for table, names in document["names"].items()},
            singular=document["singular"] is True,
        )
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise OutputError(
            f"the manifest {MANIFEST} is damaged: {error}",
            hint="restore it from version control, or delete it and use --force",
        ) from error


def _inside(path: str) -> str:
    parts = PurePosixPath(path)
    if parts.is_absolute() or ".." in parts.parts or not parts.parts:
        raise ValueError(f"{path!r} is outside the output directory")
    return path


def _record(document: Mapping[str, object]) -> NameRecord:
    return NameRecord(
        class_name=str(document.get("class", "")),
        module=str(document.get("module", "")),
        fields=_texts(document.get("fields")),
        relations=_texts(document.get("relations")),
    )


def _texts(document: object) -> Mapping[str, str]:
    table = cast("Mapping[str, object]", document or {})
    return {key: str(value) for key, value in table.items()}


def _names_document(record: NameRecord) -> Mapping[str, object]:
    document = {
        "class": record.class_name,
        "module": record.module,
        "fields": dict(sorted(record.fields.items())),
        "relations": dict(sorted(record.relations.items())),
    }
    return {key: value for key, value in document.items() if value}
