"""Whatever a service answers with, a lookup ends with all of its rows, and what was paid for is in them."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import brotli
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import grokcall
from bad_server import ServerThread, read_request
from grokcall.http import content_encodings
from grokcall.http.content_encodings import TooLongError, unpacked
from grokcall.journal import Journal
from scripted_service import KEY, Answer, Service, answered

TEXT_CALLS = {
    "CALL GenerateResponse(:q)": "Response_Result",
    "CALL ClassifyText(:q, ['billing', 'delivery'])": "Response_Result",
    "CALL SummarizeText(:q)": "Response_Result",
    "CALL GenerateResponse(:q, OutputSchema => 'n INTEGER')": "Response_Result",
    "CALL CreateChatCompletion(NULL, :q)": "Completion_Raw",
    "CALL CreateMessage(:q)": "Message_Raw",
    "CALL RawRequest('/responses', Body => :q, ResponseType => 'json')": "Raw_Body",
}
MEDIA_CALLS = ["CALL GenerateImage(:q)", "CALL GenerateAudio(:q, 'en')", "CALL GenerateVideo(:q)"]
UNREADABLE = [
    b"",
    b"upstream connect error",
    b'{"id": "resp',
    b"<html>\xff</html>",
    b"[" * 3_000,
    b"\x00\x01\x02",
    b'{"a": 1e}',
]
HAPPY = answered("fine").body


class RawServer:
    """Answers every request with these headers, byte for byte, and this body; gives its base URL."""

    def __init__(self, headers: bytes, body: bytes) -> None:
        head = b"HTTP/1.1 200 OK\r\n" + headers + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
        self._reply = head + body
        self._thread = ServerThread()

    def __enter__(self) -> str:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await read_request(reader)
            writer.write(self._reply)
            with suppress(ConnectionError):
                await writer.drain()
            writer.close()

        return f"http://127.0.0.1:{self._thread.listen(answer)}/v1"

    def __exit__(self, *_: object) -> None:
        self._thread.close()


@pytest.fixture(params=["aiohttp", "httpx"])
def over(request: pytest.FixtureRequest, service: Service) -> Iterator[grokcall.Connection]:
    """A connection over each transport."""
    options = {"transport": request.param, "schema_attempts": 1, "poll_interval": 0.01}
    with grokcall.connect(api_key=KEY, base_url=service.base_url, **options) as connection:
        yield connection


def one(
    connection: grokcall.Connection, call: str = "CALL GenerateResponse(:q)", **options: object
) -> dict[str, object]:
    """The only row of a lookup, as it is, whatever became of it."""
    result = connection.lookup(call, [{"q": "a"}], on_error="ignore", call_columns=True, **options, allow_changes=True)
    (row,) = result.rows.to_pylist()
    return row


@pytest.mark.parametrize("body", UNREADABLE)
@pytest.mark.parametrize("call", TEXT_CALLS)
def test_a_reply_that_nobody_can_read_is_an_error_with_its_text_beside_it(
    service: Service, connecting: Callable[..., grokcall.Connection], call: str, body: bytes
) -> None:
    service.script = lambda _: Answer(body)
    row = one(connecting(schema_attempts=1), call)
    if call.startswith("CALL RawRequest") and not body:
        assert row["Call_Status"] == "ok"
        return
    assert row["Call_ErrorCode"] == "malformed_reply"
    assert row[TEXT_CALLS[call]] == (body.decode("utf-8", "replace") or (None if "RawRequest" in call else ""))


@pytest.mark.parametrize("call", MEDIA_CALLS)
def test_a_reply_for_which_no_column_has_a_place_is_in_the_journal(
    service: Service, connection: grokcall.Connection, tmp_path: Path, call: str
) -> None:
    service.script = lambda _: Answer(b'{"odd": "\xe9t\xe9"}')
    assert one(connection, call, journal=tmp_path / "j")["Call_Status"] == "error"
    with Journal(tmp_path / "j") as journal:
        (exported,) = journal.export()
    assert exported["Call_Reply"] == '{"odd": "\ufffdt\ufffd"}'


def test_a_row_that_failed_comes_back_from_the_journal_with_its_text(
    service: Service, connection: grokcall.Connection, tmp_path: Path
) -> None:
    service.script = lambda _: answered('{"category": "praise"}')
    first, second = (one(connection, "CALL ClassifyText(:q, ['a'])", journal=tmp_path / "j") for _ in range(2))
    assert len(service.asked) == 1
    assert first["Response_Result"] == second["Response_Result"] == '{"category": "praise"}'
    assert first["Call_ErrorCode"] == second["Call_ErrorCode"] == "malformed_reply"


def test_an_answer_that_had_to_be_json_and_was_cut_short_can_be_asked_for_again(
    service: Service, connection: grokcall.Connection
) -> None:
    cut = answered('{"cat', status="incomplete", incomplete_details={"reason": "max_output_tokens"})
    service.script = lambda asked: cut if asked.json["max_output_tokens"] < 40 else answered('{"category": "a"}')
    row = one(connection, "CALL ClassifyText(:q, ['a'], MaxOutputTokens => 20)", on_incomplete="retry")
    assert (row["Result_Category"], row["Call_Status"], row["Call_Attempts"]) == ("a", "ok", 2)


@pytest.mark.parametrize("told", ["1" + "0" * 40, "9" * 5_000, "-7", "1e400", "NaN", '"5"', "5.5", "{}"])
def test_a_price_that_is_none_is_not_told_and_harms_no_other_row(
    service: Service, connection: grokcall.Connection, tmp_path: Path, told: str
) -> None:
    odd = answered("odd", ticks=77777).body.replace(b"77777", told.encode())
    service.script = lambda asked: Answer(odd) if asked.text == "row 3" else answered(asked.text)
    rows = [{"q": f"row {number}"} for number in range(6)]
    result = connection.lookup("CALL GenerateResponse(:q)", rows, call_columns=True, journal=tmp_path / "j")
    assert result.summary.ok == 6
    assert result.summary.unpriced == 1
    assert result.rows["Call_CostUsd"].null_count == 1
    assert result.rows["Response_Result"].to_pylist()[3] == "odd"


def test_the_highest_prices_are_summed_without_an_end_to_the_run(
    service: Service, connection: grokcall.Connection, tmp_path: Path
) -> None:
    highest = 2**63 - 1
    service.script = lambda asked: answered(asked.text, ticks=highest)
    rows = [{"q": f"row {number}"} for number in range(4)]
    for _ in range(2):
        connection.lookup("CALL GenerateResponse(:q)", rows, journal=tmp_path / "j", max_cost="1e12")
    with Journal(tmp_path / "j") as journal:
        assert journal.run().cost_usd == Decimal(4 * highest).scaleb(-10)


@pytest.mark.parametrize("raw", [b"\xe9t\xe9", b"\xff\xfe", "żółw".encode(), b"a" * 70_000, b"\xe9" * 66_000])
@pytest.mark.parametrize("journal", [False, True])
def test_a_request_id_may_hold_anything(over: grokcall.Connection, tmp_path: Path, raw: bytes, journal: bool) -> None:
    with RawServer(b"X-Request-Id: " + raw + b"\r\nX-Trace: " + b"t" * 20_000 + b"\r\n", HAPPY) as server:
        given = {"journal": tmp_path / "j"} if journal else {}
        with grokcall.connect(api_key=KEY, base_url=server, transport=over.options.transport) as connection:
            row = one(connection, **given)
    assert (row["Response_Result"], row["Call_Status"]) == ("fine", "ok")
    assert len(row["Call_RequestId"]) <= 200


def test_a_header_that_no_one_reads_is_no_cut_connection_and_not_worth_another_try(over: grokcall.Connection) -> None:
    with (
        RawServer(b"X-Trace: " + b"t" * 2_000_000 + b"\r\n", HAPPY) as server,
        grokcall.connect(api_key=KEY, base_url=server, transport=over.options.transport) as connection,
    ):
        row = one(connection)
    assert (row["Call_ErrorCode"], row["Call_Retryable"], row["Call_Attempts"]) == ("malformed_reply", False, 1)


def zstd(data: bytes) -> bytes:
    return content_encodings.library(content_encodings.ZSTD, "").compress(data)


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


PACKING = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "Deflate": raw_deflate,
    "br": brotli.compress,
    "zstd": zstd,
    "gzip, br": lambda data: brotli.compress(gzip.compress(data)),
    "gzip ": lambda data: gzip.compress(data[:9]) + gzip.compress(data[9:]),
    "utf-8": lambda data: data,
    "identity": lambda data: data,
    "GZIP": lambda data: data,
    "zstd ": lambda data: data,
}


@pytest.mark.parametrize("encoding", PACKING)
def test_a_packed_reply_is_read(service: Service, over: grokcall.Connection, encoding: str) -> None:
    service.script = lambda _: Answer(PACKING[encoding](HAPPY), headers={"content-encoding": encoding})
    assert one(over)["Response_Result"] == "fine"
    assert not {"accept-encoding"} & set(service.asked[0].headers)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_a_packed_reply_that_is_broken_or_cut_off_is_an_error_of_its_row(
    service: Service, over: grokcall.Connection, encoding: str
) -> None:
    whole = PACKING[encoding](HAPPY)
    service.script = lambda asked: Answer(
        {"cut": whole[: len(whole) // 2], "odd": b"\x07nothing"}.get(asked.text, whole),
        headers={"content-encoding": encoding},
    )
    rows = [{"q": text} for text in ("cut", "odd", "whole")]
    result = over.lookup("CALL GenerateResponse(:q)", rows, on_error="ignore", call_columns=True)
    assert result.rows["Call_ErrorCode"].to_pylist() == ["malformed_reply", "malformed_reply", None]


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_what_unpacks_to_more_than_is_allowed_is_refused_before_it_is_all_unpacked(encoding: str) -> None:
    bomb = PACKING[encoding](bytes(64 << 20))
    with pytest.raises(TooLongError):
        unpacked(bomb, encoding, 1 << 20)


def test_an_exception_of_a_transport_is_the_error_of_its_row_and_named(service: Service) -> None:
    async def odd(request: grokcall.HttpRequest) -> grokcall.HttpResponse:
        if b"row 1" in (request.body or b""):
            raise ZeroDivisionError("by zero")
        return grokcall.HttpResponse(200, {}, HAPPY)

    with grokcall.connect(api_key=KEY, transport=odd) as connection:
        rows = [{"q": f"row {number}"} for number in range(3)]
        result = connection.lookup("CALL GenerateResponse(:q)", rows, on_error="ignore", call_columns=True)
    assert result.rows["Call_ErrorCode"].to_pylist() == [None, "internal", None]
    assert "ZeroDivisionError: by zero" in result.rows["Call_ErrorMessage"].to_pylist()[1]


def spliced(place: int, put: bytes) -> bytes:
    return HAPPY[:place] + put + HAPPY[place + len(put) :]


BODIES = st.binary(max_size=60) | st.builds(spliced, st.integers(0, len(HAPPY)), st.binary(min_size=1, max_size=6))


@pytest.fixture(scope="module")
def lasting() -> Iterator[tuple[Service, grokcall.Connection]]:
    with (
        Service() as service,
        grokcall.connect(api_key=KEY, base_url=service.base_url, schema_attempts=1) as connection,
    ):
        yield service, connection


@given(st.lists(BODIES, min_size=1, max_size=4), st.sampled_from([*TEXT_CALLS, *MEDIA_CALLS[:2]]))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_bytes_come_the_lookup_ends_with_all_rows(
    lasting: tuple[Service, grokcall.Connection], bodies: list[bytes], call: str
) -> None:
    service, connection = lasting
    service.script = lambda asked: Answer(bodies[int(asked.headers["content-length"]) % len(bodies)])
    rows = [{"q": "a" * length} for length in (1, 2, 3)]
    result = connection.lookup(call, rows, on_error="ignore", call_columns=True, allow_changes=True)
    assert result.rows.num_rows == 3
    assert set(result.rows["Call_Status"].to_pylist()) <= {"ok", "error"}
    assert "internal" not in result.rows["Call_ErrorCode"].to_pylist()
