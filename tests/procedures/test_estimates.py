"""What a call is said to cost before it is sent."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import replace

import pytest

import grokcall
from bound_calls import bind
from grokcall_procedures import BoundCall, Settings
from grokcall_procedures.bounds import REFUSAL_FEE
from grokcall_procedures.estimates import EXPLAIN_ALLOWANCES, Allowances, billed_request, estimate, tokenize
from grokcall_procedures.prices import PRICES
from grokcall_procedures.readings import image_tokens

NO_FEE = Allowances(refusal_fee_ticks=0)
CENT = 100_000_000
HIDDEN = 300
"""Tokens that the service adds to a prompt of grok-4.3, at first."""
SILENT = "the model does not reason"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
MP4 = b"\x00\x00\x00\x14ftypisom\x00\x00\x02\x00isom\x00\x00\x00\x08free"


def worst(text: str, allowances: Allowances = NO_FEE, **values: object) -> int | None:
    """The highest price of a call."""
    return estimate(bind(text, **values), PRICES, allowances).worst_ticks


def size_of(call: BoundCall) -> int:
    """Bytes of the call's body."""
    request, _ = billed_request(call)
    assert request is not None
    assert request.body is not None
    return len(request.body)


def test_a_call_with_a_limit_is_bounded_by_its_bytes_the_hidden_prompt_and_the_limit() -> None:
    call = bind("CALL GenerateResponse('Häagen-Dazs 冰淇淋', ReasoningEffort => 'none', MaxOutputTokens => 50)")
    told = estimate(call, PRICES, NO_FEE)
    assert told.worst_tokens == size_of(call) + HIDDEN + 50
    assert told.worst_ticks == (size_of(call) + HIDDEN) * 12_500 + 50 * 25_000
    assert told.bounded
    assert told.reasons == ()


def test_a_call_without_a_limit_has_no_highest_price_and_says_what_would_give_it_one() -> None:
    told = estimate(bind("CALL GenerateResponse('hi', ReasoningEffort => 'none')"))
    assert (told.worst_ticks, told.worst_tokens, told.bounded) == (None, None, False)
    assert len(told.reasons) == 1
    assert "MaxOutputTokens" in told.reasons[0]
    assert "assumed_output_tokens" in told.reasons[0]
    assert 0 < told.low_ticks < told.high_ticks


def test_an_assumed_limit_bounds_a_call_and_stands_among_the_assumptions() -> None:
    call = bind("CALL GenerateResponse('hi', ReasoningEffort => 'none')")
    told = estimate(call, PRICES, Allowances(assumed_output_tokens=300))
    assert told.bounded
    assert told.assumptions == ("no answer has more than 300 tokens of text (assumed_output_tokens)", SILENT)
    own = estimate(bind("CALL GenerateResponse('hi', ReasoningEffort => 'none', MaxOutputTokens => 300)"), PRICES)
    assert own.assumptions == (SILENT,)
    assert own.worst_ticks is not None
    assert told.worst_ticks is not None
    assert own.worst_ticks - told.worst_ticks == len(',"max_output_tokens":300') * 12_500


def test_the_fee_for_a_refused_prompt_is_part_of_the_highest_price_in_place_of_an_answer() -> None:
    short, long = (
        "CALL GenerateResponse('hi', ReasoningEffort => 'none', MaxOutputTokens => 10)",
        "CALL GenerateResponse('hi', ReasoningEffort => 'none', MaxOutputTokens => 99999)",
    )
    with_fee, without = worst(short, Allowances()), worst(short)
    assert with_fee is not None
    assert without is not None
    assert with_fee - without == REFUSAL_FEE - 10 * 25_000
    assert worst(long, Allowances()) == worst(long)
    assert "refused" in " ".join(estimate(bind(short), PRICES, NO_FEE).assumptions)
    assert estimate(bind(short)).assumptions == (SILENT,)


