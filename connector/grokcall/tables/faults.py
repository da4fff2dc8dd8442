"""The old place of what is in :mod:`grokcall.tables.errors` now."""

from grokcall.core.lazy_names import moved_names

__getattr__ = moved_names(__name__, "grokcall.tables.errors")
