# pyright: basic, reportAttributeAccessIssue=false, reportMissingImports=false, reportOptionalMemberAccess=false
# pyright: reportOptionalSubscript=false, reportGeneralTypeIssues=false, reportCallIssue=false
# pyright: reportArgumentType=false, reportIndexIssue=false, reportReturnType=false, reportMissingModuleSource=false
"""What auto routes cost, beside emmett-rest, a page written by hand, SQLAdmin and Flask-Admin.

Run `uv run python benchmarks/routes.py`. Every app serves the same 5,000 books of 50 authors (SQLite, WAL) in
one worker; what counts is the server's own CPU time per request, because wall clock depends on who else uses
the machine. emmett-rest needs pydantic 1 and the panels have their own dependencies, so each gets an
environment of its own.
"""

import http.client
import json
import os
import resource
import shutil
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve()
REQUESTS, WARM_UP, ROUNDS = 600, 150, 5
BOOKS, AUTHORS = 5000, 50
COLUMNS = ["title", "author", "isbn", "pages", "in_print"]

# The apps; each runs in a process of its own, told by BENCH_APP which one to be.


def emmett_app(*, sessions: bool):
    from emmett import App, sdict
    from emmett.orm import Database, Field, Model, belongs_to, has_many
    from emmett.sessions import SessionManager

    database = os.environ["BENCH_DATABASE"]
    app = App("bench", root_path=str(Path(database).parent))
    app.config.db = sdict(uri=f"sqlite://{database}", auto_connect=False)
    if os.environ["BENCH_APP"] == "emmett_rest":
        from emmett_rest import REST

        app.use_extension(REST)
    db = Database(app, folder=str(Path(database).parent))

    class Author(Model):
        has_many("books")
        name = Field.string(notnull=True)

    class Book(Model):
        belongs_to("author")
        title = Field.string(notnull=True)
        isbn = Field.string()
        pages = Field.int()
        in_print = Field.bool(default=True)

    db.define_models(Author, Book)
    app.pipeline = [SessionManager.cookies("key"), db.pipe] if sessions else [db.pipe]

    @app.route("/ready", name="ready")
    async def ready():
        return "ready"

    return app, db, Author, Book


def allowed() -> bool:
    return True


def ours(*, pages: bool):
    from emmett_autoroutes import discover_and_register_auto_routes

    app, db, author, book = emmett_app(sessions=pages)
    permissions = dict.fromkeys(("list", "detail", "create", "update", "delete"), allowed)
    author.auto_routes = {"permissions": permissions, "pages": pages}
    book.auto_routes = {
        "permissions": permissions,
        "pages": pages,
        "auto_ui_config": {"list_columns": COLUMNS},
    }
    discover_and_register_auto_routes(app, db)
    return app


def emmett_rest():
    app, _, _, book = emmett_app(sessions=False)
    app.rest_module("bench", "books_api", book, url_prefix="api/books")
    return app


HAND_PAGE = """<!doctype html><html lang="en"><head><title>Books</title></head><body><main><h1>Books</h1>
<form role="search"><label>Search <input name="search" value="{{=search}}"></label>
<button>Apply</button></form>
<table><caption>{{=first}}–{{=last}} of {{=total}}</caption><thead><tr>
{{for name in columns:}}<th><a href="{{=url('/books')}}?sort={{=name}}">{{=name}}</a></th>{{pass}}
<th>Actions</th></tr></thead>
<tbody>{{for book in books:}}<tr><td>{{=book.title}}</td><td>{{=names[book.author]}}</td>
<td>{{=book.isbn}}</td>
<td>{{=book.pages}}</td><td>{{='Yes' if book.in_print else 'No'}}</td>
<td><a href="/books/{{=book.id}}">Show</a> <a href="/books/{{=book.id}}/edit">Edit</a>
<a href="/books/{{=book.id}}/delete">Delete</a></td></tr>{{pass}}</tbody></table>
{{if more:}}<nav><a href="?page={{=page + 1}}">Next</a></nav>{{pass}}</main></body></html>"""


def by_hand():
    from emmett import request

    app, _, author, book = emmett_app(sessions=True)
    templates = Path(app.template_path)
    templates.mkdir(exist_ok=True)
    (templates / "hand.html").write_text(HAND_PAGE)

    @app.route("/books", name="books", template="hand.html")
    async def books():
        search, sort = request.query_params.search or "", request.query_params.sort or "id"
        page = int(request.query_params.page or 1)
        if not allowed() or sort not in {*COLUMNS, "id"}:
            raise RuntimeError
        found = book.all() if not search else book.where(lambda b: b.title.contains(search))
        total = found.count()
        rows = found.select(orderby=book.table[sort], paginate=(page, 20))
        keys = list({row.author for row in rows})
        names = {a.id: a.name for a in author.where(lambda a: a.id.belongs(keys)).select()}
        return {
            "books": rows,
            "names": names,
            "total": total,
            "search": search,
            "columns": COLUMNS,
            "page": page,
            "more": total > page * 20,
            "first": 1 + (page - 1) * 20,
            "last": (page - 1) * 20 + len(rows),
        }

    return app


