"""Addresses are taken apart without a guess, and what is refused shows no key."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

import grokcall
from grokcall.config.options import load_options
from grokcall.config.uri import Address, option_texts
from scripted_service import KEY

BASE_URLS = {
    "grokcall://": None,
    "grokcall:///?timeout=3": None,
    "grokcall://:KEY@/": None,
    "grokcall://:KEY@api.example/v1": "https://api.example/v1",
    "grokcall://:KEY@api.example:8443/v1/": "https://api.example:8443/v1",
    "grokcall://:KEY@localhost:8000/v1": "http://localhost:8000/v1",
    "grokcall://:KEY@127.0.0.1:8000": "http://127.0.0.1:8000",
    "grokcall://:KEY@[::1]:8000/v1": "http://[::1]:8000/v1",
    "grokcall://:KEY@[2001:db8::1]/v1": "https://[2001:db8::1]/v1",
    "grokcall:///?base_url=https%3A%2F%2Flocalhost%2Fv1": "https://localhost/v1",
}


def arguments_of(written: str) -> dict[str, object]:
    url = make_url(written)
    return Address(url.host, url.port, url.database, url.username, url.password, url.query).arguments()


@pytest.mark.parametrize("written", BASE_URLS)
def test_where_an_address_leads(written):
    arguments = arguments_of(written.replace("KEY", KEY))
    assert arguments.get("base_url") == BASE_URLS[written]
    key = arguments.pop("api_key", None)
    assert (key is None) == ("KEY" not in written)
    assert key is None or (key.reveal() == KEY and KEY not in repr(key))
    assert load_options(**arguments).base_url == (BASE_URLS[written] or "https://api.x.ai/v1")


WRONG = {
    f"grokcall://{KEY}@/": "names no user",
    f"grokcall://{KEY}:x@api.example/v1": "names no user",
    f"grokcall:///?api_key={KEY}": "no option of an address",
    f"grokcall:///?Password={KEY}": "no option of an address",
    f"grokcall://:{KEY}@/v1": "no host",
    "grokcall:///?time_out=3": "did you mean timeout",
    "grokcall:///?timeout=3&timeout=4": "timeout more than once",
    "grokcall://api.example/v1?base_url=https://other.example/v1": "give one of them",
}


@pytest.mark.parametrize("written", WRONG)
def test_an_address_that_cannot_be_one_is_refused_when_the_engine_is_made(written):
    with pytest.raises(grokcall.InterfaceError, match=WRONG[written]) as caught:
        create_engine(written)
    assert KEY not in f"{caught.value!r} {vars(caught.value)}"


def test_a_value_that_an_option_cannot_have_is_told_at_the_first_connection():
    with pytest.raises(Exception, match="option timeout cannot be 'soon'"):
        create_engine("grokcall:///?timeout=soon").connect()


def test_a_whole_base_url_takes_no_port_beside_it():
    assert Address(host="https://api.example/v1").arguments() == {"base_url": "https://api.example/v1"}
    with pytest.raises(grokcall.InterfaceError, match="whole base URL"):
        Address(host="https://api.example", port=8000).arguments()


def test_an_address_shows_its_key_to_nobody():
    assert KEY not in repr(Address(host="api.example", user=KEY, key=KEY))


def test_options_survive_being_written_into_an_address():
    options = {"timeout": 30, "strict_arity": True, "default_models": {"text": "grok-4.6"}, "max_cost": 0.5}
    assert load_options(**option_texts(options)) == load_options(**options)
