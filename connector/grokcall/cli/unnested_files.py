"""Lists of a lookup's rows in files of their own: ``--unnest Response_Citations=citations.parquet``."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa

from grokcall.errors import ProgrammingError
from grokcall.lookup.stream import LookupStream
from grokcall.tables.unnesting import named, unnested
from grokcall.tables.writer import Writer, open_writer


def targets_of(given: Sequence[str]) -> dict[str, str]:
    """The files by the fields whose lists they take.

    Raises:
        ProgrammingError: One is not of the form FIELD=FILE, or a field is named twice.

    >>> targets_of(["Response_Citations=citations.parquet"])
    {'Response_Citations': 'citations.parquet'}
    """
    targets: dict[str, str] = {}
    for text in given:
        field, mark, file = text.partition("=")
        if not mark or not field.strip() or not file or file == "-":
            raise ProgrammingError(
                f"--unnest takes FIELD=FILE, as in Response_Citations=citations.parquet, not {text!r}"
            )
        if field.strip().lower() in map(str.lower, targets):
            raise ProgrammingError(f"--unnest names {field.strip()} twice; name another field")
        targets[field.strip()] = file
    return targets


class UnnestedFiles:
    """The files of a lookup's lists; each appears whole when the lookup has ended.

    A context manager: left by an exception it keeps the parts that were written, beside their places.

    Args:
        stream: The lookup.
        targets: The files by the fields whose lists they take.
        keep: The columns of each row that stand beside its elements; None for those of the input.
        shown: The fields that stay in the output as well, in lower case; None for no field of ``targets``.
        csv_safe: As for :func:`grokcall.tables.open_writer`.

    Raises:
        ProgrammingError: A field holds no lists, a column is not there, or a file cannot be.
    """

    def __init__(
        self,
        stream: LookupStream,
        targets: dict[str, str],
        keep: Sequence[str] | None = None,
        shown: Sequence[str] | None = None,
        *,
        csv_safe: bool = False,
    ) -> None:
        whole, prefix = stream.schema, stream.plan.options.prefix
        self._columns = {named(whole, prefix + field): Path(file) for field, file in targets.items()}
        there = [name for name in stream.plan.input_schema.names if name in whole.names]
        self._keep = list(there if keep is None else keep)
        stays = {prefix.lower() + field.strip().lower() for field in shown or ()}
        self._left = [name for name in whole.names if name not in self._columns or name.lower() in stays]
        self.schema: pa.Schema = pa.schema([whole.field(name) for name in self._left])
        """The columns of the rows without those that are only in files of their own."""
        self._csv_safe = csv_safe
        self._writers: dict[str, Writer] = {}
        self._open = ExitStack()
        with ExitStack() as stack:
            for name, file in self._columns.items():
                schema = unnested(whole.empty_table(), name, self._keep).schema
                self._writers[name] = stack.enter_context(open_writer(file, schema, csv_safe=csv_safe))
            self._open = stack.pop_all()

    @property
    def paths(self) -> dict[str, str]:
        """The files by their columns."""
        return {name: str(file) for name, file in self._columns.items()}

    def take(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Writes the lists of some rows; gives the rows as they stand in the output."""
        if not self._columns:
            return rows
        if rows.num_rows:
            table = pa.Table.from_batches([rows])
            for name, writer in self._writers.items():
                for batch in unnested(table, name, self._keep).combine_chunks().to_batches():
                    writer.write(batch)
        return rows.select(self._left)

    def remove_partial(self) -> None:
        """Removes what an earlier try left."""
        for writer in self._writers.values():
            writer.remove_partial()

    def abort(self) -> None:
        """Leaves nothing behind."""
        for writer in self._writers.values():
            writer.abort()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.__exit__(kind, error, trace)
