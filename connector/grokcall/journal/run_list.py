"""The runs of a journal as a whole: listed, exported, and removed when they are no longer wanted."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from grokcall.core.outcome import CallStatus
from grokcall.core.result_columns import CALL_SCHEMA, call_row
from grokcall.errors import InterfaceError
from grokcall.journal.batches import remove_batches
from grokcall.journal.reader import ANSWERED, RecordedCall, Records
from grokcall_procedures import CATALOG, Procedure
from grokcall_procedures.rates import usd

LATEST = "last"
"""The word for the run that was started last."""

RUNS = "SELECT id, run_id, description, state, summary, started, ended, sessions FROM runs ORDER BY id"
FIGURES = """
SELECT run, sum(ok), count(*) - sum(ok), sum(attempts), sum(ok AND cost_ticks IS NULL),
    ifnull(sum(cost_ticks >> 32), 0), ifnull(sum(cost_ticks & 0xffffffff), 0)
FROM calls GROUP BY run
"""
"""The ticks are summed in two halves: two absurd prices are more than SQLite's 64 bits."""
DOUBTS = f"SELECT run, count(*), sum(id IN ({ANSWERED})) FROM intents GROUP BY run"  # noqa: S608 - text of ours
REMOVED_FILES = """
SELECT DISTINCT digest FROM files WHERE call IN (SELECT id FROM calls WHERE run = ?)
EXCEPT SELECT digest FROM files WHERE call NOT IN (SELECT id FROM calls WHERE run = ?)
"""
REMOVE = (
    "DELETE FROM files WHERE call IN (SELECT id FROM calls WHERE run = ?)",
    "DELETE FROM answers WHERE id IN (SELECT id FROM calls WHERE run = ?)",
    "DELETE FROM calls WHERE run = ?",
    "DELETE FROM intents WHERE run = ?",
    "DELETE FROM memos WHERE run = ?",
    "DELETE FROM runs WHERE id = ?",
)


@dataclass(frozen=True, slots=True)
class RunInfo:
    """A run as it is listed.

    Args:
        number: Its number in the file.
        run_id: Its name.
        state: ``running``, ``killed``, or how it ended: ``finished``, ``stopped``, ``interrupted``, ``failed``,
            ``budget``, ``waiting`` for batches.
        description: What was said of it at its start.
        started: When the first process began it.
        ended: When the last one ended it; None when none did.
        sessions: How many processes have worked on it.
        ok: Calls that ended well.
        failed: Calls that failed and have not ended well since.
        attempts: Requests that were sent.
        cost_ticks: What the replies said they cost, in ticks of 1e-10 USD.
        unpriced: Calls that ended well without a word on their cost.
        in_doubt: Calls that were under way when a process ended, and may have been billed.
        answered_later: How many of these a later process made again; they may have been billed twice.
        summary: What was said at its end; empty when there was none.
    """

    number: int
    run_id: str
    state: str
    description: dict[str, Any]
    started: datetime
    ended: datetime | None
    sessions: int
    ok: int
    failed: int
    attempts: int
    cost_ticks: int
    unpriced: int
    in_doubt: int
    answered_later: int
    summary: dict[str, Any]

    @property
    def cost_usd(self) -> Decimal:
        """What the replies said they cost, in USD, exact."""
        return usd(self.cost_ticks)

    @property
    def unanswered(self) -> int:
        """Calls in doubt that no later process made again: they may have been billed, and gave nothing."""
        return self.in_doubt - self.answered_later

    def as_dict(self) -> dict[str, object]:
        """The facts under their names, as JSON can hold them."""
        return {
            "run": self.run_id,
            "state": self.state,
            "description": self.description,
            "started": self.started.isoformat(),
            "ended": None if self.ended is None else self.ended.isoformat(),
            "sessions": self.sessions,
            "ok": self.ok,
            "failed": self.failed,
            "calls": self.attempts,
            "cost_usd": str(self.cost_usd),
            "unpriced": self.unpriced,
            "in_doubt": self.unanswered,
            "answered_later": self.answered_later,
            "summary": self.summary,
        }


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was removed from a journal.

    Args:
        run_ids: The runs.
        files: Media files that no other run uses.
        bytes: Bytes of those files.
    """

    run_ids: tuple[str, ...]
    files: int
    bytes: int


def list_runs(records: Records, *, live: bool) -> list[RunInfo]:
    """Every run, the oldest first.

    Args:
        records: The journal.
        live: Whether somebody writes to it; otherwise nothing in it can be running.
    """
    records.flush()
    figures = {row[0]: row[1:] for row in records.rows(FIGURES)}
    doubts = {run: (count, answered) for run, count, answered in records.rows(DOUBTS)}
    runs = []
    for number, run_id, description, state, summary, started, ended, sessions in records.rows(RUNS):
        ok, failed, attempts, unpriced, high, low = figures.get(number, (0, 0, 0, 0, 0, 0))
        runs.append(
            RunInfo(
                number,
                run_id,
                "killed" if state == "running" and not live else state,
                json.loads(description),
                moment(started),
                None if ended is None else moment(ended),
                sessions,
                ok,
                failed,
                attempts,
                (high << 32) + low,
                unpriced,
                *doubts.get(number, (0, 0)),
                json.loads(summary) if summary else {},
            )
        )
    return runs


def find_run(runs: Sequence[RunInfo], name: str) -> RunInfo:
    """The run of that name; the beginning of a name will do where it is clear, and ``last`` is the latest.

    Raises:
        InterfaceError: There is none, or more than one.
    """
    if not runs:
        raise InterfaceError("the journal holds no runs")
    if name == LATEST:
        return runs[-1]
    found = [run for run in runs if run.run_id == name] or [run for run in runs if run.run_id.startswith(name)]
    if len(found) != 1:
        known = ", ".join(run.run_id for run in (found or runs)[-5:])
        many = "several runs begin" if found else "no run begins"
        raise InterfaceError(f"{many} with {name!r}; {'they are' if found else 'the latest are'}: {known}")
    return found[0]


def exported(records: Records, run: RunInfo) -> Iterator[dict[str, object]]:
    """The calls of a run as rows: which call, how it went, what it gave."""
    names, listed = fields_of(run.description).names, list_column(run.description)
    for call in records.of_run(run.number):
        yield exported_row(call, names, listed)


def exported_row(call: RecordedCall, names: Sequence[str], listed: str | None) -> dict[str, object]:
    """A call as a row.

    Args:
        call: The call.
        names: The result fields; none where they are not known.
        listed: The column in which all rows of the call stand, where it may have several.
    """
    row: dict[str, object] = {
        "Call_Fingerprint": call.fingerprint.hex(),
        "Call_Ordinal": call.ordinal,
        "Call_RecordedAt": moment(call.at).isoformat(),
    }
    outcome = call.outcome
    if outcome is None:
        lost = [*CALL_SCHEMA.names[1:], *(names if listed is None else [listed])]
        return {**row, "Call_Status": "lost", **dict.fromkeys(lost)}
    if outcome.status is CallStatus.CACHED:
        outcome.status = CallStatus.OK
    outcome.attempts, outcome.cost_ticks = outcome.saved_attempts, outcome.saved_ticks
    row.update(zip(CALL_SCHEMA.names, call_row(outcome), strict=True))
    if listed is not None:
        row[listed] = None if outcome.rows is None else [named(values, names) for values in outcome.rows]
    else:
        row.update(named(outcome.rows[0] if outcome.rows else (), names))
    if (reply := getattr(outcome.error, "reply", None)) is not None:
        row["Call_Reply"] = reply
    if outcome.rows is not None and len(outcome.rows) != 1:
        row["Call_Rows"] = len(outcome.rows)
    return row


def named(values: Sequence[object], names: Sequence[str]) -> dict[str, object]:
    """The values of a row under the names of its fields, or under numbers where these are not known."""
    known = names or [f"Field_{number}" for number in range(1, len(values) + 1)]
    return {name: values[index] if index < len(values) else None for index, name in enumerate(known)}


def procedure_of(description: Mapping[str, Any]) -> Procedure | None:
    """The procedure that a run's description names; None when it names none that is known."""
    return CATALOG.get(str(description.get("procedure")))


