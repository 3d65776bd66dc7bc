# pyright: basic, reportAttributeAccessIssue=false, reportOptionalMemberAccess=false, reportMissingImports=false
"""Articles."""

from emmett import current
from emmett.orm import Field, Model, belongs_to

from emmett_autoroutes import requires_membership


def _auth():  # noqa: ANN202 - Emmett's Auth carries no types
    return current.app.ext.AuthExtension.auth


def readable():  # noqa: ANN201 - a query of Emmett's
    """Let admins read everything, and others what is published or their own."""
    auth = _auth()
    if auth.has_membership("admin"):
        return True
    published = Article.status == "published"
    return published | (Article.author == auth.user.id) if auth.is_logged() else published


def own():  # noqa: ANN201 - a query of Emmett's
    """Let admins change everything, editors their own, others nothing."""
    auth = _auth()
    if auth.has_membership("admin"):
        return True
    return Article.author == auth.user.id if auth.has_membership("editor") else False


class Article(Model):
    belongs_to({"author": "User"})

    title = Field.string(notnull=True, length=200)
    body = Field.text()
    status = Field.string(default="draft", validation={"in": ["draft", "published"]})
    rating = Field.decimal(4, 2, validation={"allow": "empty"})
    published_at = Field.datetime(validation={"allow": "empty"})

    format = "%(title)s"
    auto_routes = {
        "permissions": {
            "list": readable,
            "detail": readable,
            "create": own,
            "update": own,
            "delete": requires_membership("admin"),
        },
        "auto_ui_config": {
            "list_columns": ["title", "author", "status", "rating", "published_at"],
            "search_fields": ["title", "body"],
            "filters": ["status", "author"],
            "sort_default": "-published_at",
            "field_config": {"body": {"help": "Plain text."}},
        },
    }
