# pyright: basic, reportAttributeAccessIssue=false, reportArgumentType=false
# pyright: reportOptionalMemberAccess=false, reportGeneralTypeIssues=false
# Emmett's models carry no types: what a class attribute is, only running tells.
"""The REST face, on SQLite and PostgreSQL."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from emmett.orm import (
    Field,
    Model,
    after_save,
    before_delete,
    before_insert,
    belongs_to,
    compute,
    has_many,
    refers_to,
)

from emmett_autoroutes import discover_and_register_auto_routes

pytestmark = pytest.mark.parametrize("engine", ["sqlite", "postgres"])
JSON = ("content-type", "application/json")


class Author(Model):
    has_many("books")
    name = Field.string(notnull=True, unique=True)
    secret = Field.string(default="s", rw=False)
    password = Field.password()
    auto_routes = {"auto_ui_config": {"readonly_columns": ["rank"]}}
    rank = Field.int(default=1)


class Book(Model):
    belongs_to("author")
    refers_to({"editor": "Author"})
    title = Field.string(notnull=True, length=50)
    price = Field.decimal(9, 2)
    published = Field.date()
    at = Field.time()
    seen = Field.datetime()
    pages = Field.int()
    big = Field.bigint()
    rating = Field.float()
    ok = Field.bool(default=False)
    data = Field.json()
    tags = Field.string_list()
    numbers = Field.int_list()
    raw = Field.blob()
    double = Field.int()
    auto_routes = True

    @compute("double", watch=["pages"])
    def compute_double(self, row: Any) -> Any:
        return None if row.pages is None else row.pages * 2


class Country(Model):
    tablename = "countries"
    primary_keys = ["code"]
    code = Field.string(length=8)
    name = Field.string()
    auto_routes = True


class Api:
    """JSON over the test client."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        given = [(name.replace("_", "-"), value) for name, value in headers.items()]
        if body is None:
            return getattr(self.client, method)(path, headers=given)
        data = body if isinstance(body, str) else json.dumps(body)
        return getattr(self.client, method)(path, headers=[JSON, *given], data=data)

    def query(self, path: str, **parameters: Any) -> Any:
        return self.client.get(f"{path}?{urlencode(parameters)}")

    def titles(self, where: Any, **parameters: Any) -> list[str]:
        response = self.query("/api/books", where=json.dumps(where), sort_by="title", **parameters)
        assert response.status == 200, response.data
        return [book["title"] for book in response.json()["data"]]


@pytest.fixture
def api(site: Any) -> Api:
    site.define(Author, Book, Country)
    discover_and_register_auto_routes(site.app, site.db)
    api = Api(site.client())
    assert api.send("post", "/api/authors", {"name": "Ann", "password": "verysecret"}).status == 201
    return api


FULL = {
    "author": 1,
    "title": "Löwe \U0001f981 <b>",
    "price": "12.50",
    "published": "2024-02-29",
    "at": "23:59:01",
    "seen": "2024-02-29T12:00:00Z",
    "pages": 300,
    "big": 2**62,
    "rating": 0.1,
    "ok": True,
    "data": {"a": [1, None, "x"]},
    "tags": ["a|b", 'c,"d"', "e\\f {g}"],
    "numbers": [1, -2],
}


def test_every_type_survives(api: Api) -> None:
    created = api.send("post", "/api/books", FULL)
    assert created.status == 201
    assert created.headers["location"] == "/api/books/1"
    expected = {**FULL, "id": 1, "editor": None, "double": 600}
    assert created.json() == expected
    assert api.send("get", "/api/books/1").json() == expected
    assert api.query("/api/books").json() == {
        "data": [expected],
        "meta": {"object": "list", "has_more": False, "total_objects": 1},
    }


def test_what_may_not_leave_does_not(api: Api) -> None:
    author = api.send("get", "/api/authors/1").json()
    assert author == {"id": 1, "name": "Ann", "rank": 1}


def test_patch_changes_and_put_replaces(api: Api) -> None:
    api.send("post", "/api/books", FULL)
    patched = api.send("patch", "/api/books/1", {"at": "01:02:03", "pages": 10}).json()
    assert patched == {**FULL, "id": 1, "editor": None, "at": "01:02:03", "pages": 10, "double": 20}
    put = api.send("put", "/api/books/1", {"author": 1, "title": "New"}).json()
    assert put == dict.fromkeys([*FULL, "editor", "double"]) | {
        "id": 1,
        "author": 1,
        "title": "New",
        "ok": False,
    }


