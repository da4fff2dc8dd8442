"""``grokcall transcribe -``: what is said in sound that comes over standard input, an utterance a line."""

from __future__ import annotations

from typing import Annotated

from typer import Argument, Option

from grokcall.cli.declared_flags import one_of
from grokcall.cli.flags import Flags


def transcribe(
    *,
    sound: Annotated[str, Argument(metavar="-", help="Raw sound on standard input; - stands for it.")],
    sample_rate: Annotated[
        int, Option("--sample-rate", metavar="N", help="Samples for each second, 8000 to 48000.")
    ] = 16_000,
    encoding: Annotated[
        str, Option("--encoding", **one_of("pcm", "mulaw", "alaw"), help="What the sound holds; pcm has 16 bits.")
    ] = "pcm",
    language: Annotated[
        str | None, Option("--language", metavar="CODE", help="The language that is spoken; found out without it.")
    ] = None,
    interim: Annotated[
        bool, Option("--interim", help="Show utterances that are not finished, too: on standard error, or in jsonl.")
    ] = False,
    form: Annotated[
        str, Option("--format", **one_of("text", "jsonl"), help="A line of text an utterance, or one of JSON.")
    ] = "text",
    flags: Flags,
) -> None:
    """Write down what is said in sound that is piped in, a line for each utterance as soon as it is over."""
    # Loaded when it runs: help and completion need nothing of it.
    from grokcall.cli.transcripts import write_transcript

    settings = {"sample_rate": sample_rate, "encoding": encoding, "language": language}
    write_transcript(sound, settings, form, flags, interim=interim)
