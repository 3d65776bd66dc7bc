# pyright: basic, reportAttributeAccessIssue=false, reportOptionalMemberAccess=false, reportMissingImports=false
"""Posts and comments."""

from emmett.orm import Field, Model, belongs_to, has_many

from blog.people.models import User  # noqa: F401 - a relation names it


class Post(Model):
    belongs_to({"author": "User"})
    has_many("comments")

    title = Field.string(notnull=True)
    text = Field.text()

    format = "%(title)s"
    auto_routes = True  # without effect: the package has a setup()


class Comment(Model):
    belongs_to("post", {"author": "User"})

    text = Field.text(notnull=True)