def test_put_leaves_what_may_not_be_written(api: Api, site: Any) -> None:
    with site.db.connection():
        site.db(Author.id == 1).update(rank=7, secret="kept")
        password = Author.get(1).password
        site.db.commit()
    assert api.send("put", "/api/authors/1", {"name": "Bob"}).json() == {"id": 1, "name": "Bob", "rank": 7}
    with site.db.connection():
        author = Author.get(1)
        assert (author.secret, str(author.password)) == ("kept", str(password))


def test_delete_asks_before_it_cascades(api: Api, site: Any) -> None:
    api.send("post", "/api/books", {"author": 1, "title": "T"})
    refused = api.send("delete", "/api/authors/1")
    assert refused.status == 409
    assert refused.json()["dependants"] == [
        {"table": "books", "count": 1, "names": ["T"], "on_delete": "cascade"},
    ]
    assert site.count(Book) == 1
    assert api.query("/api/authors/1").status == 200
    assert api.client.delete("/api/authors/1?cascade=yes").status == 400
    assert api.client.delete("/api/authors/1?cascade=true").json() == {}
    assert (site.count(Author), site.count(Book)) == (0, 0)


def test_delete_nullifies_references_without_asking(api: Api) -> None:
    api.send("post", "/api/authors", {"name": "Editor"})
    api.send("post", "/api/books", {"author": 1, "editor": 2, "title": "T"})
    assert api.send("delete", "/api/authors/2").status == 200
    assert api.send("get", "/api/books/1").json()["editor"] is None


def test_a_key_that_is_a_text(api: Api) -> None:
    assert api.send("post", "/api/countries", {"code": "de", "name": "Germany"}).status == 201
    assert api.send("get", "/api/countries/de").json() == {"code": "de", "name": "Germany"}
    assert api.send("patch", "/api/countries/de", {"name": "D"}).json()["name"] == "D"
    for body, message in (
        ({"code": "de"}, "is taken already"),
        ({"code": "a/b"}, "must not contain a slash"),
        ({"code": "new"}, "be one of new"),
        ({"name": "x"}, "Cannot be empty"),
    ):
        response = api.send("post", "/api/countries", body)
        assert response.status == 422
        assert message in response.json()["errors"]["code"]
    assert api.send("patch", "/api/countries/de", {"code": "fr"}).status == 422
    assert api.client.get("/api/countries/a%2Fb").status == 404
    assert api.send("delete", "/api/countries/de").status == 200


# bad input


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        pytest.param({"title": "x"}, "author", "Invalid value", id="required reference"),
        pytest.param({"author": 1}, "title", "Cannot be empty", id="required text"),
        pytest.param({"author": 1, "title": " "}, "title", "Cannot be empty", id="blank"),
        pytest.param({"author": 99, "title": "x"}, "author", "Invalid value", id="no such author"),
        pytest.param({"author": 1, "title": "x", "editor": 99}, "editor", "Invalid value", id="no such editor"),
        pytest.param({"author": "1", "title": "x"}, "author", "must be a whole number", id="text for a key"),
        pytest.param({"author": True, "title": "x"}, "author", "must be a whole number", id="bool for a key"),
        pytest.param({"author": 1, "title": 5}, "title", "must be a text", id="number for a text"),
        pytest.param({"author": 1, "title": "x" * 51}, "title", "", id="too long"),
        pytest.param({"author": 1, "title": "a\0b"}, "title", "NUL", id="NUL"),
        pytest.param({"author": 1, "title": "x", "price": "1.234"}, "price", "2 digits after", id="scale"),
        pytest.param({"author": 1, "title": "x", "price": "12345678.00"}, "price", "7 digits before", id="precision"),
        pytest.param({"author": 1, "title": "x", "price": "NaN"}, "price", "decimal", id="NaN decimal"),
        pytest.param({"author": 1, "title": "x", "published": "2024-02-30"}, "published", "must be a date", id="date"),
        pytest.param({"author": 1, "title": "x", "at": "25:00"}, "at", "must be a time", id="time"),
        pytest.param({"author": 1, "title": "x", "seen": "yesterday"}, "seen", "must be a date and time", id="moment"),
        pytest.param({"author": 1, "title": "x", "pages": 2**63}, "pages", "must be from", id="out of range"),
        pytest.param({"author": 1, "title": "x", "pages": 1.5}, "pages", "must be a whole number", id="fraction"),
        pytest.param({"author": 1, "title": "x", "data": "x"}, "data", "JSON object or array", id="JSON scalar"),
        pytest.param({"author": 1, "title": "x", "tags": ["a", 1]}, "tags", "must be a text", id="list of mixed"),
        pytest.param({"author": 1, "title": "x", "ok": "yes"}, "ok", "must be true or false", id="no boolean"),
        pytest.param({"author": 1, "title": "x", "id": 5}, "id", "cannot be set", id="key"),
        pytest.param({"author": 1, "title": "x", "double": 5}, "double", "cannot be set", id="computed"),
        pytest.param({"author": 1, "title": "x", "raw": "x"}, "raw", "is unknown", id="blob"),
        pytest.param({"author": 1, "title": "x", "titel": "x"}, "titel", "is unknown", id="unknown"),
    ],
)
def test_a_value_is_refused_at_its_field(api: Api, site: Any, body: Any, field: str, message: str) -> None:
    response = api.send("post", "/api/books", body)
    assert response.status == 422
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert list(problem["errors"]) == [field]
    assert message in problem["errors"][field]
    assert problem["pointers"] == {field: f"#/{field}"}
    assert problem["status"] == 422
    assert site.count(Book) == 0


