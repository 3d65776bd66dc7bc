"""What is written, what is left alone, and what is refused."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cinch_client import Schema
from cinch_codegen._errors import OutputError
from cinch_codegen._generation import Generation, prepare
from cinch_codegen._manifest import MANIFEST, read_manifest
from cinch_codegen._options import Options
from cinch_codegen._output import Change, apply, compare, read_output

MakeSchema = Callable[..., Schema]
Generate = Callable[..., Generation]


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "shop_models"


@pytest.fixture
def generation(make_schema: MakeSchema, output: Path) -> Generate:
    """Return what prepares the package for some tables, as it is on disk now."""

    def generate(*tables: str, singular: bool = False) -> Generation:
        return prepare(make_schema(*tables), Options("shop", "shop_models", singular=singular), output)

    return generate


def kinds(generation: Generation) -> dict[str, str]:
    return {change.path: change.kind for change in generation.changes}


def test_everything_is_new_at_first(generation: Generate, output: Path) -> None:
    made = generation("users")
    assert kinds(made) == {
        MANIFEST: "create",
        "__init__.py": "create",
        "cinch_models.py": "create",
        "py.typed": "create",
        "users.py": "create",
    }
    made.write()
    assert sorted(file.name for file in output.iterdir()) == sorted(made.files)
    assert generation("users").changes == []


def test_only_what_differs_is_written(generation: Generate, output: Path) -> None:
    generation("users").write()
    before = (output / "users.py").stat().st_mtime_ns
    made = generation("users", "orders")
    assert "users.py" not in kinds(made)
    made.write()
    assert (output / "users.py").stat().st_mtime_ns == before


def test_the_file_of_a_dropped_table_is_removed(generation: Generate, output: Path) -> None:
    generation("users", "orders").write()
    made = generation("users")
    assert kinds(made)["orders.py"] == "remove"
    made.write()
    assert not (output / "orders.py").exists()
    assert "orders.py" not in read_manifest((output / MANIFEST).read_text()).files


def test_an_edited_file_is_refused(generation: Generate, output: Path) -> None:
    generation("users").write()
    (output / "users.py").write_text("mine")
    with pytest.raises(OutputError, match=r"would be lost:\n  - users.py \(edited\)"):
        generation("users", "orders").write()
    assert (output / "users.py").read_text() == "mine"
    assert not (output / "orders.py").exists()


def test_an_edited_file_of_a_dropped_table_is_refused(generation: Generate, output: Path) -> None:
    generation("users", "orders").write()
    (output / "orders.py").write_text("mine")
    with pytest.raises(OutputError, match=r"orders.py \(edited\)"):
        generation("users").write()
    assert (output / "orders.py").read_text() == "mine"


def test_force_replaces_an_edited_file(generation: Generate, output: Path) -> None:
    generation("users").write()
    (output / "users.py").write_text("mine")
    generation("users").write(force=True)
    assert generation("users").changes == []


def test_a_file_that_is_not_ours_is_refused(generation: Generate, output: Path) -> None:
    generation("users").write()
    (output / "orders.py").write_text("mine")
    with pytest.raises(OutputError, match=r"orders.py \(not ours\)"):
        generation("users", "orders").write()


def test_files_beside_ours_are_never_touched(generation: Generate, output: Path) -> None:
    generation("users").write()
    (output / "mixins.py").write_text("mine")
    generation("orders").write(force=True)
    assert (output / "mixins.py").read_text() == "mine"


def test_a_directory_of_somebody_else_is_refused(generation: Generate, output: Path) -> None:
    output.mkdir()
    (output / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match="is not empty, and cinch-codegen did not make it"):
        generation("users").write()
    assert [file.name for file in output.iterdir()] == ["notes.txt"]
    generation("users").write(force=True)
    assert (output / "notes.txt").read_text() == "mine"


def test_an_empty_directory_is_taken(generation: Generate, output: Path) -> None:
    output.mkdir()
    generation("users").write()
    assert (output / "users.py").exists()


def test_an_output_that_is_a_file_is_refused(generation: Generate, output: Path) -> None:
    output.write_text("mine")
    with pytest.raises(OutputError, match="is a file"):
        generation("users")


def test_line_ends_of_a_checkout_are_no_edit(generation: Generate, output: Path) -> None:
    generation("users").write()
    text = (output / "users.py").read_bytes()
    (output / "users.py").write_bytes(text.replace(b"\n", b"\r\n"))
    assert generation("users").changes == []


def test_a_half_done_run_is_completed(generation: Generate, output: Path) -> None:
    """New files with the manifest of before are what an interruption between two renames leaves."""
    generation("users").write()
    old = (output / MANIFEST).read_text()
    generation("users", "orders").write()
    (output / MANIFEST).write_text(old)
    generation("users", "orders").write()
    assert generation("users", "orders").changes == []


def test_nothing_is_left_when_the_disk_refuses(generation: Generate, output: Path) -> None:
    made = generation("users")
    output.mkdir()
    (output / "users.py").mkdir()
    with pytest.raises(OutputError, match="cannot be written"):
        apply(made.changes, output)
    assert [file.name for file in output.iterdir() if file.name.startswith(".")] in ([], [MANIFEST])


def test_the_folder_of_a_package_that_became_a_distribution_is_left_empty(
    make_schema: MakeSchema, tmp_path: Path
) -> None:
    output = tmp_path / "shop-models"
    dist = Options("shop", "shop_models", dist=True)
    prepare(make_schema("users"), dist, output).write()
    renamed = Options("shop", "other_models", dist=True)
    prepare(make_schema("users"), renamed, output).write()
    assert sorted(file.name for file in (output / "src").iterdir()) == ["other_models"]


def test_names_of_the_last_time_are_kept(generation: Generate) -> None:
    generation("user_1").write()
    made = generation("user1", "user_1")
    assert {model.relation: model.class_name for model in made.plan.models} == {"user1": "User1_", "user_1": "User1"}


def test_singular_names_begin_anew(generation: Generate) -> None:
    generation("users").write()
    assert [model.class_name for model in generation("users", singular=True).plan.models] == ["User"]


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        ("{", "is damaged"),
        ("[]", "is damaged"),
        ('{"format": 1}', "is damaged"),
        ('{"format": 9}', "was written by another cinch-codegen"),
        (
            '{"format": 1, "fingerprint": "", "singular": false, "names": {}, "files": {"../../notes": "x"}}',
            "is outside the output directory",
        ),
        (
            '{"format": 1, "fingerprint": "", "singular": false, "names": {}, "files": {"/etc/hosts": "x"}}',
            "is outside the output directory",
        ),
    ],
    ids=["no JSON", "no object", "nothing in it", "a later format", "above", "absolute"],
)
def test_a_manifest_that_cannot_be_trusted_is_refused(
    generation: Generate, output: Path, manifest: str, message: str
) -> None:
    output.mkdir()
    (output / MANIFEST).write_text(manifest)
    with pytest.raises(OutputError, match=message):
        generation("users")


def test_a_change_shows_itself_as_a_diff() -> None:
    assert (
        Change("a.py", "update", "x\ny\n", "x\nz\n").diff() == "--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n x\n-y\n+z\n"
    )
    assert Change("a.py", "create", None, "x\n").diff() == "--- /dev/null\n+++ b/a.py\n@@ -0,0 +1 @@\n+x\n"


def test_comparing_touches_nothing(tmp_path: Path) -> None:
    found = read_output(tmp_path / "missing")
    assert [change.kind for change in compare({"a.py": "x"}, found)] == ["create"]
    assert list(tmp_path.iterdir()) == []