def sqlalchemy_models():
    from sqlalchemy import Boolean, Column, ForeignKey, Integer, String
    from sqlalchemy.orm import declarative_base, relationship

    base = declarative_base()

    class Author(base):
        __tablename__ = "authors"
        id = Column(Integer, primary_key=True)
        name = Column(String)

        def __str__(self):
            return str(self.name)

    class Book(base):
        __tablename__ = "sa_books"
        id = Column(Integer, primary_key=True)
        title = Column(String)
        isbn = Column(String)
        pages = Column(Integer)
        in_print = Column(Boolean)
        author_id = Column("author", Integer, ForeignKey("authors.id"))
        author = relationship(Author)

    return Author, Book


def sqladmin():
    from sqladmin import Admin, ModelView
    from sqlalchemy import create_engine
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    _, book = sqlalchemy_models()

    class BookAdmin(ModelView, model=book):
        column_list = [book.title, book.author, book.isbn, book.pages, book.in_print]
        column_searchable_list = [book.title]
        column_sortable_list = [book.title]
        page_size = 20

    app = Starlette(routes=[Route("/ready", lambda _: PlainTextResponse("ready"))])
    Admin(app, create_engine(f"sqlite:///{os.environ['BENCH_DATABASE']}")).add_view(BookAdmin)
    return app


def flask_admin():
    from flask import Flask
    from flask_admin import Admin
    from flask_admin.contrib.sqla import ModelView
    from sqlalchemy import create_engine
    from sqlalchemy.orm import scoped_session, sessionmaker

    _, book = sqlalchemy_models()
    app = Flask("bench")
    app.secret_key = "key"
    app.add_url_rule("/ready", "ready", lambda: "ready")
    session = scoped_session(sessionmaker(bind=create_engine(f"sqlite:///{os.environ['BENCH_DATABASE']}")))

    class BookView(ModelView):
        column_list = ["title", "author", "isbn", "pages", "in_print"]
        column_searchable_list = ["title"]
        page_size = 20

    Admin(app).add_view(BookView(book, session, endpoint="book"))
    return app


APPS = {
    "ours_pages": lambda: ours(pages=True),
    "ours_rest": lambda: ours(pages=False),
    "emmett_rest": emmett_rest,
    "by_hand": by_hand,
    "sqladmin": sqladmin,
    "flask_admin": flask_admin,
}
if "BENCH_APP" in os.environ:
    app = APPS[os.environ["BENCH_APP"]]()

# The runner.


@dataclass
class Environment:
    """A Python with what an app needs."""

    python: str

    @classmethod
    def with_packages(cls, venv: Path, *packages: str) -> "Environment | None":
        python = str(venv / "bin" / "python")
        try:
            subprocess.run(["uv", "venv", "-q", "--python", sys.executable, str(venv)], check=True)
            subprocess.run(["uv", "pip", "install", "-q", "--python", python, *packages], check=True)
        except subprocess.CalledProcessError:
            return None
        return cls(python)


@dataclass
class Peer:
    """An app to measure: how it is served, and what is asked of it."""

    name: str
    environment: Environment | None
    server: tuple[str, ...]
    requests: dict[str, tuple[str, str, bytes | None]]


EMMETT = ("-m", "emmett", "-a", "routes", "serve", "--host", "127.0.0.1", "--port")
UVICORN = ("-m", "uvicorn", "routes:app", "--host", "127.0.0.1", "--timeout-keep-alive", "75", "--port")
GUNICORN = (
    "-m",
    "gunicorn",
    "routes:app",
    "--workers",
    "1",
    "--threads",
    "2",
    "--keep-alive",
    "75",
    "--bind",
)
BODY = json.dumps({"author": 1, "title": "New", "isbn": "1", "pages": 3, "in_print": True}).encode()
REST = {
    "REST list": ("GET", "/api/books?page=2", None),
    "REST detail": ("GET", "/api/books/2500", None),
    "REST create": ("POST", "/api/books", BODY),
}
HTML = {"HTML list": ("GET", "/books?page=2", None)}


