# pyright: basic, reportAttributeAccessIssue=false, reportOptionalMemberAccess=false, reportMissingImports=false
"""Posts and comments: their routes are written by hand."""

from emmett import App, abort
from emmett.orm import Database


def setup(app: App, db: Database) -> None:
    """Make the routes; discovery calls this, and leaves the models of this package alone."""
    posts = app.module("blog.posts", "posts", url_prefix="posts", template_folder="posts")
    from blog.posts.models import Post

    @posts.route("/", template="list.html")
    async def index() -> dict[str, object]:
        return {"posts": db.where(Post.id != None).select(orderby=~Post.id)}  # noqa: E711 - SQL

    @posts.route("/<int:post_id>", template="one.html")
    async def one(post_id: int) -> dict[str, object]:
        post = Post.get(post_id)
        if post is None:
            abort(404)
        return {"post": post, "comments": post.comments()}
