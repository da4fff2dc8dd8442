"""The door to :mod:`grokcall.dataflow.actions`."""

from grokcall.dataflow.actions import *  # noqa: F403
from grokcall.dataflow.actions import __all__ as __all__
