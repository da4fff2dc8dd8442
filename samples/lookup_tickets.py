"""Put an answer beside each row of a table.

``lookup`` takes a CALL, rows, and a mapping from the CALL's markers to columns. The rows may be a file, a SELECT, an
Arrow table, a pandas or Polars frame, or a list of dicts. The result has the rows with the new columns, in input order;
rows that failed are in ``errors``, with the reason; and ``summary`` has the counts, the tokens and the price.
"""

import pyarrow as pa
from service import TICKETS, service

import grokcall

with service(), grokcall.connect(concurrency=32) as connection:
    result = connection.lookup(
        "CALL GenerateResponse(:Message, :Instructions)",
        TICKETS,
        mapping={
            "Message": "body",  # a column of the table
            "Instructions": grokcall.const("Summarize the ticket in at most 12 words."),  # the same for each row
        },
        fields=["Response_Result", "Response_UsageTotalTokens"],
    )
    print(result.rows.column_names)
    for row in result.rows.slice(0, 4).to_pylist():
        print(f"{row['id']:>3}  {row['subject']}: {row['Response_Result']}")
    summary = result.summary
    print(f"{summary.rows} rows, {summary.ok} ok, {summary.failed} failed, {summary.cost_usd:.6f} USD")

    # A row that cannot be answered does not take the others with it. Here one temperature is out of range.
    rows = pa.table({"Message": ["Say one", "Say two", "Say three"], "Temperature": [0.5, 7.0, 1.0]})
    command = "CALL GenerateResponse(:Message, Temperature => :Temperature)"
    result = connection.lookup(command, rows, fields=["Response_Result"])
    print(result.rows.to_pylist())
    for row in result.errors.to_pylist():
        print(row["Message"], "->", row["Call_ErrorCode"], "|", row["Call_ErrorMessage"])

    # Or keep the failed rows where they are, with NULL and the reason beside them.
    result = connection.lookup(command, rows, fields=["Response_Result"], on_error="ignore")
    for row in result.rows.to_pylist():
        print(row["Message"], "->", row["Response_Result"], row["Call_Status"], row["Call_ErrorCode"])
