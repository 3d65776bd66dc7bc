# pyright: basic
"""The example blog, served by granian with two workers, each test session on a database of its own."""

import http.cookiejar
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

with warnings.catch_warnings():  # pyDAL's source warns when Python compiles it for the first time
    warnings.simplefilter("ignore")
    import emmett.orm  # noqa: F401

BLOG = Path(__file__).parents[2] / "examples" / "blog"


@dataclass
class Answer:
    status: int
    headers: Any
    text: str

    request_cookie: str = ""

    def json(self) -> Any:
        return json.loads(self.text)


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


class Visitor:
    """Somebody with a cookie jar; redirects are not followed."""

    def __init__(self, base: str) -> None:
        self.base = base
        self._cookies = http.cookiejar.CookieJar()
        jar = urllib.request.HTTPCookieProcessor(self._cookies)
        self._opener = urllib.request.build_opener(jar, _Stay(), urllib.request.ProxyHandler({}))

    def send(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Answer:
        request = urllib.request.Request(self.base + path, body, headers or {}, method=method)  # noqa: S310
        try:
            with self._opener.open(request, timeout=30) as response:
                cookie = "; ".join(f"{found.name}={found.value}" for found in self._cookies)
                return Answer(response.status, response.headers, response.read().decode(), cookie)
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read().decode())

    def get(self, path: str) -> Answer:
        return self.send("GET", path)

    def json(self, method: str, path: str, value: Any, **headers: str) -> Answer:
        given = {"content-type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}}
        return self.send(method, path, json.dumps(value).encode(), given)

    def submit(self, path: str, **fields: str) -> Answer:
        page = self.get(path).text
        hidden = dict(re.findall(r'name="(_csrf_token|_version)"[^>]* value="([^"]*)"', page))
        hidden |= {n: v for v, n in re.findall(r'value="([^"]*)"[^>]* name="(_csrf_token)"', page)}
        data = urlencode({**hidden, **fields}).encode()
        return self.send("POST", path, data, {"content-type": "application/x-www-form-urlencoded"})

    def log_in(self, name: str) -> "Visitor":
        answer = self.submit("/auth/login", email=f"{name}@example.org", password="password")
        assert answer.status in {302, 303}, answer.text
        return self


@dataclass
class Server:
    base: str

    def visitor(self, name: str | None = None) -> Visitor:
        visitor = Visitor(self.base)
        return visitor if name is None else visitor.log_in(name)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def serve(folder: Path, module: str, *, workers: int = 2) -> Iterator[Server]:
    """Serve the app of *module* on a seeded database in *folder*."""
    port = free_port()
    environment = {
        **os.environ,
        "BLOG_DATABASE": str(folder / "blog.sqlite"),
        "PYTHONPATH": os.pathsep.join([str(BLOG), str(Path(__file__).parent)]),
    }
    subprocess.run([sys.executable, "-m", "blog.seed"], env=environment, check=True, capture_output=True)
    log = (folder / "log").open("w")
    options = ["--host", "127.0.0.1", "--port", str(port), "--workers", str(workers)]
    process = subprocess.Popen(
        [sys.executable, "-m", "emmett", "-a", module, "serve", *options],
        env=environment,
        cwd=folder,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    server = Server(f"http://127.0.0.1:{port}")
    deadline = time.monotonic() + 60
    while True:
        try:
            if server.visitor().get("/articles").status == 200:
                break
        except OSError:
            if time.monotonic() > deadline or process.poll() is not None:
                process.kill()
                pytest.fail((folder / "log").read_text())
            time.sleep(0.2)
    yield server
    os.killpg(process.pid, signal.SIGINT)  # the group that we started
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)
    log.close()


@pytest.fixture(scope="session")
def blog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    yield from serve(tmp_path_factory.mktemp("blog"), "blog.app")


@pytest.fixture(scope="session")
def described_blog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The blog with its whole API in the OpenAPI document."""
    yield from serve(tmp_path_factory.mktemp("described"), "described_blog")


@pytest.fixture(scope="session")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An app whose one table is slow to read, in one worker."""
    yield from serve(tmp_path_factory.mktemp("slow"), "slow_site", workers=1)
