# pyright: basic, reportAttributeAccessIssue=false, reportArgumentType=false
# pyright: reportOptionalMemberAccess=false, reportGeneralTypeIssues=false
# Emmett's models carry no types: what a class attribute is, only running tells.
"""Who may do what: action × page and REST × four visitors × sync and async; row filters everywhere."""

import json
import logging
import re
from typing import Any

import pytest
from emmett import session
from emmett.orm import Field, Model, belongs_to
from emmett.tools.auth import Auth
from emmett.tools.auth.models import AuthUser

from emmett_autoroutes import (
    discover_and_register_auto_routes,
    requires_login,
    requires_membership,
    requires_permission,
)

JSON = [("content-type", "application/json")]
ACTIONS = ("list", "detail", "create", "update", "delete")


def page_call(client: Any, action: str, key: Any, fields: dict[str, str]) -> Any:
    """Do what a visitor of the pages would do, the CSRF token included."""
    urls = {
        "list": "/notes",
        "detail": f"/notes/{key}",
        "create": "/notes/new",
        "update": f"/notes/{key}/edit",
        "delete": f"/notes/{key}/delete",
    }
    response = client.get(urls[action])
    if response.status != 200 or action in {"list", "detail"}:
        return response
    hidden = dict(re.findall(r'name="(_csrf_token|_version)" value="([^"]*)"', response.data))
    return client.post(urls[action], data={**fields, **hidden})


def rest_call(client: Any, action: str, key: Any, fields: dict[str, str]) -> Any:
    body = json.dumps(fields)
    calls = {
        "list": lambda: client.get("/api/notes"),
        "detail": lambda: client.get(f"/api/notes/{key}"),
        "create": lambda: client.post("/api/notes", data=body, headers=JSON),
        "update": lambda: client.patch(f"/api/notes/{key}", data=body, headers=JSON),
        "delete": lambda: client.delete(f"/api/notes/{key}"),
    }
    return calls[action]()


class Visitors:
    """An app whose notes belong to people; who somebody is stands in the session."""

    def __init__(self, site: Any, *, is_async: bool) -> None:
        class Note(Model):
            owner = Field.string()
            text = Field.string()
            auto_routes = {"permissions": dict.fromkeys(ACTIONS, permission(is_async=is_async))}

        permission.model = Note
        self.site, self.model = site, Note
        site.define(Note)

        async def become(name: str) -> str:
            session.who = name
            return name

        site.app.route("/become/<str:name>", name="become")(become)
        discover_and_register_auto_routes(site.app, site.db)
        self.mine = site.create(Note, owner="filtered", text="mine")
        self.other = site.create(Note, owner="other", text="other")

    def client(self, who: str) -> Any:
        client = self.site.client()
        if who != "anonymous":
            client.get(f"/become/{who}")
        return client

    def texts(self) -> set[str]:
        with self.site.db.connection():
            return {note.text for note in self.model.all().select()}


def permission(*, is_async: bool) -> Any:
    def decide() -> Any:
        who = session.who
        if who == "filtered":
            return permission.model.owner == "filtered"
        return who == "admin"

    async def decide_later() -> Any:
        return decide()

    return decide_later if is_async else decide


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def visitors(site: Any, request: pytest.FixtureRequest) -> Visitors:
    return Visitors(site, is_async=request.param)


@pytest.mark.parametrize("who", ["anonymous", "member", "admin", "filtered"])
@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("call", [page_call, rest_call], ids=["page", "rest"])
def test_the_matrix(visitors: Visitors, call: Any, action: str, who: str) -> None:
    client = visitors.client(who)
    before = visitors.texts()
    fields = {"text": "changed", "owner": "filtered"}
    own = call(client, action, visitors.mine, fields)
    allowed = who in {"admin", "filtered"}
    assert (own.status < 400) == allowed
    if not allowed:
        assert own.status == 403
        assert visitors.texts() == before
        return
    if action == "list":
        assert ("other" in own.data) == (who == "admin")
        return
    if action in {"detail", "update", "delete"}:
        foreign = call(client, action, visitors.other, {"text": "foreign"})
        assert foreign.status == (404 if who == "filtered" else foreign.status)
        assert ("other" in visitors.texts()) or who == "admin"
    expected = {"detail": "mine", "create": "changed", "update": "changed"}
    if action in expected:
        assert expected[action] in visitors.texts()
    else:
        assert "mine" not in visitors.texts()


