"""Where words and tables go: a console for standard output and one for standard error, which nothing shown commands."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.segment import Segment
from rich.text import Text

from grokcall.core.terminals import check_standard_input, check_standard_output, visible


class Screen(Console):
    """A console that writes out control characters, and takes text as it stands: no markup, no emoji by their names.

    Args:
        stderr: Whether it is standard error; standard output otherwise.
        quiet: Whether it shows nothing.
        no_color: Whether it is without colors; None for what the environment says.
    """

    def __init__(self, *, stderr: bool = False, quiet: bool = False, no_color: bool | None = None) -> None:
        if not stderr and isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # what its encoding lacks is no reason to lose the rest
        super().__init__(
            stderr=stderr, quiet=quiet, no_color=no_color or None, highlight=False, markup=False, emoji=False
        )

    def render_str(self, text: str, **options: Any) -> Text:
        """The text of a string."""
        return super().render_str(visible(text), **options)

    def render(self, renderable: Any, options: Any = None) -> Iterable[Segment]:
        """The pieces of what is shown."""
        for piece in super().render(renderable, options):
            yield piece if piece.control else piece._replace(text=visible(piece.text))


def shown(text: str, style: str = "") -> Text:
    """A text for a screen, its control characters written out."""
    return Text(visible(text), style=style)


def write_out(text: str) -> None:
    """Writes a text to standard output: as it stands into a file or a pipe, written out on a terminal."""
    check_standard_output()
    sys.stdout.write(visible(text) if sys.stdout.isatty() else text)


def read_in() -> str:
    """The text on standard input.

    Raises:
        ProgrammingError: It is closed.
    """
    check_standard_input()
    return sys.stdin.read()


def on_terminal() -> bool:
    """Whether standard output is a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()
