"""The old place of what is in :mod:`grokcall.errors` and :mod:`grokcall.journal.sqlite_errors` now."""

from collections.abc import Callable
from typing import Any

from grokcall_parser.lazy_names import moved_names

__getattr__: Callable[[str], Any] = moved_names(__name__, "grokcall.errors", "grokcall.journal.sqlite_errors")