@pytest.mark.parametrize("call", [page_call, rest_call], ids=["page", "rest"])
def test_a_new_row_outside_the_filter_is_rolled_back(visitors: Visitors, call: Any) -> None:
    client = visitors.client("filtered")
    assert call(client, "create", None, {"owner": "somebody", "text": "stray"}).status == 403
    assert call(client, "update", visitors.mine, {"owner": "somebody", "text": "stray"}).status == 403
    assert visitors.texts() == {"mine", "other"}


def test_the_filter_narrows_the_count_and_search(visitors: Visitors) -> None:
    client = visitors.client("filtered")
    listed = client.get("/api/notes").json()
    assert (listed["meta"]["total_objects"], len(listed["data"])) == (1, 1)
    assert "1–1 of 1" in client.get("/notes").data
    found = client.get("/api/notes?where=" + json.dumps({"$or": [{"owner": "other"}, {"text": "other"}]})).json()
    assert found["data"] == []


# a rule per row


@pytest.mark.parametrize("is_async", [False, True])
def test_a_rule_per_row(site: Any, is_async: bool) -> None:
    def rule(record: Any) -> bool:
        return record.owner == "me" and record["text"] != ""

    async def later(record: Any) -> bool:
        return rule(record)

    class Note(Model):
        owner = Field.string()
        text = Field.string()
        auto_routes = {"permissions": dict.fromkeys(("detail", "update", "delete"), later if is_async else rule)}

    site.define(Note)
    discover_and_register_auto_routes(site.app, site.db)
    mine, other = site.create(Note, owner="me", text="a"), site.create(Note, owner="you", text="b")
    client = site.client()
    for call in (page_call, rest_call):
        for action in ("detail", "update", "delete"):
            assert call(client, action, other, {"text": "x"}).status == 403
        for action in ("detail", "update"):
            assert call(client, action, mine, {"text": "x"}).status < 400
    detail = client.get(f"/notes/{mine}").data
    assert "Edit</a>" in detail
    assert rest_call(client, "delete", mine, {}).status == 200
    assert site.count(Note) == 1


# what callables may and may not return


def guarded(site: Any, answer: Any) -> Any:
    class Other(Model):
        name = Field.string()

    class Note(Model):
        text = Field.string()
        auto_routes = {"permissions": {"list": lambda: answer(Note, Other)}}

    site.define(Other, Note)
    discover_and_register_auto_routes(site.app, site.db)
    site.create(Note, text="a")
    return site.client().get("/api/notes")


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        pytest.param(lambda note, other: 1, 200, id="truth"),
        pytest.param(lambda note, other: None, 403, id="nothing"),
        pytest.param(lambda note, other: note.where(lambda n: n.text == "a"), 200, id="a set is its query"),
        pytest.param(lambda note, other: note.text.belongs(["a"]), 200, id="a query"),
        pytest.param(lambda note, other: other.name == "x", 403, id="a query on another model"),
        pytest.param(lambda note, other: note.all, 403, id="a method that was not called"),
        pytest.param(lambda note, other: 1 / 0, 403, id="an exception"),
        pytest.param(lambda note, other: note.text, 403, id="a field"),
    ],
)
def test_what_a_permission_returns(site: Any, caplog: pytest.LogCaptureFixture, answer: Any, status: int) -> None:
    assert guarded(site, answer).status == status


def test_an_exception_denies_and_is_logged(site: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "emmett_autoroutes"):
        assert guarded(site, lambda note, other: 1 / 0).status == 403
    assert "The permission list of Note failed; denied" in caplog.text
    assert "ZeroDivisionError" in caplog.text


# relations


class World:
    """Comments on posts of which the visitor may see some."""

    def __init__(self, site: Any, see: Any) -> None:
        class Post(Model):
            title = Field.string()
            auto_routes = {"permissions": {"list": lambda: see(Post), "detail": lambda: see(Post)}}

        class Comment(Model):
            belongs_to("post")
            text = Field.string()
            auto_routes = {"auto_ui_config": {"filters": ["post"]}}

        site.define(Post, Comment)
        discover_and_register_auto_routes(site.app, site.db)
        self.site, self.comment = site, Comment
        self.open = site.create(Post, title="Open post")
        self.hidden = site.create(Post, title="Hidden post")
        for post in (self.open, self.hidden):
            site.create(Comment, post=post, text=f"on {post}")
        self.client = site.client()


@pytest.fixture
def filtered(site: Any) -> World:
    return World(site, lambda post: post.title == "Open post")


