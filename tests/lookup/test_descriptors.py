"""Few open files: no more sockets than there is room for, and some files in reserve for all else."""

from __future__ import annotations

import subprocess
import sys

import pytest

from scripted_service import KEY, Service, answered

pytest.importorskip("resource")

PROGRAM = """
import resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
import grokcall
base_url, key, transport, journal = sys.argv[1:]
with grokcall.connect(base_url=base_url, api_key=key, concurrency=256, transport=transport) as connection:
    rows = [{"m": str(number)} for number in range(300)]
    result = connection.lookup("CALL GenerateResponse(:m)", rows, journal=journal)
    print(result.summary.ok, result.summary.failed, connection.execute("SELECT 1 + 1").fetchone())
"""


@pytest.mark.parametrize("transport", ["aiohttp", "httpx"])
def test_a_lookup_with_few_open_files_answers_every_row(service: Service, tmp_path, transport):
    service.script = lambda asked: answered(asked.text, delay=0.02)
    command = [sys.executable, "-c", PROGRAM, service.base_url, KEY, transport, str(tmp_path / "j.journal")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200)
    assert done.stdout.split("\n")[0] == "300 0 (2,)", done.stderr
    assert service.peak < 64
