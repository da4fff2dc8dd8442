"""What a statement gives: rows, or a count."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from grokcall_procedures.schemas import OutputSchema


@dataclass(frozen=True, slots=True)
class StatementResult:
    """What a statement gave.

    Args:
        table: The rows; None for a statement that gives none, such as INSERT.
        rowcount: How many rows it gave or changed; -1 where that has no meaning.
        shape: The shape that was declared for its answers; None where there is none.
    """

    table: pa.Table | None
    rowcount: int = -1
    shape: OutputSchema | None = None
