# pyright: basic, reportAttributeAccessIssue=false, reportArgumentType=false
# pyright: reportOptionalMemberAccess=false, reportGeneralTypeIssues=false
# Emmett's models carry no types: what a class attribute is, only running tells.
"""The pages, on SQLite and PostgreSQL, as a browser without JavaScript uses them."""

import html
import json
import re
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from emmett.orm import Field, Model, before_insert, belongs_to, has_many

from emmett_autoroutes import discover_and_register_auto_routes

pytestmark = pytest.mark.parametrize("engine", ["sqlite", "postgres"])
XSS = "<script>alert('x')</script>\"'&"


class Author(Model):
    has_many("books")
    name = Field.string(notnull=True)
    auto_routes = True


class Book(Model):
    belongs_to("author")
    title = Field.string(notnull=True, length=200)
    body = Field.text()
    price = Field.decimal(9, 2)
    published = Field.date()
    at = Field.time()
    seen = Field.datetime()
    pages = Field.int()
    ok = Field.bool(default=False)
    state = Field.string(validation={"in": ["new", "old"], "allow": "empty"})
    data = Field.json()
    tags = Field.string_list()
    numbers = Field.int_list()
    raw = Field.blob()
    cover = Field.upload()
    key = Field.password()
    hidden = Field.string(default="h", rw=False)
    auto_routes = {
        "auto_ui_config": {
            "list_columns": ["title", "author", "price", "ok", "published"],
            "search_fields": ["title", "body"],
            "filters": ["author", "ok", "pages", "state", "title"],
            "sort_default": "title",
            "page_size": 10,
            "readonly_columns": ["numbers"],
            "field_config": {"pages": {"label": "Leaves", "help": "How many", "formatter": lambda n: f"{n} <p>"}},
        }
    }


