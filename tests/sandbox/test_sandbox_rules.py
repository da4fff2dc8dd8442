"""The local rules give answers worth looking at."""

import base64

import pytest

STORY = (
    "The parcel never came. The parcel was sent on Monday and the customer waited for the parcel all week. "
    "The weather was fine. The customer now wants the money for the parcel back. Birds were singing."
)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("what is 17*23+4", "395"),
        ("2+2?", "4"),
        ("What is 15% of 80?", "12"),
        ("Calculate (3 + 4) * 2 - 1", "13"),
        ("How much is 1,200 divided by 7?", "171.4285714286"),
        ("what's 2 to the power of 10?", "1024"),
        ("What is the sum of 3, 5 and 9?", "17"),
        ("0.1 + 0.2 = ?", "0.3"),
        ("what is -3 minus 4", "-7"),
    ],
)
def test_sums_are_worked_out(say, question, answer):
    assert say(question) == answer


@pytest.mark.parametrize(
    "question",
    ["Call 555-1234 tomorrow", "what is 1/0?", "what is 9**9**9**9", "Meet on 2024-01-05.", "__import__('os')"],
)
def test_what_is_no_sum_is_not_worked_out(say, question):
    assert question in say(question)


@pytest.mark.parametrize("limit", [4, 10, 20, 30])
@pytest.mark.parametrize("wording", ["in at most {} words", "in {} words or fewer", "using no more than {} words"])
def test_a_summary_keeps_to_its_words_and_to_the_text(say, limit, wording):
    summary = say(STORY, instructions=f"Summarise the text {wording.format(limit)}.")
    assert 0 < len(summary.split()) <= limit
    for sentence in summary.rstrip("…").split(". "):
        assert sentence.rstrip(".") in STORY
    assert "parcel" in summary.lower()


def test_a_summary_can_be_asked_for_beside_the_text(say):
    for question in (f"Summarize this in one sentence:\n{STORY}", f"{STORY}\n\nTL;DR"):
        summary = say(question)
        assert "parcel" in summary
        assert len(summary) < len(STORY) / 2


def test_an_earlier_text_can_be_summed_up(ask, say):
    first = ask(STORY)
    assert "parcel" in say("Now summarise that, please.", previous_response_id=first["id"])


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("The parcel never came and I am angry", "complaint"),
        ("Wonderful service, thank you!", "praise"),
        ("I was charged twice on my credit card", "billing"),
        ("The app crashes whenever I log in", "technical"),
        ("Where is the moon tonight", "other"),
    ],
)
@pytest.mark.parametrize("form", ["instructions", "message", "schema"])
def test_texts_are_classified(say, text, category, form):
    names = ["complaint", "praise", "billing", "technical", "other"]
    if form == "instructions":
        answer = say(text, instructions=f"Classify the message. Categories: {', '.join(names)}.")
    elif form == "message":
        answer = say(f"Classify into one of: {', '.join(names)}.\n\n{text}")
    else:
        schema = {"type": "object", "properties": {"c": {"enum": names}}, "required": ["c"]}
        answer = say(text, text={"format": {"type": "json_schema", "schema": schema}}).removeprefix('{"c":"')[:-2]
    assert answer == category


def test_categories_may_be_bullets_or_a_json_list(say):
    bullets = "Pick a category from these categories:\n- sports\n- politics\n\nText: The team won the football match"
    assert say(bullets) == "sports"
    assert say("The team won the match", instructions='Labels: ["politics", "sports"]. Classify.') == "sports"


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Colour of a ripe banana?", "Banana"),
        ("Tell me about the sea", "Sea"),
        ("Please describe it briefly: the history of Rome.", "Rome"),
        ("Which animal is this? Answer with one word only.", "Animal"),
        ("Tell me.", "Unknown"),
        ("What is it like? 42", "Unknown"),
    ],
)
def test_one_word_means_one_word_and_names_the_subject(say, question, answer):
    assert say(question, instructions="Answer in one word.") == answer


@pytest.mark.parametrize(
    ("question", "answer"), [("Is this great? Yes or no.", "Yes"), ("It is broken and awful. Yes/no?", "No")]
)
def test_yes_or_no_means_yes_or_no(say, question, answer):
    assert say(question) == answer


def test_a_limit_of_words_holds_for_any_answer(say):
    assert len(say("Tell me of the old city by the sea, in at most 5 words, if you can").split()) <= 5


def test_a_plain_reply_quotes_the_question(say):
    assert "“Who wrote the Iliad?”" in say("Who wrote the Iliad?")


def test_an_image_answers_in_one_word_with_its_colour(say, picture):
    uri = "data:image/jpeg;base64," + base64.b64encode(picture("yellow", (50, 50), "JPEG")).decode()
    parts = [{"type": "input_text", "text": "Which colour? One word."}, {"type": "input_image", "image_url": uri}]
    assert say([{"role": "user", "content": parts}]) == "Yellow"


@pytest.mark.parametrize(
    ("name", "data", "facts"),
    [
        ("notes.md", b"# Trip\n\nWe went north.\n", "3 lines and 5 words. Its first heading is \u201cTrip\u201d."),
        ("a.json", b'{"a": 1, "b": 2}', "Its keys are a, b."),
        ("l.json", b"[1, 2, 3]", "It is a list of 3 values."),
        ("t.tsv", b"x\ty\n1\t2\n", "Its columns are x, y; it has 1 rows."),
        ("b.bin", b"\x00\x01\x02", "holds 3 bytes that are not text."),
        ("d.pdf", b"%PDF-1.4 /Type /Page /Type /Pages", "is a PDF of 1 pages"),
    ],
)
def test_a_file_is_described_by_its_kind(say, name, data, facts):
    part = {"type": "input_file", "filename": name, "file_data": base64.b64encode(data).decode()}
    assert facts in say([{"role": "user", "content": [part]}])


def test_a_damaged_image_is_said_to_be_damaged(say):
    uri = "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\nnothing").decode()
    answer = say([{"role": "user", "content": [{"type": "input_image", "image_url": uri}]}])
    assert "damaged image" in answer


def test_a_json_object_is_one(say):
    assert say("Say hello", text={"format": {"type": "json_object"}}) == '{"answer":"hello"}'
