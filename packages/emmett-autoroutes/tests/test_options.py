# pyright: basic, reportAttributeAccessIssue=false, reportArgumentType=false
# Emmett's models carry no types: what a class attribute is, only running tells.
"""What `auto_routes` may say, and how a mistake in it is told."""

from typing import Any

import pytest

from emmett_autoroutes._columns import Column
from emmett_autoroutes._options import ACTIONS, read_options

COLUMNS = [
    Column("id", "integer", "id", "Id", is_key=True),
    Column("title", "string", "string", "Title"),
    Column("body", "text", "text", "Body"),
    Column("pages", "integer", "int", "Pages"),
    Column("raw", "inside", "blob", "Raw"),
    Column("secret", "string", "string", "Secret", readable=False),
    Column("extra", "json", "json", "Extra"),
    Column("password", "password", "password", "Password"),
]


async def handler() -> str:
    return ""


async def record_handler(record: object) -> str:
    return str(record)


def read(attribute: object, own_ui: object = None) -> tuple[Any, list[str]]:
    return read_options("Post", "posts", COLUMNS, attribute, own_ui)


def test_true_means_the_defaults() -> None:
    options, problems = read(True)
    assert problems == []
    assert (options.url_prefix, options.rest_prefix) == ("/posts", "/api/posts")
    assert options.enabled
    assert options.pages
    assert options.rest_api
    assert options.enabled_actions == frozenset(ACTIONS)
    assert options.ui.page_size == 20


def test_prefixes_are_normalised() -> None:
    options, problems = read({"url_prefix": "admin/posts/", "rest_prefix": "/api/v1/posts"})
    assert problems == []
    assert (options.url_prefix, options.rest_prefix) == ("/admin/posts", "/api/v1/posts")


def test_what_stands_in_auto_routes_wins_over_the_own_attribute() -> None:
    own = {"display_name": "Entry", "page_size": 50}
    options, problems = read({"auto_ui_config": {"page_size": 10}}, own)
    assert problems == []
    assert (options.ui.display_name, options.ui.page_size) == ("Entry", 10)


def test_choices_may_be_values_pairs_or_a_dict() -> None:
    for choices in (["a", "b"], [("a", "a"), ("b", "b")], {"a": "a", "b": "b"}):
        options, problems = read({"auto_ui_config": {"field_config": {"title": {"choices": choices}}}})
        assert problems == []
        assert options.ui.field_config["title"].choices == (("a", "a"), ("b", "b"))


@pytest.mark.parametrize(
    ("attribute", "told"),
    [
        pytest.param(3, "Post.auto_routes is 3; give True, False or a dict", id="no dict"),
        pytest.param({"url_prefx": "/x"}, "unknown key 'url_prefx'; did you mean 'url_prefix'?", id="unknown key"),
        pytest.param({"enabled": "yes"}, "auto_routes['enabled'] is 'yes'; give True or False", id="no flag"),
        pytest.param({"url_prefix": ""}, "auto_routes['url_prefix'] is ''; give a path", id="empty prefix"),
        pytest.param({"url_prefix": "/"}, "auto_routes['url_prefix'] is '/'; give a path", id="root prefix"),
        pytest.param({"url_prefix": "/a/<int:x>"}, "which has a parameter", id="prefix with a parameter"),
        pytest.param({"url_prefix": "/a.b"}, "use letters, digits", id="prefix with a dot"),
        pytest.param({"url_prefix": "/static/x"}, "where Emmett serves files", id="prefix of files"),
        pytest.param({"rest_prefix": None}, "auto_routes['rest_prefix'] is None", id="no prefix"),
        pytest.param({"enabled_actions": ["lst"]}, "unknown action 'lst'; did you mean 'list'?", id="unknown action"),
        pytest.param({"enabled_actions": "list"}, "is 'list'; give a list of names", id="actions as text"),
        pytest.param({"permissions": {"create": True}}, "is True; give a callable, or None", id="not callable"),
        pytest.param({"permissions": {"read": None}}, "unknown action 'read'", id="permission of no action"),
        pytest.param(
            {"permissions": {"list": lambda record: True}}, "wants a record, but 'list'", id="record for list"
        ),
        pytest.param({"permissions": {"create": lambda record: True}}, "but 'create' has none", id="record for create"),
        pytest.param({"permissions": {"detail": lambda a, b: True}}, "wants the arguments a, b", id="more arguments"),
        pytest.param({"custom_handlers": {"list": lambda: ""}}, "give an async function", id="handler not async"),
        pytest.param({"custom_handlers": {"lst": handler}}, "unknown handler 'lst'", id="unknown handler"),
        pytest.param({"custom_handlers": {"detail": handler}}, "one argument, the record", id="handler without record"),
        pytest.param({"custom_handlers": {"list": record_handler}}, "must take no arguments", id="list with record"),
        pytest.param({"auto_ui_config": {"colums": []}}, "unknown key 'colums'", id="unknown setting"),
        pytest.param(
            {"auto_ui_config": {"list_columns": ["titel"]}},
            "unknown column 'titel'; did you mean 'title'?",
            id="column",
        ),
        pytest.param({"auto_ui_config": {"list_columns": ["raw"]}}, "whose type 'blob' stays inside", id="blob"),
        pytest.param({"auto_ui_config": {"filters": ["extra"]}}, "which cannot be compared", id="filter by JSON"),
        pytest.param({"auto_ui_config": {"record_label": "%(titel)s"}}, "unknown column 'titel'", id="format"),
        pytest.param({"auto_ui_config": {"filters": ["secret"]}}, "does not let be read", id="hidden filter"),
        pytest.param({"auto_ui_config": {"list_columns": ["password"]}}, "does not let be read", id="password"),
        pytest.param({"auto_ui_config": {"sort_default": "-titel"}}, "unknown column 'titel'", id="sort"),
        pytest.param({"auto_ui_config": {"search_fields": ["pages"]}}, "which is no text column", id="search"),
        pytest.param({"auto_ui_config": {"page_size": 500}}, "is 500; give a number from 1 to 100", id="page size"),
        pytest.param({"auto_ui_config": {"record_label": 3}}, "give a column, a format or a function", id="label"),
        pytest.param({"auto_ui_config": {"field_config": {"title": {"widgt": 1}}}}, "unknown key 'widgt'", id="field"),
        pytest.param(
            {"auto_ui_config": {"field_config": {"title": {"widget": "slider"}}}},
            "unknown widget 'slider'",
            id="widget",
        ),
        pytest.param(
            {"auto_ui_config": {"field_config": {"title": {"formatter": 1}}}},
            "give a function",
            id="formatter",
        ),
        pytest.param({"auto_ui_config": {"templates": {"lst": "x"}}}, "unknown page 'lst'", id="template"),
    ],
)
def test_a_mistake_is_told(attribute: object, told: str) -> None:
    _, problems = read(attribute)
    assert len(problems) == 1
    assert told in problems[0]
    assert problems[0].startswith("Post.")


def test_all_mistakes_are_told_at_once() -> None:
    _, problems = read({"a": 1, "url_prefix": "", "permissions": {"x": 1, "list": 2}, "enabled_actions": ["y"]})
    assert len(problems) == 6