@pytest.mark.parametrize("field", ["secret", "rank", "id"])
def test_mass_assignment_is_refused(api: Api, field: str) -> None:
    for method, path in (("post", "/api/authors"), ("patch", "/api/authors/1"), ("put", "/api/authors/1")):
        response = api.send(method, path, {"name": "X", field: 5})
        assert (response.status, list(response.json()["errors"])) == (422, [field])
    assert api.send("get", "/api/authors/1").json()["name"] == "Ann"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("{", 400),
        ("", 400),
        ("[]", 400),
        ('"x"', 400),
        ("null", 400),
        ('{"title": NaN}', 400),
        ('{"rating": 1e999}', 400),
        ("[" * 100_000, 400),
        (json.dumps({"title": "x" * (2 * 1024 * 1024)}), 413),
    ],
    ids=["cut", "blank", "list", "text", "null", "NaN", "infinite", "deep", "huge"],
)
def test_a_body_that_is_no_object(api: Api, site: Any, body: str, status: int) -> None:
    response = api.client.post("/api/books", data=body or b"", headers=[JSON])
    assert response.status == status
    assert response.headers["content-type"] == "application/problem+json"
    assert site.count(Book) == 0


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"])
def test_forms_are_no_json(api: Api, site: Any, kind: str) -> None:
    response = api.client.post("/api/books", data="author=1&title=x", headers=[("content-type", kind)])
    assert response.status == 415
    assert site.count(Book) == 0


@pytest.mark.parametrize("key", ["0", "-1", "x", "1.0", "1e3", "2147483648", str(2**64), "%00", "1'--", "١", "9" * 400])
def test_keys_that_no_record_has(api: Api, key: str) -> None:
    for method in ("get", "delete"):
        assert getattr(api.client, method)(f"/api/books/{key}").status == 404
    assert api.send("patch", f"/api/books/{key}", {"title": "x"}).status == 404