def test_a_prompt_that_may_reach_the_threshold_is_priced_as_a_long_one() -> None:
    just_below = "a" * (
        200_000
        - HIDDEN
        - 1
        - size_of(bind("CALL GenerateResponse(:m, ReasoningEffort => 'none', MaxOutputTokens => 1)", m="x"))
        + 1
    )
    text = "CALL GenerateResponse(:m, ReasoningEffort => 'none', MaxOutputTokens => 1)"
    assert worst(text, m=just_below) == 199_999 * 12_500 + 25_000
    assert worst(text, m=just_below + "a") == 200_000 * 25_000 + 50_000


def test_a_prompt_cannot_be_longer_than_the_model_s_context() -> None:
    told = estimate(
        bind("CALL GenerateResponse(:m, Model => 'grok-4.20-non-reasoning', MaxOutputTokens => 1)", m="a" * 3_000_000)
    )
    assert told.worst_tokens == 1_000_000 + 1


def test_an_earlier_conversation_counts_as_the_whole_context_at_the_higher_prices() -> None:
    told = estimate(
        bind("CALL GenerateResponse('hi', PreviousResponseId => 'r', ReasoningEffort => 'none', MaxOutputTokens => 1)"),
        PRICES,
        NO_FEE,
    )
    assert told.worst_ticks == 1_000_000 * 25_000 + 50_000
    assert "earlier conversation" in " ".join(told.assumptions)


def test_the_priority_tier_and_a_surcharge_raise_the_price_of_tokens() -> None:
    plain = bind("CALL GenerateResponse('hi', ReasoningEffort => 'none', MaxOutputTokens => 10)")
    dear = bind(
        "CALL GenerateResponse('hi', ReasoningEffort => 'none', MaxOutputTokens => 10, ExtraBody => :e)",
        e='{"service_tier": "priority"}',
    )
    assert estimate(dear, PRICES, NO_FEE).worst_ticks == 2 * ((size_of(dear) + HIDDEN) * 12_500 + 10 * 25_000)
    surcharged = estimate(plain, PRICES, Allowances(refusal_fee_ticks=0, surcharge_percent=10)).worst_ticks
    assert surcharged == ((size_of(plain) + HIDDEN) * 12_500 + 10 * 25_000) * 11 // 10


def test_extra_body_counts_where_it_overrides_the_parameters() -> None:
    told = estimate(
        bind(
            "CALL GenerateResponse('hi', ReasoningEffort => 'none', MaxOutputTokens => 10, ExtraBody => :e)",
            e='{"max_output_tokens": 5000}',
        )
    )
    assert told.worst_tokens is not None
    assert told.worst_tokens > 5_000


def test_fees_of_tools_count_for_as_many_turns_as_are_allowed() -> None:
    text = "CALL GenerateResponse('hi', 'x', 'grok-4.3', MaxOutputTokens => 10, ReasoningEffort => 'none'"
    plain = estimate(bind(text + ")"))
    search = PRICES.tool_fees["web_search"]

    def fees(more: str, allowances: Allowances = EXPLAIN_ALLOWANCES) -> int:
        return estimate(bind(f"{text}, {more})"), PRICES, allowances).high_ticks - plain.high_ticks

    tokens = 12 * PRICES.text["grok-4.3"].input  # at most: what the tools themselves take in the prompt
    assert search * 5 <= fees("WebSearch => TRUE") <= search * 5 + tokens
    assert search * 2 <= fees("WebSearch => TRUE, MaxToolCalls => 2") <= search * 2 + tokens
    both = search + PRICES.tool_fees["file_search"]
    assert both * 3 <= fees("WebSearch => TRUE, Collections => 'c', MaxToolCalls => 3") <= both * 3 + 4 * tokens
    assumed = fees("WebSearch => TRUE", Allowances(max_tool_ticks=search, refusal_fee_ticks=0))
    assert assumed <= search + tokens


def test_the_priority_tier_doubles_the_price_of_tokens() -> None:
    text = "CALL GenerateResponse('hi', MaxOutputTokens => 10, ReasoningEffort => 'none'"
    usual, dear = estimate(bind(text + ")")), estimate(bind(text + ", ServiceTier => 'priority')"))
    assert dear.high_ticks == 2 * usual.high_ticks


