"""``grokcall chat``: a conversation on the terminal, streamed, or over lines of standard input."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Option

from grokcall.cli.flags import Flags
from grokcall.cli.shared_options import Parameters


def chat(
    *,
    model: Annotated[str | None, Option("-m", "--model", metavar="MODEL", help="The model.")] = None,
    instructions: Annotated[
        str | None, Option("-i", "--instructions", metavar="TEXT", help="What the model is told before all else.")
    ] = None,
    load: Annotated[
        Path | None, Option("--load", metavar="FILE", help="Go on with the conversation that a file holds.")
    ] = None,
    save: Annotated[
        Path | None, Option("--save", metavar="FILE", help="Write the conversation to a file after each answer.")
    ] = None,
    parameter: Parameters = None,
    flags: Flags,
) -> int:
    """Talk with a model: each question goes on from the answers before it. Lines of a pipe are questions, too."""
    # Loaded when it runs: help and completion need nothing of it.
    from grokcall.cli.chat import hold_chat

    chosen = {"Model": model, "Instructions": instructions}
    return hold_chat(
        {name: value for name, value in chosen.items() if value is not None}, parameter or (), load, save, flags
    )
