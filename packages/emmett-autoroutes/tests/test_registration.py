# pyright: basic, reportAttributeAccessIssue=false, reportArgumentType=false
# pyright: reportOptionalMemberAccess=false, reportGeneralTypeIssues=false
# Emmett's models carry no types: what a class attribute is, only running tells.
"""Discovery end to end: who wins, what is refused, what is reported; nothing is registered after an error."""

import importlib
import json
import logging
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from emmett import App, sdict
from emmett.orm import Database, Field, Model
from emmett.sessions import SessionManager
from emmett.tools.service import ServicePipe

from emmett_autoroutes import (
    AutoRoutes,
    AutoRoutesError,
    ConfigurationError,
    RouteConflictError,
    auto_ui,
    discover_and_register_auto_routes,
    discover_auto_routes_models,
    requires_login,
)


class Role(Model):
    name = Field.string(notnull=True)
    auto_routes = True


class Post(Model):
    title = Field.string()


class Off(Model):
    tablename = "offs"
    name = Field.string()
    auto_routes = False


class Disabled(Model):
    name = Field.string()
    auto_routes = {"enabled": False, "url_prefix": ""}


class Child(Role):
    tablename = "children"


class Twice(Model):
    tablename = "twice"
    primary_keys = ["a", "b"]
    a = Field.string()
    b = Field.string()
    auto_routes = True


def routes(app: App) -> set[str]:
    return {line.rpartition(" -> ")[0] for line in app._router_http._routes_str.values()}


def test_each_model_gets_a_decision(site: Any) -> None:
    site.define(Role, Post, Off, Disabled, Child)
    assert discover_auto_routes_models(site.db) == [Role]
    report = discover_and_register_auto_routes(site.app, site.db)
    assert [(d.model, d.outcome) for d in report.decisions] == [
        ("Role", "auto"),
        ("Post", "none"),
        ("Off", "off"),
        ("Disabled", "off"),
        ("Child", "none"),
        ("-", "auto"),
    ]
    assert ("PUT", "/api/roles/<str:record_id>", "update", "public") in [
        (r.method, r.path, r.action, r.permission) for r in report.for_model("Role").routes
    ]
    assert not any("/posts" in route or "/offs" in route or "/children" in route for route in routes(site.app))


def test_the_command_prints_the_report(site: Any) -> None:
    site.define(Role, Off)
    discover_and_register_auto_routes(site.app, site.db)
    table = CliRunner().invoke(site.app.cli, ["autoroutes"]).output
    assert table.splitlines()[0].split() == ["MODEL", "DECISION", "METHOD", "PATH", "PERMISSION"]
    lines = [line.split() for line in table.splitlines()]
    assert ["Role", "auto:", "auto_routes", "GET", "/roles", "public"] in lines
    assert ["Off", "off:", "auto_routes", "is", "switched", "off"] in lines
    document = json.loads(CliRunner().invoke(site.app.cli, ["autoroutes", "--json"]).output)
    assert document[0]["model"] == "Role"
    assert document[0]["routes"][0] == {
        "method": "GET",
        "path": "/roles",
        "action": "list",
        "permission": "public",
        "name": "autoroutes.roles.list",
    }


def test_registering_twice_is_refused(site: Any) -> None:
    site.define(Role)
    discover_and_register_auto_routes(site.app, site.db)
    with pytest.raises(AutoRoutesError, match="registered already"):
        discover_and_register_auto_routes(site.app, site.db)


def test_two_apps_in_one_process(make_site: Callable[[], Any]) -> None:
    for _ in range(2):
        site = make_site()
        site.define(Role)
        discover_and_register_auto_routes(site.app, site.db)
        assert site.client().get("/api/roles").status == 200


def test_public_writes_are_warned_of(site: Any, caplog: pytest.LogCaptureFixture) -> None:
    site.define(Role)
    with caplog.at_level(logging.WARNING, "emmett_autoroutes"):
        discover_and_register_auto_routes(site.app, site.db)
    assert "Role: create, update, delete are public" in caplog.text


