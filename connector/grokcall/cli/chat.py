"""A conversation on the terminal: what is typed is a question, and its answer is written as it comes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from rich.console import Console

from grokcall.cli.calls import tell_excess
from grokcall.cli.exit_codes import one_line, tell
from grokcall.cli.flags import Flags
from grokcall.cli.screens import Screen, on_terminal, shown
from grokcall.cli.signals import TerminationError
from grokcall.cli.streamed_calls import tell_usage, write_text
from grokcall.cli.values import checked_text, parameters
from grokcall.conversations.conversation import Conversation
from grokcall.core.terminals import check_standard_input, check_standard_output
from grokcall.errors import BudgetReachedError, Error, NotFoundError, ProgrammingError
from grokcall.tables.outputs import check_folder
from grokcall.tools.named_functions import function_named
from grokcall_parser.suggestions import hint
from grokcall_procedures.types import to_json

PROMPT, MORE = "> ", ". "
HELP = """\
/save FILE   write the conversation to a file
/replay      send all that was said again with the next question
/compact     put what was said into fewer tokens, which is billed
/quit        end, as Ctrl-D does
//text       ask something that begins with a slash; a line that ends in \\ goes on in the next"""


def hold_chat(
    chosen: Mapping[str, object], given: Sequence[str], load: Path | None, save: Path | None, flags: Flags
) -> int:
    """Holds a conversation until there are no more questions; gives the exit code.

    Args:
        chosen: Parameters that have flags of their own.
        given: ``Name=value`` pairs of others.
        load: The file of a conversation to go on with.
        save: The file that gets the conversation after each answer.
        flags: The shared flags.
    """
    check_standard_input()
    check_standard_output()
    if save is not None:
        check_folder(save)
    functions, names = tools_of(flags)
    flags.tool = functions
    named = parameters(given)
    with flags.connection(files=True) as connection:
        if names or functions:
            named["Tools"] = to_json([*names, *(function_named(each).__name__ for each in functions)])
        talk = connection.conversation(load=load, **{**named, **chosen})
        chat = Chat(talk, save, flags.console(), flags.errors())
        try:
            if sys.stdin.isatty():
                chat.hold(typed_lines())
            else:
                for question in piped_lines():
                    chat.ask(question)
        finally:
            tell_excess(connection, flags)
    return 0


def tools_of(flags: Flags) -> tuple[list[str], list[str]]:
    """The functions among the tools that were named, and the names of others; functions come by these as well."""
    given = flags.tool or []
    return [each for each in given if ":" in each], [each for each in given if ":" not in each]


class Chat:
    """A conversation and where it is shown.

    Args:
        talk: The conversation.
        save: The file that gets it after each answer; None for none.
        console: Where everything but answers goes.
        errors: Where errors go.
    """

    def __init__(self, talk: Conversation, save: Path | None, console: Screen, errors: Console) -> None:
        self._talk = talk
        self._save = save
        self._console = console
        self._errors = errors
        self._commands: Mapping[str, Callable[[str], None]] = {
            "save": self._save_to,
            "replay": self._replay,
            "compact": self._compact,
            "help": lambda _: self._console.print(shown(HELP, "dim")),
        }

    def hold(self, lines: Iterator[str]) -> None:
        """Asks what is typed; what fails is told, and the conversation goes on as it was.

        Raises:
            BudgetReachedError: A limit leaves no room for another question.
        """
        turns = self._talk.turns.num_rows // 2
        greeting = f"{turns:,} turn{'' if turns == 1 else 's'} so far; " if turns else ""
        self._console.print(shown(f"{greeting}/help tells the commands, Ctrl-D ends", "dim"))
        for line in lines:
            if line.strip() == "/quit":
                return
            try:
                self._obey(line)
            except BudgetReachedError:
                raise
            except TerminationError:
                raise
            except (Error, KeyboardInterrupt) as error:
                tell(error, one_line(error), self._errors)
                if isinstance(error, NotFoundError):
                    self._console.print(shown("/replay has the next question send all that was said again", "dim"))

    def ask(self, question: str) -> None:
        """Asks a question and writes its answer as it comes."""
        with self._talk.stream(checked_text("the question", question)) as stream:
            for warning in stream.warnings:
                self._console.print(shown(f"warning: {warning}", "yellow"), soft_wrap=True)
            try:
                write_text(stream, self._console)
            finally:
                tell_usage(stream.usage, self._console)
        if self._save is not None:
            self._talk.dump(self._save)

    def _obey(self, line: str) -> None:
        if not line.startswith("/") or line.startswith("//"):
            self.ask(line.removeprefix("/") if line.startswith("//") else line)
            return
        word, _, rest = line[1:].strip().partition(" ")
        command = self._commands.get(word.lower())
        if command is None:
            raise ProgrammingError(f"there is no command {word!r}; {hint(word, self._commands, '/help lists them')}")
        command(rest.strip())

    def _save_to(self, name: str) -> None:
        if not name:
            raise ProgrammingError("/save needs the name of a file")
        self._talk.dump(name)
        self._console.print(shown(f"written to {name}", "dim"))

    def _replay(self, _: str) -> None:
        self._talk.replay()
        self._console.print(shown("the next question sends all that was said again", "dim"))

    def _compact(self, _: str) -> None:
        answer: Any = self._talk.compact()
        told = f"{answer.Compaction_InputTokens or 0:,} tokens read, {answer.Compaction_OutputTokens or 0:,} written"
        self._console.print(shown(told, "dim"))


def typed_lines() -> Iterator[str]:
    """What is typed, question by question, up to the end; a line that ends in a backslash goes on in the next."""
    with suppress(ImportError):
        import readline  # noqa: F401 - it lets the line be edited
    question = ""
    while True:
        try:
            line = input((PROMPT if not question else MORE) if on_terminal() else "")
        except EOFError:
            sys.stdout.write("\n")
            return
        question += line
        if question.endswith("\\"):
            question = question[:-1] + "\n"
        elif question.strip():
            yield question
            question = ""


def piped_lines() -> Iterator[str]:
    """The lines of standard input that are not empty, each a question.

    Raises:
        ProgrammingError: One is no text.
    """
    number = 0
    while True:
        number += 1
        try:
            line = sys.stdin.readline()
        except UnicodeDecodeError as error:
            raise ProgrammingError(f"line {number} on standard input is no text in {error.encoding}") from None
        if not line:
            return
        if line.strip():
            yield checked_text(f"line {number} on standard input", line.rstrip("\r\n"))
