"""How much memory a lookup takes at most, by the number of its rows: it should be the same for any.

    python benchmarks/memory.py [--rows 10000 100000] [--url http://127.0.0.1:18090/v1]

Each figure is the peak of a fresh process that asks about every row of a CSV file and writes all 34 columns as Parquet.
Without a URL the stub server beside this file answers.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stub_server import stub

DEFAULT_ROWS = (10_000, 100_000)
IN_FLIGHT = 64


@contextmanager
def service(url: str | None) -> Iterator[str]:
    """The address that answers."""
    if url is not None:
        yield url
        return
    with stub() as found:
        yield found


def run(url: str, source: Path, target: Path) -> int:
    """The lookup, in this process; the peak of its memory in KiB."""
    import grokcall
    from grokcall.tables import open_writer

    command = "CALL GenerateResponse(:body)"
    with (
        grokcall.connect(base_url=url, api_key="xai-benchmark", concurrency=IN_FLIGHT) as connection,
        connection.lookup_stream(command, source) as stream,
        open_writer(target, stream.schema) as writer,
    ):
        for rows, _ in stream:
            writer.write(rows)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def measured(url: str, rows: int) -> float:
    """The peak of a process of its own with so many rows, in MB."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "rows.csv")
        with source.open("w") as file:
            file.write("id,body\n")
            file.writelines(f"{number},question number {number} about parcels and invoices\n" for number in range(rows))
        arguments = [sys.executable, __file__, "--one", url, str(source), str(Path(folder, "answers.parquet"))]
        done = subprocess.run(arguments, capture_output=True, text=True, check=True)
        return int(done.stdout) / 1024


def main() -> None:
    """Prints a line for each number of rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=list(DEFAULT_ROWS))
    parser.add_argument("--url", help="a service that answers; the stub server without one")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        url, source, target = options.one
        print(run(url, Path(source), Path(target)))
        return
    with service(options.url) as url:
        for rows in options.rows:
            print(f"{rows:>10,} rows  {measured(url, rows):>8.0f} MB at most", flush=True)


if __name__ == "__main__":
    main()
