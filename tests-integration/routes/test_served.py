# pyright: basic
"""The flows of the in-process tests, over HTTP with cookies against two workers."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import pytest


def test_everybody_reads_what_is_published(blog: Any) -> None:
    visitor = blog.visitor()
    page = visitor.get("/articles").text
    assert "Article 1<" in page
    assert "Article 2<" not in page
    listed = visitor.get("/api/articles?page_size=100").json()
    assert listed["meta"]["total_objects"] == 15
    assert {article["status"] for article in listed["data"]} == {"published"}


def test_anonymous_visitors_are_sent_to_the_login_and_back(blog: Any) -> None:
    visitor = blog.visitor()
    answer = visitor.get("/roles?sort=name")
    assert (answer.status, answer.headers["location"]) == (303, "/auth/login?_after=/roles%3Fsort%3Dname")
    assert visitor.get("/api/roles").status == 401
    assert visitor.json("POST", "/api/articles", {"title": "x", "author": 1}).status == 401


def test_readers_may_not_write(blog: Any) -> None:
    reader = blog.visitor("reader")
    assert reader.get("/roles").status == 403
    assert reader.get("/api/roles").status == 403
    assert reader.get("/articles/new").status == 403
    assert reader.json("POST", "/api/articles", {"title": "x", "author": 1}).status == 403


def test_editors_write_their_own(blog: Any) -> None:
    editor, admin = blog.visitor("editor"), blog.visitor("admin")
    me = editor.get("/api/articles?page_size=1&where=" + quote('{"status":"draft"}')).json()["data"][0]["author"]
    created = editor.json("POST", "/api/articles", {"title": "Mine", "author": me})
    assert created.status == 201
    place = created.headers["location"]
    assert editor.json("PATCH", place, {"rating": "9.50"}).json()["rating"] == "9.50"
    foreign = editor.json("POST", "/api/articles", {"title": "Stray", "author": me + 1})
    assert foreign.status == 403
    assert editor.send("DELETE", place).status == 403
    assert admin.send("DELETE", place).json() == {}
    assert editor.get(place).status == 404


def test_an_admin_keeps_roles_with_forms(blog: Any) -> None:
    admin = blog.visitor("admin")
    refused = admin.submit("/roles/new", name="", description="kept")
    assert refused.status == 422
    assert "kept</textarea>" in refused.text
    created = admin.submit("/roles/new", name="Author <b>", description="Writes")
    assert created.status == 303
    place = created.headers["location"]
    assert "Author &lt;b&gt;" in admin.get(place).text
    assert admin.submit(f"{place}/edit", name="Author", description="Writes").status == 303
    role = admin.get(f"/api{place}").json()
    permission = admin.json("POST", "/api/permissions", {"role": role["id"], "name": "read"})
    assert permission.status == 201
    asked = admin.get(f"{place}/delete").text
    assert "1 Permissions will be deleted along with it" in asked
    assert admin.submit(f"{place}/delete").status == 303
    assert admin.get(f"/api{permission.headers['location'].removeprefix('/api')}").status == 404


def test_the_version_is_the_same_in_every_worker(blog: Any) -> None:
    visitors = [blog.visitor() for _ in range(8)]
    assert len({visitor.get("/api/articles/1").headers["etag"] for visitor in visitors}) == 1


@pytest.mark.parametrize("rounds", range(3))
def test_of_many_concurrent_edits_of_one_version_one_wins(blog: Any, rounds: int) -> None:
    admin = blog.visitor("admin")
    created = admin.json("POST", "/api/roles", {"name": f"Contended {rounds}"})
    place, tag = created.headers["location"], created.headers["etag"]
    admins = [blog.visitor("admin") for _ in range(6)]

    def edit(numbered: tuple[int, Any]) -> int:
        number, visitor = numbered
        return visitor.json("PATCH", place, {"description": f"by {number}"}, if_match=tag).status

    with ThreadPoolExecutor(6) as pool:
        statuses = sorted(pool.map(edit, enumerate(admins)))
    assert statuses == [200, 412, 412, 412, 412, 412]
    with ThreadPoolExecutor(6) as pool:
        deleted = sorted(pool.map(lambda visitor: visitor.send("DELETE", place).status, admins))
    assert deleted == [200, 404, 404, 404, 404, 404]


def test_hand_written_routes_are_left_alone(blog: Any) -> None:
    visitor = blog.visitor()
    assert "A post with a page of its own." in visitor.get("/posts/1").text
    assert "Admin Example" in visitor.get("/people/1").text
    assert visitor.get("/api/posts").status == 404
    assert visitor.get("/comments").status == 404


def test_the_assets_come_from_the_package(blog: Any) -> None:
    visitor = blog.visitor()
    (href,) = re.findall(r'<link rel="stylesheet" href="([^"]+)"', visitor.get("/articles").text)
    answer = visitor.get(href)
    assert (answer.status, answer.headers["content-type"]) == (200, "text/css")


def test_the_description_lists_what_anonymous_visitors_reach(blog: Any) -> None:
    for visitor in (blog.visitor(), blog.visitor("admin")):
        document = visitor.get("/api/openapi.json").json()
        assert {path: sorted(set(item) - {"parameters"}) for path, item in document["paths"].items()} == {
            "/api/articles": ["get"],
            "/api/articles/{record_id}": ["get"],
        }
    assert "/api/articles" in blog.visitor().get("/api/docs").text


@pytest.mark.parametrize(
    "path",
    [
        "/api/articles/a%2Fb",
        "/articles/a%2Fb",
        "/articles/%00",
        "/articles/..%2F..%2Fetc",
        "/api/articles/9223372036854775808",
        "/api/articles/2147483648",
        "/articles/2147483648",
    ],
)
def test_strange_keys_are_not_found(blog: Any, path: str) -> None:
    assert blog.visitor().get(path).status == 404


def test_large_bodies_are_refused(blog: Any) -> None:
    admin = blog.visitor("admin")
    assert admin.json("POST", "/api/roles", {"name": "x" * (10 * 1024 * 1024)}).status == 413
    form = b"name=" + b"x" * (10 * 1024 * 1024)
    answer = admin.send("POST", "/roles/new", form, {"content-type": "application/x-www-form-urlencoded"})
    assert answer.status == 413


def test_logging_in_does_not_open_what_forms_protect(blog: Any) -> None:
    admin = blog.visitor("admin")
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert admin.send("POST", "/roles/new", b"name=Forged", form).status == 403
    assert admin.send("POST", "/api/roles", b"name=Forged", form).status == 415
    assert admin.get("/api/roles?where=" + quote('{"name":"Forged"}')).json()["data"] == []