def make_database(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.executescript(
        """PRAGMA journal_mode=WAL;
        CREATE TABLE authors (id INTEGER PRIMARY KEY AUTOINCREMENT, name CHAR(512) NOT NULL);
        CREATE TABLE books (id INTEGER PRIMARY KEY AUTOINCREMENT, title CHAR(512) NOT NULL, isbn CHAR(512),
            pages INTEGER, in_print CHAR(1), author INTEGER REFERENCES authors (id) ON DELETE CASCADE);
        CREATE VIEW sa_books AS
            SELECT id, title, isbn, pages, in_print = 'T' AS in_print, author FROM books;"""
    )
    connection.executemany("INSERT INTO authors (name) VALUES (?)", [(f"Author {n}",) for n in range(AUTHORS)])
    rows = [(f"Title {n}", f"978-{n:06}", n % 900, "T", 1 + n % AUTHORS) for n in range(BOOKS)]
    connection.executemany("INSERT INTO books (title, isbn, pages, in_print, author) VALUES (?, ?, ?, ?, ?)", rows)
    connection.commit()
    connection.close()


def cpu_seconds(pid: int) -> float:
    """CPU time of a process and its descendants so far."""
    children: dict[int, list[int]] = {}
    times: dict[int, float] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        number = int(stat.parent.name)
        children.setdefault(int(fields[1]), []).append(number)
        times[number] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    todo, total = [pid], 0.0
    while todo:
        process = todo.pop()
        total += times.get(process, 0.0)
        todo += children.get(process, [])
    return total


class Served:
    """A running app."""

    def __init__(self, peer: Peer, database: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        where = f"127.0.0.1:{self.port}" if peer.server is GUNICORN else str(self.port)
        environment = {**os.environ, "BENCH_APP": peer.name, "BENCH_DATABASE": str(database)}
        self.log = (database.parent / f"{peer.name}.log").open("w")
        self.process = subprocess.Popen(
            [peer.environment.python, "-W", "ignore", *peer.server, where],
            cwd=HERE.parent,
            env=environment,
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
                self.ask("GET", "/ready", None)
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise RuntimeError(Path(self.log.name).read_text())

    def ask(self, method: str, path: str, body: bytes | None) -> bytes:
        self.connection.request(method, path, body, {"content-type": "application/json"} if body else {})
        answer = self.connection.getresponse()
        content = answer.read()
        assert answer.status in {200, 201}, (path, answer.status, content[:500])
        return content

    def measure(self, request: tuple[str, str, bytes | None]) -> float:
        """Milliseconds of server CPU per request."""
        self.connection.close()  # servers drop a connection that was idle while others were measured
        before = cpu_seconds(self.process.pid)
        for _ in range(REQUESTS):
            self.ask(*request)
        return (cpu_seconds(self.process.pid) - before) / REQUESTS * 1000

    def stop(self) -> None:
        self.connection.close()
        self.process.terminate()
        self.process.wait(20)
        self.log.close()


def check(name: str, what: str, content: bytes) -> None:
    """See that the peers answer the same question."""
    if what == "REST list":
        document = json.loads(content)
        assert len(document["data"]) == 20, name
        assert document["meta"]["total_objects"] >= BOOKS, name
    elif what == "HTML list":
        assert content.count(b"<tr") >= 20, name
        assert b"Author 2" in content, (name, content[:3000])


def measure(peers: list[Peer], folder: Path) -> dict[tuple[str, str], float]:
    """Interleave the peers, and take each one's median."""
    found: dict[tuple[str, str], list[float]] = {}
    running: dict[str, Served] = {}
    try:
        for peer in peers:
            (folder / peer.name).mkdir()
            database = folder / peer.name / "bench.sqlite"
            make_database(database)
            running[peer.name] = Served(peer, database)
            for what, request in peer.requests.items():
                check(peer.name, what, running[peer.name].ask(*request))
                for _ in range(WARM_UP):
                    running[peer.name].ask(*request)
        for _ in range(ROUNDS):
            for peer in peers:
                for what, request in peer.requests.items():
                    found.setdefault((peer.name, what), []).append(running[peer.name].measure(request))
    finally:
        for served in running.values():
            served.stop()
    return {key: statistics.median(values) for key, values in found.items()}


# Registration, in a process of its own per figure.


PATTERNS = (
    ("/{}", ["get", "head"]),
    ("/{}/new", ["get", "post"]),
    ("/{}/<str:record_id>", ["get", "head"]),
    ("/{}/<str:record_id>/edit", ["get", "post"]),
    ("/{}/<str:record_id>/delete", ["get", "post"]),
    ("/api/{}", ["get", "head", "post"]),
    ("/api/{}/<str:record_id>", ["delete", "get", "head", "patch", "put"]),
)


def register(models: int, *, bare: bool) -> None:
    """Register routes for so many models, and print seconds, MiB and the number of routes."""
    from emmett import App, sdict
    from emmett.orm import Database, Field, Model
    from emmett.sessions import SessionManager

    from emmett_autoroutes import discover_and_register_auto_routes

    with tempfile.TemporaryDirectory() as folder:
        app = App("bench", root_path=folder)
        app.config.db = sdict(uri=f"sqlite://{folder}/x.sqlite", auto_connect=False)
        db = Database(app, folder=folder)
        permissions = dict.fromkeys(("list", "detail", "create", "update", "delete"), allowed)
        columns = {"name": Field.string, "size": Field.int, "made": Field.date}
        made = [
            type(
                f"Thing{n}",
                (Model,),
                {**{k: make() for k, make in columns.items()}, "auto_routes": {"permissions": permissions}},
            )
            for n in range(models)
        ]
        db.define_models(*made)
        app.pipeline = [SessionManager.cookies("key"), db.pipe]
        paths = [(p.format(f"thing{n}s"), methods) for n in range(models) for p, methods in PATTERNS]

        async def nothing(record_id=None):
            return ""

        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started = time.process_time()
        if bare:
            for number, (path, methods) in enumerate(paths):
                app.route(path, name=f"bare.{number}", methods=methods)(nothing)
        else:
            discover_and_register_auto_routes(app, db)
        seconds = time.process_time() - started
        used = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) / 1024
        print(json.dumps([seconds, used, len(app._router_http._routes_str)]))


def registered(models: int, *, bare: bool) -> tuple[float, float, int]:
    command = [
        sys.executable,
        "-W",
        "ignore",
        str(HERE),
        "--register",
        str(models),
        "--bare" if bare else "--auto",
    ]
    runs = [json.loads(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(3)]
    return tuple(statistics.median(values) for values in zip(*runs, strict=True))


def print_registration() -> bool:
    fine = True
    for models in (20, 500):
        auto, bare = registered(models, bare=False), registered(models, bare=True)
        each, ratio = auto[0] / models * 1000, auto[0] / bare[0]
        print(
            f"{models:>4} models: {each:.2f} ms and {auto[1] / models * 1024:.0f} KiB per model; "
            f"{ratio:.2f}x the bare registration of as many routes "
            f"({bare[0] / models * 1000:.2f} ms per model)"
        )
        fine &= each <= 2 if models == 20 else ratio <= 2
    return fine


def print_ratio(what: str, figure: float, against: str, other: float, most: float | None) -> bool:
    ratio = figure / other
    verdict = "" if most is None else f", at most {most}: {'ok' if ratio <= most else 'MISSED'}"
    print(f"{what:<12} {figure:6.2f} ms   {ratio:5.2f}x {against} ({other:.2f} ms){verdict}")
    return most is None or ratio <= most


def main() -> None:
    own = Environment(sys.executable)
    folder = Path(tempfile.mkdtemp(prefix="routes"))
    rest = Environment.with_packages(folder / "rest", "emmett>=2.8,<2.9", "emmett-rest>=1.6,<1.7")
    panels = Environment.with_packages(
        folder / "panels",
        "sqladmin>=0.32",
        "flask-admin>=2.2",
        "flask-sqlalchemy>=3.1",
        "sqlalchemy<2.1",
        "uvicorn",
        "gunicorn",
    )
    peers = [
        Peer("ours_rest", own, EMMETT, REST),
        Peer("emmett_rest", rest, EMMETT, REST),
        Peer("ours_pages", own, EMMETT, HTML),
        Peer("by_hand", own, EMMETT, HTML),
        Peer("sqladmin", panels, UVICORN, {"HTML list": ("GET", "/admin/book/list?page=2&pageSize=20", None)}),
        Peer("flask_admin", panels, GUNICORN, {"HTML list": ("GET", "/admin/book/?page=1", None)}),
    ]
    for peer in peers:
        if peer.environment is None:
            print(f"{peer.name} is left out: its packages could not be installed")
    found = measure([peer for peer in peers if peer.environment is not None], folder)
    shutil.rmtree(folder)
    fine = True
    print("Server CPU per request, medians:")
    for what, most in (("REST list", 0.6), ("REST detail", 1.4), ("REST create", 1.4)):
        if rest is not None:
            fine &= print_ratio(what, found["ours_rest", what], "emmett-rest", found["emmett_rest", what], most)
    page = found["ours_pages", "HTML list"]
    fine &= print_ratio("HTML list", page, "a page by hand", found["by_hand", "HTML list"], 1.6)
    if panels is not None:
        for name in ("sqladmin", "flask_admin"):
            print_ratio("HTML list", page, name, found[name, "HTML list"], None)
    print("Registration, conflict checks included:")
    fine &= print_registration()
    sys.exit(0 if fine else 1)


if __name__ == "__main__" and "BENCH_APP" not in os.environ:
    if "--register" in sys.argv:
        register(int(sys.argv[2]), bare="--bare" in sys.argv)
    else:
        main()