@pytest.mark.parametrize(
    ("parameters", "parameter", "told"),
    [
        ({"pge": 1}, "pge", "did you mean 'page'?"),
        ({"page": 0}, "page", "from 1 to"),
        ({"page": "x"}, "page", "whole number"),
        ({"page": 10**30}, "page", "whole number"),
        ({"page_size": 101}, "page_size", "from 1 to 100"),
        ({"page_size": -1}, "page_size", "from 1 to 100"),
        ({"sort_by": "titel"}, "sort_by", "did you mean 'title'?"),
        ({"sort_by": "raw"}, "sort_by", "unknown column 'raw'"),
        ({"sort_by": "data"}, "sort_by", "unknown column 'data'"),
        ({"sort_by": "title,-title"}, "sort_by", "twice"),
        ({"sort_by": "title;drop table books"}, "sort_by", "unknown column"),
        ({"count": "some"}, "count", "exact or none"),
        ({"fields": "id,raw"}, "fields", "unknown name 'raw'"),
        ({"expand": "title"}, "expand", "unknown name 'title'"),
        ({"after": "x"}, "after", "no position"),
        ({"after": "", "page": 2}, "after", "cannot be used together with page"),
        ({"where": "{"}, "where", "not valid JSON"),
        ({"where": "[]"}, "where", "must be a JSON object"),
        ({"where": '{"titel": 1}'}, "where", "did you mean 'title'?"),
        ({"where": '{"$or": [{"titel": 1}]}'}, "where", "unknown column 'titel'"),
        ({"where": '{"$or": []}'}, "where", "at least one"),
        ({"where": '{"title": {"$foo": 1}}'}, "where", "unknown operator '$foo'"),
        ({"where": '{"title": {}}'}, "where", "no operator"),
        ({"where": '{"id": "abc"}'}, "where", "must be a whole number"),
        ({"where": '{"id": {"$in": 1}}'}, "where", "wants a list"),
        ({"where": '{"id": {"$gt": null}}'}, "where", "cannot compare with null"),
        ({"where": '{"id": {"$like": "x"}}'}, "where", "for texts only"),
        ({"where": '{"title": {"$exists": 1}}'}, "where", "true or false"),
        ({"where": '{"published": {"$gt": "x"}}'}, "where", "must be a date"),
        ({"where": '{"$not": ' * 12 + "{}" + "}" * 12}, "where", "nested more than"),
    ],
)
def test_a_parameter_is_refused(api: Api, parameters: dict[str, Any], parameter: str, told: str) -> None:
    response = api.query("/api/books", **parameters)
    assert response.status == 400
    assert told in response.json()["errors"][parameter]


def test_a_parameter_given_twice(api: Api) -> None:
    assert api.client.get("/api/books?page=1&page=2").status == 400


def test_a_duplicate_is_refused_by_the_models_rule(api: Api) -> None:
    assert api.send("post", "/api/authors", {"name": "Ann"}).status == 422


def test_optional_columns_may_be_left_out(api: Api) -> None:
    assert api.send("post", "/api/books", {"author": 1, "title": "T"}).status == 201


# lists


@pytest.fixture
def shelf(api: Api) -> Api:
    for number, (title, price, published) in enumerate(
        [
            ("Alpha", "1.00", "2020-01-01"),
            ("beta", "2.00", None),
            ("Gamma_x", None, "2022-01-01"),
            ("delta%", "4.00", None),
        ]
    ):
        book = {"author": 1, "title": title, "price": price, "published": published, "pages": number}
        assert api.send("post", "/api/books", book).status == 201
    return api


@pytest.mark.parametrize(
    ("where", "titles"),
    [
        ({}, ["Alpha", "Gamma_x", "beta", "delta%"]),
        ({"title": "beta"}, ["beta"]),
        ({"title": {"$ne": "beta"}}, ["Alpha", "Gamma_x", "delta%"]),
        ({"pages": {"$gt": 0, "$lte": 2}}, ["Gamma_x", "beta"]),
        ({"pages": {"$ge": 3}}, ["delta%"]),
        ({"pages": {"$in": [0, 1, 9]}}, ["Alpha", "beta"]),
        ({"pages": {"$nin": [0, 1, 9]}}, ["Gamma_x", "delta%"]),
        ({"pages": {"$in": []}}, []),
        ({"price": {"$exists": False}}, ["Gamma_x"]),
        ({"price": None}, ["Gamma_x"]),
        ({"price": {"$lt": "2.00"}}, ["Alpha"]),
        ({"published": {"$gt": "2021-01-01"}}, ["Gamma_x"]),
        ({"$or": [{"title": "beta"}, {"pages": 0}]}, ["Alpha", "beta"]),
        ({"$and": [{"pages": {"$gt": 0}}, {"pages": {"$lt": 2}}]}, ["beta"]),
        ({"$not": {"pages": {"$gt": 0}}}, ["Alpha"]),
        ({"title": {"$icontains": "ALPH"}}, ["Alpha"]),
        ({"title": {"$contains": "%"}}, ["delta%"]),
        ({"title": {"$icontains": "_"}}, ["Gamma_x"]),
        ({"title": {"$ilike": "%TA%"}}, ["beta", "delta%"]),
        ({"title": {"$iregex": "ET"}}, ["beta"]),
        ({"title": "'; DROP TABLE books; --"}, []),
        ({"author": 1, "ok": False, "pages": 1}, ["beta"]),
    ],
)
def test_where(shelf: Api, engine: str, where: Any, titles: list[str]) -> None:
    assert sorted(shelf.titles(where)) == sorted(titles)