def test_names_and_choices_are_filtered(filtered: World) -> None:
    for url in ("/comments", "/comments/new", "/comments/2", "/comments/2/edit"):
        page = filtered.client.get(url).data
        assert "Hidden post" not in page, url
    assert "Open post" in filtered.client.get("/comments").data
    assert "Open post" in filtered.client.get("/comments/new").data


def test_expanding_shows_what_may_be_seen(filtered: World) -> None:
    data = filtered.client.get("/api/comments?expand=post&sort_by=id").json()["data"]
    assert [comment["post"] for comment in data] == [{"id": filtered.open, "title": "Open post"}, None]


def test_nothing_can_be_attached_to_what_is_hidden(filtered: World) -> None:
    body = json.dumps({"post": filtered.hidden, "text": "x"})
    response = filtered.client.post("/api/comments", data=body, headers=JSON)
    assert (response.status, list(response.json()["errors"])) == (422, ["post"])
    assert filtered.site.count(filtered.comment) == 2


def test_denied_targets_are_keys_without_names(site: Any) -> None:
    world = World(site, lambda post: False)
    for url in ("/comments", "/comments/new", "/comments/1", "/comments/1/edit"):
        page = world.client.get(url)
        assert page.status == 200
        assert "Open post" not in page.data
        assert "Hidden post" not in page.data


# Emmett's Auth


@pytest.fixture
def auth_site(site: Any) -> Any:
    class User(AuthUser):
        pass

    class Secret(Model):
        text = Field.string()
        auto_routes = {
            "permissions": {
                "list": requires_login(),
                "detail": requires_permission("read", "secrets"),
                "create": requires_membership("admin"),
                "update": requires_membership("admin"),
                "delete": requires_membership("admin"),
            }
        }

    site.app.config.auth.hmac_key = "key"
    site.app.config.auth.registration_verification = False
    site.auth = Auth(site.app, site.db, user_model=User)
    site.define(Secret)
    site.app.pipeline = [*site.app.pipeline, site.auth.pipe]
    site.auth.module("auth_routes")

    async def login(name: str) -> str:
        return str(bool(site.auth.login(f"{name}@example.org", "password")))

    site.app.route("/login_as/<str:name>", name="login_as")(login)
    discover_and_register_auto_routes(site.app, site.db)
    with site.db.connection():
        for name in ("ann", "bob"):
            created = User.create(email=f"{name}@example.org", password="password", first_name=name, last_name="x")
            assert not created.errors, created.errors
        site.db(User.email.belongs(["ann@example.org", "bob@example.org"])).update(registration_key="")
        admins = site.auth.create_group("admin")
        site.auth.add_membership("admin", User.get(email="ann@example.org"))
        granted = site.auth.models["permission"].create(auth_group=admins, name="read", table_name="secrets")
        assert not granted.errors, granted.errors
        Secret.create(text="a")
        site.db.commit()
    return site


def logged_in(site: Any, name: str) -> Any:
    client = site.client()
    assert client.get(f"/login_as/{name}").data == "True"
    return client


def test_anonymous_visitors_are_sent_to_the_login(auth_site: Any) -> None:
    client = auth_site.client()
    response = client.get("/secrets?search=x")
    assert response.status == 303
    assert response.headers["location"] == "/auth/login?_after=/secrets%3Fsearch%3Dx"
    denied = client.get("/api/secrets")
    assert (denied.status, denied.json()["status"]) == (401, 401)
    assert denied.headers["www-authenticate"]


def test_members_and_admins(auth_site: Any) -> None:
    ann, bob = logged_in(auth_site, "ann"), logged_in(auth_site, "bob")
    assert (ann.get("/secrets").status, bob.get("/secrets").status) == (200, 200)
    assert (ann.get("/secrets/1").status, bob.get("/secrets/1").status) == (200, 403)
    assert "New Secret" in ann.get("/secrets").data
    assert "New Secret" not in bob.get("/secrets").data
    body = json.dumps({"text": "x"})
    assert bob.post("/api/secrets", data=body, headers=JSON).status == 403
    assert ann.post("/api/secrets", data=body, headers=JSON).status == 201


def test_the_report_names_them(auth_site: Any) -> None:
    report = auth_site.app.ext.AutoRoutes.report
    permissions = {route.action: route.permission for route in report.for_model("Secret").routes}
    assert permissions["list"] == "requires_login()"
    assert permissions["detail"] == "requires_permission('read', 'secrets')"
    assert permissions["delete"] == "requires_membership('admin')"