@pytest.mark.parametrize(
    "tools",
    [
        '{"tools": [{"type": "web_search"}]}',
        '{"tools": [{"type": "function", "name": "f", "parameters": {}}, {"type": "mcp", "server_url": "u"}]}',
        '{"search_parameters": {"mode": "on"}}',
    ],
)
def test_tools_of_the_service_have_no_highest_price_unless_one_is_granted(tools: str) -> None:
    call = bind(
        "CALL GenerateResponse('hi', ReasoningEffort => 'none', MaxOutputTokens => 10, ExtraBody => :e)", e=tools
    )
    told = estimate(call)
    assert told.worst_ticks is None
    assert "tools" in told.reasons[0]
    granted = estimate(call, PRICES, Allowances(max_tool_ticks=CENT))
    assert granted.worst_ticks is not None
    assert granted.worst_tokens is None
    assert "0.01 USD a call (assumed_tool_cost)" in " ".join(granted.assumptions)
    assert granted.token_assumptions == (SILENT,)
    assert "assumed_tool_cost" in told.reasons[0]
    assert granted.worst_ticks > CENT + REFUSAL_FEE


def test_functions_of_the_caller_end_the_bound_as_well() -> None:
    tools = '{"tools": [{"type": "function", "name": "f", "parameters": {}}]}'
    call = bind(
        "CALL GenerateResponse('hi', ReasoningEffort => 'none', MaxOutputTokens => 10, ExtraBody => :e)", e=tools
    )
    told = estimate(call)
    assert (told.worst_ticks, told.worst_tokens) == (None, None)
    assert "function" in told.reasons[0]
    assert told.reserve.ticks > (size_of(call) + HIDDEN) * 12_500