def declared_columns(procedure: Procedure) -> dict[str, object]:
    """What a run's description needs to say of its columns: nothing where they are those of a shipped procedure."""
    if CATALOG.get(procedure.name) is procedure:
        return {}
    schema = pa.schema([pa.field(field.name, field.type.arrow) for field in procedure.row_fields])
    # As numbers: the texts of a description are cut short, and lose whatever looks like a key.
    listed = {"list": procedure.list_name} if procedure.many else {}
    return {"columns": list(schema.serialize().to_pybytes()), **listed}


def list_column(description: Mapping[str, Any]) -> str | None:
    """The column that holds the rows of a run's calls as a list, where its procedure gives any number of them."""
    if "columns" in description:
        return description.get("list")
    procedure = procedure_of(description)
    return procedure.list_name if procedure is not None and procedure.many else None


def result_schema(description: Mapping[str, Any]) -> pa.Schema:
    """The columns of a run's results: its result fields, or one of lists with these as members."""
    fields, listed = fields_of(description), list_column(description)
    return fields if listed is None else pa.schema([pa.field(listed, pa.list_(pa.struct(list(fields))))])


def fields_of(description: Mapping[str, Any]) -> pa.Schema:
    """The result fields of a run, from what its description says; none where that is nothing."""
    if isinstance(told := description.get("columns"), list):
        return pa.ipc.read_schema(pa.py_buffer(bytes(told)))
    procedure = procedure_of(description)
    return procedure.schema if procedure is not None else pa.schema([])


def remove_runs(connection: sqlite3.Connection, runs: Sequence[RunInfo]) -> set[bytes]:
    """Removes runs from the database; gives the files that nothing needs any more."""
    orphans: set[bytes] = set()
    if not runs:
        return orphans
    for run in runs:
        connection.execute("BEGIN IMMEDIATE")
        orphans |= {digest for (digest,) in connection.execute(REMOVED_FILES, (run.number, run.number))}
        for statement in REMOVE:
            connection.execute(statement, (run.number,))
        remove_batches(connection, run.number)
        connection.execute("COMMIT")
    # Only to give the room back: where there is none for the work itself, later runs use what has become free.
    with suppress(sqlite3.OperationalError):
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return orphans


def moment(seconds: float) -> datetime:
    """A time as it is told: UTC, to the second."""
    return datetime.fromtimestamp(int(seconds), UTC)
