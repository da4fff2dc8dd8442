"""A lookup as a step in somebody else's data flow.

Engines such as Ray, Spark or Dask want a function from record batch to record batch that they can pickle and send to
their workers. ``grokcall.Lookup`` is one. It holds no connection and no key: each worker opens its own connection when
the first batch comes, and finds the key in its own environment. Here two processes stand in for an engine.
"""

import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pyarrow as pa
from service import OPENINGS, service

import grokcall
from grokcall.tables import open_table

STEP = grokcall.Lookup(
    "CALL GenerateResponse(:opening, 'Summarize in at most 8 words.')",
    fields=["Response_Result"],
    on_error="ignore",  # a step has one output, so a failed row stays in it, with the reason beside it
    concurrency=8,
)


def main() -> None:
    """Runs the step over five batches in two processes."""
    travelled = pickle.loads(pickle.dumps(STEP))
    print("the same after a journey:", travelled.command == STEP.command)
    with service(), open_table(OPENINGS, batch_rows=4) as table:
        print("columns added:", STEP.schema(table.schema).names[len(table.schema) :])
        STEP.close()
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as workers:
            done = pa.Table.from_batches(workers.map(STEP, table))
    for row in done.slice(0, 5).to_pylist():
        print(f"{row['title']}: {row['Response_Result']} [{row['Call_Status']}]")
    print("rows:", done.num_rows)


if __name__ == "__main__":
    main()