def image(width: int, height: int, kind: str = "PNG") -> bytes:
    """An image of a size."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("L", (width, height), 200).save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
@pytest.mark.parametrize(("size", "tokens"), [((1, 1), 3), ((32, 32), 3), ((33, 32), 4), ((4032, 3024), 11_972)])
def test_an_image_inside_the_request_counts_by_its_size(kind: str, size: tuple[int, int], tokens: int) -> None:
    uri = f"data:image/{kind.lower()};base64," + base64.b64encode(image(*size, kind)).decode()
    assert image_tokens(uri) == tokens
    text = "CALL AnalyzeImage('what?', :a, ReasoningEffort => 'none', MaxOutputTokens => 10)"
    told, small = estimate(bind(text, a=image(*size))), estimate(bind(text, a=PNG))
    assert told.worst_tokens is not None
    assert small.worst_tokens is not None
    assert told.worst_tokens - small.worst_tokens == tokens - 3
    assert "32 x 32 pixels" in " ".join(told.assumptions)


@pytest.mark.parametrize(
    "uri", ["data:image/png;base64,AAAA", "data:,x", "https://e.org/a.png", "data:image/png;base64,!"]
)
def test_an_image_whose_size_cannot_be_told_counts_as_one_by_its_address(uri: str) -> None:
    assert image_tokens(uri) is None


def test_an_image_by_its_address_counts_as_what_is_taken_for_granted() -> None:
    text = (
        "CALL AnalyzeImageByUrl('what?', 'https://example.org/a.jpg', ReasoningEffort => 'none', MaxOutputTokens => 10)"
    )
    told = estimate(bind(text))
    assert told.worst_tokens is not None
    assert told.worst_tokens > 8_192
    assert "no image that is given by its address has more than 8,192 tokens" in told.assumptions


@pytest.mark.parametrize(
    ("model", "effort", "tokens", "hidden"),
    [
        ("grok-4.3", None, 3_000, 300),
        ("grok-4.3-latest", "low", 3_000, 300),
        ("grok-4", "medium", 6_000, 300),
        ("grok-4.3", "high", 12_000, 300),
        ("grok-4.5", None, 12_000, 320),
        ("grok-4.6", "xhigh", 24_000, 2_300),
        ("grok-4.7", None, 12_000, 4_096),
        ("grok-4.20-reasoning", None, 12_000, 4_096),
        ("grok-build-0.1", None, 12_000, 4_096),
    ],
)
def test_a_call_that_reasons_has_no_bound_and_a_reserve_by_model_and_effort(
    model: str, effort: str | None, tokens: int, hidden: int
) -> None:
    chosen = f", ReasoningEffort => '{effort}'" if effort else ""
    call = bind(f"CALL GenerateResponse('hi', Model => '{model}'{chosen}, MaxOutputTokens => 16)")
    told = estimate(call, PRICES, NO_FEE)
    assert (told.worst_ticks, told.worst_tokens) == (None, None)
    assert "assumed_reasoning_tokens" in told.reasons[0]
    assert told.reserve.reasoning_tokens == tokens
    assert told.reserve.tokens == size_of(call) + hidden + 16 + tokens
    assert told.reserve.least_tokens == size_of(call) + hidden + 16
    price = PRICES.text_model(model)
    assert price is not None
    assert told.reserve.ticks == (size_of(call) + hidden) * price.input + (16 + tokens) * price.output
    assert told.reserve.ticks - told.reserve.least_ticks == tokens * price.output
    assumed = estimate(call, PRICES, Allowances(refusal_fee_ticks=0, assumed_reasoning_tokens=4_000))
    assert assumed.worst_tokens == size_of(call) + hidden + 16 + 4_000
    assert "no answer reasons longer than 4,000 tokens (assumed_reasoning_tokens)" in assumed.assumptions
    assert assumed.reserve.ticks == assumed.worst_ticks == assumed.reserve.least_ticks


@pytest.mark.parametrize("model", ["grok-4.20-non-reasoning", "grok-4.20-0309-non-reasoning"])
def test_a_model_that_does_not_reason_is_bounded_as_long_as_it_does_not(model: str) -> None:
    told = estimate(bind(f"CALL GenerateResponse('hi', Model => '{model}', MaxOutputTokens => 16)"), PRICES, NO_FEE)
    assert told.bounded
    assert SILENT in told.assumptions


def test_a_retired_name_reasons_as_its_successor_does() -> None:
    told = estimate(bind("CALL GenerateResponse('hi', Model => 'grok-4-fast-non-reasoning', MaxOutputTokens => 16)"))
    assert not told.bounded


@pytest.mark.parametrize("transfer", ["upload", "inline"])
def test_a_file_of_plain_text_counts_by_its_bytes_and_any_other_as_the_whole_context(transfer: str) -> None:
    settings = Settings(file_transfer=transfer)  # type: ignore[arg-type]
    granted = Allowances(max_tool_ticks=0, refusal_fee_ticks=0)
    text = "CALL AnalyzeFile('sum?', :c, 'a.dat', ReasoningEffort => 'none', MaxOutputTokens => 1)"
    one, two = (estimate(bind(text, settings, c=b"a" * size), PRICES, granted).worst_ticks for size in (10_000, 10_003))
    assert one is not None
    assert two is not None
    assert two - one == 3 * 12_500
    pdf = estimate(bind(text, settings, c=b"%PDF-1.7"), PRICES, granted).worst_ticks
    assert pdf == 1_000_000 * 25_000 + 50_000
    assert estimate(bind(text, settings, c=b"a")).worst_ticks is None


def test_a_multi_agent_model_is_never_bounded() -> None:
    call = bind("CALL GenerateResponse('hi', Model => 'grok-4.20-multi-agent')")
    assert "multi-agent" in " ".join(estimate(call, PRICES, Allowances(assumed_output_tokens=10)).reasons)


def test_an_unknown_model_is_not_bounded_until_the_service_tells_its_price() -> None:
    call = bind("CALL GenerateResponse('hi', Model => 'grok-9', MaxOutputTokens => 10)")
    assert "price" in estimate(call).reasons[0]
    told = {"id": "grok-9", "prompt_text_token_price": 1, "completion_text_token_price": 2}
    prices = PRICES.with_models([told])
    assumed = Allowances(refusal_fee_ticks=0, assumed_reasoning_tokens=100)
    assert estimate(call, prices, assumed).worst_ticks == size_of(call) + 4_096 + 2 * (10 + 100)
    earlier = bind("CALL GenerateResponse('hi', Model => 'grok-9', PreviousResponseId => 'r', MaxOutputTokens => 10)")
    assert "hold" in " ".join(estimate(earlier, prices).reasons)


@pytest.mark.parametrize(
    "text",
    [
        "CALL CreateMessage('hi', Model => 'grok-4.20-non-reasoning', MaxTokens => 7)",
        "CALL CreateChatCompletion('grok-4.20-non-reasoning', 'hi', AdditionalFields => '{\"max_tokens\": 7}')",
        'CALL RawRequest(\'/v1/responses\', Body => \'{"model": "grok-4.20-non-reasoning", "input": "hi",'
        ' "max_output_tokens": 7}\')',
    ],
)
def test_the_older_interfaces_and_raw_requests_are_bounded_alike_and_know_no_fee(text: str) -> None:
    call = bind(text)
    told = estimate(call)
    assert told.worst_tokens == size_of(call) + 4_096 + 7
    fee = REFUSAL_FEE if "responses" in text else 0
    assert told.worst_ticks == (size_of(call) + 4_096) * 12_500 + max(7 * 25_000, fee)


def test_several_answers_count_several_times() -> None:
    fields = '{"max_tokens": 7, "n": 3, "reasoning_effort": "none"}'
    call = bind("CALL CreateChatCompletion('grok-4.3', 'hi', AdditionalFields => :f)", f=fields)
    assert estimate(call).worst_tokens == size_of(call) + HIDDEN + 21
    reasoning = bind(
        "CALL CreateChatCompletion('grok-4.3', 'hi', AdditionalFields => :f)", f=fields.replace("none", "low")
    )
    assert estimate(reasoning).reserve.tokens == size_of(reasoning) + HIDDEN + 3 * (7 + 3_000)


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("CALL GenerateImage('a')", 2),
        ("CALL GenerateImage('a', Model => 'grok-imagine-image-2.0', Quality => 'low', Resolution => '2k')", 6),
        ("CALL GenerateImage('a', Model => 'grok-imagine-image-2.0')", 6),
        (
            "CALL EditImageByUrl('a', 'https://e.org/1', 'https://e.org/2', Model => 'grok-imagine-image-quality')",
            7,
        ),
        ("CALL GenerateVideo('a')", 40),
        ("CALL GenerateVideo('a', Duration => 3, Resolution => '720p', Image_Url => 'https://e.org/1.png')", 21.2),
        ("CALL GenerateVideo('a', 'grok-imagine-video-1.5', Duration => 15, Resolution => '1080p')", 375),
        ("CALL GenerateVideo('a', ExtraBody => '{\"seconds\": 2}')", 10),
        ("CALL EditVideoByUrl('https://e.org/1.mp4', 'a')", 9 * 8),
        ("CALL ExtendVideoByUrl('https://e.org/1.mp4', 'a')", 6 * 7 + 31),
        ("CALL ExtendVideoByUrl('https://e.org/1.mp4', 'a', 2)", 2 * 7 + 31),
        ("CALL GenerateImages('a')", 8),
        ("CALL GenerateImages('a', 3, 'grok-imagine-image-2.0', Quality => 'low')", 12),
        ("CALL GenerateAudio('hello', 'en')", 5 * 0.0015),
        ("CALL GenerateAudio('ab', 'en', ExtraBody => '{\"replace\": {\"a\": \"abc\"}}')", 6 * 0.0015),
        ("CALL ListModels()", 0),
        ("CALL GetVideo('r')", 0),
        ("CALL RawRequest('/models')", 0),
        ("CALL RawRequest('/tokenize-text', Body => '{}')", 0),
    ],
)
def test_media_cost_their_list_price_at_the_most(text: str, cents: float) -> None:
    told = estimate(bind(text))
    assert told.worst_ticks == round(cents * CENT)
    assert told.worst_tokens == 0
    assert told.low_ticks <= told.high_ticks <= (told.worst_ticks or 0)


def test_a_video_that_is_uploaded_first_is_priced_like_one_in_the_request() -> None:
    for text, cents in (("CALL EditVideo(:v, 'a')", 9 * 8), ("CALL ExtendVideo(:v, 'a')", 6 * 7 + 31)):
        large = estimate(bind(text, v=MP4 + b"\0" * 16_000_000))
        assert large == estimate(bind(text, v=MP4))
        assert large.worst_ticks == cents * CENT


@pytest.mark.parametrize(
    "text",
    [
        "CALL GenerateImage('a', Model => 'grok-imagine-image-3')",
        "CALL GenerateVideo('a', 'grok-imagine-video-9')",
        'CALL GenerateVideo(\'a\', ExtraBody => \'{"reference_audios": [{"voice_id": "eve"}]}\')',
        "CALL RawRequest('/custom-voices', Body => '{}')",
        "CALL RawRequest('/responses', 'PUT', Body => '{}')",
    ],
)
def test_what_has_no_known_price_has_no_bound_and_says_so(text: str) -> None:
    told = estimate(bind(text))
    assert told.worst_ticks is None
    assert "not known" in told.reasons[0]


def test_the_estimate_spans_the_tokens_of_prose_and_never_passes_the_bound() -> None:
    told = estimate(
        bind(
            "CALL GenerateResponse(:m, ReasoningEffort => 'none', MaxOutputTokens => 40)",
            m="Every good boy deserves favour. " * 50,
        )
    )
    assert told.worst_ticks is not None
    assert told.low_ticks <= told.high_ticks <= told.worst_ticks
    assert told.input_tokens_low < 50 * 7 + 200 < told.input_tokens_high
    assert (told.output_tokens_low, told.output_tokens_high) == (8, 40)


def test_a_harder_thinking_model_is_expected_to_write_more() -> None:
    low, high = (
        estimate(bind("CALL GenerateResponse('hi', Model => 'grok-4.3', ReasoningEffort => :e)", e=effort))
        for effort in ("low", "xhigh")
    )
    assert high.output_tokens_high > 4 * low.output_tokens_high
    assert (
        estimate(bind("CALL GenerateResponse('hi', Model => 'grok-4.7')")).output_tokens_high > low.output_tokens_high
    )


def test_the_service_counts_tokens_when_it_is_asked(on_sandbox: grokcall.Connection) -> None:
    call = bind("CALL ClassifyText(:m, ['a', 'b'], MaxOutputTokens => 40)", m="one two three " * 30)
    counting = replace(call, procedure=replace(call.procedure, steps=lambda _: tokenize(call)))
    outcome = on_sandbox.runtime.loop.run(on_sandbox.runtime.runner().run(counting))
    assert outcome.rows is not None
    ((tokens,),) = outcome.rows
    assert isinstance(tokens, int)
    told = estimate(call, PRICES, NO_FEE, text_tokens=tokens)
    assert (told.input_tokens_low, told.input_tokens_high) == (tokens + 180, tokens + 400)
    row = on_sandbox.execute(
        "CALL ClassifyText(:m, ['a', 'b'], MaxOutputTokens => 4000)", {"m": "one two three " * 30}
    ).fetch_arrow_table()
    assert row["Response_UsageInputTokens"][0].as_py() in range(tokens + 180, tokens + 400)


def test_nothing_is_asked_where_there_is_no_text_to_count() -> None:
    steps = tokenize(bind("CALL GenerateImage('a')"))
    with pytest.raises(StopIteration) as finished:
        next(steps)
    assert finished.value.value == [(0,)]


def test_the_texts_of_a_conversation_are_counted_together() -> None:
    messages = json.dumps(
        [{"role": "system", "content": "be"}, {"role": "user", "content": [{"type": "text", "text": "hi"}]}]
    )
    request = next(tokenize(bind("CALL CreateMessage(:m)", m=messages)))
    assert request.path == "/tokenize-text"  # type: ignore[union-attr]
    assert json.loads(request.body)["text"] == "be\nhi"  # type: ignore[union-attr, arg-type]
