"""The peers of the benchmark: each does the same seven operations on a table of its own, as its manual shows.

All hold one connection, write in WAL mode with synchronous=NORMAL, take ids from the same function and wrap
each single write in a transaction of its own.
"""

# pyright: basic

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel, TypeAdapter

from cinch_client import new_id

DDL = """CREATE TABLE users (id TEXT PRIMARY KEY NOT NULL, created_at TEXT NOT NULL, updated_at TEXT,
name TEXT NOT NULL, email TEXT NOT NULL, age INTEGER NOT NULL, score REAL, active BOOLEAN NOT NULL)"""
COLUMNS = ("id", "created_at", "updated_at", "name", "email", "age", "score", "active")
NAMES = ", ".join(COLUMNS)
INSERT = f"INSERT INTO users ({NAMES}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
UPDATE = "UPDATE users SET age = ?, updated_at = ? WHERE id = ?"
LIMIT = 10
ADULT = 18


class Peer(Protocol):
    """Seven operations; the loops are inside, so that a call costs every peer the same.

    ``update`` gets what ``load`` gave, which is not timed: objects where the peer updates objects, else ids.
    """

    name: str
    file: Path

    def __init__(self, file: Path) -> None: ...
    def find(self, ids: Sequence[str]) -> None: ...
    def select(self) -> int: ...
    def page(self, times: int) -> None: ...
    def create(self, rows: Sequence[Mapping[str, object]]) -> None: ...
    def bulk_create(self, rows: Sequence[dict[str, object]]) -> None: ...
    def load(self, ids: Sequence[str]) -> list[Any]: ...
    def update(self, loaded: Sequence[Any]) -> None: ...
    def count(self, times: int) -> None: ...
    def close(self) -> None: ...


def make_table(file: Path) -> None:
    """An empty table in a file of its own, in WAL mode."""
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(DDL)
    connection.close()


class Raw:
    """sqlite3 on one open connection, rows as dicts."""

    name = "raw dicts"

    def __init__(self, file: Path) -> None:
        make_table(file)
        self.file = file
        self.connection = sqlite3.connect(file)
        self.connection.execute("PRAGMA synchronous = NORMAL")

    def dicts(self, sql: str, values: Sequence[object] = ()) -> list[dict[str, Any]]:
        return [dict(zip(COLUMNS, row, strict=True)) for row in self.connection.execute(sql, values)]

    def find(self, ids: Sequence[str]) -> None:
        for key in ids:
            self.dicts(f"SELECT {NAMES} FROM users WHERE id = ?", (key,))[0]

    def select(self) -> int:
        return len(self.dicts(f"SELECT {NAMES} FROM users"))

    def page(self, times: int) -> None:
        for _ in range(times):
            self.dicts(f"SELECT {NAMES} FROM users WHERE age >= ? LIMIT {LIMIT}", (ADULT,))

    def values(self, row: Mapping[str, Any]) -> tuple[object, ...]:
        now = datetime.now(UTC).isoformat()
        return (new_id(), now, now, row["name"], row["email"], row["age"], row["score"], row["active"])

    def create(self, rows: Sequence[Mapping[str, object]]) -> None:
        for row in rows:
            with self.connection:
                self.connection.execute(INSERT, self.values(row))

    def bulk_create(self, rows: Sequence[dict[str, object]]) -> None:
        with self.connection:
            self.connection.executemany(INSERT, map(self.values, rows))

    def load(self, ids: Sequence[str]) -> list[Any]:
        return list(ids)

    def update(self, loaded: Sequence[Any]) -> None:
        for key in loaded:
            now = datetime.now(UTC).isoformat()
            with self.connection:
                self.connection.execute(UPDATE, (50, now, key))

    def count(self, times: int) -> None:
        for _ in range(times):
            self.connection.execute("SELECT count(*) FROM users").fetchone()[0]

    def close(self) -> None:
        self.connection.close()


class PydanticUser(BaseModel):
    """What a hand-written layer over sqlite3 gives back."""

    id: str
    created_at: datetime
    updated_at: datetime | None
    name: str
    email: str
    age: int
    score: float | None
    active: bool


