"""``grokcall procedures`` and ``grokcall models``: what there is to call."""

from __future__ import annotations

from typing import Annotated

from typer import Argument, Option

from grokcall.cli.flags import Flags
from grokcall.cli.shared_options import AsJson

# What the commands run is loaded in them: help and completion need nothing of it.


def procedures(
    *,
    name: Annotated[
        str | None, Argument(metavar="NAME", help="Describe this procedure, with its parameters and result fields.")
    ] = None,
    like: Annotated[
        str | None,
        Option(
            "--like",
            metavar="WORD",
            help="List those with WORD in their name, summary or a parameter's name; % stands for anything, as in SQL.",
        ),
    ] = None,
    as_json: AsJson = False,
    flags: Flags,
) -> None:
    """List the procedures with what they cost, or describe one. Needs no key."""
    from grokcall.cli.listings import list_procedures

    list_procedures(name, like, as_json, flags)


def models(*, as_json: AsJson = False, flags: Flags) -> None:
    """List the models that the key may use, with prices in USD."""
    from grokcall.cli.listings import list_models

    list_models(as_json, flags)
