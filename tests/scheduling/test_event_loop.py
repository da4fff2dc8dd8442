"""The connection's event loop, on which all calls run: no file is opened there, and nothing waits for a disk."""

from __future__ import annotations

import subprocess
import sys

from PIL import Image

import grokcall
from scripted_service import KEY, Service

PROGRAM = """
import sys, threading
watched = ("open", "sqlite3.connect", "os.rename", "os.remove", "os.mkdir", "os.listdir", "os.scandir", "fcntl.flock",
           "fcntl.lockf", "time.sleep", "subprocess.Popen")
seen = []

def hear(event, arguments):
    if watching and event in watched and threading.current_thread().name == "grokcall":
        seen.append(f"{event} {arguments[0]}")

watching = False
sys.addaudithook(hear)
import grokcall
base_url, key, folder = sys.argv[1:]
with grokcall.connect(base_url=base_url, api_key=key) as connection:
    connection.execute("CALL GenerateResponse('the first request opens what the machine prescribes')")
    ask = "CALL AnalyzeImage('What is it?', :picture)"
    pictures = [{"picture": f"{folder}/{number}.png"} for number in range(4)]
    mapping = {"picture": grokcall.file("picture")}
    connection.lookup(ask, pictures[:1], mapping)  # what is imported late is there
    watching = True
    for _ in range(2):
        found = connection.lookup(ask, pictures, mapping, journal=f"{folder}/answers.journal")
        print(found.rows.num_rows, found.summary.failed)
    watching = False
print(*seen, sep=chr(10))
"""


def test_no_file_is_opened_on_the_loop_for_a_lookup_with_a_journal_and_media(service: Service, tmp_path):
    for number in range(4):
        Image.new("RGB", (16, 16), (number, 0, 0)).save(tmp_path / f"{number}.png")
    command = [sys.executable, "-c", PROGRAM, service.base_url, KEY, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.stdout.split("\n") == ["4 0", "4 0", "", ""], done.stderr


def test_a_file_that_is_missing_is_an_error_of_its_row(connection, tmp_path):
    Image.new("RGB", (16, 16)).save(tmp_path / "there.png")
    rows = [{"picture": str(tmp_path / name)} for name in ("there.png", "missing.png", "there.png")]
    found = connection.lookup("CALL AnalyzeImage('?', :picture)", rows, {"picture": grokcall.file("picture")})
    assert found.rows.num_rows == 2
    assert "missing.png" in str(found.errors.to_pylist())
