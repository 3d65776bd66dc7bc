# pyright: basic, reportAttributeAccessIssue=false, reportArgumentType=false
# Emmett's models carry no types: what a class attribute is, only running tells.
"""The plan: app routes × wanted routes → what is registered and what clashes. Pure."""

import pytest

from emmett_autoroutes._routes import Route, RouteIndex, find_late_conflict, plan

GET = frozenset({"GET", "HEAD"})
POST = frozenset({"POST"})


def manual(path: str, methods: frozenset[str] = GET, **more: object) -> Route:
    return Route("mine", path, methods, **more)  # type: ignore[arg-type]


def auto(
    path: str, methods: frozenset[str] = GET, *, face: str = "pages", model: str = "Role", **more: object
) -> Route:
    keyed = path.replace("<str:record_id>", "<int:record_id>") if "<str:record_id>" in path else None
    return Route("auto", path, methods, owner=(model, face), keyed=keyed, **more)  # type: ignore[arg-type]


LIST, DETAIL, NEW = auto("/roles"), auto("/roles/<str:record_id>"), auto("/roles/new")


@pytest.mark.parametrize(
    ("taken", "wanted", "url"),
    [
        pytest.param(manual("/roles"), LIST, "/roles", id="same static path"),
        pytest.param(manual("/roles", POST), LIST, None, id="other method"),
        pytest.param(manual("/<str:page>"), LIST, "/roles", id="auto static would steal from manual dynamic"),
        pytest.param(manual("/roles/<int:id>"), DETAIL, "/roles/1", id="dynamic against dynamic"),
        pytest.param(manual("/roles/<alpha:id>"), DETAIL, None, id="a numeric key has no letters"),
        pytest.param(manual("/roles/7"), DETAIL, None, id="manual static wins by itself"),
        pytest.param(manual("/<any:rest>"), DETAIL, "/roles/1", id="catch-all"),
        pytest.param(manual("/roles", host="a.org"), LIST, None, id="a manual route for one host wins there by itself"),
        pytest.param(
            manual("/roles"),
            auto("/roles", host="a.org"),
            "/roles",
            id="an auto route for one host would steal",
        ),
        pytest.param(manual("/roles", host="b.org"), auto("/roles", host="a.org"), None, id="other hosts"),
        pytest.param(
            manual("/roles", schemes=frozenset({"https"})),
            LIST,
            None,
            id="a manual route for https wins there",
        ),
        pytest.param(auto("/roles/<str:record_id>", model="Other"), NEW, None, id="a numeric key is never 'new'"),
        pytest.param(auto("/roles", model="Other"), LIST, "/roles", id="two models"),
        pytest.param(auto("/roles", face="rest"), LIST, "/roles", id="pages and REST of one model"),
        pytest.param(DETAIL, NEW, None, id="pages of one model"),
    ],
)
def test_a_wanted_route_beside_a_taken_one(taken: Route, wanted: Route, url: str | None) -> None:
    planned = plan([wanted], [taken])
    assert [conflict.url for conflict in planned.conflicts] == ([] if url is None else [url])
    assert planned.routes == (() if url else (wanted,))


def test_a_conflict_names_both_routes_and_a_url() -> None:
    (conflict,) = plan([DETAIL], [manual("/roles/<int:id>")]).conflicts
    assert str(conflict) == (
        "Role: GET|HEAD /roles/<str:record_id> (auto) and the route GET|HEAD /roles/<int:id> (mine) "
        "both answer /roles/1"
    )


def test_models_nested_in_one_another() -> None:
    blog = [auto("/blog"), auto("/blog/<str:record_id>"), auto("/blog/<str:record_id>/edit")]
    comments = [auto("/blog/comments", model="C"), auto("/blog/comments/<str:record_id>", model="C")]
    assert plan([*blog, *comments], []).conflicts == ()


def test_the_order_of_taken_routes_does_not_matter() -> None:
    taken = [manual("/roles/<int:id>"), manual("/x"), manual("/<any:r>", POST), manual("/roles/a.b/<int:id>")]
    for order in (taken, taken[::-1]):
        planned = plan([LIST, DETAIL, NEW], order)
        assert planned.routes == (LIST, NEW)


@pytest.mark.parametrize(
    ("late", "url"),
    [
        pytest.param(manual("/roles"), "/roles", id="same static path"),
        pytest.param(manual("/roles/7"), None, id="static wins over dynamic"),
        pytest.param(manual("/roles/<str:x>"), "/roles/1", id="would be dead"),
        pytest.param(manual("/roles/<alpha:x>"), "/roles/a", id="would be dead for the router, whatever the key"),
        pytest.param(manual("/roles/<str:x>/y"), None, id="elsewhere"),
        pytest.param(manual("/roles", host="a.org"), None, id="asked first anyway"),
    ],
)
def test_a_route_declared_late(late: Route, url: str | None) -> None:
    found = find_late_conflict(late, RouteIndex([LIST, DETAIL]))
    assert (found.url if found else None) == url


def test_five_hundred_models_are_planned_quickly() -> None:
    wanted = [
        auto(path.format(n), model=f"M{n}", face=face)
        for n in range(500)
        for face, path in (
            ("pages", "/admin/m{}"),
            ("pages", "/admin/m{}/<str:record_id>"),
            ("pages", "/admin/m{}/<str:record_id>/edit"),
            ("rest", "/api/m{}"),
            ("rest", "/api/m{}/<str:record_id>"),
        )
    ]
    assert len(plan(wanted, []).routes) == 2500