@pytest.mark.parametrize("sort_by", ["price", "-price", "published,-title", "-published,price", "title", "-id"])
def test_keyset_pages_follow_the_order_with_nulls(shelf: Api, sort_by: str) -> None:
    whole = [book["id"] for book in shelf.query("/api/books", sort_by=sort_by).json()["data"]]
    found: list[int] = []
    after = ""
    while True:
        page = shelf.query("/api/books", sort_by=sort_by, page_size=1, after=after, count="none", fields="id").json()
        found += [book["id"] for book in page["data"]]
        after = page["meta"]["next"]
        if not page["meta"]["has_more"]:
            break
    assert after is None
    assert found == whole
    assert len(found) == 4


def test_a_position_belongs_to_its_order(shelf: Api) -> None:
    after = shelf.query("/api/books", sort_by="title", page_size=1, after="").json()["meta"]["next"]
    assert shelf.query("/api/books", sort_by="-title", after=after).status == 400


def test_pages_and_counts(shelf: Api) -> None:
    page = shelf.query("/api/books", page=2, page_size=3, sort_by="id", fields="id").json()
    assert page == {"data": [{"id": 4}], "meta": {"object": "list", "has_more": False, "total_objects": 4}}
    page = shelf.query("/api/books", page_size=3, count="none", fields="id").json()
    assert page["meta"] == {"object": "list", "has_more": True}


def test_expand(shelf: Api) -> None:
    book = shelf.query("/api/books/1", expand="author,editor", fields="title,author,editor").json()
    assert book == {"title": "Alpha", "author": {"id": 1, "name": "Ann", "rank": 1}, "editor": None}
    books = shelf.query("/api/books", expand="author", fields="author", page_size=1).json()["data"]
    assert books == [{"author": {"id": 1, "name": "Ann", "rank": 1}}]


# no lost updates


def test_if_match(shelf: Api) -> None:
    first = shelf.send("get", "/api/books/1").headers["etag"]
    changed = shelf.send("patch", "/api/books/1", {"pages": 5}, if_match=first)
    assert changed.status == 200
    assert changed.headers["etag"] != first
    assert shelf.send("get", "/api/books/1").headers["etag"] == changed.headers["etag"]
    for method in ("patch", "put"):
        stale = shelf.send(method, "/api/books/1", {"author": 1, "title": "lost"}, if_match=first)
        assert stale.status == 412
        assert stale.headers["etag"] == changed.headers["etag"]
    assert shelf.send("delete", "/api/books/1", if_match=first).status == 412
    assert shelf.send("get", "/api/books/1").json()["title"] == "Alpha"
    assert shelf.send("patch", "/api/books/1", {"pages": 6}, if_match=f'"x", {changed.headers["etag"]}').status == 200
    assert shelf.send("delete", "/api/books/1", if_match="*").status == 200


def test_if_none_match(shelf: Api) -> None:
    tag = shelf.send("get", "/api/books/1").headers["etag"]
    unchanged = shelf.send("get", "/api/books/1", if_none_match=tag)
    assert (unchanged.status, unchanged.data, unchanged.headers["etag"]) == (304, "", tag)
    assert shelf.send("get", "/api/books/1", if_none_match=f"W/{tag}").status == 304
    assert shelf.send("get", "/api/books/1", if_none_match='"other"').status == 200


def test_a_change_of_nothing_is_fine(shelf: Api) -> None:
    tag = shelf.send("get", "/api/books/1").headers["etag"]
    assert shelf.send("patch", "/api/books/1", {}).headers["etag"] == tag
    assert shelf.send("patch", "/api/books/1", {"title": "Alpha"}).headers["etag"] == tag


def test_head(shelf: Api) -> None:
    head = shelf.client.head("/api/books/1")
    assert (head.status, head.data) == (200, "")
    assert head.headers["etag"] == shelf.send("get", "/api/books/1").headers["etag"]
    assert shelf.client.head("/api/books").status == 200