class RawPydantic(Raw):
    """sqlite3 on one open connection, rows validated into models: the practical limit."""

    name = "raw+pydantic"

    def __init__(self, file: Path) -> None:
        super().__init__(file)
        self.read = TypeAdapter(list[PydanticUser]).validate_python

    def find(self, ids: Sequence[str]) -> None:
        for key in ids:
            self.read(self.dicts(f"SELECT {NAMES} FROM users WHERE id = ?", (key,)))[0]

    def select(self) -> int:
        return len(self.read(self.dicts(f"SELECT {NAMES} FROM users")))

    def page(self, times: int) -> None:
        for _ in range(times):
            self.read(self.dicts(f"SELECT {NAMES} FROM users WHERE age >= ? LIMIT {LIMIT}", (ADULT,)))

    def create(self, rows: Sequence[Mapping[str, object]]) -> None:
        for row in rows:
            with self.connection:
                self.read(self.dicts(f"{INSERT} RETURNING {NAMES}", self.values(row)))[0]

    def update(self, loaded: Sequence[Any]) -> None:
        for key in loaded:
            now = datetime.now(UTC).isoformat()
            with self.connection:
                self.read(self.dicts(f"{UPDATE} RETURNING {NAMES}", (50, now, key)))[0]


class SQLAlchemy:
    """SQLAlchemy 2, a session per operation."""

    name = "SQLAlchemy"

    def __init__(self, file: Path) -> None:
        import sqlalchemy as sa
        from sqlalchemy import orm

        class Base(orm.DeclarativeBase):
            pass

        class User(Base):
            __tablename__ = "users"
            id: orm.Mapped[str] = orm.mapped_column(primary_key=True, default=new_id)
            created_at: orm.Mapped[datetime] = orm.mapped_column(default=lambda: datetime.now(UTC))
            updated_at: orm.Mapped[datetime | None] = orm.mapped_column(
                default=lambda: datetime.now(UTC), onupdate=lambda: datetime.now(UTC)
            )
            name: orm.Mapped[str]
            email: orm.Mapped[str]
            age: orm.Mapped[int]
            score: orm.Mapped[float | None]
            active: orm.Mapped[bool]

        self.set_up(sa, orm.Session, User, file)
        Base.metadata.create_all(self.engine)

    def set_up(self, sa: Any, session: Any, model: Any, file: Path) -> None:
        """Keep what the operations need, with the pragmas that all peers have."""
        self.file, self.sa, self.session, self.model = file, sa, session, model
        self.engine = sa.create_engine(f"sqlite:///{file}")

        @sa.event.listens_for(self.engine, "connect")
        def _(connection: sqlite3.Connection, _: object) -> None:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")

    def find(self, ids: Sequence[str]) -> None:
        for key in ids:
            with self.session(self.engine) as session:
                session.get(self.model, key)

    def select(self) -> int:
        with self.session(self.engine) as session:
            return len(session.scalars(self.sa.select(self.model)).all())

    def page(self, times: int) -> None:
        for _ in range(times):
            with self.session(self.engine) as session:
                session.scalars(self.sa.select(self.model).where(self.model.age >= ADULT).limit(LIMIT)).all()

    def create(self, rows: Sequence[Mapping[str, object]]) -> None:
        for row in rows:
            with self.session(self.engine, expire_on_commit=False) as session:
                session.add(self.model(**row))
                session.commit()

    def bulk_create(self, rows: Sequence[dict[str, object]]) -> None:
        with self.session(self.engine) as session:
            session.add_all([self.model(**row) for row in rows])
            session.commit()

    def load(self, ids: Sequence[str]) -> list[Any]:
        with self.session(self.engine) as session:
            return [session.get(self.model, key) for key in ids]

    def update(self, loaded: Sequence[Any]) -> None:
        for user in loaded:
            with self.session(self.engine, expire_on_commit=False) as session:
                session.add(user)
                user.age += 1
                session.commit()

    def count(self, times: int) -> None:
        for _ in range(times):
            with self.session(self.engine) as session:
                session.scalar(self.sa.select(self.sa.func.count()).select_from(self.model))

    def close(self) -> None:
        self.engine.dispose()


class SQLModel(SQLAlchemy):
    """SQLModel, a session per operation."""

    name = "SQLModel"

    def __init__(self, file: Path) -> None:
        import sqlalchemy as sa
        import sqlmodel

        class User(sqlmodel.SQLModel, table=True):  # pyright: ignore[reportCallIssue, reportGeneralTypeIssues]
            __tablename__ = "users"  # pyright: ignore[reportAssignmentType]
            id: str = sqlmodel.Field(default_factory=new_id, primary_key=True)
            created_at: datetime = sqlmodel.Field(default_factory=lambda: datetime.now(UTC))
            updated_at: datetime | None = sqlmodel.Field(default_factory=lambda: datetime.now(UTC))
            name: str
            email: str
            age: int
            score: float | None = None
            active: bool

        self.set_up(sa, sqlmodel.Session, User, file)
        sqlmodel.SQLModel.metadata.create_all(self.engine)


