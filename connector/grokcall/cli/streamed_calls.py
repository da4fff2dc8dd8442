"""``grokcall call --stream``: an answer that is written out as it comes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

import pyarrow as pa

from grokcall.cli.calls import MEDIA_ENDINGS, tell_excess
from grokcall.cli.flags import Flags
from grokcall.cli.screens import Screen, on_terminal, shown
from grokcall.cli.values import checked_text, parameters, statement_on_stdin
from grokcall.core.result_columns import result_table
from grokcall.core.terminals import check_standard_output, visible
from grokcall.errors import ProgrammingError
from grokcall.execution.call_stream import CallStream
from grokcall.execution.streamed_calls import StreamUsage
from grokcall.tables.cell_texts import python_rows
from grokcall.tables.outputs import check_folder
from grokcall_parser import parse_call
from grokcall_procedures import ParameterType, Piece, PieceKind, Procedure

ASIDE = (PieceKind.REASONING, PieceKind.TOOL_CALL, PieceKind.TOOL_OUTPUT, PieceKind.CITATION)
"""What is shown beside the answer, on standard error."""
LONGEST_LINE = 400
"""Characters of a tool's use that are shown."""


def stream_statement(
    statement: str, given_parameters: Sequence[str], form: str | None, output: Path | None, flags: Flags
) -> None:
    """Runs one CALL and writes its answer out as it comes."""
    text = statement_on_stdin() if statement == "-" else checked_text("the statement", statement)
    with flags.connection(files=True) as connection:
        call, given = parse_call(text), parameters(given_parameters)
        procedure = connection.runtime.binder(call, given).procedure
        check_way_out(procedure, form, output)
        console = flags.console()
        with connection.stream(text, given) as stream:
            for warning in stream.warnings:
                console.print(shown(f"warning: {warning}", "yellow"), soft_wrap=True)
            promise = connection.guarantee(text, given)
            if promise is not None:
                console.print(promise, soft_wrap=True)
            try:
                if form == "jsonl":
                    write_events(stream, procedure)
                elif gives_bytes(procedure):
                    write_file(stream, output, console)
                else:
                    write_text(stream, console)
            finally:
                tell_usage(stream.usage, console)
                tell_excess(connection, flags)


def gives_bytes(procedure: Procedure) -> bool:
    """Whether the answer is sound or a file, and no text."""
    return procedure.fields[0].type is ParameterType.BINARY


def gives_sound(procedure: Procedure) -> bool:
    """Whether the answer is sound."""
    return gives_bytes(procedure) and len(procedure.fields) == 1


def check_way_out(procedure: Procedure, form: str | None, output: Path | None) -> None:
    """Refuses an output that cannot take a stream, before the call is paid for."""
    if form not in (None, "jsonl"):
        raise ProgrammingError(f"--stream writes the answer as it comes, or events with --format jsonl, not {form}")
    to_file = output is not None and str(output) != "-"
    if to_file and (form == "jsonl" or not gives_bytes(procedure)):
        raise ProgrammingError(
            f"--stream writes to standard output: redirect it into {output}, or leave --stream out to have a row there"
        )
    if to_file and output is not None:
        if gives_sound(procedure) and output.suffix.lower() not in MEDIA_ENDINGS:
            raise ProgrammingError(f"{output}: --stream writes the sound itself; take an ending such as .mp3")
        check_folder(output)
    elif gives_sound(procedure) and form is None and on_terminal():
        raise ProgrammingError("a terminal shows no sound: name a file with -o speech.mp3, or pipe it to a player")
    elif gives_bytes(procedure) and form is None and on_terminal():
        raise ProgrammingError("a terminal shows no file: name one with -o, or pipe it to a program")
    else:
        check_standard_output()


def write_text(stream: CallStream, console: Screen) -> None:
    """Writes the text to standard output, and what is told beside it to standard error."""
    clean: Callable[[str], str] = visible if on_terminal() else str
    last: PieceKind | None = None
    for piece in stream:
        if piece.kind is PieceKind.TEXT:
            if last in ASIDE:
                console.print()
            sys.stdout.write(clean(piece.text))
            sys.stdout.flush()
            last = piece.kind
        elif piece.kind in ASIDE:
            if last is PieceKind.TEXT and on_terminal():
                sys.stdout.write("\n")
                sys.stdout.flush()
            tell_aside(piece, last, console)
            last = piece.kind
        elif str(piece) == "begun" and last is PieceKind.TEXT:  # an answer that did not fit is asked for again
            sys.stdout.write("\n")
            console.print(shown("asked again", "dim"))
    if stream.text and not stream.text.endswith("\n"):
        sys.stdout.write("\n")
    sys.stdout.flush()


def tell_aside(piece: Piece, last: PieceKind | None, console: Screen) -> None:
    """Shows reasoning as it comes, and the use of a tool in a line of its own."""
    if piece.kind is PieceKind.REASONING:
        console.print(shown(piece.text, "dim"), end="", soft_wrap=True)
        return
    if last is PieceKind.REASONING:
        console.print()
    mark = {PieceKind.TOOL_CALL: "→", PieceKind.TOOL_OUTPUT: "←"}.get(piece.kind, "source:")
    line = " ".join(piece.text.split())
    line = line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}…"
    console.print(shown(f"{mark} {line}", "dim"), soft_wrap=True)


def write_events(stream: CallStream, procedure: Procedure) -> None:
    """Writes each piece as a line of JSON to standard output, and the row as the last line."""
    for piece in stream:
        write_line(piece.as_dict())
    row = stream.result
    if row is not None:
        table: pa.Table = result_table(procedure, [tuple(row.values())])
        write_line(shown_row(python_rows(table)[0]))


def shown_row(row: dict[str, object]) -> dict[str, object]:
    """A row for JSON: of bytes their number, for their content has its own output."""
    return {name: f"{len(value):,} bytes" if isinstance(value, bytes) else value for name, value in row.items()}


def write_line(document: object) -> None:
    """Writes one line of JSON at once."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


def write_file(stream: CallStream, output: Path | None, console: Screen) -> None:
    """Writes bytes as they come: into the file itself, so that sound can be played while it grows, or to a pipe."""
    if output is None or str(output) == "-":
        write_bytes(stream, sys.stdout.buffer)
        return
    with output.open("wb") as file:
        try:
            write_bytes(stream, file)
        except BaseException as error:
            error.add_note(f"{output} was cut off: it has {file.tell():,} bytes of the answer")
            raise
    console.print(f"{output.stat().st_size:,} bytes written to {output}")


def write_bytes(stream: CallStream, file: IO[bytes]) -> None:
    """Writes the bytes of each piece at once."""
    for piece in stream:
        if piece.data:
            file.write(piece.data)
            file.flush()


def tell_usage(usage: StreamUsage | None, console: Screen) -> None:
    """Says what the call took."""
    if usage is None:
        return
    told = [
        f"{count:,} {word}"
        for count, word in (
            (usage.input_tokens, "tokens read"),
            (usage.output_tokens, "written"),
            (usage.reasoning_tokens, "of reasoning"),
        )
        if count is not None
    ]
    told += [f"{usage.cost_usd:.6f} USD"] if usage.cost_usd is not None else []
    told += ["may have been billed, at a price that nobody told"] if usage.unpriced else []
    if told:
        console.print(shown(", ".join(told), "dim"), soft_wrap=True)
