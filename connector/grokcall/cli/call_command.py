"""``grokcall call``: one statement, its result on the terminal or in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from grokcall.cli.flags import Flags
from grokcall.cli.shared_options import Parameters, ResultFormat


def call(
    *,
    statement: Annotated[str, Argument(metavar="STATEMENT", help="The statement, or - for standard input.")],
    parameter: Parameters = None,
    output: Annotated[
        Path | None,
        Option(
            "-o",
            "--output",
            metavar="FILE",
            help="The file to write; one that ends in .png or .mp4 is the media, several of which are numbered.",
        ),
    ] = None,
    form: ResultFormat = None,
    stream: Annotated[
        bool,
        Option("--stream", help="Write the answer as it comes; with --format jsonl its pieces, and the row last."),
    ] = False,
    secret_file: Annotated[
        Path | None,
        Option(
            "--secret-file",
            metavar="FILE",
            help="A new file for the secret that the service shows once, such as a new key; its owner alone reads it.",
        ),
    ] = None,
    yes: Annotated[bool, Option("--yes", "-y", help="Remove what the statement removes without asking.")] = False,
    flags: Flags,
) -> None:
    """Run one statement: CALL, EXPLAIN CALL, SHOW PROCEDURES, DESCRIBE PROCEDURE."""
    if stream:
        from grokcall.cli.streamed_calls import stream_statement

        stream_statement(statement, parameter or (), form, output, flags)
        return
    # Loaded when it runs: help and completion need nothing of it.
    from grokcall.cli.calls import run_statement

    run_statement(statement, parameter or (), form, output, flags, agreed=yes, secret_file=secret_file)
