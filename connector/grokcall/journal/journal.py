"""The journal: what became of every call, in one SQLite file, durable before the row that needs it counts as done."""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from os import PathLike
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self

from grokcall.core.redaction import redact
from grokcall.errors import InterfaceError, JournalBusyError
from grokcall.journal.batches import BatchRecord, batches_of
from grokcall.journal.codec import RecalledOutcome
from grokcall.journal.database import (
    absorb_left_over,
    connect,
    copied,
    needs_copy,
    open_database,
    open_for_reading,
    refuse_strangers,
    remove_database,
)
from grokcall.journal.hourly_costs import HourCosts, hourly_costs
from grokcall.journal.locks import FileLock, is_held, lock_of
from grokcall.journal.media import MediaStore
from grokcall.journal.reader import InDoubt, Records, logger
from grokcall.journal.run import JournalRun
from grokcall.journal.run_list import Pruned, RunInfo, exported, find_run, list_runs, remove_runs
from grokcall.journal.sqlite_errors import mapped_errors
from grokcall.journal.write_ahead import WriteAheadLog, has_tail
from grokcall.journal.writer import Writer

LONGEST_TEXT = 2000
"""Characters of a text in a description that are kept."""


class Journal:
    """A journal, opened or made; a context manager.

    One process at a time writes to it, any number may read. Media stand beside it in ``NAME.media``; while it is open,
    and after a kill, the last entries are in ``NAME.tail-1`` and ``NAME.tail-2``, which belong to it. A file that is
    damaged is moved to ``NAME.damaged-TIME`` and a new one begun.

    Args:
        path: The file.
        read_only: Open it for looking only, which is possible while another process writes to it.

    Attributes:
        path: The file.
        set_aside: Where a damaged file went; None when there was none.
        dispensable: Whether it is removed when it is closed, with all that belongs to it.

    Raises:
        JournalBusyError: Another process holds it; the message says which.
        JournalPathError: The file is a folder, cannot be written, is something else, or of a newer version.
        JournalDamagedError: It is damaged and cannot be moved away.

    >>> with Journal("tickets.journal") as journal:  # doctest: +SKIP
    ...     run = journal.begin("lookup tickets.csv", {"command": "CALL GenerateResponse(:body)"})
    """

    def __init__(self, path: str | PathLike[str], *, read_only: bool = False) -> None:
        self.path: Path = Path(path).resolve()
        self.set_aside: Path | None = None
        self.dispensable: bool = False
        # Once, media were put beside the link through which a journal was opened.
        media = MediaStore(*(place.with_name(f"{place.name}.media") for place in (self.path, Path(path).absolute())))
        self._lock: FileLock | None = None
        self._active: set[int] = set()
        self._copy: TemporaryDirectory[str] | None = None
        if read_only:
            place = self.path
            if needs_copy(place):
                self._copy = TemporaryDirectory(prefix="grokcall-", ignore_cleanup_errors=True)
                place = copied(place, Path(self._copy.name))
            bring_in(place)
            self._records = Records(open_for_reading(place), media, self.path)
            return
        refuse_strangers(self.path)
        self._lock = lock_of(self.path)
        try:
            self._records = self._opened(media)
        except BaseException:
            self._lock.release()
            raise

    def _opened(self, media: MediaStore) -> Records:
        """The records with their writer, once everything that earlier processes left has been brought in."""
        connection, self.set_aside = open_database(self.path)
        if self.set_aside is not None:
            assert self._lock is not None
            self._lock.hold_file(self.path)
            logger.warning("%s was damaged; it is kept as %s and a new one begun", self.path, self.set_aside.name)
        try:
            with mapped_errors(self.path):
                for kept in absorb_left_over(connection, self.path):
                    logger.warning("%s: entries that cannot be read are kept as %s", self.path, kept.name)
                media.tidy()
                tail = WriteAheadLog(self.path)
            records = Records(connect(self.path), media, self.path)
        except BaseException:
            connection.close()
            raise
        records.writer = Writer(connection, tail, self.path, records.numbers)
        return records

    def begin(self, identity: str, description: Mapping[str, Any], former: str | None = None) -> JournalRun:
        """The run of a command: the newest one of that identity, whatever became of it, else a new one.

        Args:
            identity: Equal for the same command over the same input. Only its hash is kept.
            former: Another identity whose runs count as of the same command.
            description: What to show of the run, as JSON can hold it, without secrets. Where it names the
                ``procedure``, exported rows have the names of its fields.

        Raises:
            JournalError: It could not be written.
        """
        name, older = (
            blake2b(each.encode("utf-8", "surrogatepass"), digest_size=16).digest()
            for each in (identity, identity if former is None else former)
        )
        told = json.dumps(shown(description), ensure_ascii=False, default=str)

        def start(connection: sqlite3.Connection) -> tuple[int, str, int]:
            found = connection.execute(
                "SELECT id, run_id, sessions FROM runs WHERE identity IN (?, ?) ORDER BY id DESC LIMIT 1",
                (name, older),
            ).fetchone()
            if found is None:
                run_id = new_run_id()
                number = connection.execute(
                    "INSERT INTO runs (run_id, identity, description, state, started, sessions)"
                    " VALUES (?, ?, ?, 'running', ?, 1)",
                    (run_id, name, told, time.time()),
                ).lastrowid
                return int(number or 0), run_id, 1
            number, run_id, sessions = found
            connection.execute(
                "UPDATE runs SET state = 'running', description = ?, ended = NULL, summary = NULL, sessions = ?"
                " WHERE id = ?",
                (told, sessions + 1, number),
            )
            return number, run_id, sessions + 1

        number, run_id, session = self._writing().run(start)
        self._active.add(number)
        return JournalRun(self._records, self._writing(), number, run_id, session, continued=session > 1)

    def recall_any(self, fingerprint: bytes) -> RecalledOutcome | None:
        """The newest good outcome of a call in any run, as ``cached``; None when there is none."""
        return self._records.anywhere(fingerprint)

    def may_know(self, fingerprint: bytes) -> bool:
        """Whether :meth:`recall_any` may find something; told without waiting for a disk."""
        return self._records.may_have(fingerprint)

    def runs(self) -> list[RunInfo]:
        """Every run, the oldest first."""
        return list_runs(self._records, live=self._lock is not None or is_held(self.path))

    def run(self, run_id: str = "last") -> RunInfo:
        """The run of that name; the beginning of a name will do where it is clear, and ``last`` is the latest.

        Raises:
            InterfaceError: There is none, or more than one.
        """
        return find_run(self.runs(), run_id)

    def hours(self, run_id: str | None = None) -> list[HourCosts]:
        """What the calls cost in each hour in which some were answered; those of one run, or of all.

        Raises:
            InterfaceError: There is no such run.
        """
        return hourly_costs(self._records, None if run_id is None else self.run(run_id).number)

    def batches(self, run_id: str = "last") -> list[BatchRecord]:
        """The batches that a run has sent to the service, the oldest first.

        Raises:
            InterfaceError: There is no such run.
        """
        return batches_of(self._records, self.run(run_id).number)

    def in_doubt(self, run_id: str = "last") -> list[InDoubt]:
        """The calls of a run that were under way when a process of it ended: they may have been billed.

        While a run is under way, the calls in flight are among them.

        Raises:
            InterfaceError: There is no such run.
        """
        return self._records.in_doubt(self.run(run_id).number)

    def export(self, run_id: str = "last") -> Iterator[dict[str, object]]:
        """The calls of a run in the order of their ends: fingerprint, ``Call_*`` facts, and the result's fields.

        Raises:
            InterfaceError: There is no such run.
        """
        return exported(self._records, self.run(run_id))

    def prune(self, *run_ids: str, keep: int | None = None, older_than: timedelta | None = None) -> Pruned:
        """Removes runs, with the media that no other run uses. Runs begun on this journal object stay.

        Not for the time while calls are recorded: the media of one that is on its way could go as well.

        Args:
            run_ids: The runs to remove.
            keep: How many of the latest runs to keep, 0 or more; the others go.
            older_than: Runs go that ended, or when they did not were started, longer ago than this.

        Raises:
            InterfaceError: Nothing says what to remove.
            JournalError: It could not be written.
        """
        writer = self._writing()
        if not run_ids and keep is None and older_than is None:
            raise InterfaceError("prune: say which runs: their names, keep=N or older_than=…")
        if keep is not None and keep < 0:
            raise InterfaceError(f"prune: keep must be 0 or more, not {keep}")
        runs = self.runs()
        chosen = {find_run(runs, name).number for name in run_ids}
        if keep is not None:
            chosen |= {run.number for run in runs[: max(len(runs) - keep, 0)]}
        if older_than is not None:
            limit = datetime.now(UTC) - older_than
            chosen |= {run.number for run in runs if (run.ended or run.started) < limit}
        going = [run for run in runs if run.number in chosen and run.number not in self._active]
        orphans = writer.run(lambda connection: remove_runs(connection, going))
        self._records.everywhere = None
        freed = self._records.media.remove(orphans)
        return Pruned(tuple(run.run_id for run in going), len(orphans), freed)

    def close(self) -> None:
        """Writes what waits and gives the journal free; harmless when repeated."""
        if self._records.writer is not None:
            self._records.writer.close()
        self._records.close()
        if self._copy is not None:
            self._copy.cleanup()
        if self._lock is not None:
            if self.dispensable:
                self.dispensable = False
                with mapped_errors(self.path):
                    remove_database(self.path)
                    self._records.media.remove_all()
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<grokcall.journal.Journal {self.path}>"

    def _writing(self) -> Writer:
        if self._records.writer is None:
            raise InterfaceError(f"the journal {self.path} was opened for reading only")
        return self._records.writer


def bring_in(path: Path) -> None:
    """Brings the last entries of a process that was killed into the database, so that they are seen as well."""
    if path.exists() and has_tail(path):
        with suppress(JournalBusyError):  # whoever writes brings them in
            Journal(path).close()


def new_run_id() -> str:
    """A name for a run: when it was started, and something that tells runs of the same second apart."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"


def shown(value: object) -> object:
    """A description without secrets, its texts cut to a length that fits a list."""
    if isinstance(value, str):
        return redact(value)[:LONGEST_TEXT].encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {str(name): shown(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [shown(each) for each in value]
    return value
