# pyright: basic, reportAttributeAccessIssue=false, reportOptionalMemberAccess=false, reportMissingImports=false
"""The app: models, pipeline, the routes written by hand, then discovery, last."""

import os
from pathlib import Path

from emmett import App, sdict
from emmett.orm import Database
from emmett.sessions import SessionManager
from emmett.tools.auth import Auth

from blog.access.models import Permission, Role
from blog.articles.models import Article
from blog.people.models import User
from blog.posts.models import Comment, Post
from blog.seed import DATABASE
from emmett_autoroutes import discover_and_register_auto_routes


def create_app(database: Path, *, migrate: bool) -> App:
    """Put the blog together.

    Args:
        database: The SQLite file.
        migrate: Create the tables that it lacks.
    """
    app = App("blog.app", root_path=str(Path(__file__).parent))
    app.config.db = sdict(uri=f"sqlite://{database}", auto_migrate=migrate, auto_connect=False)
    app.config.auth = sdict(
        hmac_key=os.environ.get("BLOG_KEY", "for the example only"),
        single_template=True,
        registration_verification=False,
    )
    db = Database(app, folder=str(database.parent))
    auth = Auth(app, db, user_model=User)
    db.define_models(Post, Comment, Role, Permission, Article)
    key = os.environ.get("BLOG_KEY", "for the example only")
    app.pipeline = [SessionManager.cookies(key, cookie_data={"httponly": True}), db.pipe, auth.pipe]
    auth.module("blog.app")

    @app.route("/", template="index.html")
    async def index() -> dict[str, object]:
        return {"user": auth.user, "posts": Post.all().select()}

    discover_and_register_auto_routes(app, db)
    return app


app = create_app(Path(os.environ.get("BLOG_DATABASE", DATABASE)), migrate="BLOG_MIGRATE" in os.environ)
