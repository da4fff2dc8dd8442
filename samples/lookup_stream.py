"""A lookup over more rows than fit in memory.

``lookup_stream`` gives the same rows as ``lookup``, a batch at a time and in order, while further calls are under way.
Memory is bounded by the calls in flight and not by the table, and the file below is written as the answers come. The
input is a SELECT that makes 2,000 rows; it could as well read a folder of Parquet files.
"""

import pyarrow.parquet as pq
from service import service

import grokcall

ROWS = "SELECT i AS id, 'What is ' || i || ' + ' || i || '?' AS question FROM range(2000) numbers(i)"

with (
    service(),
    grokcall.connect() as connection,
    connection.lookup_stream("CALL GenerateResponse(:question)", ROWS, fields=["Response_Result"]) as stream,
    pq.ParquetWriter("sums.parquet", stream.schema) as writer,
):
    largest = 0
    for rows, errors in stream:
        writer.write_batch(rows)
        largest = max(largest, rows.num_rows + errors.num_rows)

print("rows:", stream.summary.ok, "failed:", stream.summary.failed)
print("largest batch:", largest)
written = pq.read_table("sums.parquet")
print(written.schema.to_string(show_schema_metadata=False))
print("in order:", written["id"].to_pylist() == list(range(2000)))
print(written.slice(1997).to_pylist())
