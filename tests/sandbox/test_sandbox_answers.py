"""Faults of answers: withheld, refused, unfinished, or gone."""

import time

import grokcall
from grokcall.sandbox import SANDBOX_KEY

PICTURE = {"model": "grok-imagine-image", "prompt": "a boat"}
VIDEO = {"model": "grok-imagine-video", "prompt": "a boat", "duration": 1}


def kinds(reply):
    return [part["type"] for item in reply["output"] if item["type"] == "message" for part in item["content"]]


def test_moderated_texts_are_refused_and_cost_nothing(faulty):
    engine = faulty("moderation:share=1")
    refused = engine.ask(model="grok-4.3-latest")
    assert (refused.status_code, refused.json()["code"]) == (403, "permission-denied")
    assert refused.json()["error"].startswith("Content violates usage guidelines. Team: ")
    assert "Model: grok-4.3, " in refused.json()["error"]
    spoken = engine.http.post("/tts", json={"text": "a", "language": "en"})
    assert (spoken.status_code, spoken.json()) == (403, {"error": "Content violates usage guidelines."})
    assert engine.sandbox.ledger() == []


def test_a_moderated_image_is_withheld_and_billed_once(faulty):
    engine = faulty("moderation:share=1,on=media")
    withheld = engine.http.post("/images/generations", json=PICTURE)
    assert withheld.status_code == 400
    assert withheld.json() == {
        "code": "imagine:content-moderated",
        "error": "Generated image rejected by content moderation.",
        "usage": {"cost_in_usd_ticks": 200_000_000},
    }
    assert "x-request-id" in withheld.headers
    assert [(entry["ticks"], entry["answered"]) for entry in engine.sandbox.ledger()] == [(200_000_000, True)]
    assert engine.ask().status_code == 200


def test_that_a_video_is_withheld_is_told_at_the_end(faulty):
    engine = faulty("moderation:share=1")
    request_id = engine.http.post("/videos/generations", json=VIDEO).json()["request_id"]
    deadline = time.monotonic() + 240
    while (told := engine.http.get(f"/videos/{request_id}")).status_code == 202 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert (told.status_code, told.json()["code"]) == (400, "imagine:content-moderated")
    assert [entry["ticks"] for entry in engine.sandbox.ledger()] == [500_000_000]


def test_some_answers_refuse_on_every_text_endpoint(faulty):
    engine = faulty("refusal:share=1")
    assert kinds(engine.ask().json()) == ["refusal"]
    asked = {"model": "grok-4.3", "messages": [{"role": "user", "content": "2+2?"}]}
    message = engine.http.post("/chat/completions", json=asked).json()["choices"][0]["message"]
    assert (message["content"], message["refusal"]) == (None, "I can't help with that.")
    told = engine.http.post("/messages", json={**asked, "max_tokens": 100}).json()
    assert told["content"][-1]["text"] == "I can't help with that."
    assert len(engine.sandbox.ledger()) == 3


def test_a_share_of_refusals_leaves_the_other_answers_right(faulty):
    engine = faulty("refusal:share=0.5")
    seen = [kinds(engine.ask().json())[0] for _ in range(40)]
    assert 10 < seen.count("refusal") < 30
    assert set(seen) == {"refusal", "output_text"}


def test_some_answers_break_off_and_cost_what_came(faulty):
    long = "Summarize in 3 sentences: " + " ".join(f"The ship number {n} sails on the sea." for n in range(20))
    whole = faulty(None).ask(long).json()
    engine = faulty("incomplete:share=1,keep=0.5")
    cut = engine.ask(long).json()
    assert (whole["status"], cut["status"]) == ("completed", "incomplete")
    assert cut["incomplete_details"] == {"reason": "max_output_tokens"}
    text = cut["output"][-1]["content"][0]["text"]
    assert text
    assert whole["output"][-1]["content"][0]["text"].startswith(text)
    assert cut["usage"]["output_tokens"] < whole["usage"]["output_tokens"]
    assert engine.sandbox.ledger()[0]["ticks"] == cut["usage"]["cost_in_usd_ticks"]
    asked = {"model": "grok-4.3", "messages": [{"role": "user", "content": long}]}
    assert engine.http.post("/chat/completions", json=asked).json()["choices"][0]["finish_reason"] == "length"
    told = engine.http.post("/messages", json={**asked, "max_tokens": 9_999}).json()
    assert told["stop_reason"] == "max_tokens"


def test_an_answer_can_break_off_before_its_first_word(faulty):
    cut = faulty("incomplete:share=1,keep=0").ask().json()
    assert cut["status"] == "incomplete"
    assert [item["type"] for item in cut["output"]] == ["reasoning"]


def test_expired_links_lead_nowhere(faulty):
    engine = faulty("expired-links:times=1")
    address = engine.http.post("/images/generations", json=PICTURE).json()["data"][0]["url"]
    gone, there = engine.http.get(address), engine.http.get(address)
    assert (gone.status_code, gone.json()["code"]) == (404, "not-found")
    assert (there.status_code, there.content[:2]) == (200, b"\xff\xd8")


def test_what_rows_met_is_told_in_their_errors(faulty):
    engine = faulty("moderation:share=0.3+malformed:share=0.3,skip=5")
    rows = [{"q": f"{number}+1?"} for number in range(30)]
    with grokcall.connect(api_key=SANDBOX_KEY, base_url=engine.sandbox.base_url, max_attempts=1) as connection:
        result = connection.lookup("CALL GenerateResponse(:q)", rows, on_error="redirect")
    assert result.rows.num_rows + result.errors.num_rows == 30
    assert result.rows.num_rows > 3
    assert result.errors.num_rows > 3
    assert len({row["Call_ErrorCode"] for row in result.errors.to_pylist()}) >= 2
