"""Options: where they come from, which wins, and what is said of a wrong one."""

from __future__ import annotations

import pickle
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bad_server import KEY
from grokcall.config.options import Options, is_loopback, load_options
from grokcall.errors import InterfaceError
from grokcall_procedures.settings import DEFAULT_MODELS, Settings
from grokcall_procedures.steps import Kind


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "some.toml"
    path.write_text(
        "[default]\nconcurrency = 3\nmax_attempts = 3\n"
        '[profiles.work]\nconcurrency = 4\napi_key = "x"\ndefault_models = { text = "grok-4.6" }\n'
        "[profiles.typo]\nconcurency = 4\n[profiles.wrong]\nconcurrency = 0\n"
    )
    path.chmod(0o600)
    monkeypatch.setenv("GROKCALL_CONFIG", str(path))
    return path


def message(**explicit: Any) -> str:
    with pytest.raises(InterfaceError) as caught:
        load_options(**explicit)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_without_anything_the_defaults_hold() -> None:
    options = load_options()
    assert options.base_url == "https://api.x.ai/v1"
    assert (options.connect_timeout, options.max_attempts, options.concurrency) == (10.0, 5, 64)
    assert (options.max_cost, options.transport, options.trust_env_proxies) == (None, "aiohttp", True)
    assert options.settings() == Settings()


