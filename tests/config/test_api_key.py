"""Where a key is looked for, and what is said when there is none."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.null import Keyring as EmptyKeyring

from bad_server import KEY
from grokcall import errors
from grokcall.config.api_key import ExplicitKey, find_key
from grokcall.core.redaction import SecretKey
from installed import COMMAND


class MemoryKeyring(KeyringBackend):
    """A keyring that forgets everything at the end."""

    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.entries: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.entries[service, username] = password


class BrokenKeyring(MemoryKeyring):
    """As on a machine without a desktop."""

    def get_password(self, service: str, username: str) -> str | None:
        raise RuntimeError("no bus")


@pytest.fixture(autouse=True)
def ring() -> Iterator[MemoryKeyring]:
    before, memory = keyring.get_keyring(), MemoryKeyring()
    keyring.set_keyring(memory)
    yield memory
    keyring.set_keyring(before)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text('[default]\napi_key = "from-default"\n[profiles.work]\napi_key = "from-work"\n[profiles.bare]\n')
    path.chmod(0o600)
    return path


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    path.write_text("\ufefffrom-file\r\n", "utf-8")
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("given", ["explicit", " explicit\n", SecretKey("explicit"), lambda: "explicit"])
def test_an_argument_wins_over_every_other_place(given: ExplicitKey) -> None:
    key = find_key(given, environ={"XAI_API_KEY": "from-environment"})
    assert key.value.reveal() == "explicit"
    assert "api_key" in key.source


def test_the_places_are_looked_at_in_order(config: Path, key_file: Path, ring: MemoryKeyring) -> None:
    environ = {"GROKCALL_CONFIG": str(config), "XAI_API_KEY_FILE": str(key_file), "XAI_API_KEY": "from-environment"}
    ring.set_password("grokcall", "default", "from-keyring")
    found = []
    for drop in ("XAI_API_KEY", "XAI_API_KEY_FILE", None, "GROKCALL_CONFIG"):
        key = find_key(environ=environ)
        found.append(key.value.reveal())
        if drop:
            del environ[drop]
        else:
            ring.entries.clear()
    assert found == ["from-environment", "from-file", "from-keyring", "from-default"]


def test_a_profile_has_a_key_of_its_own(config: Path, ring: MemoryKeyring) -> None:
    environ = {"GROKCALL_CONFIG": str(config)}
    key = find_key(profile="work", environ=environ)
    assert (key.value.reveal(), key.source) == ("from-work", f"api_key in the profile 'work' in {config}")
    ring.set_password("grokcall", "work", "from-keyring")
    assert find_key(profile="work", environ=environ).source == "the keyring (service grokcall, user work)"


def test_the_key_of_the_default_table_is_never_used_for_another_profile(config: Path) -> None:
    with pytest.raises(errors.MissingKeyError):
        find_key(profile="bare", environ={"GROKCALL_CONFIG": str(config)})


def test_a_missing_key_names_every_place_that_was_looked_at(tmp_path: Path) -> None:
    with pytest.raises(errors.MissingKeyError) as caught:
        find_key(environ={"XDG_CONFIG_HOME": str(tmp_path), "XAI_API_KEY": "  "})
    for place in ("api_key", "XAI_API_KEY", "XAI_API_KEY_FILE", "keyring", str(tmp_path / "grokcall" / "config.toml")):
        assert place in str(caught.value)
    assert "https://console.x.ai" in str(caught.value)
    assert len(caught.value.looked_at) == 5
    assert errors.is_systemic(caught.value)


def test_a_keyring_that_cannot_be_asked_is_passed_over_and_named(tmp_path: Path) -> None:
    environ = {"XDG_CONFIG_HOME": str(tmp_path)}
    for backend, note in ((BrokenKeyring(), "cannot be asked (RuntimeError)"), (EmptyKeyring(), "no entry")):
        keyring.set_keyring(backend)  # type: ignore[no-untyped-call]
        with pytest.raises(errors.MissingKeyError) as caught:
            find_key(environ=environ)
        assert note in str(caught.value)


@pytest.mark.parametrize("bad", [f"{KEY} {KEY}", f"{KEY}\n{KEY}", f"{KEY}\x00", f"{KEY}é", f"“{KEY}”"])
def test_what_cannot_be_a_key_is_refused_without_showing_it(bad: str) -> None:
    for find in (lambda: find_key(bad), lambda: find_key(environ={"XAI_API_KEY": bad})):
        with pytest.raises(errors.MissingKeyError) as caught:
            find()
        assert KEY[:8] not in f"{caught.value!r} {vars(caught.value)}"
        assert "XAI_API_KEY" in str(caught.value)


@pytest.mark.parametrize("empty", ["", "  \n", SecretKey(""), lambda: "", lambda: None, 5])
def test_an_empty_or_wrong_argument_is_refused_and_not_replaced(empty: ExplicitKey) -> None:
    with pytest.raises(errors.MissingKeyError, match="api_key"):
        find_key(empty, environ={"XAI_API_KEY": "from-environment"})


def test_a_key_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    for path, reason in ((tmp_path / "nowhere", "No such file"), (tmp_path, "directory")):
        with pytest.raises(errors.MissingKeyError) as caught:
            find_key(environ={"XAI_API_KEY_FILE": str(path)})
        assert str(path) in str(caught.value)
        assert reason in str(caught.value)


def test_a_key_file_that_everybody_can_read_is_warned_about(key_file: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "grokcall"):
        find_key(environ={"XAI_API_KEY_FILE": str(key_file)})
        assert caplog.messages == []
        key_file.chmod(0o644)
        assert find_key(environ={"XAI_API_KEY_FILE": str(key_file)}).value.reveal() == "from-file"
    assert len(caplog.messages) == 1
    assert f"chmod 600 {key_file}" in caplog.messages[0]


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or (os.geteuid() == 0 and not shutil.which("setpriv")),
    reason="root may enter every folder",
)
@pytest.mark.parametrize("arguments", [("procedures",), ("call", "EXPLAIN CALL GenerateResponse('x')")])
def test_a_home_that_may_not_be_entered_is_one_without_a_configuration(tmp_path: Path, arguments: tuple[str]) -> None:
    home = tmp_path / "home"
    home.mkdir()
    capabilities = "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search"
    bare = ["setpriv", *capabilities] if os.geteuid() == 0 else []
    home.chmod(0)
    try:
        environment = {**os.environ, "HOME": str(home), "XDG_CONFIG_HOME": "", "XAI_API_KEY": "xai-0123456789"}
        done = subprocess.run([*bare, COMMAND, *arguments], capture_output=True, env=environment, check=False)
        assert done.returncode == 0, done.stderr
        named = {**environment, "GROKCALL_CONFIG": str(home / "config.toml")}
        done = subprocess.run([*bare, COMMAND, *arguments], capture_output=True, env=named, check=False)
        assert (done.returncode, b"cannot be read" in done.stderr) == (2, True), done.stderr
    finally:
        home.chmod(0o700)
