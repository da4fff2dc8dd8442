"""The command ``grokcall``."""

from grokcall.cli.app import main

__all__ = ["main"]
