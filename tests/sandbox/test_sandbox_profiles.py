"""Profiles: how they are named, what the table says of them, and that they strike the same way every time."""

import math
from random import Random
from statistics import median
from types import SimpleNamespace

import httpx
import pytest

from grokcall.sandbox import PROFILES, SANDBOX_KEY, Sandbox
from grokcall_sandbox.profiles import MAX_FAULTS, open_profile

POST = SimpleNamespace(method="POST", path="/v1/responses")
LINK = SimpleNamespace(method="GET", path="/media/a.png")
SOCKET = SimpleNamespace(method="SOCKET", path="/v1/tts")


def struck(text, requests=200, seed=0):
    """The numbers of the requests that a profile strikes."""
    profile = open_profile(text, seed)
    return [number for number in range(requests) if profile.strike(POST)]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("latncy", "unknown profile 'latncy': did you mean 'latency'\\? Known profiles are credits, cut-after, cut-be"),
        ("", "unknown profile ''"),
        ("latency+", "unknown profile ''"),
        ("latency:mdian=1", "latency has no option 'mdian': did you mean 'median'\\? Its options are seconds, low"),
        ("storm:share=0.1", "storm has no option 'share'"),
        ("latency:seconds", "option seconds of the profile latency must be a number from 0 to 3,600, not nothing"),
        ("cut-after:share=2", "option share of the profile cut-after must be a number from 0 to 1, not '2'"),
        ("cut-after:share=nan", "must be a number from 0 to 1, not 'nan'"),
        ("cut-after:how=gently", "option how of the profile cut-after must be reset, close, not 'gently'"),
        ("ratelimit:rps=1.5", "option rps of the profile ratelimit must be a whole number from 1 to 10,000, not '1.5'"),
        ("ratelimit:rps=1,rps=2", "option rps of the profile ratelimit is given twice"),
        ("ratelimit:rps=1,announce=maybe", "must be yes or no, not 'maybe'"),
        ("ratelimit", "ratelimit needs at least one of its options rps, rpm and tpm"),
        ("latency:mean=1,median=1", "options mean, median of latency belong to different distributions"),
        ("latency:low=2,high=1", "low of latency must not exceed high"),
        ("storm:every=10,length=10", "length of storm must be less than every, which is 10"),
        ("+".join(["storm"] * (MAX_FAULTS + 1)), "at most 20 profiles can be combined, not 21"),
    ],
)
def test_a_profile_that_makes_no_sense_is_refused_with_what_would(text, problem):
    with pytest.raises(ValueError, match=problem):
        Sandbox(profile=text)


@pytest.mark.parametrize("kind", PROFILES.values(), ids=PROFILES)
def test_every_profile_is_described_and_every_default_is_allowed(kind):
    assert kind.summary
    assert len({option.name for option in kind.options}) == len(kind.options)
    for option in kind.options:
        assert option.summary
        assert option.allowed
        if option.default is not None:
            shown = ("no", "yes")[option.default] if option.kind == "flag" else str(option.default)
            assert option.read(shown) == option.default


@pytest.mark.parametrize("name", sorted(set(PROFILES) - {"ratelimit"}))
def test_a_profile_needs_no_options(name):
    open_profile(f" {name} : ")


@pytest.mark.parametrize("name", [name for name, kind in PROFILES.items() if kind.options[0].name == "share"])
def test_a_share_of_the_requests_is_struck_in_the_same_way_every_time(name):
    on = {"expired": LINK, "socket": SOCKET}.get(name.partition("-")[0], POST)
    profile, again = open_profile(f"{name}:share=0.3"), open_profile(f"{name}:share=0.3")
    hits = [bool(profile.strike(on)) for _ in range(1_000)]
    assert hits == [bool(again.strike(on)) for _ in range(1_000)]
    assert 240 < sum(hits) < 360


def test_another_seed_strikes_other_requests():
    assert struck("cut-after:share=0.3") != struck("cut-after:share=0.3", seed=1)


def test_combined_profiles_strike_independently():
    both = open_profile("cut-after:share=0.5+malformed:share=0.5")
    sizes = [len(both.strike(POST)) for _ in range(400)]
    assert {0, 1, 2} == set(sizes)
    assert 60 < sizes.count(2) < 140


def test_requests_can_be_skipped_and_strikes_counted():
    assert struck("malformed:share=1,skip=3,times=2") == [3, 4]
    assert len(struck("malformed:share=0.5,times=7")) == 7