class Browser:
    """Follows forms as a browser would."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def get(self, url: str, **parameters: Any) -> Any:
        return self.client.get(f"{url}?{urlencode(parameters)}" if parameters else url)

    def fields(self, url: str) -> dict[str, str]:
        """What the form of *url* holds."""
        page = self.client.get(url).data
        found = dict(re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"', page))
        for name, attributes in re.findall(r'<input type="checkbox"[^>]* name="([^"]+)"([^>]*)>', page):
            if "checked" not in attributes:
                del found[name]
        areas = re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
        found.update(areas)
        for name, options in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
            found[name] = "".join(re.findall(r'<option value="([^"]*)" selected', options))
        return {name: html.unescape(value) for name, value in found.items()}

    def submit(self, url: str, **changes: Any) -> Any:
        return self.client.post(url, data={**self.fields(url), **changes})


@pytest.fixture
def browser(site: Any) -> Browser:
    site.define(Author, Book)
    discover_and_register_auto_routes(site.app, site.db)
    site.create(Author, name=f"Ann {XSS}")
    site.create(Author, name="Bob")
    return Browser(site.client())


def rows(site: Any) -> list[Any]:
    with site.db.connection():
        return [book.as_dict() for book in Book.all().select(*[f for f in Book.table if f.name != "raw"])]


FULL = {
    "author": "1",
    "title": XSS,
    "body": f"line 1\nline 2 {XSS}",
    "price": "12.50",
    "published": "2024-02-29",
    "at": "23:59:01",
    "seen": "2024-02-29T12:00:00",
    "pages": "300",
    "ok": "true",
    "state": "new",
    "data": '{"a": "' + XSS.replace('"', '\\"') + '"}',
    "tags": f"one\n{XSS}",
    "key": "verysecret",
}


def test_create_show_edit_delete(browser: Browser, site: Any) -> None:
    created = browser.submit("/books/new", **FULL)
    assert (created.status, created.headers["location"]) == (303, "/books/1")
    page = browser.get("/books/1").data
    assert "was created" in page
    assert "was created" not in browser.get("/books/1").data
    for text in ("12.50", "2024-02-29", "23:59:01", "Yes", "300 &lt;p&gt;"):
        assert text in page
    fields = browser.fields("/books/1/edit")
    assert {name: fields[name] for name in FULL if name not in {"key", "data"}} == {
        name: value for name, value in FULL.items() if name not in {"key", "data"}
    }
    assert json.loads(fields["data"]) == {"a": XSS}
    assert fields["key"] == ""
    saved = browser.submit("/books/1/edit", title="Changed", ok="")
    assert saved.status == 303
    (book,) = rows(site)
    assert (book["title"], book["at"].isoformat(), book["tags"]) == ("Changed", "23:59:01", ["one", XSS])
    assert "Changed" in browser.get("/books/1/delete").data
    deleted = browser.submit("/books/1/delete")
    assert (deleted.status, deleted.headers["location"]) == (303, "/books")
    assert rows(site) == []


def test_a_password_survives_the_edit_of_other_fields(browser: Browser, site: Any) -> None:
    browser.submit("/books/new", author="1", title="T", key="verysecret")
    before = str(rows(site)[0]["key"])
    browser.submit("/books/1/edit", title="U")
    assert str(rows(site)[0]["key"]) == before
    assert before.startswith("pbkdf2")
    browser.submit("/books/1/edit", key="another-one")
    assert str(rows(site)[0]["key"]) != before
    for url in ("/books", "/books/1", "/books/1/edit"):
        assert "pbkdf2" not in browser.get(url).data


def test_text_is_escaped_on_every_page(browser: Browser) -> None:
    browser.submit("/books/new", **FULL)
    for url in ("/books", "/books/1", "/books/1/edit", "/books/1/delete", "/authors", "/authors/1/delete"):
        page = browser.get(url)
        assert page.status == 200
        assert "<script>" not in page.data, url
    invalid = browser.submit("/books/new", **{**FULL, "price": XSS, "state": XSS})
    assert invalid.status == 422
    assert "<script>" not in invalid.data
    hostile = browser.client.get("/books?" + urlencode({"search": XSS, "sort": "title"}))
    assert "<script>" not in hostile.data
    assert "<script>" not in browser.client.get("/books?" + urlencode({XSS: XSS})).data


def test_errors_stand_at_their_fields_and_nothing_typed_is_lost(browser: Browser, site: Any) -> None:
    response = browser.submit("/books/new", author="1", title="", price="abc", published="2024-13-45", body="kept")
    assert response.status == 422
    page = response.data
    for name in ("title", "price", "published"):
        assert f'href="#field-{name}"' in page
        assert re.search(rf'id="field-{name}"[^>]*aria-describedby="error-{name}" aria-invalid="true"', page)
    assert 'value="abc"' in page
    assert 'value="2024-13-45"' in page
    assert "kept</textarea>" in page
    assert '<option value="1" selected>' in page
    assert rows(site) == []


def test_the_models_rules_are_asked(browser: Browser, site: Any) -> None:
    response = browser.submit("/books/new", author="1", title=" ", state="strange")
    assert response.status == 422
    assert "Cannot be empty" in response.data
    assert rows(site) == []


# the list


@pytest.fixture
def shelf(browser: Browser, site: Any) -> Browser:
    for number in range(25):
        site.create(
            Book,
            author=1 + number % 2,
            title=f"Title {number:02}",
            body="odd" if number % 2 else "even",
            pages=number,
            ok=number < 5,
        )
    return browser


def titles(response: Any) -> list[str]:
    assert response.status == 200, response.data
    return re.findall(r'<td class="start">(Title \d\d)</td>', response.data)


def test_pages_of_a_list(shelf: Browser) -> None:
    first = shelf.get("/books")
    assert titles(first) == [f"Title {n:02}" for n in range(10)]
    assert "1–10 of 25" in first.data
    assert 'rel="next" href="/books?page=2"' in first.data
    assert 'rel="prev"' not in first.data
    last = shelf.get("/books", page=3)
    assert titles(last) == [f"Title {n:02}" for n in range(20, 25)]
    assert 'rel="next"' not in last.data
    beyond = shelf.get("/books", page=9)
    assert beyond.status == 200
    assert "Nothing matches" in beyond.data


def test_search_filter_and_sort_stand_in_the_url(shelf: Browser) -> None:
    assert titles(shelf.get("/books", search="TITLE 07")) == ["Title 07"]
    assert len(titles(shelf.get("/books", search="odd", page_size=50))) == 12
    assert titles(shelf.get("/books", sort="-title", page_size=2)) == ["Title 24", "Title 23"]
    assert titles(shelf.get("/books", **{"filter.ok": "true", "filter.author": "1"})) == [
        "Title 00",
        "Title 02",
        "Title 04",
    ]
    assert titles(shelf.get("/books", **{"filter.pages": "3"})) == ["Title 03"]
    assert titles(shelf.get("/books", **{"filter.title": "e 1"}, page_size=3)) == [
        "Title 10",
        "Title 11",
        "Title 12",
    ]
    page = shelf.get("/books", search="odd", sort="-title", page=1).data
    assert 'href="/books?search=odd&amp;sort=title"' in page
    assert 'aria-sort="descending"' in page
    assert "page=2" in page


@pytest.mark.parametrize(
    "parameters",
    [
        {"sort": "hidden"},
        {"sort": "body"},
        {"sort": "title;drop"},
        {"sort": "title,title"},
        {"page": "0"},
        {"page": "x"},
        {"page": "9" * 30},
        {"page_size": "1000"},
        {"filter.hidden": "x"},
        {"filter.pages": "x"},
        {"filter.pages": str(2**70)},
        {"filter.ok": "maybe"},
        {"search": "x" * 500},
        {"search": "\0"},
        {"utm": "1"},
    ],
)
def test_hostile_parameters_get_a_page_that_says_so(shelf: Browser, parameters: dict[str, str]) -> None:
    response = shelf.get("/books", **parameters)
    assert response.status == 400
    assert "<h1>Bad Request</h1>" in response.data


def test_relations_show_names_in_at_most_three_queries(shelf: Browser, site: Any) -> None:
    statements: list[str] = []
    execute = site.db._adapter.execute
    site.db._adapter.execute = lambda *args, **kw: (statements.append(args[0]), execute(*args, **kw))[1]
    page = shelf.get("/books").data
    site.db._adapter.execute = execute
    assert 'href="/authors/2">Bob</a>' in page
    # the two for the list, and the choices of the author filter
    assert len([s for s in statements if s.startswith("SELECT")]) <= 3


def test_an_empty_list_says_so(browser: Browser) -> None:
    assert "There is nothing here yet" in browser.get("/books").data
    assert "Nothing matches" in browser.get("/books", search="zzz").data


# safety


def test_without_a_token_nothing_is_written(browser: Browser, site: Any) -> None:
    for token in (None, "", "wrong"):
        data = {"author": "1", "title": "T"} | ({} if token is None else {"_csrf_token": token})
        response = browser.client.post("/books/new", data=data)
        assert response.status == 403
        assert "has expired" in response.data
        assert 'value="T"' in response.data
    assert rows(site) == []
    site.create(Book, author=1, title="kept")
    assert browser.client.post("/books/1/edit", data={"title": "X"}).status == 403
    assert browser.client.post("/books/1/delete", data={"a": "b"}).status == 403
    assert rows(site)[0]["title"] == "kept"


def test_one_token_serves_many_forms(browser: Browser) -> None:
    tokens = {browser.fields("/books/new")["_csrf_token"] for _ in range(70)}
    assert len(tokens) == 1


@pytest.mark.parametrize("name", ["id", "hidden", "numbers", "raw", "admin"])
def test_fields_that_the_form_does_not_have_are_refused(browser: Browser, site: Any, name: str) -> None:
    response = browser.submit("/books/new", author="1", title="T", **{name: "1"})
    assert response.status == 422
    assert f"{name} cannot be set" in response.data
    assert rows(site) == []


def test_a_body_that_is_no_form(browser: Browser, site: Any) -> None:
    response = browser.client.post("/books/new", data="{}", headers=[("content-type", "application/json")])
    assert response.status == 415
    huge = browser.submit("/books/new", author="1", title="T", body="x" * (11 * 1024 * 1024))
    assert huge.status == 413
    assert rows(site) == []


def test_an_edit_of_a_stale_form_shows_both(browser: Browser, site: Any) -> None:
    site.create(Book, author=1, title="Original", pages=1)
    mine = browser.fields("/books/1/edit")
    theirs = Browser(site.client())
    assert theirs.submit("/books/1/edit", title=f"Theirs {XSS}").status == 303
    conflict = browser.client.post("/books/1/edit", data={**mine, "title": "Mine", "pages": "2"})
    assert conflict.status == 409
    page = conflict.data
    assert "Somebody else changed this" in page
    assert 'value="Mine"' in page
    assert "Stored now: <ins>Theirs &lt;script&gt;" in page
    assert page.count("Stored now") == 2
    assert rows(site)[0]["title"] == f"Theirs {XSS}"
    version = re.search(r'name="_version" value="([^"]+)"', page)
    assert version
    again = browser.client.post("/books/1/edit", data={**mine, "title": "Mine", "_version": version[1]})
    assert again.status == 303
    assert rows(site)[0]["title"] == "Mine"


def test_the_version_is_the_same_as_the_etag(browser: Browser, site: Any) -> None:
    site.create(Book, author=1, title="T")
    tag = browser.get("/api/books/1").headers["etag"]
    assert tag == f'"{browser.fields("/books/1/edit")["_version"]}"'


def test_a_record_that_vanishes(browser: Browser, site: Any) -> None:
    site.create(Book, author=1, title="T")
    fields = browser.fields("/books/1/edit")
    with site.db.connection():
        site.db(Book.id == 1).delete()
        site.db.commit()
    for url in ("/books/1/edit", "/books/1/delete"):
        response = browser.client.post(url, data=fields)
        assert response.status == 404
        assert "may have been deleted" in response.data


@pytest.mark.parametrize("key", ["0", "x", "-1", str(2**64), "1.0", "%00"])
def test_keys_that_no_record_has(browser: Browser, key: str) -> None:
    for suffix in ("", "/edit", "/delete"):
        assert browser.get(f"/books/{key}{suffix}").status == 404


def test_a_null_text_stays_null_when_its_field_is_left_alone(browser: Browser, site: Any) -> None:
    site.create(Book, author=1, title="T")
    with site.db.connection():
        site.db(Book.id == 1).update(body=None, state=None)
        site.db.commit()
    tag = browser.get("/api/books/1").headers["etag"]
    assert browser.submit("/books/1/edit").status == 303
    assert browser.get("/api/books/1").headers["etag"] == tag


# deleting


def test_the_delete_page_names_what_depends_on_it(browser: Browser, site: Any) -> None:
    for number in range(12):
        site.create(Book, author=2, title=f"Title {number:02}")
    page = browser.get("/authors/2/delete").data
    assert "Delete Author “Bob”?" in page
    assert "12 Books will be deleted along with it" in page
    assert "<li>Title 00</li>" in page
    assert "<li>Title 09</li>" in page
    assert "Title 10" not in page
    assert "and 2 more" in page
    assert "Nothing else depends on it" in browser.get("/authors/1/delete").data
    assert browser.submit("/authors/2/delete").status == 303
    assert rows(site) == []


# uploads


def test_a_file_is_kept_and_named(browser: Browser, site: Any) -> None:
    fields = browser.fields("/books/new")
    data = {**fields, "author": "1", "title": "T", "cover": (BytesIO(b"data"), "café <x>.png")}
    assert browser.client.post("/books/new", data=data).status == 303
    assert rows(site)[0]["cover"].endswith(".png")
    assert "&lt;x&gt;.png" in browser.get("/books/1").data
    assert browser.submit("/books/1/edit", title="U").status == 303
    assert rows(site)[0]["cover"].endswith(".png")


# the app's own


def test_templates_of_the_app_take_over(site: Any) -> None:
    class Post(Model):
        title = Field.string()
        auto_routes = {"auto_ui_config": {"templates": {"delete": "bye.html"}}}

    templates = Path(site.app.template_path)
    (templates / "autoroutes" / "posts").mkdir(parents=True)
    (templates / "autoroutes" / "layout.html").write_text("<main>MINE {{include}}</main>")
    (templates / "autoroutes" / "posts" / "detail.html").write_text("{{=record.title}} is mine")
    (templates / "bye.html").write_text("bye {{=name}} {{=csrf_token}}")
    site.define(Author, Book, Post)
    discover_and_register_auto_routes(site.app, site.db)
    site.create(Post, title="T")
    client = site.client()
    assert client.get("/posts/1").data == "T is mine"
    assert client.get("/posts/1/delete").data.startswith("bye T ")
    assert client.get("/authors").data.startswith("<main>MINE")


def test_custom_handlers_replace_pages(site: Any) -> None:
    async def show() -> str:
        return "<h1>my list</h1>"

    async def one(record: Any) -> Any:
        return {"record": type("View", (), {"title": record.title, "rows": [], "edit": "", "delete": ""})}

    class Post(Model):
        title = Field.string()
        auto_routes = {"custom_handlers": {"list": show, "detail": one}}

    site.define(Post)
    discover_and_register_auto_routes(site.app, site.db)
    site.create(Post, title="T")
    client = site.client()
    listed = client.get("/posts")
    assert (listed.data, listed.headers["content-type"]) == ("<h1>my list</h1>", "text/html; charset=utf-8")
    assert "<h1>T</h1>" in client.get("/posts/1").data
    assert client.get("/posts/9").status == 404


def test_a_veto_is_told(site: Any) -> None:
    class Post(Model):
        title = Field.string()
        auto_routes = True

        @before_insert
        def never(self, fields: Any) -> bool:
            return True

    site.define(Post)
    discover_and_register_auto_routes(site.app, site.db)
    response = Browser(site.client()).submit("/posts/new", title="T")
    assert response.status == 422
    assert "A rule of the application prevented this change." in response.data
    assert 'value="T"' in response.data


def test_columns_that_stay_inside_are_logged(site: Any, caplog: pytest.LogCaptureFixture) -> None:
    site.define(Author, Book)
    with caplog.at_level("INFO", "emmett_autoroutes"):
        discover_and_register_auto_routes(site.app, site.db)
    assert "Book.raw is left out of pages and REST: values of type blob stay inside" in caplog.text


def test_a_non_utf8_blob_does_no_harm(browser: Browser, site: Any) -> None:
    site.create(Book, author=1, title="T")
    with site.db.connection():
        site.db.executesql("UPDATE books SET raw = '//79/A=='")
        site.db.commit()
    for url in ("/books", "/books/1", "/books/1/edit", "/api/books/1"):
        assert browser.get(url).status == 200
    assert browser.submit("/books/1/edit", title="U").status == 303
    with site.db.connection():
        (stored,) = site.db.executesql("SELECT raw FROM books")
        assert stored[0] in {"//79/A==", b"//79/A=="} or bytes(stored[0]) == b"//79/A=="
