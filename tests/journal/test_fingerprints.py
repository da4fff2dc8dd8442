"""Equal calls have equal fingerprints, whoever makes them and wherever; different calls have different ones."""

import subprocess
import sys
from dataclasses import replace

import pytest

from grokcall.journal import fingerprint
from grokcall_parser import parse_call
from grokcall_procedures import CATALOG, Binder, BoundCall, Settings

URL = "https://api.x.ai/v1"
TEXT = "CALL GenerateResponse(:Message, Temperature => 0.5, Model => 'grok-4.3')"


def bound(statement: str, values: dict[str, object] | None = None, settings: Settings | None = None) -> BoundCall:
    call = parse_call(statement)
    return Binder(call, CATALOG[call.procedure], settings or Settings()).bind(values or {})


def test_a_fingerprint_stays_the_same_from_release_to_release():
    # If this fails, every journal that users have is paid for again: raise the layout's version and say so.
    assert fingerprint(bound(TEXT, {"Message": "hi"}), URL).hex() == "c2fbad514b5ebb7055fbb3d2acd11445"


def test_another_version_of_our_prompt_is_another_call_and_a_prompt_of_the_callers_has_none():
    for statement in ("CALL ClassifyText(:m, ['a'])", "CALL SummarizeText(:m)"):
        call = bound(statement, {"m": "hi"})
        later = replace(call, procedure=replace(call.procedure, prompt_version=call.procedure.prompt_version + 1))
        assert fingerprint(call, URL) != fingerprint(later, URL)
    ours = {"ClassifyText", "SummarizeText", "GenerateRows", "SearchWeb", "SearchX"}
    assert {each.name for each in CATALOG.values() if each.prompt_version} == ours


def test_a_rule_for_storing_is_part_of_calls_that_it_changes_and_of_no_others():
    for statement, changes in (("CALL GenerateResponse('hi')", True), ("CALL GenerateImage('hi')", False)):
        prints = {fingerprint(bound(statement, settings=Settings(store=rule)), URL) for rule in (None, False)}
        assert len(prints) == (2 if changes else 1)


def test_another_process_with_other_hashes_comes_to_the_same_fingerprint():
    code = (
        "from grokcall.journal import fingerprint\n"
        "from grokcall_parser import parse_call\n"
        "from grokcall_procedures import CATALOG, Binder, Settings\n"
        f"call = Binder(parse_call({TEXT!r}), CATALOG['GenerateResponse'], Settings()).bind({{'Message': 'hi'}})\n"
        f"print(fingerprint(call, {URL!r}).hex())\n"
    )
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, timeout=400
        )
        assert done.stdout.strip() == fingerprint(bound(TEXT, {"Message": "hi"}), URL).hex(), done.stderr


def test_the_order_in_which_values_were_given_does_not_matter():
    call = bound(TEXT, {"Message": "hi"})
    turned = replace(call, values=dict(reversed(call.values.items())))
    assert list(turned.values) != list(call.values)
    assert fingerprint(turned, URL) == fingerprint(call, URL)


def test_everything_that_changes_the_request_changes_the_fingerprint():
    calls = [
        (bound(TEXT, {"Message": "hi"}), URL),
        (bound(TEXT, {"Message": "ho"}), URL),
        (bound(TEXT.replace("0.5", "0.6"), {"Message": "hi"}), URL),
        (bound(TEXT.replace("4.3", "4.6"), {"Message": "hi"}), URL),
        (bound(TEXT, {"Message": "hi"}), "https://eu.api.x.ai/v1"),
        (bound(TEXT, {"Message": "hi"}, Settings(tool_limit_field="omit")), URL),
        (bound(TEXT, {"Message": "hi"}, Settings(file_transfer="inline")), URL),
        (replace(bound(TEXT, {"Message": "hi"}), procedure=CATALOG["CreateMessage"]), URL),
    ]
    assert len({fingerprint(call, url) for call, url in calls}) == len(calls)


@pytest.mark.parametrize(
    "settings",
    [Settings(poll_interval=1), Settings(poll_timeout=9), Settings(max_media_bytes=9), Settings(strict_enums=True)],
)
def test_settings_that_only_say_how_long_to_wait_or_what_to_refuse_do_not_matter(settings):
    call = bound(TEXT, {"Message": "hi"})
    assert fingerprint(bound(TEXT, {"Message": "hi"}, settings), URL) == fingerprint(call, URL)


def test_another_set_of_result_fields_is_another_call():
    call = bound(TEXT, {"Message": "hi"})
    narrower = replace(call.procedure, fields=call.procedure.fields[:-1])
    assert fingerprint(replace(call, procedure=narrower), URL) != fingerprint(call, URL)


def test_bytes_count_by_what_they_hold_and_are_no_text():
    def analysed(content: object) -> bytes:
        call = bound("CALL GenerateResponse('x')")
        return fingerprint(replace(call, values={"Message": "x", "Content": content}), URL)

    assert analysed(b"picture") == analysed(bytes(bytearray(b"picture")))
    assert len({analysed(b"picture"), analysed(b"picturf"), analysed("picture"), analysed(b""), analysed("")}) == 5


def test_one_and_true_and_one_point_nought_are_three_values():
    call = bound("CALL GenerateResponse('x')")
    assert len({fingerprint(replace(call, values={"Value": value}), URL) for value in (1, True, 1.0, "1")}) == 4
