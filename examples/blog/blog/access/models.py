# pyright: basic, reportAttributeAccessIssue=false, reportOptionalMemberAccess=false, reportMissingImports=false
"""Roles and permissions: what the editorial office agreed on, kept by admins."""

from emmett.orm import Field, Model, belongs_to, has_many

from emmett_autoroutes import requires_membership

ADMINS_ONLY = dict.fromkeys(("list", "detail", "create", "update", "delete"), requires_membership("admin"))


class Role(Model):
    has_many("permissions")

    name = Field.string(notnull=True, unique=True, length=80)
    description = Field.text()

    format = "%(name)s"
    auto_routes = {
        "permissions": ADMINS_ONLY,
        "auto_ui_config": {"list_columns": ["name", "description"], "search_fields": ["name", "description"]},
    }


class Permission(Model):
    belongs_to("role")

    name = Field.string(notnull=True, length=80)
    subject = Field.string(length=80)

    format = "%(name)s %(subject)s"
    auto_routes = {
        "permissions": ADMINS_ONLY,
        "auto_ui_config": {"list_columns": ["name", "subject", "role"], "filters": ["role"]},
    }
