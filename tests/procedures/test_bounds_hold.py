"""The highest prices against what the sandbox bills, call by call and many at once."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import random
from collections.abc import Callable
from typing import Any

import pytest

import grokcall
from bound_calls import bind
from grokcall.budget.budget import Budget
from grokcall.core.outcome import Outcome
from grokcall.errors import BudgetReachedError
from grokcall.sandbox import Sandbox
from grokcall_procedures import BoundCall, Settings
from grokcall_procedures.estimates import Allowances, estimate
from grokcall_procedures.prices import PRICES

SHARP = Allowances(
    refusal_fee_ticks=0, max_tool_ticks=1_000_000_000, assumed_output_tokens=2_000, assumed_reasoning_tokens=4_000
)
"""Without the fee for refusals, which would hide a bound that is too low; with the fees and turns of three tools."""
TEXT_MODELS = ("grok-4.3", "grok-4.7", "grok-4.5-latest", "grok-4.20", "grok-code-fast-1", "grok-3", "grok-latest")
EFFORTS = (None, "low", "high", "xhigh")
ALPHABETS = (
    "abcdefgh    .,\n",
    "äöüß éè ",
    "漢字かな交じり文",
    "😀🚀 ",
    "0123456789+*= ",
    '{}[]"\\/<>&',
    "\x01\t\u200d",
)


def words(random_: random.Random, most: int) -> str:
    """Some text in one of many scripts; never blank."""
    alphabet = random_.choice(ALPHABETS)
    return "x" + "".join(random_.choices(alphabet, k=random_.randint(0, most)))


def options(random_: random.Random) -> str:
    """The options of a text call."""
    effort, model = random_.choice(EFFORTS), random_.choice(TEXT_MODELS)
    chosen = f", Model => '{model}'"
    chosen += f", ReasoningEffort => '{effort}'" if effort else ""
    return chosen + (f", MaxOutputTokens => {random_.choice((1, 5, 40, 3_000))}" if random_.random() < 0.8 else "")


@pytest.fixture(scope="module")
def picture() -> bytes:
    """An image of the size that needs the most tokens."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGB", (300, 200), "teal").save(buffer, "PNG")
    return buffer.getvalue()


Maker = Callable[[random.Random], BoundCall]


def makers(picture: bytes, film: bytes, earlier: str) -> list[tuple[int, Maker]]:
    """Ways to make a call of every kind, and how often each is taken: 209 calls in all."""
    uri = "data:image/png;base64," + base64.b64encode(picture).decode()

    def respond(r: random.Random) -> BoundCall:
        system = words(r, 200) if r.random() < 0.5 else None
        return bind(f"CALL GenerateResponse(:m, :i{options(r)})", m=words(r, r.choice((5, 400, 20_000))), i=system)

    def long(r: random.Random) -> BoundCall:
        return bind("CALL GenerateResponse(:m, MaxOutputTokens => 9)", m="ab1 " * r.choice((40_000, 190_000, 210_000)))

    def tools(r: random.Random) -> BoundCall:
        kinds = r.sample(["web_search", "x_search", "code_interpreter"], r.randint(1, 3))
        extra = {"tools": [{"type": kind} for kind in kinds], "service_tier": r.choice(["default", "priority"])}
        return bind(f"CALL GenerateResponse('what is 3 + 4', ExtraBody => :e{options(r)})", e=json.dumps(extra))

    def converse(r: random.Random) -> BoundCall:
        return bind(
            "CALL GenerateResponse(:m, PreviousResponseId => :p, MaxOutputTokens => 50)", m=words(r, 50), p=earlier
        )

    def classify(r: random.Random) -> BoundCall:
        return bind(f"CALL ClassifyText(:m, ['good', 'bad'], AllowMultiple => TRUE{options(r)})", m=words(r, 300))

    def summarize(r: random.Random) -> BoundCall:
        return bind(f"CALL SummarizeText(:m, 30{options(r)})", m=words(r, 3_000))

    def look(r: random.Random) -> BoundCall:
        if r.random() < 0.5:
            return bind(f"CALL AnalyzeImage('what?', :a, :b{options(r)})", a=picture, b=picture)
        return bind(f"CALL AnalyzeImageByUrl('what?', :a{options(r)})", a=r.choice([uri, "https://example.org/a.jpg"]))

    def read(r: random.Random) -> BoundCall:
        chosen = Settings(file_transfer=r.choice(["upload", "inline"]))
        content = words(r, 9_000).encode() if r.random() < 0.7 else bytes(r.choices(range(256), k=9_000))
        return bind(f"CALL AnalyzeFile('sum?', :c, 'a.csv'{options(r)})", chosen, c=content)

    def chat(r: random.Random) -> BoundCall:
        extra = json.dumps({"max_completion_tokens": r.choice((1, 30, 900)), "n": r.randint(1, 3)})
        parts = [{"type": "text", "text": words(r, 90)}, {"type": "image_url", "image_url": {"url": uri}}]
        messages = json.dumps([{"role": "system", "content": words(r, 90)}, {"role": "user", "content": parts}])
        return bind("CALL CreateChatCompletion('grok-4.3', :m, AdditionalFields => :e)", m=messages, e=extra)

    def message(r: random.Random) -> BoundCall:
        return bind(f"CALL CreateMessage(:m, MaxTokens => {r.choice((1, 20, 500))})", m=words(r, 900))

    def raw(r: random.Random) -> BoundCall:
        body = {"model": "grok-4.6", "input": words(r, 500), "max_output_tokens": r.choice((1, 99))}
        return bind("CALL RawRequest('/v1/responses', Body => :b)", b=json.dumps(body))

    def draw(r: random.Random) -> BoundCall:
        model = r.choice(["grok-imagine-image", "grok-imagine-image-2.0", "grok-imagine-image-quality"])
        prompt = r.choice(["a kite", "FORBIDDEN_CONTENT"])
        rest = f"Model => '{model}', Resolution => '1k', Quality => '{r.choice(['low', 'medium', 'auto'])}'"
        kind = r.random()
        if kind < 0.2:
            return bind(f"CALL GenerateImages('{prompt}', {r.randint(1, 3)}, {rest})")
        if kind < 0.5:
            return bind(f"CALL GenerateImage('{prompt}', {rest})")
        return bind(f"CALL EditImage('{prompt}', :a, :b, {rest})", a=picture, b=r.choice([None, picture]))

    def speak(r: random.Random) -> BoundCall:
        return bind("CALL GenerateAudio(:m, 'en', OutputCodec => 'mulaw', OutputSampleRate => 8000)", m=words(r, 30))

    def shoot(r: random.Random) -> BoundCall:
        if r.random() < 0.4:
            return bind("CALL EditVideo(:v, 'snow')", v=film)
        if r.random() < 0.3:
            return bind(f"CALL ExtendVideo(:v, 'on', {r.randint(1, 2)})", v=film)
        start = ", Image_Content => :a" if r.random() < 0.5 else ""
        values = {"a": picture} if start else {}
        model = r.choice(["grok-imagine-video", "grok-imagine-video-1.5", "grok-imagine-video-1.5-lite"])
        prompt = r.choice(["a boat", "FORBIDDEN_CONTENT"])
        return bind(f"CALL GenerateVideo('{prompt}', '{model}', Duration => {r.randint(1, 2)}{start})", **values)

    def ask(_r: random.Random) -> BoundCall:
        return bind("CALL ListModels()")

    return [
        (60, respond), (4, long), (12, tools), (10, converse), (16, classify), (12, summarize), (16, look), (14, read),
        (12, chat), (10, message), (10, raw), (16, draw), (10, speak), (5, shoot), (2, ask),
    ]  # fmt: skip


