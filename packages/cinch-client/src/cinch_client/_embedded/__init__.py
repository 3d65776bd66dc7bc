"""The engine that opens tenant files by itself: the only package that speaks SQLite."""
