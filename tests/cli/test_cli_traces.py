"""Spans of commands go where the variables OTEL_* say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from grokcall.sandbox import SANDBOX_KEY

ASK = "CALL GenerateResponse('What is 6 * 7?')"


@pytest.fixture
def command(sandbox, tmp_path):
    """Runs the command against the sandbox, with some variables more."""

    def run(*arguments, **variables):
        told = {"XAI_BASE_URL": sandbox.base_url, "XAI_API_KEY": SANDBOX_KEY, **variables}
        return subprocess.run(
            [Path(sys.executable).with_name("grokcall"), *arguments],
            env={**os.environ, **told},
            cwd=tmp_path,
            capture_output=True,
            encoding="utf-8",
            timeout=400,
        )

    return run


def spans_in(text):
    """The spans that the console exporter has written."""
    found, decoder = [], json.JSONDecoder()
    while (text := text.lstrip()).startswith("{"):
        span, end = decoder.raw_decode(text)
        found.append(span)
        text = text[end:]
    return found


def test_the_spans_of_a_command_are_exported_before_it_ends_and_its_data_is_left_alone(command):
    done = command("call", ASK, "--traces", "--format", "jsonl", OTEL_TRACES_EXPORTER="console")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["Response_Result"] == "42"
    (span,) = spans_in(done.stderr)
    assert span["name"] == "chat grok-4.3"
    assert span["resource"]["attributes"]["service.name"] == "grokcall"
    assert SANDBOX_KEY not in done.stderr


def test_each_row_of_a_query_is_a_span_of_the_service_that_is_named(command):
    variables = {"OTEL_TRACES_EXPORTER": "console", "OTEL_SERVICE_NAME": "nightly", "GROKCALL_TRACES": "1"}
    done = command("sql", "SELECT r.Response_Result FROM range(3) t(n), GenerateResponse('add ' || t.n) r", **variables)
    assert done.returncode == 0, done.stderr
    spans = spans_in(done.stderr[done.stderr.index("{") :])
    assert [span["resource"]["attributes"]["service.name"] for span in spans] == ["nightly"] * 3


def test_an_exporter_that_is_not_there_is_named_before_anything_is_called(command, sandbox):
    done = command("call", ASK, "--traces", OTEL_TRACES_EXPORTER="carrier_pigeon")
    assert done.returncode == 2
    assert "OTEL_TRACES_EXPORTER is 'carrier_pigeon'" in done.stderr
    assert "pip install opentelemetry-exporter-carrier-pigeon" in done.stderr
    assert sandbox.ledger() == []


def test_spans_that_nobody_is_to_have_go_nowhere(command):
    done = command("call", ASK, "--traces", "--quiet", OTEL_TRACES_EXPORTER="none")
    assert (done.returncode, done.stderr) == (0, "")