def test_default_permission_covers_what_names_none(site: Any, caplog: pytest.LogCaptureFixture) -> None:
    site.define(Role)
    report = discover_and_register_auto_routes(site.app, site.db, default_permission=nobody)
    assert {route.permission for route in report.for_model("Role").routes} == {"nobody"}
    assert "public" not in caplog.text
    assert site.client().get("/api/roles").status == 403


def nobody() -> bool:
    return False


# mistakes


def mistakes(site: Any, **options: Any) -> tuple[str, ...]:
    before = routes(site.app)
    with pytest.raises(ConfigurationError) as raised:
        discover_and_register_auto_routes(site.app, site.db, **options)
    assert routes(site.app) == before
    return raised.value.problems


def test_every_mistake_of_every_model_in_one_error(site: Any) -> None:
    class One(Model):
        auto_routes = {"url_prefx": "/x"}

    class Two(Model):
        auto_routes = {"permissions": {"list": 3}, "url_prefix": "/<int:x>"}

    site.define(One, Two, Twice)
    found = mistakes(site)
    assert len(found) == 4
    assert "Twice: its table has several primary key columns (a, b)" in found[3]


def test_no_models_yet(site: Any) -> None:
    assert mistakes(site) == ("the database has no models yet; call db.define_models(…) before discovery",)


def test_no_database_pipe(site: Any) -> None:
    site.define(Role)
    site.app.pipeline = [SessionManager.cookies("secret")]
    assert mistakes(site) == ("app.pipeline lacks db.pipe; set app.pipeline = [..., db.pipe] before discovery",)


def test_forms_without_a_session(site: Any) -> None:
    site.define(Role)
    site.app.pipeline = [site.db.pipe]
    (found,) = mistakes(site)
    assert found.startswith("Role has pages with forms, but app.pipeline has no session pipe")


def test_rest_alone_needs_no_session(site: Any) -> None:
    class Tag(Model):
        name = Field.string()
        auto_routes = {"pages": False}

    site.define(Tag)
    site.app.pipeline = [site.db.pipe]
    discover_and_register_auto_routes(site.app, site.db)
    assert site.client().get("/api/tags").json()["data"] == []
    assert site.client().get("/tags").status == 404


def test_a_service_pipe_for_the_whole_app(site: Any) -> None:
    site.define(Role)
    site.app.pipeline = [*site.app.pipeline, ServicePipe("json")]
    assert "service pipe" in mistakes(site)[0]


def test_two_models_on_one_prefix(site: Any) -> None:
    class Left(Model):
        auto_routes = {"url_prefix": "/same"}

    class Right(Model):
        auto_routes = {"url_prefix": "/same"}

    site.define(Left, Right)
    assert mistakes(site) == ("Right and Left both want '/same'; give one another prefix",)


def test_a_model_of_the_app_on_no_database(site: Any) -> None:
    class Forgotten(Model):
        auto_routes = True

    Forgotten.__module__ = site.app.import_name
    site.define(Role)
    (found,) = mistakes(site)
    assert found.startswith("Forgotten has auto_routes but is on no database")


def test_a_model_on_another_database(make_site: Callable[[], Any]) -> None:
    first, second = make_site(), make_site()
    first.define(Role)
    second.define(Role)
    (found,) = mistakes(first)
    assert found.startswith("Role is not defined on this database")


def test_auth_permissions_need_auth(site: Any) -> None:
    class Guarded(Model):
        auto_routes = {"permissions": {"list": requires_login()}}

    site.define(Guarded)
    assert mistakes(site) == ("Guarded: requires_login() needs emmett.tools.Auth; create Auth(app, db)",)


# precedence and conflicts


def add(app: App, path: str, name: str = "mine", **options: Any) -> None:
    async def handler(**_: Any) -> str:
        return name

    app.route(path, name=name, **options)(handler)