class Peewee:
    """peewee on one open connection."""

    name = "peewee"

    def __init__(self, file: Path) -> None:
        import peewee

        self.file = file
        self.database = peewee.SqliteDatabase(str(file), pragmas={"journal_mode": "wal", "synchronous": "normal"})

        class User(peewee.Model):
            id = peewee.TextField(primary_key=True, default=new_id)
            created_at = peewee.DateTimeField(default=lambda: datetime.now(UTC))
            updated_at = peewee.DateTimeField(null=True, default=lambda: datetime.now(UTC))
            name = peewee.TextField()
            email = peewee.TextField()
            age = peewee.IntegerField()
            score = peewee.FloatField(null=True)
            active = peewee.BooleanField()

            class Meta:
                database = self.database
                table_name = "users"

        self.model: Any = User
        self.database.connect()
        self.database.create_tables([User])

    def find(self, ids: Sequence[str]) -> None:
        for key in ids:
            self.model.get_by_id(key)

    def select(self) -> int:
        return len(list(self.model.select()))

    def page(self, times: int) -> None:
        for _ in range(times):
            list(self.model.select().where(self.model.age >= ADULT).limit(LIMIT))

    def create(self, rows: Sequence[Mapping[str, object]]) -> None:
        for row in rows:
            self.model.create(**row)

    def bulk_create(self, rows: Sequence[dict[str, object]]) -> None:
        with self.database.atomic():
            self.model.bulk_create([self.model(**row) for row in rows], batch_size=1000)

    def load(self, ids: Sequence[str]) -> list[Any]:
        return [self.model.get_by_id(key) for key in ids]

    def update(self, loaded: Sequence[Any]) -> None:
        for user in loaded:
            user.age += 1
            user.updated_at = datetime.now(UTC)
            user.save(only=[self.model.age, self.model.updated_at])

    def count(self, times: int) -> None:
        for _ in range(times):
            self.model.select().count()

    def close(self) -> None:
        self.database.close()


class Django:
    """The Django ORM on its one connection."""

    name = "Django"

    def __init__(self, file: Path) -> None:
        import django
        from django.conf import settings

        make_table(file)
        self.file = file
        options = {"transaction_mode": "IMMEDIATE", "init_command": "PRAGMA synchronous = NORMAL"}
        database = {"ENGINE": "django.db.backends.sqlite3", "NAME": file, "OPTIONS": options}
        settings.configure(DATABASES={"default": database}, USE_TZ=True)
        django.setup()
        from django.db import connection, models

        class User(models.Model):
            id = models.TextField(primary_key=True, default=new_id)
            created_at = models.DateTimeField(auto_now_add=True)
            updated_at = models.DateTimeField(null=True, auto_now=True)
            name = models.TextField()
            email = models.TextField()
            age = models.IntegerField()
            score = models.FloatField(null=True)
            active = models.BooleanField()

            class Meta:
                app_label = "benchmarks"
                db_table = "users"

        self.connection = connection
        self.model: Any = User
        self.rows: Any = User.objects  # pyright: ignore[reportAttributeAccessIssue]

    def find(self, ids: Sequence[str]) -> None:
        for key in ids:
            self.rows.get(pk=key)

    def select(self) -> int:
        return len(self.rows.all())

    def page(self, times: int) -> None:
        for _ in range(times):
            list(self.rows.filter(age__gte=ADULT)[:LIMIT])

    def create(self, rows: Sequence[Mapping[str, object]]) -> None:
        for row in rows:
            self.rows.create(**row)

    def bulk_create(self, rows: Sequence[dict[str, object]]) -> None:
        self.rows.bulk_create([self.model(**row) for row in rows])

    def load(self, ids: Sequence[str]) -> list[Any]:
        return [self.rows.get(pk=key) for key in ids]

    def update(self, loaded: Sequence[Any]) -> None:
        for user in loaded:
            user.age += 1
            user.save(update_fields=["age", "updated_at"])

    def count(self, times: int) -> None:
        for _ in range(times):
            self.rows.count()

    def close(self) -> None:
        self.connection.close()


RAW: tuple[type[Peer], ...] = (Raw, RawPydantic)
ORMS: tuple[type[Peer], ...] = (SQLAlchemy, SQLModel, Peewee, Django)
