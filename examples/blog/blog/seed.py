# pyright: basic, reportAttributeAccessIssue=false, reportOptionalMemberAccess=false, reportMissingImports=false
"""A database with three people, their roles, and something to read."""

import os
from datetime import UTC, datetime
from pathlib import Path

DATABASE = str(Path(__file__).parent / "databases" / "blog.sqlite")


def seed(database: Path) -> None:
    """Make *database*, whole or not at all; one that exists is left alone."""
    if database.exists():
        return
    database.parent.mkdir(parents=True, exist_ok=True)
    draft = database.with_suffix(f".{os.getpid()}")
    os.environ |= {"BLOG_DATABASE": str(draft), "BLOG_MIGRATE": "1"}
    from blog.app import app

    auth = app.ext.AuthExtension.auth
    with auth.ext.db.connection():
        _fill(auth)
        auth.ext.db.commit()
    for leftover in (*database.parent.glob("*.table"), database.parent / "sql.log"):
        leftover.unlink()
    draft.rename(database)


def _fill(auth) -> None:  # noqa: ANN001 - Emmett's Auth carries no types
    from blog.access.models import Permission, Role
    from blog.articles.models import Article
    from blog.people.models import User
    from blog.posts.models import Comment, Post

    people = {}
    for name in ("admin", "editor", "reader"):
        created = User.create(
            email=f"{name}@example.org",
            password="password",
            first_name=name.capitalize(),
            last_name="Example",
        )
        people[name] = created.id
    for name in ("admin", "editor"):
        auth.create_group(name)
        role = Role.create(name=name, description=f"What an {name} does.")
        Permission.create(role=role.id, name="write", subject="articles")
    for name, role in (("admin", "admin"), ("admin", "editor"), ("editor", "editor")):
        auth.add_membership(role, User.get(people[name]))
    moment = datetime(2026, 1, 31, 12, tzinfo=UTC)
    for number in range(1, 31):
        Article.create(
            author=people["editor" if number % 3 else "admin"],
            title=f"Article {number}",
            body=f"What there is to say about {number}.",
            status="published" if number % 2 else "draft",
            rating=f"{number / 10:.2f}",
            published_at=moment if number % 2 else None,
        )
    post = Post.create(author=people["admin"], title="Hello", text="A post with a page of its own.")
    Comment.create(post=post.id, author=people["reader"], text="Nice.")


if __name__ == "__main__":
    seed(Path(os.environ.get("BLOG_DATABASE", DATABASE)))
