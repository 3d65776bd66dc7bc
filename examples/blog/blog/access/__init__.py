"""Roles and permissions: they have no `setup()`, so `auto_routes` has the say."""
