"""A disk that fills up takes nothing that was written before."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from grokcall.tables import OutputFull, open_table, open_writer

FILL = """
import json, os, sys, pyarrow as pa
from grokcall.tables import OutputFull, open_writer
target, rows, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
if len(sys.argv) > 4:
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[4]), resource.RLIM_INFINITY))
schema = pa.schema([("n", pa.int64()), ("text", pa.string())])
given = 0
writer = None
try:
    writer = open_writer(target, schema)
    while given < rows:
        texts = [os.urandom(size // 2).hex() for _ in range(10)]
        writer.write(pa.record_batch({"n": range(given, given + 10), "text": texts}, schema))
        given += 10
    writer.close()
except OutputFull as error:
    print(json.dumps([str(error), error.rows, str(error.kept), given, writer is not None and writer.is_full]))
"""
TARGETS = ["o.csv", "o.tsv", "o.json", "o.jsonl", "o.parquet", "o.arrow", "o.duckdb::answers"]


def fill(command, target, *arguments):
    done = subprocess.run(
        [*command, sys.executable, "-c", FILL, target, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def check_kept(said, folder=""):
    message, rows, kept, given, was_full = json.loads(said)
    assert message.startswith("no space left on .: " if not folder else f"no space left on {folder}: ")
    assert message.endswith(f"{rows:,} rows are kept in {kept}; make room and go on")
    # The write that raised was of ten rows more; they are in the file too, for the reserve had room for them.
    assert rows == given + 10
    assert was_full
    return kept, rows


@pytest.mark.parametrize("target", TARGETS)
def test_a_limit_on_the_size_of_a_file_keeps_every_row(here, target, names):
    said = fill([], target, 100_000, 2000, 3_000_000)
    kept, rows = check_kept(said)
    with open_table(kept, types="auto") as table:
        assert table.read_all()["n"].to_pylist() == list(range(rows))
    assert rows * 2000 > 1_000_000
    assert names() == [kept]


def can_mount():
    command = ["unshare", "-m", "sh", "-c", "mount -t tmpfs -o size=64k none /mnt"]
    return shutil.which("unshare") is not None and subprocess.run(command, capture_output=True).returncode == 0


@pytest.mark.skipif(not can_mount(), reason="this user may not mount a small disk")
@pytest.mark.parametrize("target", TARGETS)
def test_a_disk_that_fills_up_keeps_every_row(here, target):
    """The disk is of one MiB, in a mount namespace of its own; what is kept there is copied out at the end."""
    (here / "disk").mkdir()
    script = 'mount -t tmpfs -o size=1m none disk && "$@" && cp disk/* . && ls -A disk >names'
    said = fill(["unshare", "-m", "sh", "-c", script, "sh"], f"disk/{target}", 100_000, 500)
    kept, rows = check_kept(said, "disk")
    name = Path(kept).name
    assert (here / "names").read_text().split() == [name]
    with open_table(name, types="auto") as table:
        assert table.read_all()["n"].to_pylist() == list(range(rows))
    assert rows * 500 > 500_000


def test_a_disk_without_any_room_is_told_at_once(here, names):
    said = fill([], "o.csv", 10, 10, 1000) or "nothing was said"
    assert "no space left" in said
    assert names() == []


@pytest.mark.parametrize("target", TARGETS[:6])
def test_a_batch_that_is_too_large_for_what_is_left_harms_nothing_before_it(here, target):
    code = FILL.replace("given += 10", "given += 10\n        size *= 40 if given == 50 else 1")
    done = subprocess.run(
        [sys.executable, "-c", code, target, "1000", "20000", "4000000"], capture_output=True, text=True, timeout=300
    )
    message, rows, kept, given, _ = json.loads(done.stdout)
    assert (rows, given) == (50, 50), message
    with open_table(kept, types="auto") as table:
        assert table.read_all().num_rows == 50


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("form", ["csv", "tsv", "json", "jsonl"])
def test_a_full_device_is_told_and_is_not_replaced_by_a_file(form):
    batch = pa.record_batch({"n": [1]})
    with (
        pytest.raises(OutputFull, match=r"/dev/full: no(thing is kept| space left)"),
        open_writer("/dev/full", batch.schema, format=form) as writer,
    ):
        writer.write(batch)
    assert not Path("/dev/full").is_file()


def test_the_room_taken_in_advance_is_given_back(here):
    batch = pa.record_batch({"n": [1]})
    for name in ("o.csv", "o.parquet"):
        with open_writer(name, batch.schema) as writer:
            writer.write(batch)
        assert Path(name).stat().st_blocks * 512 <= 64 << 10
        assert Path(name).stat().st_size == writer.bytes