def test_a_conflict_stops_everything(site: Any) -> None:
    site.define(Role)
    add(site.app, "/roles/<int:id>")
    before = routes(site.app)
    with pytest.raises(RouteConflictError) as raised:
        discover_and_register_auto_routes(site.app, site.db)
    assert routes(site.app) == before
    (conflict,) = raised.value.conflicts
    assert "GET|HEAD /roles/<str:record_id> (autoroutes.roles.detail)" in conflict
    assert "GET|HEAD|POST /roles/<int:id> (mine) both answer /roles/1" in conflict
    # the refused call left nothing behind
    report = discover_and_register_auto_routes(site.app, site.db, ignore_conflicts=True)
    assert report.for_model("Role").outcome == "auto"


def test_ignored_conflicts_drop_just_the_clashing_routes(site: Any, caplog: pytest.LogCaptureFixture) -> None:
    site.define(Role)
    add(site.app, "/roles")
    report = discover_and_register_auto_routes(site.app, site.db, ignore_conflicts=True)
    assert site.client().get("/roles").data == "mine"
    assert site.client().get("/roles/new").status == 200
    assert "Auto route dropped: Role: GET|HEAD /roles" in caplog.text
    assert report.for_model("Role").dropped == ("GET|HEAD /roles (autoroutes.roles.list)",)


def test_a_static_manual_route_wins_over_a_dynamic_auto_route(site: Any) -> None:
    site.define(Role)
    add(site.app, "/roles/export")
    discover_and_register_auto_routes(site.app, site.db)
    assert site.client().get("/roles/export").data == "mine"


def test_module_prefixes_count(site: Any) -> None:
    site.define(Role)
    module = site.app.module(__name__, "mod", url_prefix="roles")

    async def show(x: int) -> str:
        return str(x)

    module.route("/<int:x>")(show)
    with pytest.raises(RouteConflictError, match=r"both answer /roles/1"):
        discover_and_register_auto_routes(site.app, site.db)


def test_an_app_with_a_prefix(make_site: Callable[..., Any]) -> None:
    site = make_site(url_prefix="shop")
    site.define(Role)
    add(site.app, "/roles/<int:id>")
    with pytest.raises(RouteConflictError, match=r"both answer /roles/1"):
        discover_and_register_auto_routes(site.app, site.db)
    discover_and_register_auto_routes(site.app, site.db, ignore_conflicts=True)
    created = site.client().post(
        "/shop/api/roles", data='{"name": "x"}', headers=[("content-type", "application/json")]
    )
    assert created.headers["location"] == "/shop/api/roles/1"
    assert 'href="/shop/roles/new"' in site.client().get("/shop/roles").data


def test_a_route_whose_name_was_taken_over_is_still_seen(site: Any) -> None:
    site.define(Role)
    add(site.app, "/roles", name="same")
    add(site.app, "/elsewhere", name="same")
    with pytest.raises(RouteConflictError, match=r"both answer /roles"):
        discover_and_register_auto_routes(site.app, site.db)


def test_loaded_early_the_extension_sees_every_route(site: Any) -> None:
    site.app.use_extension(AutoRoutes)
    site.define(Role)
    add(site.app, "/roles/<alpha:x>", name="same")
    add(site.app, "/roles/<int:x>", name="same")
    add(site.app, "/elsewhere", name="same")
    with pytest.raises(RouteConflictError, match=r"both answer /roles/1"):
        discover_and_register_auto_routes(site.app, site.db)


def test_a_late_route_is_refused_with_advice(site: Any) -> None:
    site.define(Role)
    discover_and_register_auto_routes(site.app, site.db)
    with pytest.raises(RouteConflictError, match=r"(?s)both answer /roles/1.*last"):
        add(site.app, "/roles/<int:x>")
    with pytest.raises(RouteConflictError, match=r"both answer /roles"):
        add(site.app, "/roles")
    add(site.app, "/roles/export")
    add(site.app, "/other/<int:x>")
    assert site.client().get("/roles/export").data == "mine"