# the model's own rules


def test_callbacks_fire_and_may_prevent(site: Any) -> None:
    seen: list[str] = []

    class Note(Model):
        text = Field.string()
        auto_routes = {"pages": False}

        @before_insert
        def no_spam(self, fields: Any) -> bool:
            return fields.text == "spam"

        @before_delete
        def keep(self, dbset: Any) -> bool:
            return dbset.where(self.text == "keep").count() > 0

        @after_save
        def note(self, row: Any) -> None:
            seen.append(row.text)

    site.define(Note)
    discover_and_register_auto_routes(site.app, site.db)
    api = Api(site.client())
    assert api.send("post", "/api/notes", {"text": "spam"}).status == 422
    assert api.send("post", "/api/notes", {"text": "a"}).status == 201
    assert api.send("patch", "/api/notes/1", {"text": "keep"}).status == 200
    assert api.send("delete", "/api/notes/1").status == 422
    assert seen == ["a", "keep"]
    assert site.count(Note) == 1


def test_a_constraint_of_the_database_is_no_server_error(site: Any) -> None:
    class Item(Model):
        tablename = "stock"
        code = Field.string()
        auto_routes = {"pages": False}

    site.define(Item)
    with site.db.connection():
        site.db.executesql("CREATE UNIQUE INDEX stock_code ON stock (code)")
        site.db.commit()
    discover_and_register_auto_routes(site.app, site.db)
    api = Api(site.client())
    assert api.send("post", "/api/stock", {"code": "a"}).status == 201
    refused = api.send("post", "/api/stock", {"code": "a"})
    assert refused.status == 409
    assert "stock" not in refused.data
    assert "UNIQUE" not in refused.data.upper()
    assert site.count(Item) == 1
    assert api.send("post", "/api/stock", {"code": "b"}).status == 201


def test_an_error_in_a_callback_rolls_back(site: Any) -> None:
    class Fragile(Model):
        text = Field.string()
        auto_routes = {"pages": False}

        @after_save
        def fail(self, row: Any) -> None:
            raise LookupError("a bug of the app")

    site.define(Fragile)
    discover_and_register_auto_routes(site.app, site.db)
    response = Api(site.client()).send("post", "/api/fragiles", {"text": "x"})
    assert response.status == 500
    assert site.count(Fragile) == 0


def test_custom_handlers_stay_behind_the_permission(site: Any) -> None:
    async def rest_list() -> Any:
        return {"mine": True}

    async def rest_detail(record: Any) -> Any:
        return {"text": record.text}

    class Memo(Model):
        text = Field.string()
        auto_routes = {
            "pages": False,
            "custom_handlers": {"rest_list": rest_list, "rest_detail": rest_detail},
            "permissions": {"list": lambda: False, "detail": lambda: Memo.text != "hidden"},
        }

    site.define(Memo)
    for text in ("a", "hidden"):
        site.create(Memo, text=text)
    discover_and_register_auto_routes(site.app, site.db)
    api = Api(site.client())
    assert api.send("get", "/api/memos").status == 403
    assert api.send("get", "/api/memos/1").json() == {"text": "a"}
    assert api.send("get", "/api/memos/2").status == 404


def test_without_a_list_there_is_no_list(site: Any) -> None:
    class Drop(Model):
        text = Field.string()
        auto_routes = {"pages": False, "enabled_actions": ["create"]}

    site.define(Drop)
    discover_and_register_auto_routes(site.app, site.db)
    api = Api(site.client())
    assert api.send("get", "/api/drops").status == 404
    assert api.send("post", "/api/drops", {"text": "x"}).status == 201
    assert api.send("get", "/api/drops/1").status == 404


@pytest.mark.parametrize("path", ["/api/books", "/api/books/1", "/books", "/books/1", "/books/new"])
def test_an_error_of_the_database_is_told_without_its_words(api: Api, site: Any, path: str) -> None:
    with site.db.connection():
        site.db.executesql("DROP TABLE books")
        site.db.executesql("ALTER TABLE authors RENAME TO elsewhere")
        site.db.commit()
    response = api.client.get(path)
    assert response.status == 500
    assert "The database could not do this." in response.data
    for word in ("sqlite", "psycopg", "no such table", "does not exist", "SELECT", "Traceback"):
        assert word not in response.data