def test_an_argument_wins_over_the_environment_that_over_the_profile_and_that_over_the_default(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = [Options.model_fields["concurrency"].default, load_options().concurrency]
    monkeypatch.setenv("XAI_CONCURRENCY", "5")
    seen.append(load_options().concurrency)
    monkeypatch.setenv("GROKCALL_CONCURRENCY", "6")
    seen.append(load_options().concurrency)
    seen.append(load_options(concurrency=7).concurrency)
    assert seen == [64, 3, 5, 6, 7]


def test_none_and_an_empty_variable_are_not_given(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROKCALL_CONCURRENCY", "")
    assert load_options(concurrency=None).concurrency == 3


def test_a_profile_stands_alone_and_can_be_chosen_in_the_environment(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = load_options("work")
    assert (options.profile, options.concurrency, options.max_attempts) == ("work", 4, 5)
    assert options.default_models == {**DEFAULT_MODELS, "text": "grok-4.6"}
    monkeypatch.setenv("GROKCALL_PROFILE", "work")
    assert load_options().concurrency == 4
    assert load_options("default").concurrency == 3


def test_the_key_of_a_profile_is_no_option(config: Path) -> None:
    assert "api_key" not in repr(load_options("work"))


@pytest.mark.parametrize(
    "text", ['{"text": "a", "image": "b"}', "text=a,image=b", " text = a , image = b ,"]
)  # fmt: skip
def test_default_models_come_from_the_environment_in_either_form(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROKCALL_DEFAULT_MODELS", text)
    assert load_options().default_models == {**DEFAULT_MODELS, "text": "a", "image": "b"}


def test_switches_and_sums_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROKCALL_STRICT_ENUMS", "true")
    monkeypatch.setenv("XAI_MAX_COST", "0.25")
    monkeypatch.setenv("XAI_BASE_URL", "http://localhost:8080/v1/")
    options = load_options()
    assert (options.strict_enums, options.max_cost) == (True, Decimal("0.25"))
    assert options.base_url == "http://localhost:8080/v1"


def test_an_unknown_option_names_the_nearest(config: Path) -> None:
    assert message(concurency=3) == "There is no option 'concurency' (from the arguments); did you mean concurrency?"
    assert "max_attempts" in message(zzz=1)
    assert f"(from the profile 'typo' in {config}); did you mean concurrency?" in message(profile="typo")


def test_an_unknown_profile_names_the_file_and_the_nearest(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert message(profile="wok") == f"{config} has no profile 'wok'; did you mean 'work'?"
    assert "it has: 'typo', 'work', 'wrong'" in message(profile="zzz")
    monkeypatch.setenv("GROKCALL_CONFIG", str(config.parent / "nowhere.toml"))
    assert "nowhere.toml" in message()


def test_a_file_that_is_no_toml_is_named(config: Path) -> None:
    config.write_text("[default\n")
    assert str(config) in message()
    config.write_text("default = 3\n")
    assert "table" in message()


WRONG = [
    ("concurrency", 0, "1 to 4096"),
    ("concurrency", 4097, "1 to 4096"),
    ("requests_per_second", 0, "above 0"),
    ("requests_per_second", "NaN", "Requests a second"),
    ("requests_per_minute", -1, "above 0"),
    ("requests_per_minute", "many", "None for what is learned"),
    ("tokens_per_minute", 2_000_000_000, "1000000000"),
    ("max_attempts", 21, "1 to 20"),
    ("max_attempts", "many", "1 to 20"),
    ("timeout", 0, "above 0"),
    ("timeout", float("inf"), "finite"),
    ("connect_timeout", -1, "above 0"),
    ("poll_interval", 90_000, "86400"),
    ("max_cost", -1, "0 or more"),
    ("max_cost", "NaN", "USD"),
    ("transport", "curl", "aiohttp or httpx"),
    ("tool_limit_field", "none", "max_turns, max_tool_calls or omit"),
    ("file_transfer", "pigeon", "upload or inline"),
    ("default_models", {"txt": "a"}, "did you mean 'text'?"),
    ("default_models", {"zzz": "a"}, "image_edit"),
    ("default_models", {"text": ""}, "at least 1"),
    ("default_models", "text", "text=grok-4.3"),
    ("default_models", "{broken", "JSON"),
    ("default_models", 5, "model of each kind"),
    ("user_agent", "a\r\nb", "header"),
    ("base_url", "api.x.ai/v1", "https://"),
    ("base_url", "ftp://api.x.ai", "https://"),
    ("base_url", "https://", "https://"),
    ("base_url", "https://api.x.ai/v1?x=1", "path"),
    ("base_url", "https://api x.ai/v1", "characters"),
    ("base_url", "https://äpi.x.ai/v1", "characters"),
    ("base_url", "https://h:99999/v1", "Port"),
    ("base_url", "https://[half/v1", "IPv6"),
    ("base_url", "http://api.x.ai/v1", "in the clear"),
]


@pytest.mark.parametrize(("name", "value", "hint"), WRONG)
def test_a_wrong_value_is_told_in_one_line_with_its_source_and_the_remedy(name: str, value: Any, hint: str) -> None:
    text = message(**{name: value})
    assert text.startswith(f"The option {name} cannot be ")
    assert "(from the arguments)" in text
    assert hint in text


def test_the_source_of_a_wrong_value_is_named(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert f"(from the profile 'wrong' in {config})" in message(profile="wrong")
    monkeypatch.setenv("xai_max_attempts", "many")
    assert "'many' (from XAI_MAX_ATTEMPTS)" in message()
    monkeypatch.setenv("GROKCALL_MAX_ATTEMPTS", "99")
    assert "'99' (from GROKCALL_MAX_ATTEMPTS)" in message()


def test_a_key_in_the_wrong_place_is_not_shown() -> None:
    for wrong in ({"base_url": f"https://user:{KEY}@h/v1"}, {"transport": KEY}, {"base_url": f"https://h/v1?k={KEY}"}):
        assert KEY not in message(**wrong)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "[::1]", "api.localhost"])
def test_http_is_allowed_on_this_machine(host: str) -> None:
    assert load_options(base_url=f"http://{host}:80/v1").base_url == f"http://{host}:80/v1"


@pytest.mark.parametrize("host", ["localhost.example.com", "128.0.0.1", "0.0.0.0", "::2", "x.ai"])
def test_other_machines_are_not_this_one(host: str) -> None:
    assert not is_loopback(host)


def test_http_elsewhere_has_to_be_allowed() -> None:
    assert load_options(base_url="http://gateway.example/v1", allow_http=True).base_url == "http://gateway.example/v1"


def test_every_kind_of_request_has_a_read_timeout_and_the_option_sets_that_of_texts() -> None:
    options = load_options(timeout=1800)
    assert {kind.value: options.read_timeout(kind) for kind in Kind} == {
        "text": 1800.0, "image": 120.0, "audio": 900.0, "video": 120.0,
        "poll": 60.0, "upload": 300.0, "download": 300.0, "metadata": 30.0,
    }  # fmt: skip
    assert load_options().read_timeout(Kind.TEXT) == 600.0


def test_settings_carry_the_options_that_shape_requests() -> None:
    given = {"tool_limit_field": "omit", "file_transfer": "inline", "poll_interval": 1.5, "poll_timeout": 9.0,
             "strict_enums": True, "strict_arity": True, "max_media_bytes": 1000}  # fmt: skip
    settings = load_options(**given, default_models={"video": "v"}).settings()
    assert {name: getattr(settings, name) for name in given} == given
    assert settings.default_models == {**DEFAULT_MODELS, "video": "v"}


def test_options_cannot_be_changed_and_travel_in_pickles() -> None:
    options = load_options(concurrency=2)
    with pytest.raises(ValueError, match="frozen"):
        options.concurrency = 3  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(options)) == options


def test_every_option_says_what_it_is() -> None:
    assert all(field.description for field in Options.model_fields.values())
