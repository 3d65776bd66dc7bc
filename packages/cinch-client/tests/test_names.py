"""Which names are allowed, and that no other becomes a path."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cinch_client import (
    CinchDB,
    InvalidNameError,
    connect,
    delete_database,
    init_database,
    init_project,
)
from cinch_client._names import Kind, check_name

SCOPES = ("database", "branch", "tenant")
IDENTIFIERS = ("table", "column", "view", "index")
TRAVERSALS = [
    "..",
    "../x",
    "a/../../b",
    "/etc/passwd",
    "a\\b",
    "a\x00b",
    "~root",
    "a/b",
    ".",
    "a.db",
    "%2e%2e",
    "\uff0e\uff0e",
]


@pytest.mark.parametrize("kind", SCOPES)
@pytest.mark.parametrize("name", ["a", "0", "acme", "acme-eu", "a_b-c", "2024", "x" * 63, "com0", "con-1", "sqlite-x"])
def test_names_of_scopes(kind: Kind, name: str) -> None:
    assert check_name(name, kind) == name


@pytest.mark.parametrize("kind", IDENTIFIERS)
@pytest.mark.parametrize("name", ["a", "users", "order_items", "a1", "x" * 63, "class", "model_config", "rowid"])
def test_names_of_identifiers(kind: Kind, name: str) -> None:
    assert check_name(name, kind) == name


@pytest.mark.parametrize("kind", SCOPES)
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "it is empty"),
        ("x" * 64, "it has 64 characters; 63 is the most"),
        ("Acme", "lower-case"),
        ("-a", "single '-' or '_' between them"),
        ("a-", "single '-' or '_' between them"),
        ("_a", "single '-' or '_' between them"),
        ("__empty__", "single '-' or '_' between them"),
        ("a--b", "single '-' or '_' between them"),
        ("a__b", "single '-' or '_' between them"),
        ("a-_b", "single '-' or '_' between them"),
        ("a_-b", "single '-' or '_' between them"),
        ("nul", "reserve it for a device"),
        ("com1", "reserve it for a device"),
        ("straße", "lower-case"),
        ("a b", "lower-case"),
        ("a\n", "lower-case"),
        ("٣", "lower-case"),
        *((name, "lower-case") for name in TRAVERSALS),
    ],
)
def test_names_that_no_scope_may_have(kind: Kind, name: str, reason: str) -> None:
    with pytest.raises(InvalidNameError, match=f"cannot be the name of a {kind}: .*{re.escape(reason)}"):
        check_name(name, kind)


@pytest.mark.parametrize("kind", IDENTIFIERS)
@pytest.mark.parametrize("name", ["", "1a", "a_", "_a", "a-b", "a b", "A", 'a"', "a;", "ä", "a__b", "aux", *TRAVERSALS])
def test_names_that_no_identifier_may_have(kind: Kind, name: str) -> None:
    with pytest.raises(InvalidNameError):
        check_name(name, kind)


@pytest.mark.parametrize("kind", ["table", "view", "index"])
def test_the_names_of_sqlite_are_its_own(kind: Kind) -> None:
    with pytest.raises(InvalidNameError, match="belong to SQLite"):
        check_name("sqlite_users", kind)
    assert check_name("sqlite_users", "column") == "sqlite_users"


@pytest.mark.parametrize("kind", ["table", "column"])
@pytest.mark.parametrize("name", ["select", "order", "group", "index", "from"])
def test_keywords_of_sql_are_allowed_with_a_warning(kind: Kind, name: str) -> None:
    with pytest.warns(UserWarning, match=f"CinchDB 0.1 cannot read a {kind} of this name"):
        assert check_name(name, kind) == name


@pytest.mark.parametrize("name", [None, 1, b"a", ["a"], Path("a")], ids=repr)
def test_a_name_is_a_str(name: object) -> None:
    with pytest.raises(InvalidNameError, match="a name is a str, not"):
        check_name(name, "tenant")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


@pytest.mark.filterwarnings("ignore:.* is an SQL keyword")
@given(st.sampled_from(get_args(Kind)), st.text(max_size=70))
def test_an_allowed_name_is_one_harmless_component_of_a_path(kind: Kind, name: str) -> None:
    try:
        allowed = check_name(name, kind)
    except InvalidNameError:
        return
    assert allowed == name
    assert re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,62}", name)
    assert Path("x", f"{name}.db").resolve().parent == Path("x").resolve()


@pytest.mark.parametrize("name", [*TRAVERSALS, "", "__empty__", "Main"])
def test_a_forbidden_name_is_refused_where_it_is_given(
    db: CinchDB, project: Path, files: Callable[[], dict[str, bytes]], name: str
) -> None:
    before = files()
    for attempt in (
        lambda: db.with_tenant(name),
        lambda: db.with_branch(name),
        lambda: connect(name, project_dir=project),
        lambda: connect("main", name, project_dir=project),
        lambda: connect("main", tenant=name, project_dir=project),
        lambda: init_project(project / "other", name),
        lambda: init_project(project / "other", "main", name),
        lambda: init_database(project, name),
        lambda: init_database(project, "other", name),
        lambda: delete_database(project, name),
        lambda: db.create_tenant(name),
        lambda: db.create_tenants(["fine", name]),
        lambda: db.rename_tenant("main", name),
        lambda: db.rename_tenant(name, "other"),
        lambda: db.copy_tenant("main", name),
        lambda: db.delete_tenant(name),
    ):
        with pytest.raises(InvalidNameError):
            attempt()
    assert files() == before