def billed(sandbox: Sandbox) -> int:
    """Ticks that the engine has billed."""
    return sum(int(str(entry["ticks"])) for entry in sandbox.ledger())


def test_no_call_of_any_kind_is_billed_more_than_its_highest_price(
    sandbox: Sandbox, on_sandbox: grokcall.Connection, picture: bytes
) -> None:
    engine, loop = on_sandbox.runtime.runner(), on_sandbox.runtime.loop
    film = on_sandbox.execute("CALL GenerateVideo('a', Duration => 2)").fetchone()
    remembered = on_sandbox.execute("CALL GenerateResponse(:m)", {"m": "word " * 900}).fetch_arrow_table()
    assert film is not None
    prices = PRICES.with_models(on_sandbox.execute("CALL ListModels()").fetch_arrow_table())
    ways = makers(picture, film[0], remembered["Response_Id"][0].as_py())
    random_ = random.Random(20_261_001)
    paid: dict[str, int] = {}
    before = billed(sandbox)
    for make in random_.sample([way for _, way in ways], sum(often for often, _ in ways), counts=[n for n, _ in ways]):
        call = make(random_)
        told = estimate(call, prices, SHARP)
        outcome = loop.run(engine.run(call))
        after = billed(sandbox)
        cost, before = after - before, after
        name = make.__name__
        assert told.worst_ticks is not None, (name, told.reasons)
        assert cost <= told.worst_ticks, (name, call.values, told, outcome)
        may_fail = {"long", "read", "classify", "summarize"}
        assert outcome.error is None or "FORBIDDEN" in str(call.values) or name in may_fail, (name, outcome)
        paid[name] = paid.get(name, 0) + cost
    assert set(paid) == {way.__name__ for _, way in ways}
    assert [name for name, ticks in paid.items() if not ticks] == ["ask"]


@pytest.mark.parametrize("seed", range(6))
def test_many_calls_at_once_never_pass_the_limit_and_stop_within_one_call_of_it(
    sandbox: Sandbox, on_sandbox: grokcall.Connection, seed: int
) -> None:
    engine, random_ = on_sandbox.runtime.runner(), random.Random(seed)
    text = "CALL GenerateResponse(:m, Model => :n, MaxOutputTokens => :o)"
    calls = [
        bind(text, m=words(random_, 800), n=random_.choice(TEXT_MODELS[:5]), o=random_.randint(1, 400))
        for _ in range(300)
    ]
    estimates = [estimate(call, PRICES, SHARP) for call in calls]
    dearest = max(told.worst_ticks or 0 for told in estimates)
    budget = Budget(max_cost=random_.uniform(0.03, 0.1))
    assert budget.max_ticks is not None
    places = asyncio.Semaphore(64)

    async def run(call: BoundCall, told: Any) -> Outcome:
        async with places:
            reservation = await budget.reserve(told)
            outcome = await engine.run(call)
            budget.settle(reservation, outcome.cost_ticks)
            return outcome

    async def run_all() -> list[Any]:
        return await asyncio.gather(*map(run, calls, estimates), return_exceptions=True)

    ended = on_sandbox.loop.run(run_all())
    stopped = [each for each in ended if isinstance(each, BudgetReachedError)]
    assert len(stopped) + sum(isinstance(each, Outcome) and each.error is None for each in ended) == len(calls)
    assert billed(sandbox) == budget.spent_ticks <= budget.max_ticks
    assert stopped
    assert budget.max_ticks - budget.spent_ticks < dearest
