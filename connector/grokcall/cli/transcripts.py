"""A transcript of what comes over standard input, written out as it is heard."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from grokcall.cli.calls import tell_excess
from grokcall.cli.flags import Flags
from grokcall.cli.screens import on_terminal, shown
from grokcall.cli.streamed_calls import write_line
from grokcall.core.terminals import check_standard_input, check_standard_output, visible
from grokcall.errors import ProgrammingError

CHUNK = 1 << 16


def write_transcript(source: str, settings: Mapping[str, Any], form: str, flags: Flags, *, interim: bool) -> None:
    """Writes what is said, a line for each utterance.

    Args:
        source: ``-``.
        settings: Those of the sound.
        form: ``text`` or ``jsonl``.
        flags: The shared flags.
        interim: Whether to show utterances that are not finished.

    Raises:
        ProgrammingError: The sound is to come from elsewhere, or standard input is a terminal.
    """
    if source != "-":
        raise ProgrammingError(
            f"transcribe listens to raw sound on standard input, so it takes - and not {source}; for a file there is "
            f"grokcall call \"CALL TranscribeAudio('file:{source}')\""
        )
    check_standard_input()
    if sys.stdin.isatty():
        raise ProgrammingError("a terminal has no sound: pipe raw sound in, as ffmpeg -f s16le -ar 16000 - writes it")
    check_standard_output()
    clean: Callable[[str], str] = visible if on_terminal() else str
    console = flags.console()
    with flags.connection() as connection:
        with connection.transcribe_stream(piped_sound(), interim=interim, **settings) as words:
            try:
                for utterance in words:
                    if form == "jsonl":
                        write_line(utterance.as_dict())
                    elif utterance.finished:
                        sys.stdout.write(clean(utterance.text) + "\n")
                        sys.stdout.flush()
                    else:
                        console.print(shown(f"… {utterance.text}", "dim"), soft_wrap=True)
            finally:
                told = f"{words.seconds:,.1f} s of sound, {words.cost_usd:.6f} USD"
                console.print(shown(told, "dim"), soft_wrap=True)
        tell_excess(connection, flags)


def piped_sound() -> Iterator[bytes]:
    """What comes over standard input, as it comes."""
    # By its number: a thread that waits in the buffered reader would keep the process from ending.
    number = sys.stdin.fileno()
    while chunk := os.read(number, CHUNK):
        yield chunk
