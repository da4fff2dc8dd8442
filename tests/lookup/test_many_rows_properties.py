"""Expanded rows are the unnested lists, whatever the calls of a lookup give and whatever becomes of them."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import hypothesis.strategies as st
import pyarrow as pa
from hypothesis import HealthCheck, given, settings

from grokcall.core.outcome import CallStatus, Outcome
from grokcall.errors import DataError
from grokcall.lookup.chunk_output import ChunkOutput
from grokcall.lookup.options import LookupOptions
from grokcall.lookup.plan import LookupPlan
from grokcall.scheduling.chunks import Chunk
from grokcall_parser import parse_call
from grokcall_procedures import Binder, Parameter, Procedure, ResultField, Settings
from grokcall_procedures.schemas import read_output_schema
from grokcall_procedures.types import ParameterType

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
PLAIN: dict[ParameterType, st.SearchStrategy[Any]] = {
    ParameterType.STRING: TEXTS,
    ParameterType.ENUM: st.sampled_from(["low", "high"]),
    ParameterType.INT32: st.integers(-(2**31), 2**31 - 1),
    ParameterType.INT64: st.integers(-(2**63), 2**63 - 1),
    ParameterType.DOUBLE: st.floats(allow_nan=False),
    ParameterType.BOOLEAN: st.booleans(),
    ParameterType.BINARY: st.binary(max_size=4),
    ParameterType.JSON: st.sampled_from(["{}", "[1]", "null"]),
}
MOMENTS = st.datetimes(datetime.datetime(1900, 1, 1), datetime.datetime(2200, 1, 1))
DECLARED: dict[str, st.SearchStrategy[Any]] = {
    "tiny TINYINT": st.integers(-128, 127),
    "ubig UBIGINT": st.integers(0, 2**64 - 1),
    "price DECIMAL(10,2)": st.integers(0, 10**6).map(lambda cents: Decimal(cents).scaleb(-2)),
    "ratio REAL": st.floats(width=32, allow_nan=False),
    "due DATE": st.dates(),
    "clock TIME": st.times(),
    "moment TIMESTAMP": MOMENTS,
    "zoned TIMESTAMPTZ": MOMENTS.map(lambda moment: moment.replace(tzinfo=datetime.UTC)),
    "ident UUID": st.uuids(),
    "extra JSON": st.sampled_from(["{}", "7"]),
    "team ENUM('x', 'y')": st.sampled_from("xy"),
    "counts INTEGER[]": st.lists(st.one_of(st.none(), st.integers(0, 9)), max_size=3),
    "place STRUCT(city VARCHAR, ids UUID[])": st.fixed_dictionaries(
        {"city": TEXTS, "ids": st.lists(st.just(uuid.UUID(int=5)), max_size=2)}
    ),
    "totals MAP(VARCHAR, INTEGER)": st.dictionaries(TEXTS, st.integers(0, 9), max_size=2),
}


def no_steps(_call: object) -> Iterator[Any]:
    raise AssertionError("nothing is called here")


COLUMNS = read_output_schema(", ".join(DECLARED)).columns
THINGS = Procedure(
    name="ListThings",
    summary="Lists things.",
    parameters=(Parameter("Text", ParameterType.STRING, "Of which."),),
    fields=(
        *(ResultField(f"Thing_{kind.value}", kind, "", "") for kind in PLAIN),
        *(ResultField(f"Thing_{column.name}", column.type, "", "") for column in COLUMNS),
    ),
    steps=no_steps,
    many=True,
    further_fields=(ResultField("Thing_Further", ParameterType.STRING, "", ""),),
)
VALUES = [*PLAIN.values(), *DECLARED.values(), TEXTS]
RESULT = st.tuples(*(st.one_of(st.none(), value) for value in VALUES))
OUTCOMES = st.one_of(
    st.none(),
    st.just(Outcome(CallStatus.SKIPPED)),
    st.builds(lambda text: Outcome(CallStatus.ERROR, error=DataError(text)), TEXTS),
    st.lists(RESULT, max_size=4).map(lambda rows: Outcome(rows=rows)),
)
FIELDS = st.one_of(
    st.none(), st.lists(st.sampled_from([field.name for field in THINGS.row_fields]), min_size=1, unique=True)
)


def output(outcomes: list[Outcome | None], part_rows: int, **options: Any) -> tuple[list[dict[str, Any]], pa.Schema]:
    """What a lookup gives for one chunk of rows, in batches of at most so many result rows."""
    batch = pa.RecordBatch.from_pydict({"n": list(range(len(outcomes)))}, pa.schema([("n", pa.int64())]))
    binder = Binder(parse_call("CALL ListThings('x')"), THINGS, Settings())
    plan = LookupPlan(binder, batch.schema, None, LookupOptions(**options))
    chunk = Chunk(batch, [()] * len(outcomes))
    chunk.outcomes = outcomes
    made = ChunkOutput(plan, chunk, part_rows)
    pairs = list(made)
    assert pairs
    for rows, _ in pairs:
        rows.validate(full=True)
        assert options.get("many") != "expand" or rows.num_rows <= max(part_rows, len(outcomes))
    failed = [row for _, errors in pairs for row in errors.to_pylist()]
    known = [n for n, outcome in enumerate(outcomes) if outcome is not None and outcome.error is not None]
    assert [row["n"] for row in failed] == ([] if options["on_error"] == "ignore" else known)
    return [row for rows, _ in pairs for row in rows.to_pylist()], plan.schema


def unnested(rows: list[dict[str, Any]], names: list[str], *, keep_empty: bool) -> list[dict[str, Any]]:
    """Rows with a list as a row for each of its structs."""
    made = []
    for row in rows:
        things = row.pop("x_Things")
        failed = row.get("Call_Status") == "error"
        nothing = [dict.fromkeys(names)] if keep_empty or failed else []
        made += [{**row, **thing} for thing in things or nothing]
    return made


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    outcomes=st.lists(OUTCOMES, max_size=6),
    fields=FIELDS,
    part_rows=st.integers(1, 9),
    on_error=st.sampled_from(["redirect", "ignore"]),
    call_columns=st.booleans(),
    keep_empty=st.booleans(),
)
def test_expanded_rows_are_the_unnested_lists(outcomes, fields, part_rows, on_error, call_columns, keep_empty):
    options = {"fields": fields, "prefix": "x_", "on_error": on_error, "call_columns": call_columns or None}
    nested, nested_schema = output(list(outcomes), part_rows, **options)
    expanded, schema = output(list(outcomes), part_rows, **options, many="expand", keep_empty=keep_empty)
    things = nested_schema.field("x_Things").type.value_type
    names = [thing.name for thing in things]
    given_names = fields or [field.name for field in THINGS.fields]
    assert names == [f"x_{name}" for name in given_names]
    assert [schema.field(name).type for name in names] == [thing.type for thing in things]
    # Failed rows are told by their status: where there is none, none of them is kept.
    assert expanded == [
        {name: row[name] for name in schema.names} for row in unnested(nested, names, keep_empty=keep_empty)
    ]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(outcomes=st.lists(OUTCOMES, max_size=6))
def test_the_list_is_null_where_there_is_no_answer_and_has_every_row_of_the_answer_else(outcomes):
    rows, _ = output(list(outcomes), 3, on_error="ignore", fields=["Thing_Int64"])
    known = [outcome for outcome in outcomes if outcome is not None]
    place = THINGS.places["Thing_Int64"]
    assert [row["Things"] for row in rows] == [
        None if outcome.rows is None else [{"Thing_Int64": row[place]} for row in outcome.rows] for outcome in known
    ]
