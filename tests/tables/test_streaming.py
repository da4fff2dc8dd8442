"""Large tables pass through in little memory."""

import subprocess
import sys

import duckdb
import pytest

PASS = """
import resource, sys
from grokcall.tables import open_table, open_writer
rows = 0
with open_table(sys.argv[1]) as source, open_writer(sys.argv[2], source.schema) as writer:
    peak = None
    for batch in source:
        writer.write(batch)
        rows += batch.num_rows
        if peak is None and rows > 100_000:
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(rows, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak) // 1024)
"""


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """Half a million rows that are 150 MB as CSV and do not compress well."""
    folder = tmp_path_factory.mktemp("large")
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE t AS SELECT i AS id, sha256(i::VARCHAR) || sha256((-i)::VARCHAR) || repeat('x', 150) AS body"
            " FROM range(500000) t(i)"
        )
        for name in ("t.csv", "t.parquet", "t.jsonl"):
            connection.execute(f"COPY t TO '{folder / name}'" + (" (FORMAT json)" if name == "t.jsonl" else ""))
        connection.execute(f"ATTACH '{folder / 't.duckdb'}' AS d; CREATE TABLE d.t AS FROM t")
    return folder


@pytest.mark.parametrize(
    ("source", "target"),
    [("t.csv", "o.parquet"), ("t.parquet", "o.csv"), ("t.jsonl", "o.arrow"), ("t.duckdb::t", "o.jsonl")],
)
def test_memory_does_not_grow_with_the_table(large, here, source, target):
    done = subprocess.run(
        [sys.executable, "-c", PASS, large / source, here / target], capture_output=True, text=True, timeout=110
    )
    assert done.returncode == 0, done.stderr
    rows, growth = map(int, done.stdout.split())
    assert rows == 500_000
    assert growth < 60