def test_the_description_is_part_of_the_check(site: Any) -> None:
    site.define(Role)
    add(site.app, "/api/<str:x>", methods=["get"])
    with pytest.raises(RouteConflictError) as raised:
        discover_and_register_auto_routes(site.app, site.db)
    assert any("/api/openapi.json" in conflict for conflict in raised.value.conflicts)


def test_settings_may_stand_in_the_config(site: Any) -> None:
    site.define(Role)
    add(site.app, "/roles")
    site.app.config.AutoRoutes.ignore_conflicts = True
    site.app.config.AutoRoutes.openapi = False
    site.app.config.AutoRoutes.default_permission = nobody
    report = discover_and_register_auto_routes(site.app, site.db)
    assert "OpenAPI" not in str(report)
    assert "nobody" in str(report)


# setup()


@pytest.fixture
def package(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[[str], Any]]:
    made: list[str] = []
    sys.path.insert(0, str(tmp_path))

    def make(init: str) -> Any:
        name = f"pkg_{request.node.name.partition('[')[0]}_{len(made)}"
        folder = tmp_path / name
        folder.mkdir()
        (folder / "__init__.py").write_text(textwrap.dedent(init))
        (folder / "models.py").write_text(
            textwrap.dedent("""
            from emmett.orm import Field, Model
            class Article(Model):
                name = Field.string()
                auto_routes = True
            class Tag(Model):
                name = Field.string()
            """)
        )
        made.append(name)
        return importlib.import_module(f"{name}.models"), importlib.import_module(name)

    yield make
    sys.path.remove(str(tmp_path))
    for name in made:
        for module in [m for m in sys.modules if m == name or m.startswith(f"{name}.")]:
            del sys.modules[module]


SETUP = """
calls = []
def setup({arguments}):
    calls.append(({arguments}))
"""


@pytest.mark.parametrize("arguments", ["", "app", "app, db"])
def test_a_setup_is_called_once_and_its_models_are_skipped(site: Any, package: Any, arguments: str) -> None:
    models, init = package(SETUP.format(arguments=arguments))
    site.define(models.Article, models.Tag, Role)
    report = discover_and_register_auto_routes(site.app, site.db)
    expected = {"": (), "app": site.app, "app, db": (site.app, site.db)}[arguments]
    assert init.calls == [expected]
    assert report.for_model("Article").outcome == "manual"
    assert report.for_model("Article").reason == f"{init.__name__}.setup(), called"
    assert report.for_model("Tag").outcome == "manual"
    assert report.for_model("Role").outcome == "auto"
    assert not any("/articles" in route for route in routes(site.app))


def test_the_routes_of_a_setup_count_as_the_apps_own(site: Any, package: Any) -> None:
    models, _ = package("""
        def setup(app):
            @app.route("/roles/<int:x>")
            async def show(x):
                return "setup"
        """)
    site.define(models.Article, Role)
    with pytest.raises(RouteConflictError, match=r"both answer /roles/1"):
        discover_and_register_auto_routes(site.app, site.db)


LIVE = """
calls = []
def setup(app):
    calls.append(1)
    @app.route("/live/<date:d>", name="live_one")
    async def show(d):
        return "live"
"""


@pytest.mark.parametrize("early", [True, False])
def test_a_setup_that_is_live_is_not_run_again(site: Any, package: Any, early: bool) -> None:
    models, init = package(LIVE)
    if early:
        site.app.use_extension(AutoRoutes)
    init.setup(site.app)
    site.define(models.Article)
    report = discover_and_register_auto_routes(site.app, site.db)
    assert init.calls == [1]
    assert report.for_model("Article").reason == f"{init.__name__}.setup(), live already"


def test_setups_need_not_be_called(site: Any, package: Any) -> None:
    models, init = package(LIVE)
    site.define(models.Article)
    report = discover_and_register_auto_routes(site.app, site.db, call_setup=False)
    assert init.calls == []
    assert report.for_model("Article").reason == f"{init.__name__}.setup(), not called"


