# pyright: basic, reportAttributeAccessIssue=false, reportOptionalMemberAccess=false, reportMissingImports=false
"""People: one page each, written by hand."""

from emmett import App, abort


def setup(app: App) -> None:
    """Make the routes."""
    from blog.people.models import User

    @app.route("/people/<int:person_id>", name="person", template="person.html")
    async def person(person_id: int) -> dict[str, object]:
        found = User.get(person_id)
        if found is None:
            abort(404)
        return {"person": found}
