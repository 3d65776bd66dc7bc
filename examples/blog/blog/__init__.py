"""A blog whose articles and roles have auto routes, and whose posts do not."""
