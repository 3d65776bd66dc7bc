"""{path: text} against what is on disk: compare, then apply. The only module that writes generated files."""

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import Literal

from cinch_codegen._errors import OutputError
from cinch_codegen._manifest import MANIFEST, Manifest, hash_of, read_manifest

_HARMLESS = frozenset({"__pycache__", ".DS_Store"})
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Found:
    """What is in the output directory.

    Attributes:
        files: The content of the files that concern us, by their paths below the directory.
        manifest: What we wrote the last time, None without that.
        foreign: Whether other things are there although we never wrote here.
    """

    files: Mapping[str, bytes]
    manifest: Manifest | None
    foreign: bool


@dataclass(frozen=True, slots=True)
class Change:
    """One file that is not as it should be.

    Attributes:
        path: Below the output directory.
        kind: What has to be done.
        before: What is there, None without a file.
        after: What should be there, None for no file.
        obstacle: Why that would lose something of the user's, None when it would not.
    """

    path: str
    kind: Literal["create", "update", "remove"]
    before: str | None
    after: str | None
    obstacle: Literal["edited", "not ours"] | None = None

    def diff(self) -> str:
        """Return the change as a unified diff."""
        lines = unified_diff(
            (self.before or "").splitlines(keepends=True),
            (self.after or "").splitlines(keepends=True),
            "/dev/null" if self.before is None else f"a/{self.path}",
            "/dev/null" if self.after is None else f"b/{self.path}",
        )
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def read_output(directory: Path, paths: Iterable[str] = ()) -> Found:
    """Look at what is there: the files of the last time, and those of *paths*.

    Raises:
        OutputError: The directory, a file or the manifest cannot be read.
    """
    try:
        if not directory.exists():
            return Found({}, None, foreign=False)
        present = {entry.name for entry in directory.iterdir()} - _HARMLESS
        manifest = None
        if MANIFEST in present:
            manifest = read_manifest((directory / MANIFEST).read_text(encoding="utf-8"))
        wanted = {*paths, *(manifest.files if manifest else ()), MANIFEST}
        files = {path: (directory / path).read_bytes() for path in sorted(wanted) if (directory / path).is_file()}
    except (OSError, UnicodeDecodeError) as error:
        raise OutputError(f"the output directory {directory} cannot be read: {error}") from error
    return Found(files, manifest, foreign=manifest is None and bool(present))


def compare(files: Mapping[str, str], found: Found) -> list[Change]:
    """Return what has to be done so that the output is *files*, path → text; pure."""
    ours: Mapping[str, str] = found.manifest.files if found.manifest else {}
    changes: list[Change] = []
    for path in sorted({*files, *ours}):
        before, after = found.files.get(path), files.get(path)
        if before is None and after is not None:
            changes.append(Change(path, "create", None, after))
        elif before is not None and (after is None or hash_of(before) != hash_of(after.encode())):
            kind = "remove" if after is None else "update"
            changes.append(Change(path, kind, before.decode(errors="replace"), after, _obstacle(path, before, ours)))
    return changes


def apply(changes: Sequence[Change], directory: Path, *, foreign: bool = False, force: bool = False) -> None:
    """Carry out *changes*: every new text is written beside its place first, then all are moved there.

    Args:
        changes: What :func:`compare` returned.
        directory: The output directory; it is made when missing.
        foreign: Whether something that is not ours is in the directory although we never wrote there.
        force: Whether files that were edited or are not ours may be lost.

    Raises:
        OutputError: Something of the user's would be lost, or the disk refuses; nothing of the user's was changed.
    """
    if not force:
        _refuse_losses(changes, directory, foreign=foreign)
    staged: list[tuple[Path, Path]] = []
    try:
        for change in sorted(changes, key=lambda change: change.path == MANIFEST):
            if change.after is not None:
                place = directory / change.path
                place.parent.mkdir(parents=True, exist_ok=True)
                draft = place.with_name(f".{place.name}.{os.getpid()}")
                staged.append((draft, place))
                draft.write_text(change.after, encoding="utf-8", newline="\n")
        for draft, place in staged:
            draft.replace(place)
        for change in changes:
            if change.after is None:
                (directory / change.path).unlink(missing_ok=True)
                _remove_empty((directory / change.path).parent, directory)
    except OSError as error:
        raise OutputError(f"{directory} cannot be written: {error.strerror or error}") from error
    finally:
        for draft, _ in staged:
            draft.unlink(missing_ok=True)


def _obstacle(path: str, before: bytes, ours: Mapping[str, str]) -> Literal["edited", "not ours"] | None:
    if path == MANIFEST:
        return None
    if path not in ours:
        return "not ours"
    return None if hash_of(before) == ours[path] else "edited"


def _refuse_losses(changes: Sequence[Change], directory: Path, *, foreign: bool) -> None:
    obstacles = [change for change in changes if change.obstacle]
    if obstacles:
        listed = "".join(f"\n  - {change.path} ({change.obstacle})" for change in obstacles[:_SHOWN])
        more = f"\n  - and {len(obstacles) - _SHOWN} more" if len(obstacles) > _SHOWN else ""
        raise OutputError(
            f"files in {directory} would be lost:{listed}{more}",
            hint="look at them with --diff; then move them away, or use --force to replace them",
        )
    if foreign:
        raise OutputError(
            f"{directory} is not empty, and cinch-codegen did not make it",
            hint="choose another --output, or use --force to write beside what is there",
        )


def _remove_empty(directory: Path, root: Path) -> None:
    """Remove directories that the last removal left empty, below *root*; caches of bytecode do not count."""
    while directory != root and root in directory.parents:
        with suppress(OSError):
            for cache in (directory / "__pycache__").glob("*.pyc"):
                cache.unlink()
            (directory / "__pycache__").rmdir()
        try:
            directory.rmdir()
        except OSError:
            return
        directory = directory.parent
