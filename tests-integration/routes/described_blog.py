# pyright: basic, reportMissingImports=false
"""The example blog, whose OpenAPI document lists everything for everybody."""

from blog.app import app

app.config.AutoRoutes.openapi_permission = lambda: True
