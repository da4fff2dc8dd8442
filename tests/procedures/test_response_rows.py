"""A response object becomes its 34 columns, however odd it is."""

import json
import pickle

import msgspec
import pyarrow as pa
import pytest
from canned import ANSWER
from hypothesis import given, settings
from hypothesis import strategies as st

from grokcall_parser import DataError
from grokcall_procedures import FailedReplyError, MalformedReplyError, NotReadyError
from grokcall_procedures.documents import cost_in
from grokcall_procedures.response_fields import RESPONSE_FIELDS
from grokcall_procedures.responses import ResponseObject, document_row, response_row, struct_row

NAMES = [column.name.removeprefix("Response_") for column in RESPONSE_FIELDS]


def columns(document):
    return dict(zip(NAMES, response_row(json.dumps(document).encode()), strict=True))


def message(*parts):
    return {"type": "message", "content": list(parts)}


def text_part(text):
    return {"type": "output_text", "text": text}


def test_the_documented_example_reads_right():
    assert columns(ANSWER) == {
        "Result": "Yellow",
        "Reasoning": "Simple colour question.",
        "Id": "0b6f3c1e-1111-4222-8333-9c0ffee00001",
        "Status": "completed",
        "Error": None,
        "Object": "response",
        "CreatedAt": 1790000000,
        "CompletedAt": 1790000002,
        "IncompleteDetails": None,
        "Temperature": 0.7,
        "TopP": 0.95,
        "MaxOutputTokens": None,
        "MaxTollCalls": None,
        "PreviousResponseId": None,
        "Store": True,
        "Model": "grok-4.3",
        "TextFormatType": "text",
        "TextVerbosity": None,
        "ReasoningEffort": "low",
        "ReasoningSummary": "detailed",
        "Truncation": "disabled",
        "SafetyIdentifier": None,
        "ParallelToolCalls": True,
        "ToolChoice": "auto",
        "Tools": "[]",
        "ServiceTier": "default",
        "UsageInputTokens": 210,
        "UsageInputTokensDetailsCachedTokens": 128,
        "UsageOutputTokens": 41,
        "UsageTotalTokens": 251,
        "UsageNumSourcesUsed": 0,
        "UsageNumServerSideToolsUsed": 0,
        "UsageCostInUsdTicks": 82 * 12500 + 128 * 2000 + 41 * 25000,
        "UsageOutputTokensDetailsReasoningTokens": 39,
    }
    assert columns(ANSWER)["UsageCostInUsdTicks"] == 2_306_000


def said(text, phase=None):
    return {**message(text_part(text)), **({"phase": phase} if phase else {})}


TOOL, REFUSAL = {"type": "custom_tool_call", "name": "x_keyword_search"}, {"type": "refusal", "refusal": "No."}


@pytest.mark.parametrize(
    ("output", "answer"),
    [
        ([message(text_part("One, "), text_part("two"))], "One, two"),
        ([said("One."), said("Two.")], "One.\n\nTwo."),
        ([said("Let me look."), TOOL, said("Yellow.")], "Yellow."),
        ([said("Let me look."), {"type": "web_search_call"}, {"type": "reasoning"}, said("A"), said("B")], "A\n\nB"),
        ([said("Yellow."), TOOL], "Yellow."),
        ([said("Yellow."), TOOL, said(" \n")], "Yellow."),
        ([said("Let me check.", "commentary"), said("42", "final_answer")], "42"),
        ([said("42", "final_answer"), said("Done.", "commentary")], "42"),
        ([said("Let me check.", "commentary"), said("42")], "42"),
        ([said("Still at it.", "commentary")], "Still at it."),
        ([said("Let me look."), TOOL, message(REFUSAL)], "No."),
        ([said("Yellow.<|eos|>")], "Yellow.<|eos|>"),
        ([{"type": "message", "content": "Yellow."}], "Yellow."),
        ([{"type": "message", "content": [{"text": "Yel"}, "low."]}], "Yellow."),
        ([said("")], ""),
        ([], None),
    ],
)
def test_of_several_texts_the_answer_is_found(output, answer):
    assert columns({"output": output})["Result"] == answer


