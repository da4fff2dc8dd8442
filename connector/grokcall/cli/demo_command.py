"""``grokcall demo``: the main job on the sandbox, from a CSV to a Parquet file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Option

from grokcall.cli.flags import Flags


def demo(
    *,
    folder: Annotated[Path, Option("--folder", metavar="FOLDER", help="Where the files go.")] = Path("grokcall-demo"),
    flags: Flags,
) -> None:
    """Put an answer beside each row of a real CSV, with no key and no network."""
    # Loaded when it runs: help and completion need nothing of it.
    from grokcall.cli.demonstration import run_demonstration

    run_demonstration(folder, flags)
