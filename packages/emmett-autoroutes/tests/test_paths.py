# pyright: basic, reportAttributeAccessIssue=false, reportArgumentType=false
# Emmett's models carry no types: what a class attribute is, only running tells.
"""Whether two paths overlap: a table by hand, and the live router's word on generated paths."""

import itertools
import tempfile

import pytest
from emmett import App
from hypothesis import given, settings
from hypothesis import strategies as st

from emmett_autoroutes._paths import find_overlap, is_dynamic, matches, sample_urls

_names = itertools.count()


@pytest.mark.parametrize(
    ("first", "second", "witness"),
    [
        pytest.param("/roles", "/roles", "/roles", id="same static"),
        pytest.param("/roles", "/role", None, id="other static"),
        pytest.param("/roles/<int:id>", "/roles/<str:x>", "/roles/1", id="int is a str"),
        pytest.param("/roles/<int:id>", "/roles/new", None, id="new is no int"),
        pytest.param("/roles/<str:id>", "/roles/new", "/roles/new", id="new is a str"),
        pytest.param("/<str:p>/<int:i>", "/roles/<int:rid>", "/roles/1", id="first segment free"),
        pytest.param("/d/<date:d>", "/d/<int:i>", None, id="a date is no int"),
        pytest.param("/d/<date:d>", "/d/<str:i>", "/d/1111-11-11", id="a date is a str"),
        pytest.param("/f/<float:f>", "/f/<int:i>", None, id="a float has a point"),
        pytest.param("/f/<float:f>", "/f/<str:s>", "/f/1.1", id="a float is a str"),
        pytest.param("/a/<alpha:a>", "/a/<int:i>", None, id="letters are no digits"),
        pytest.param("/<any:rest>", "/a/b/c", "/a/b/c", id="any crosses slashes"),
        pytest.param("/<any:rest>", "/a/b/", None, id="a slash at the end cannot be reached"),
        pytest.param("/a(/<str:b>)?", "/a", "/a", id="optional group left out"),
        pytest.param("/a(/<str:b>)?", "/a/x", "/a/x", id="optional group given"),
        pytest.param("/a(/<str:b>)?", "/ab", None, id="optional group is no repetition"),
        pytest.param("/a.b/<int:i>", "/axb/<int:i>", "/axb/1", id="a dot in a dynamic path is any character"),
        pytest.param("/a.b", "/axb", None, id="a dot in a static path is a dot"),
        pytest.param("/x/<str:a>/edit", "/x/<str:a>/<str:b>", "/x/1/edit", id="literal after a parameter"),
        pytest.param("/x/<str:a>", "/x/<str:a>/y", None, id="other length"),
        pytest.param("/p<int:i>", "/p<str:s>", "/p1", id="parameter within a segment"),
        pytest.param("/[ab]/<int:i>", "/a/<str:s>", "/a/1", id="a regular expression of its own"),
        pytest.param("/[ab]/<int:i>", "/c/<str:s>", None, id="a regular expression that excludes"),
    ],
)
def test_overlap(first: str, second: str, witness: str | None) -> None:
    assert find_overlap(first, second) == witness
    assert (find_overlap(second, first) is None) == (witness is None)


def test_samples_are_answered() -> None:
    assert sample_urls("/a/<int:x>/b") == ("/a/1/b", "/a/0/b", "/a/9/b")
    assert "/d/2001-01-01" in sample_urls("/d/<date:x>")


class Router:
    """The router of an app, asked as a request would."""

    def __init__(self) -> None:
        self.app = App(f"paths{next(_names)}", root_path=tempfile.gettempdir())
        self.router = self.app._router_http

    def add(self, name: str, path: str, **options: object) -> None:
        async def handler(**_: object) -> str:
            return name

        self.app.route(path, name=name, **options)(handler)

    def answer(self, url: str, *, host: str = "h", scheme: str = "http") -> str | None:
        found = self.router.match_route_all(host, scheme, "GET", url.rstrip("/") or url)[0]
        return found and found.name


segments = st.sampled_from(
    [
        "a",
        "b",
        "new",
        "1",
        "a.b",
        "<int:i>",
        "<str:s>",
        "<alpha:l>",
        "<float:f>",
        "<date:d>",
        "x<int:n>",
        "<str:t>z",
    ]
)


@st.composite
def paths(draw: st.DrawFn) -> str:
    parts = draw(st.lists(segments, min_size=1, max_size=3, unique=True))
    path = "/" + "/".join(parts)
    ending = draw(st.sampled_from(["", "", "", "(/<str:o>)?", "/<any:r>"]))
    return path + ending


urls = st.lists(st.sampled_from(["a", "b", "new", "1", "23", "a.b", "axb", "1.5", "2001-02-03", "x7", "qz", "é"]))


@settings(max_examples=300, deadline=None)
@given(first=paths(), second=paths(), parts=urls)
def test_verdict_agrees_with_the_live_router(first: str, second: str, parts: list[str]) -> None:
    routers = (Router(), Router())
    for router, path in zip(routers, (first, second), strict=True):
        router.add("it", path)
    witness = find_overlap(first, second)
    if witness is not None:
        assert [router.answer(witness) for router in routers] == ["it", "it"], (first, second, witness)
    url = "/" + "/".join(parts)
    answers = [router.answer(url) is not None for router in routers]
    assert answers == [matches(first, url), matches(second, url)]
    if witness is None:
        assert not all(answers)


@settings(max_examples=100, deadline=None)
@given(static=paths(), dynamic=paths(), parts=urls)
def test_static_wins_over_dynamic(static: str, dynamic: str, parts: list[str]) -> None:
    if is_dynamic(static) or not is_dynamic(dynamic):
        return
    for order in ((static, dynamic), (dynamic, static)):
        router = Router()
        for path in order:
            router.add(path, path)
        assert router.answer(static) == static


def test_narrower_hosts_and_schemes_are_asked_first() -> None:
    router = Router()
    router.add("any", "/a/b")
    router.add("host", "/a/<str:x>", hostname="h")
    router.add("secure", "/a/<str:x>", schemes="https")
    assert router.answer("/a/b", host="h") == "host"
    assert router.answer("/a/b", host="other") == "any"
    assert router.answer("/a/b", host="other", scheme="https") == "secure"