@pytest.mark.parametrize(
    ("texts", "answer"),
    [
        (['{"n": 1}', '{"n": 2}'], '{"n": 2}'),
        (['{"n": 1}', '{"n": '], '{"n": 1}'),
        (['{"n": 1}', "That was it."], '{"n": 1}'),
        (["Let me look.", '```json\n{"n": 2}\n```'], '```json\n{"n": 2}\n```'),
        (['{"n":', " 3}"], '{"n": 3}'),
    ],
)
def test_an_answer_of_a_declared_shape_is_the_last_message_that_is_a_document(texts, answer):
    document = {"output": [said(text) for text in texts], "text": {"format": {"type": "json_schema"}}}

    assert columns(document)["Result"] == answer
    del document["text"]
    assert response_row(json.dumps(document).encode(), structured=True)[0] == answer


@pytest.mark.parametrize("status", ["queued", "in_progress", "cancelled", "pending", "new_word"])
def test_a_response_that_is_not_done_is_an_error_that_keeps_its_row(status):
    with pytest.raises(MalformedReplyError, match=rf"is {status} and not done.*GetResponse\('r1'\)") as caught:
        response_row(json.dumps({"id": "r1", "status": status, "output": []}).encode())

    assert caught.value.row[2:4] == ("r1", status)


LENIENT = [
    (rb'"Yellow \ud83d"', "Yellow \ufffd"),
    (rb'"\ude00 Yellow \uD83D\uDE00 \\ud83d"', "\ufffd Yellow \U0001f600 \\ud83d"),
    (b'"Yel\nlow\x00\x1f"', "Yel\nlow\x00\x1f"),
    (b'"Yellow\xff"', "Yellow\ufffd"),
]


@pytest.mark.parametrize(("text", "answer"), LENIENT)
def test_a_text_that_strict_json_has_not_is_read(text, answer):
    body = json.dumps({"id": "r1", "output": [said("XX")]}).encode().replace(b'"XX"', text)

    assert response_row(body)[:3] == (answer, None, "r1")


ODD_BODIES = [
    lambda body: b"\xef\xbb\xbf" + body,
    lambda body: body.decode().encode("utf-16"),
    lambda body: body.decode().encode("utf-16-le"),
    lambda body: body + b"\n\0\0",
    lambda body: body + b'{"id": "another"}',
    lambda body: body[:-1] + b', "temperature": NaN}',
    lambda body: body[:-1] + b', "top_p": -Infinity, "x": 1e999}',
    lambda body: body[:-1] + b', "created_at": ' + b"9" * 5_000 + b"}",
    lambda body: body[:-1] + b', "output": [], ' + body[1:],
    lambda body: body[:-1] + b', "tools": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    lambda body: body[:-1] + b', "new": ' + b'{"a":' * 5_000 + b"1" + b"}" * 5_000 + b"}",
]


@pytest.mark.parametrize("odd", ODD_BODIES)
def test_a_body_that_is_no_strict_json_is_read(odd):
    row = response_row(odd(json.dumps({"id": "r1", "output": [said("Yellow")]}).encode()))

    assert (row[0], row[2], row[9], row[10]) == ("Yellow", "r1", None, None)


def test_reasoning_is_joined_by_lines_and_found_in_either_place_and_order():
    output = [
        message(text_part("4")),
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "First."}]},
        {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "Then."}]},
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": ""}], "encrypted_content": "x"},
    ]

    assert columns({"output": output})["Reasoning"] == "First.\nThen."
    assert columns({"output": [message(text_part("4"))]})["Reasoning"] is None


def test_a_refusal_stands_in_for_an_answer_only_where_there_is_none():
    refusal = {"type": "refusal", "refusal": "I cannot help with that."}

    assert columns({"output": [message(refusal)]})["Result"] == "I cannot help with that."
    assert columns({"output": [message(refusal, text_part("Yes."))]})["Result"] == "Yes."


def test_an_incomplete_answer_keeps_its_row_and_says_why():
    row = columns(
        {
            "status": "incomplete",
            "incomplete_details": {"reason": "max_output_tokens"},
            "output": [{"type": "reasoning", "id": "rs_1", "summary": [], "status": "incomplete"}],
            "completed_at": None,
        }
    )

    assert row["Result"] is None
    assert (row["Status"], json.loads(row["IncompleteDetails"])) == ("incomplete", {"reason": "max_output_tokens"})


