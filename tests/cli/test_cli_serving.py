"""``grokcall sandbox``: a script that starts it learns where it listens, and can stop it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from installed import COMMAND

ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)/v1")


@contextmanager
def serving(*arguments: object) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command as a process, and the first line that it prints to standard output."""
    command = [COMMAND, "sandbox", *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().rstrip("\n")
        finally:
            process.kill()


def status_of(base_url: str, **fields: object) -> int:
    body = {"model": "grok-4.3", "input": "2+2?", **fields}
    return httpx.post(f"{base_url}/responses", json=body, headers={"Authorization": "Bearer k"}).status_code


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_free_port_is_told_once_it_listens_and_the_line_is_all_of_standard_output(stop):
    with serving("--port", 0) as (process, line):
        found = ADDRESS.fullmatch(line)
        assert found is not None
        assert found.group(1) != "0"
        assert status_of(line) == 200
        process.send_signal(stop)
        out, err = process.communicate(timeout=240)
    assert (process.returncode, out) == (0, "")
    assert f"serving on {line} " in err
    assert f"export XAI_BASE_URL={line} XAI_API_KEY=" in err


def test_each_of_several_has_a_port_of_its_own():
    with serving("--port", 0) as (_, one), serving("--port", 0) as (_, two):
        assert one != two
        assert status_of(one) == status_of(two) == 200


def test_a_port_that_is_named_is_told_in_the_same_line():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with serving("--port", port, "--quiet") as (process, line):
        assert line == f"http://127.0.0.1:{port}/v1"
        assert status_of(line) == 200
        process.terminate()
        _, err = process.communicate(timeout=240)
    assert err == ""


def test_a_port_that_is_taken_is_an_error_and_no_address_is_told(process):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = process("sandbox", "--port", taken.getsockname()[1])
    assert done.code != 0
    assert done.out == ""
    assert "in use" in done.err


def test_what_some_say_is_refused_can_be_refused():
    with serving("--port", 0, "--refuse", "background", "--refuse", "user_location") as (_, base_url):
        assert status_of(base_url, background=True) == 400
        assert status_of(base_url, tools=[{"type": "web_search", "user_location": {}}]) == 400
    with serving("--port", 0) as (_, base_url):
        assert status_of(base_url, background=True) == 200


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ("--refuse", "foreground"),
            "--refuse: 'foreground' is none of background, custom_voices, data_retention, user_location",
        ),
        (("--chaos", "wind"), "--chaos: unknown profile 'wind'"),
    ],
)
def test_a_name_that_is_not_known_is_an_error_of_its_flag(process, arguments, words):
    done = process("sandbox", "--port", 0, *arguments)
    assert (done.code, done.out) == (2, "")
    assert words in done.err