@pytest.mark.parametrize("init", ["def setup(config): pass", "from textwrap import dedent as setup", "setup = 3"])
def test_other_things_called_setup_are_none_of_ours(site: Any, package: Any, init: str) -> None:
    models, _ = package(init)
    site.define(models.Article)
    assert discover_and_register_auto_routes(site.app, site.db).for_model("Article").outcome == "auto"


def test_an_async_setup_is_a_mistake(site: Any, package: Any) -> None:
    models, _ = package("async def setup(app): pass")
    site.define(models.Article)
    assert "setup() is async; make it a plain function" in mistakes(site)[0]


def test_a_mistake_elsewhere_keeps_setups_from_running(site: Any, package: Any) -> None:
    class Wrong(Model):
        auto_routes = {"x": 1}

    models, init = package(LIVE)
    site.define(models.Article, Wrong)
    mistakes(site)
    assert init.calls == []


# auto_ui


def test_auto_ui_registers_the_pages_of_one_model(site: Any) -> None:
    site.define(Post)
    report = auto_ui(site.app, Post, "/admin/posts", {"display_name": "Entry", "permissions": {"delete": nobody}})
    assert {route.path for route in report.routes} >= {"/admin/posts", "/admin/posts/new"}
    client = site.client()
    assert "New Entry" in client.get("/admin/posts").data
    assert client.get("/api/posts").status == 404
    with pytest.raises(ConfigurationError, match="unknown key 'colums'"):
        auto_ui(site.app, Post, "/other", {"colums": []})


def test_auto_ui_of_an_undefined_model(site: Any) -> None:
    class Undefined(Model):
        pass

    with pytest.raises(ConfigurationError, match="not defined on any database"):
        auto_ui(site.app, Undefined, "/x")


def test_an_auto_ui_of_the_apps_own_is_called_instead(site: Any) -> None:
    calls: list[Any] = []

    def own(app: Any, model: Any, url_prefix: str, config: Any = None) -> None:
        calls.append((app, model, url_prefix, config))
        add(app, f"{url_prefix}/home", name="own_home")

    site.define(Role)
    discover_and_register_auto_routes(site.app, site.db, auto_ui=own)
    assert calls == [(site.app, Role, "/roles", {})]
    client = site.client()
    assert client.get("/roles/home").data == "own_home"
    assert client.get("/roles").status == 404
    assert client.get("/api/roles").status == 200


def test_auto_ui_beside_discovery(site: Any) -> None:
    site.define(Role)
    auto_ui(site.app, Role, "/admin/roles", {"display_name": "Job"})
    with pytest.raises(RouteConflictError, match="another auto route"):
        auto_ui(site.app, Role, "/admin/roles")
    discover_and_register_auto_routes(site.app, site.db)
    client = site.client()
    assert "New Job" in client.get("/admin/roles").data
    assert "New Role" in client.get("/roles").data
    auto_ui(site.app, Role, "/third", {"display_name": "Post"})
    assert "New Post" in client.get("/third").data
    assert 'href="/third/new"' in client.get("/third").data


def test_two_databases_of_one_app(site: Any, tmp_path: Path) -> None:
    class Elsewhere(Model):
        name = Field.string()
        auto_routes = True

    config = sdict(uri=f"sqlite://{tmp_path}/second.sqlite", auto_migrate=True, auto_connect=False)
    second = Database(site.app, config, folder=str(tmp_path))
    site.define(Role)
    second.define_models(Elsewhere)
    site.app.pipeline = [*site.app.pipeline, second.pipe]
    discover_and_register_auto_routes(site.app, site.db)
    discover_and_register_auto_routes(site.app, second)
    client = site.client()
    assert (client.get("/roles").status, client.get("/elsewheres").status) == (200, 200)
    assert set(client.get("/api/openapi.json").json()["paths"]) >= {"/api/roles", "/api/elsewheres"}
    assert {d.model for d in site.app.ext.AutoRoutes.report.decisions} == {"Role", "Elsewhere", "-"}
    for connection in second._adapter._connection_manager.connections_map.values():
        connection.close()