def test_the_names_of_older_replies_are_understood():
    usage = {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15}
    row = columns({"usage": usage})

    assert (row["UsageInputTokens"], row["UsageOutputTokens"], row["UsageTotalTokens"]) == (12, 3, 15)
    assert columns({"usage": {"input_tokens": 0, "prompt_tokens": 12}})["UsageInputTokens"] == 0


def test_the_noise_of_32_bit_floats_is_rounded_away():
    row = columns({"temperature": 0.699999988079071, "top_p": 0.949999988079071})

    assert (row["Temperature"], row["TopP"]) == (0.7, 0.95)


def test_ticks_are_whole_numbers_of_64_bits():
    assert columns({"usage": {"cost_in_usd_ticks": 2**53 + 1}})["UsageCostInUsdTicks"] == 9007199254740993


@pytest.mark.parametrize(
    ("told", "ticks"),
    [
        (b"5e7", 50_000_000),
        (b"50000000.0", 50_000_000),
        (b"0", 0),
        (b"9223372036854775807", 2**63 - 1),
        (b"9223372036854775808", None),
        (b"1" + b"0" * 40, None),
        (b"9" * 5_000, None),
        (b"-5", None),
        (b"0.5", None),
        (b"1e400", None),
        (b"NaN", None),
        (b'"500"', None),
        (b"true", None),
        (b"[5]", None),
        (b"null", None),
    ],
)
def test_a_price_is_read_in_one_way_and_what_is_none_is_not_told(told, ticks):
    body = b'{"id": "r1", "usage": {"total_tokens": 7, "cost_in_usd_ticks": ' + told + b"}}"
    row = dict(zip((column.name for column in RESPONSE_FIELDS), response_row(body), strict=True))

    assert (cost_in(body), row["Response_UsageCostInUsdTicks"], row["Response_UsageTotalTokens"]) == (ticks, ticks, 7)


def test_free_form_members_become_json_text():
    row = columns({"tool_choice": {"type": "function", "name": "f"}, "tools": [{"type": "web_search"}]})

    assert json.loads(row["ToolChoice"]) == {"type": "function", "name": "f"}
    assert json.loads(row["Tools"]) == [{"type": "web_search"}]


def test_a_member_of_a_strange_type_is_null_and_does_not_lose_the_row():
    odd = {**ANSWER, "created_at": "soon", "usage": [1], "store": "maybe", "model": 7, "output": [5, *ANSWER["output"]]}
    row = columns(odd)

    assert (row["CreatedAt"], row["UsageTotalTokens"], row["Store"]) == (None, None, None)
    assert (row["Model"], row["Result"], row["Reasoning"]) == ("7", "Yellow", "Simple colour question.")


def test_a_number_too_large_for_its_column_is_null():
    assert columns({"usage": {"total_tokens": 2**31}, "id": "a"})["UsageTotalTokens"] is None


@pytest.mark.parametrize(
    ("document", "code", "words"),
    [
        ({"status": "failed", "error": {"code": "server_error", "message": "try later"}}, "server_error", "try later"),
        ({"status": "failed", "error": "out of order"}, None, "out of order"),
        ({"status": "failed"}, None, "without saying why"),
        ({"error": {"message": "no"}, "output": []}, None, "no"),
        ({"code": "invalid-argument", "error": "Bad model."}, "invalid-argument", "Bad model."),
        ({"error": {"code": 400}}, "400", '{"code":400}'),
    ],
)
def test_a_failure_told_with_a_success_status_is_raised(document, code, words):
    with pytest.raises(FailedReplyError) as caught:
        response_row(json.dumps({**document, "usage": {"cost_in_usd_ticks": 5}}).encode())

    assert (caught.value.code, caught.value.cost_ticks) == (code, 5)
    assert words in caught.value.message


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"7",
        b'"text"',
        b"upstream connect error",
        b"{",
        b'{"id":',
        b"\xff\xfe",
        b'{"tools": ' + b"[" * 100_000,
    ],
)
def test_a_reply_that_is_no_json_object_is_a_data_error_that_quotes_it(body):
    with pytest.raises(DataError, match="could not be read") as caught:
        response_row(body)

    assert len(str(caught.value)) < 500


def test_errors_survive_a_trip_to_another_process():
    failed = pickle.loads(pickle.dumps(FailedReplyError("c", "m", cost_ticks=3)))
    late = pickle.loads(pickle.dumps(NotReadyError("late", "id")))

    assert (failed.code, failed.message, failed.cost_ticks) == ("c", "m", 3)
    assert (str(late), late.request_id) == ("late", "id")


TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**65), 2**65) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
)
DOCUMENTS = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=8
)
INTEGERS = st.none() | st.integers(-(2**31), 2**31 - 1)
STRINGS = st.none() | TEXTS
PART = st.fixed_dictionaries(
    {"type": st.sampled_from(["output_text", "refusal", "summary_text", "reasoning_text", "x"])},
    optional={"text": STRINGS, "refusal": STRINGS, "other": DOCUMENTS},
)
PARTS = st.none() | st.lists(PART, max_size=3)
ITEM = st.fixed_dictionaries(
    {"type": st.sampled_from(["message", "reasoning", "function_call", "new"])},
    optional={"content": PARTS, "summary": PARTS, "id": DOCUMENTS},
)
USAGE = st.fixed_dictionaries(
    {},
    optional={
        "input_tokens": INTEGERS,
        "prompt_tokens": INTEGERS,
        "input_tokens_details": st.none() | st.fixed_dictionaries({}, optional={"cached_tokens": INTEGERS}),
        "output_tokens": INTEGERS,
        "completion_tokens": INTEGERS,
        "output_tokens_details": st.none() | st.fixed_dictionaries({}, optional={"reasoning_tokens": INTEGERS}),
        "total_tokens": INTEGERS,
        "num_sources_used": INTEGERS,
        "cost_in_usd_ticks": st.none() | st.integers(0, 2**63 - 1),
    },
)
RESPONSE = st.fixed_dictionaries(
    {},
    optional={
        "id": STRINGS,
        "object": STRINGS,
        "created_at": st.none() | st.integers(0, 2**40),
        "completed_at": st.none() | st.integers(0, 2**40),
        "status": st.none() | st.sampled_from(["completed", "incomplete", "in_progress"]),
        "error": DOCUMENTS,
        "incomplete_details": st.none() | st.dictionaries(TEXTS, TEXTS, max_size=2),
        "model": STRINGS,
        "output": st.none() | st.lists(ITEM, max_size=4),
        "max_output_tokens": INTEGERS,
        "max_tool_calls": INTEGERS,
        "previous_response_id": STRINGS,
        "reasoning": st.none() | st.fixed_dictionaries({}, optional={"effort": STRINGS, "summary": STRINGS}),
        "temperature": st.none() | st.floats(0, 2) | st.integers(0, 2),
        "top_p": st.none() | st.floats(0, 1),
        "store": st.none() | st.booleans(),
        "text": st.none()
        | st.fixed_dictionaries(
            {}, optional={"format": st.none() | st.fixed_dictionaries({"type": STRINGS}), "verbosity": STRINGS}
        ),
        "tool_choice": STRINGS | st.dictionaries(TEXTS, TEXTS, max_size=2),
        "tools": st.none() | st.lists(st.dictionaries(TEXTS, TEXTS, max_size=2), max_size=2),
        "usage": st.none() | USAGE,
        "truncation": STRINGS,
        "unknown": DOCUMENTS,
    },
)


@given(RESPONSE)
@settings(max_examples=200)
def test_the_fast_way_and_the_careful_way_give_the_same_row(document):
    body = msgspec.json.encode(document)

    assert struct_row(msgspec.json.decode(body, type=ResponseObject)) == document_row(document)


@given(st.dictionaries(st.sampled_from([*ANSWER, "other"]), DOCUMENTS) | RESPONSE | DOCUMENTS)
@settings(max_examples=200)
def test_whatever_json_comes_gives_a_row_or_an_error_of_ours(document):
    try:
        row = response_row(msgspec.json.encode(document))
    except (DataError, FailedReplyError):
        return
    for value, column in zip(row, RESPONSE_FIELDS, strict=True):
        assert pa.array([value], column.type.arrow).to_pylist() == [value]


@given(st.integers(0, 1600), st.binary(min_size=1, max_size=3))
@settings(max_examples=200)
def test_damaged_bytes_give_a_row_or_an_error_of_ours(place, bytes_put_there):
    body = bytearray(json.dumps(ANSWER).encode())
    body[place : place + 1] = bytes_put_there
    try:
        response_row(bytes(body))
    except (DataError, FailedReplyError):
        return
