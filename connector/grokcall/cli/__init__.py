"""The command ``grokcall``."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from grokcall._version import __version__

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command and leaves the process with its exit code.

    Args:
        arguments: What follows the command's name; None for the arguments of the process.
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    if given == ["--version"]:
        if sys.stdout is not None:
            sys.stdout.write(f"grokcall {__version__}\n")
        sys.exit(0)
    # Loaded here, because the version needs nothing of it.
    from grokcall.cli.app import run

    run(given)
