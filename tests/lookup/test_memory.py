"""A lookup takes the same memory for any number of rows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
ROWS = 40_000

PROGRAM = """
import resource, sys, time
import grokcall
from grokcall.lookup.passes import READ_AHEAD_ROWS
from grokcall.tables import open_writer
from grokcall.tables.encoders import ROW_GROUP_ROWS

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 if sys.platform == "linux" else 1024)

base_url, source, target = sys.argv[1:]
early = 0
with (
    grokcall.connect(base_url=base_url, api_key="xai-memory", concurrency=32) as connection,
    connection.lookup_stream("CALL GenerateResponse(:body)", source) as stream,
    open_writer(target, stream.schema) as writer,
):
    for rows, _ in stream:
        # Until the first row group has been written as many answers wait as ever may, however fast the machine is.
        while writer.rows <= ROW_GROUP_ROWS and stream.summary.rows < writer.rows + rows.num_rows + READ_AHEAD_ROWS:
            time.sleep(0.001)
        writer.write(rows)
        if not early and writer.rows > ROW_GROUP_ROWS:
            early = peak()
print(writer.rows, early, peak())
"""


def test_the_rows_after_the_first_row_group_take_no_memory_of_their_own(tmp_path: Path):
    source = tmp_path / "rows.csv"
    lines = (f"{number},question {number} about parcels and invoices\n" for number in range(ROWS))
    source.write_text("id,body\n" + "".join(lines))
    command = [sys.executable, str(BENCHMARKS / "stub_server.py"), "--latency-ms", "0", "--slow-ms", "0"]
    with subprocess.Popen(
        [*command, "--slow-every", "0"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as stub:
        base_url = f"http://127.0.0.1:{int(stub.stdout.readline())}/v1"
        measured = [sys.executable, "-c", PROGRAM, base_url, str(source), str(tmp_path / "answers.parquet")]
        done = subprocess.run(measured, capture_output=True, text=True, timeout=300)
        stub.stdin.close()
    assert done.returncode == 0, done.stderr
    rows, early, late = map(float, done.stdout.split())
    assert rows == ROWS
    assert late <= early + (8 << 10), f"{early:,.0f} KiB after the first row group, {late:,.0f} KiB at the end"
