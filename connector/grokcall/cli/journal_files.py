"""The journal of a command: the one that is named, or for a lookup one beside its output."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from grokcall.errors import JournalError, JournalPathError, ProgrammingError
from grokcall.journal.database import is_ours
from grokcall.journal.journal import Journal
from grokcall.lookup.temporary_journals import is_temporary
from grokcall.tables.formats import database_table, is_database
from grokcall.tables.outputs import is_forward

VARIABLE = "GROKCALL_JOURNAL"


@dataclass(frozen=True, slots=True)
class LookupJournal:
    """The journal of a lookup.

    Args:
        path: The file; None for none.
        temporary: Whether it goes once every row has its answer.
    """

    path: Path | None
    temporary: bool = False


def named_journal(journal: Path | None, without: bool) -> Path | None:
    """The journal that the flag or the environment names.

    Raises:
        ProgrammingError: There is to be one, and none.
    """
    if without and journal is not None:
        raise ProgrammingError(f"--journal {journal} and --no-journal exclude each other; leave one of them out")
    if without or journal is not None:
        return journal
    name = os.environ.get(VARIABLE)
    return Path(name) if name else None


def journal_of_lookup(journal: Path | None, without: bool, target: str, form: str | None) -> LookupJournal:
    """The journal of a lookup into ``target``.

    Raises:
        ProgrammingError: There is to be one, and none.
        JournalPathError: A file that is no journal has the name of the one beside the output.
    """
    named = named_journal(journal, without)
    path = None if without or named is not None else beside(target, form)
    if path is None:
        return LookupJournal(named)
    refuse_stranger(path, target)
    return LookupJournal(path, temporary=not was_named(path))


def beside(target: str, form: str | None = None) -> Path | None:
    """The journal beside an output; None for standard output, a pipe and a device, beside which nothing can stand."""
    if target == "-":
        return None
    if is_database(target) and form is None:
        file, table = database_table(target)
        if table is None:
            return None  # which is refused
        name = re.sub(r"[^\w.-]+", "_", table.table if table.schema == "main" else f"{table.schema}.{table.table}")
        return file.with_name(f"{file.stem}.{name}.journal")
    path = Path(target)
    return None if is_forward(path) or not path.name else path.with_name(f"{path.stem}.journal")


def refuse_stranger(path: Path, target: str) -> None:
    """Refuses a file that is no journal; an empty one is a journal that has just been begun."""
    if not os.path.lexists(path) or (path.is_file() and (is_ours(path) or not path.stat().st_size)):
        return
    raise JournalPathError(
        f"{path} is not a journal (it was left as it is), but has the name of the one for a lookup into {target}; "
        "move it away, name another file with --journal FILE, or leave the journal out with --no-journal"
    )


def was_named(path: Path) -> bool:
    """Whether a journal was kept for somebody who named it."""
    with suppress(JournalError), Journal(path, read_only=True) as journal:
        return not all(map(is_temporary, journal.runs()))
    return False
