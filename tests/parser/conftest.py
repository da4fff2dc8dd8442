"""Property tests run without a limit in time for each example: a busy machine is no fault of the parser."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("without deadlines", deadline=None)
settings.load_profile("without deadlines")
