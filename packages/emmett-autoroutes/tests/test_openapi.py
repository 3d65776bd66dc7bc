# pyright: basic, reportAttributeAccessIssue=false, reportArgumentType=false
# pyright: reportOptionalMemberAccess=false, reportGeneralTypeIssues=false
# Emmett's models carry no types: what a class attribute is, only running tells.
"""The OpenAPI document and its page."""

from typing import Any

import pytest
from emmett import session
from emmett.orm import Field, Model, belongs_to

from emmett_autoroutes import discover_and_register_auto_routes


def nobody() -> bool:
    return False


def known() -> bool:
    return bool(session.who)


@pytest.fixture
def described(site: Any) -> Any:
    class Author(Model):
        name = Field.string(notnull=True, length=40)
        secret = Field.string(rw=False)
        auto_routes = {"permissions": {"create": known, "update": nobody, "delete": nobody}}

    class Book(Model):
        belongs_to("author")
        title = Field.string(notnull=True)
        price = Field.decimal(5, 2)
        auto_routes = {"permissions": {"list": lambda: Book.title != "x", "delete": lambda record: True}}

    class Hidden(Model):
        name = Field.string()
        auto_routes = {"permissions": dict.fromkeys(["list", "detail", "create", "update", "delete"], nobody)}

    async def become(name: str) -> str:
        session.who = name
        return name

    site.app.route("/become/<str:name>", name="become")(become)
    site.define(Author, Book, Hidden)
    return site


def methods(document: Any) -> dict[str, list[str]]:
    return {path: sorted(set(item) - {"parameters"}) for path, item in document["paths"].items()}


def test_it_lists_what_anonymous_visitors_may_reach_whoever_asks(described: Any) -> None:
    discover_and_register_auto_routes(described.app, described.db)
    client = described.client()
    document = client.get("/api/openapi.json").json()
    assert methods(document) == {
        "/api/authors": ["get"],
        "/api/authors/{record_id}": ["get"],
        "/api/books": ["get", "post"],
        "/api/books/{record_id}": ["get", "patch", "put"],
    }
    client.get("/become/somebody")
    assert client.get("/api/openapi.json").json() == document
    assert client.get("/become/x").status == 200


def test_with_a_permission_it_lists_everything_to_those_who_have_it(described: Any) -> None:
    described.app.config.AutoRoutes.openapi_permission = known
    described.app.config.AutoRoutes.openapi_path = "/description.json"
    discover_and_register_auto_routes(described.app, described.db)
    client = described.client()
    assert client.get("/description.json").status == 403
    assert client.get("/api/docs").status == 403
    client.get("/become/somebody")
    document = client.get("/description.json").json()
    assert "/api/hiddens" in document["paths"]
    assert document["components"]["schemas"]["AuthorCreate"] == {
        "type": "object",
        "properties": {"name": {"type": "string", "maxLength": 40, "title": "Name"}},
        "required": ["name"],
        "additionalProperties": False,
    }
    assert "secret" not in str(document)


def test_the_page_lists_the_operations(described: Any) -> None:
    discover_and_register_auto_routes(described.app, described.db)
    page = described.client().get("/api/docs").data
    assert "<code>GET /api/authors</code>" in page
    assert 'href="/api/openapi.json"' in page
    assert "http" not in page.replace("https://", "http").replace("<!doctype html>", "")


def test_it_can_be_switched_off(described: Any) -> None:
    described.app.config.AutoRoutes.openapi = False
    discover_and_register_auto_routes(described.app, described.db)
    assert described.client().get("/api/openapi.json").status == 404
    assert described.client().get("/api/docs").status == 404
