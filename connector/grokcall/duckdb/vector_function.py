"""The functions that DuckDB calls with a vector of rows at a time."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from inspect import Parameter as SignatureParameter
from inspect import Signature
from typing import Any, TypeAlias

import pyarrow as pa

from grokcall.core.arrow_arrays import list_array
from grokcall.core.outcome import CallStatus, Outcome
from grokcall.core.redaction import get_logger, redact
from grokcall.core.result_columns import CALL_SCHEMA, ResultColumns, call_arrays, message_of
from grokcall.duckdb.call_session import CallSession
from grokcall.duckdb.macros import file_value, function_types, taken_parameters
from grokcall.duckdb.prefetch import ReadAhead
from grokcall.duckdb.query_costs import Pricing
from grokcall.errors import InternalError, OperationalError, error_code
from grokcall.execution.circuit_breaker import CircuitBreaker
from grokcall.execution.summary import SummaryBuilder
from grokcall.scheduling.chunks import Values
from grokcall.tables.cell_texts import call_values
from grokcall.tables.formats import quoted_text
from grokcall_parser import parse_call
from grokcall_procedures import Binder, BoundCall, ParameterType, Procedure, Row

logger: logging.Logger = get_logger("grokcall.duckdb")

Vector: TypeAlias = "pa.Array[Any] | pa.ChunkedArray[Any]"


class VectorFunction:
    """One procedure as a function from vectors of arguments to a vector of structs, or of lists of them.

    Args:
        procedure: What is called.
        session: Runs the calls.
        pricing: Whether they are priced instead.
        columns: The value of the parameter that decides the columns; None for those of the definition.
        further: The names of further fields that are columns as well; None for all.
        content: Whether the columns of bytes are columns; where they are not, what the service stores is not fetched.

    Raises:
        BadValueError: No columns follow from that value.
    """

    def __init__(
        self,
        procedure: Procedure,
        session: CallSession,
        pricing: Pricing,
        columns: str | None = None,
        further: Sequence[str] | None = (),
        *,
        content: bool = True,
    ) -> None:
        self.session = session
        self._pricing = pricing
        settings = session.runtime.settings_for(procedure, None if content else further or None)
        self._binder = Binder(parse_call(call_text(procedure, columns)), procedure, settings)
        self.procedure: Procedure = self._binder.procedure
        names = chosen_names(self.procedure, further, content=content)
        self._columns = ResultColumns(self.procedure, names)
        self._files = [
            place for place, each in enumerate(taken_parameters(procedure)) if each.type is ParameterType.FILE
        ]
        self._adds_call_columns = session.options.adds_call_columns
        self.schema: pa.Schema = pa.schema([*self._columns.schema, *(CALL_SCHEMA if self._adds_call_columns else ())])
        self.names: frozenset[str] = frozenset(name.lower() for name in self.schema.names)
        """Those of its columns, in lower case."""
        self._verdicts = CircuitBreaker(self._binder, session.concurrency)
        self._tally = SummaryBuilder(self.procedure)
        self._tally.summary = session.summary
        self._warned: set[str] = set()
        self.ahead: ReadAhead | None = None
        """The calls that were begun for the query that runs, if it needs those of all rows."""
        # DuckDB counts the parameters, and would evaluate annotations.
        names = [f"argument_{number}" for number, _ in enumerate(function_types(procedure))]
        self.__signature__: Signature = Signature(
            [SignatureParameter(name, SignatureParameter.POSITIONAL_ONLY) for name in names]
        )

    def __call__(self, *vectors: Vector) -> pa.Array[Any]:
        """The results for one vector of rows; DuckDB calls it from threads of its own.

        Raises:
            grokcall.Error: With ``on_error="fail"`` what a row failed with, else what would fail every row. The
                message has no secrets, and no other exception behind it: DuckDB prints all that it finds.
        """
        try:
            return self._array(self._outcomes(self._rows(vectors)))
        except Exception as error:
            self.session.failure = self.session.failure or error
            failure = told(self.procedure, error)
        raise failure

    @contextmanager
    def reading_ahead(self, vectors: Sequence[Vector]) -> Iterator[None]:
        """Has the calls of all rows made in one window once DuckDB asks for one; the query runs inside the block."""
        ahead = ReadAhead(self.session, self.procedure, self._rows(vectors), self._bind, self._settle, self._verdicts)
        with ahead:
            self.ahead = ahead
            try:
                yield
            finally:
                self.ahead = None

    def _outcomes(self, rows: Sequence[Values]) -> list[Outcome]:
        costs = self._pricing.costs
        if costs is not None:
            costs.add([self._priced(row) for row in rows])
            return [Outcome(CallStatus.SKIPPED) for _ in rows]
        ahead = self.ahead
        if ahead is not None and ahead.covers(rows) and (found := ahead.outcomes(rows)) is not None:
            return found
        return self.session.run(self.procedure, self._bind, rows, self._settle, self._verdicts)

    def _rows(self, vectors: Sequence[Vector]) -> Sequence[Values]:
        count = len(vectors[0])
        if not self._binder.bindings:
            return [()] * count
        columns = [[None] * count if vector.null_count == count else call_values(vector) for vector in vectors]
        for place in self._files:
            columns[place] = [file_value(value) for value in columns[place]]
        return list(zip(*columns, strict=True))

    def _priced(self, row: Values) -> BoundCall | None:
        if self._binder.lacks_required(row):
            return None
        return self._binder.bind_row(row)

    def _bind(self, row: Values) -> BoundCall | Outcome:
        if self.session.options.on_null_input == "skip" and self._binder.lacks_required(row):
            return Outcome(CallStatus.SKIPPED)
        call = self._binder.bind_row(row)
        self.session.promise(call)
        return call

    def _settle(self, outcome: Outcome, _row: int) -> BaseException | None:
        self._tally.add(outcome)
        for warning in outcome.warnings:
            if warning not in self._warned:
                self._warned.add(warning)
                logger.warning("%s", warning)
        return outcome.error if self.session.options.on_error == "fail" else None

    def _array(self, outcomes: Sequence[Outcome]) -> pa.Array[Any]:
        if not self.procedure.many:
            return self._structs([outcome.rows[0] if outcome.rows else None for outcome in outcomes], outcomes)
        rows: list[Sequence[Row | None]] = [(None,) if outcome.rows is None else outcome.rows for outcome in outcomes]
        repeated = [outcome for outcome, each in zip(outcomes, rows, strict=True) for _ in each]
        structs = self._structs([row for each in rows for row in each], repeated)
        lists: pa.Array[Any] = list_array([len(each) for each in rows], structs)
        return lists

    def _structs(self, rows: Sequence[Row | None], outcomes: Sequence[Outcome]) -> pa.Array[Any]:
        arrays = self._columns.arrays(rows)
        if self._adds_call_columns:
            arrays = [*arrays, *call_arrays(outcomes)]
        return pa.StructArray.from_arrays(arrays, fields=list(self.schema))


def chosen_names(procedure: Procedure, further: Sequence[str] | None, *, content: bool) -> list[str] | None:
    """The fields of a procedure that are columns; None for those of its definition.

    Args:
        procedure: The procedure.
        further: The names of further fields; None for all.
        content: Whether the columns of bytes are among them.
    """
    if further is None:
        return [field.name for field in procedure.offered_fields]
    if not further:
        return None
    own = [field.name for field in procedure.fields if content or field.type is not ParameterType.BINARY]
    return [*own, *further]


def call_text(procedure: Procedure, columns: str | None = None) -> str:
    """The statement whose markers are the function's arguments, in their order."""
    given = [f"{each.name} => :{each.name}" for each in taken_parameters(procedure)]
    if columns is not None:
        given += [f"{each.name} => {quoted_text(columns)}" for each in procedure.parameters if each.decides_columns]
    return f"CALL {procedure.name}({', '.join(given)})"


def told(procedure: Procedure, error: Exception) -> Exception:
    """An error as DuckDB's user shall read it."""
    text = redact(message_of(error))
    text = text if text.startswith(procedure.name) else f"{procedure.name}: {text}"
    if isinstance(error, pa.ArrowException):
        return InternalError(text)
    return OperationalError(f"{text} [{error_code(error)}]")
