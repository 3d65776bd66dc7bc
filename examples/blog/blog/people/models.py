# pyright: basic, reportAttributeAccessIssue=false, reportOptionalMemberAccess=false, reportMissingImports=false
"""People."""

from emmett.tools.auth.models import AuthUser


class User(AuthUser):
    format = "%(first_name)s %(last_name)s"