def test_server_errors_come_in_bursts():
    hits = struck("server-errors:share=0.05,burst=4")
    starts = [number for number in hits if number - 1 not in hits]
    assert starts
    assert all(number + step in hits for number in starts for step in range(4) if number + step < 200)


def test_a_storm_is_the_last_requests_of_every_so_many():
    assert struck("storm:every=10,length=3", requests=25) == [7, 8, 9, 17, 18, 19]


@pytest.mark.parametrize(
    ("on", "concerned"),
    [
        ("posts", {"/v1/responses", "/v1/tts", "/v1/images/edits"}),
        ("text", {"/v1/responses"}),
        ("media", {"/v1/tts", "/v1/images/edits"}),
        ("links", {"GET /media/a.png"}),
        (
            "all",
            {"/v1/responses", "/v1/tts", "/v1/images/edits", "/v1/files", "GET /v1/videos/a", "GET /media/a.png"},
        ),
    ],
)
def test_a_profile_concerns_the_requests_it_is_told_to_and_never_the_engines_own(on, concerned):
    paths = ["/v1/responses", "/v1/tts", "/v1/images/edits", "/v1/files", "/sandbox/reset"]
    gets = ["/v1/videos/a", "/media/a.png", "/sandbox/ledger", "/sandbox/stats"]
    profile = open_profile(f"malformed:share=1,on={on}")
    hits = {path for path in paths if profile.strike(SimpleNamespace(method="POST", path=path))}
    hits |= {f"GET {path}" for path in gets if profile.strike(SimpleNamespace(method="GET", path=path))}
    assert hits == concerned


@pytest.mark.parametrize(
    ("options", "middle", "spread"),
    [
        ("seconds=0.2", 0.2, 0),
        ("low=1,high=3", 2, 2),
        ("median=0.05,sigma=1.0", 0.05, 60),
        ("", 0.05, 60),
        ("mean=0.1", 0.1 * math.log(2), 60),
        ("median=0.05,sigma=5,most=0.5", 0.05, 0.5),
    ],
)
def test_latency_has_the_distribution_that_is_asked_for(options, middle, spread):
    profile = open_profile(f"latency:{options}")
    (fault, _), *_ = profile.strike(POST)
    drawn = [fault.seconds(Random(number)) for number in range(2_000)]
    assert median(drawn) == pytest.approx(middle, rel=0.15)
    assert min(drawn) >= 0
    assert max(drawn) - min(drawn) <= spread
    assert drawn == [fault.seconds(Random(number)) for number in range(2_000)]


def test_some_replies_can_be_very_slow():
    (fault, _), *_ = open_profile("latency:seconds=0.01,slow=0.1,slow_seconds=30").strike(POST)
    drawn = [fault.seconds(Random(number)) for number in range(1_000)]
    assert set(drawn) == {0.01, 30}
    assert 60 < drawn.count(30) < 140


def test_latency_holds_replies_back_and_leaves_them_right(faulty):
    engine = faulty("latency:low=0.05,high=0.1")
    elapsed = engine.ask().elapsed.total_seconds()
    assert 0.05 <= elapsed < 2
    assert engine.http.get("/models").elapsed.total_seconds() < elapsed


def test_a_run_with_faults_can_be_repeated(faulty):
    profile = "server-errors:share=0.2+cut-before:share=0.1+storm:every=7,length=1"
    engine = faulty(profile, seed=3)
    first = engine.statuses(60)
    assert {200, 0, 429} < set(first)
    assert first == faulty(profile, seed=3).statuses(60)
    engine.sandbox.reset()
    assert first == engine.statuses(60)
    assert first != faulty(profile, seed=4).statuses(60)


def test_the_engines_own_paths_stay_calm_under_the_worst(faulty):
    engine = faulty("cut-before:share=1,on=all+storm:every=2,length=1,on=all")
    root = engine.sandbox.base_url.removesuffix("/v1")
    assert engine.statuses(3) == [0, 0, 0]
    assert httpx.get(f"{root}/sandbox/ledger").json() == {"entries": [], "total_ticks": 0}
    assert httpx.get(f"{root}/sandbox/stats").json()["by_status"] == {"cut": 3}
    assert httpx.post(f"{root}/sandbox/reset").json() == {"reset": True}
    assert SANDBOX_KEY not in httpx.get(f"{root}/sandbox/stats").text
