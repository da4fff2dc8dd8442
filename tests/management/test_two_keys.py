"""Two hosts, two keys: each is looked for where it is kept, and seen by its own host only."""

from __future__ import annotations

import contextlib
from decimal import Decimal
from pathlib import Path

import pytest
from procedure_pages import PLACEHOLDERS
from scripted_management import KEY as TOLD_KEY
from scripted_management import MANAGEMENT_KEY, json_answer, manage
from together import together

import grokcall
from grokcall.client.endpoints import Address, Endpoint
from grokcall.config.api_key import KeySource, found_at
from grokcall.config.key_places import API_KEY, ApiKey, ManagementKey
from grokcall.config.key_places import MANAGEMENT_KEY as PLACES
from grokcall.scheduling.admission import Gate
from grokcall_procedures import CATALOG, Host
from scripted_service import KEY, Answer, refused

MANAGED = [each for each in CATALOG.values() if each.host is Host.MANAGEMENT]


def everything(service):
    return b"".join(
        f"{asked.method} {asked.path} {dict(asked.headers)}".encode() + asked.body for asked in service.asked
    )


def test_each_key_is_seen_by_its_own_host_only(managed, service, management):
    for procedure in MANAGED:
        managed.execute(procedure.example).fetchall()
    managed.execute("CALL GetApiKey()").fetchall()
    managed.lookup("CALL ListUsage(:day)", [{"day": f"2026-11-{day:02}"} for day in range(1, 9)])

    assert KEY.encode() in everything(service)
    assert MANAGEMENT_KEY.encode() not in everything(service)
    assert MANAGEMENT_KEY.encode() in everything(management)
    assert KEY.encode() not in everything(management)
    assert {asked.headers["authorization"] for asked in management.asked} == {f"Bearer {MANAGEMENT_KEY}"}
    assert {asked.path for asked in service.asked} == {"/v1/api-key", "/v1/files"}


def test_no_procedure_of_the_api_tells_the_management_host_anything(managing, service, management):
    service.script = lambda asked: refused(400)
    connection = managing(max_attempts=1)
    for procedure in CATALOG.values():
        if procedure.host is Host.API:
            before = len(service.asked)
            values = {name: value for name, value in PLACEHOLDERS.items() if f":{name}" in procedure.example}
            with contextlib.suppress(grokcall.Error):
                connection.execute(procedure.example, values)
            assert len(service.asked) > before, procedure.name
    assert {asked.headers["authorization"] for asked in service.asked} == {f"Bearer {KEY}"}
    assert MANAGEMENT_KEY.encode() not in everything(service)
    assert management.asked == []


def test_raw_requests_take_the_key_of_the_host_that_they_name(managed, service, management):
    service.script = lambda _: Answer(b"{}")
    managed.execute("CALL RawRequest('/models')")
    managed.execute("CALL RawRequest('/auth/management-keys/validation', Host => 'management')")

    assert [asked.headers["authorization"] for asked in service.asked] == [f"Bearer {KEY}"]
    assert [asked.headers["authorization"] for asked in management.asked] == [f"Bearer {MANAGEMENT_KEY}"]
    assert management.asked[0].path == "/auth/management-keys/validation"


def test_raw_requests_to_the_management_host_need_its_key(connecting, service, management):
    connection = connecting(management_base_url=management.origin)
    with pytest.raises(grokcall.MissingManagementKeyError):
        connection.execute("CALL RawRequest('/v1/collections', Host => 'management')")
    assert (service.asked, management.asked) == ([], [])


def test_the_api_key_is_never_taken_for_the_management_key(connecting, service, management):
    connection = connecting(management_base_url=management.origin)
    with pytest.raises(grokcall.MissingManagementKeyError, match="There is no management key") as caught:
        connection.execute("CALL ListApiKeys()")
    assert isinstance(caught.value, grokcall.MissingKeyError)
    assert [place.partition(":")[0] for place in caught.value.looked_at][:5] == [
        "the argument management_key",
        "XAI_MANAGEMENT_API_KEY",
        "XAI_MANAGEMENT_KEY",
        "XAI_MANAGEMENT_API_KEY_FILE",
        "XAI_MANAGEMENT_KEY_FILE",
    ]
    assert (service.asked, management.asked) == ([], [])


def test_nor_the_management_key_for_the_api_key(service, management):
    given = {"base_url": service.base_url, "management_base_url": management.origin}
    with grokcall.connect(management_key=MANAGEMENT_KEY, **given) as connection:
        with pytest.raises(grokcall.MissingKeyError) as caught:
            connection.execute("CALL GetAccount()")
        assert not isinstance(caught.value, grokcall.MissingManagementKeyError)
        assert service.asked == []
        connection.execute("CALL ListApiKeys()")


def test_without_a_management_key_nothing_is_sent_to_the_api_either(connecting, service, management):
    with pytest.raises(grokcall.MissingManagementKeyError):
        connecting(management_base_url=management.origin).execute("CALL DeleteApiKey('key-1')")
    assert service.asked == []


def test_other_calls_look_for_no_management_key(connection):
    assert connection.execute("CALL GenerateResponse('hi')").fetchone()[0] == "HI"


def test_types_and_a_check_keep_a_host_from_the_other_s_key():
    with pytest.raises(TypeError, match="another key than an API key"):
        Endpoint(Address("https://management-api.x.ai", ManagementKey), KeySource(API_KEY, KEY), Gate(1))
    with pytest.raises(TypeError, match="another key than a management key"):
        Endpoint(Address("https://api.x.ai/v1", ApiKey), KeySource(PLACES, MANAGEMENT_KEY), Gate(1))


def test_where_only_base_url_was_changed_nothing_goes_to_the_usual_management_host(connecting, service):
    connection = connecting(management_key=MANAGEMENT_KEY)
    for procedure in MANAGED:
        with pytest.raises(grokcall.InterfaceError, match="management_base_url as well") as caught:
            connection.execute(procedure.example)
        assert MANAGEMENT_KEY not in str(caught.value)
    assert service.asked == []


def test_another_address_of_the_api_may_go_with_the_usual_management_host(service):
    options = {"base_url": service.base_url, "management_base_url": "https://management-api.x.ai"}

    def sent(request):
        raise grokcall.NotSentError(f"to {request.url}")

    keys = {"api_key": KEY, "management_key": MANAGEMENT_KEY}
    with (
        grokcall.connect(transport=sent, max_attempts=1, **keys, **options) as connection,
        pytest.raises(grokcall.NotSentError, match=r"to https://management-api\.x\.ai/auth/"),
    ):
        connection.execute("CALL ListApiKeys()")


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_says_which_key_it_was_and_where_it_came_from(managing, management, monkeypatch, status):
    management.script = lambda _asked: refused(status, "Not allowed.")
    monkeypatch.setenv("XAI_MANAGEMENT_KEY", MANAGEMENT_KEY)
    with pytest.raises(grokcall.ServiceError, match="the management key from XAI_MANAGEMENT_KEY") as caught:
        managing(management_key=None).execute("CALL ListApiKeys()")
    assert MANAGEMENT_KEY not in f"{caught.value!r}{vars(caught.value)}"


def test_so_does_a_refusal_of_the_api_key(managed, service):
    service.script = lambda _asked: refused(401, "No.")
    with pytest.raises(grokcall.AuthenticationError, match="the API key from the argument api_key"):
        managed.execute("CALL GetAccount()")


def test_a_function_gives_the_management_key_anew_once_it_is_refused(managing, management):
    keys = iter(["xai-token-old-0123456789", "xai-token-new-0123456789"])
    management.script = lambda asked: manage(asked) if "new" in asked.headers["authorization"] else refused(401)
    rows = managing(management_key=lambda: next(keys), team_id="team-1").execute("CALL ListApiKeys()").fetchall()
    assert len(rows) == 1
    assert len(management.asked) == 2


def test_the_places_of_the_management_key_are_looked_at_in_order(tmp_path: Path):
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text("from-first-file")
    second.write_text("from-second-file")
    config = tmp_path / "config.toml"
    config.write_text('[default]\napi_key = "the-api-key"\nmanagement_key = "from-profile"\n')
    for path in (first, second, config):
        path.chmod(0o600)
    environ = {
        "XAI_MANAGEMENT_API_KEY": "from-first",
        "XAI_MANAGEMENT_KEY": "from-second",
        "XAI_MANAGEMENT_API_KEY_FILE": str(first),
        "XAI_MANAGEMENT_KEY_FILE": str(second),
        "GROKCALL_CONFIG": str(config),
        "XAI_API_KEY": "the-api-key",
    }
    found = []
    for name in [*environ][:4]:
        found.append(found_at(PLACES, environ=environ).value.reveal())
        del environ[name]
    key = found_at(PLACES, environ=environ)
    assert found == ["from-first", "from-second", "from-first-file", "from-second-file"]
    assert (key.value.reveal(), type(key)) == ("from-profile", ManagementKey)
    assert key.source == f"management_key in the profile 'default' in {config}"
    assert "from-profile" not in repr(key)


def test_the_team_is_looked_for_once_in_a_connection(managed, management):
    managed.lookup("CALL ListUsage(:day)", [{"day": f"2026-11-{day:02}"} for day in range(1, 21)])
    managed.execute("CALL GetBalance()")
    assert [asked.path for asked in management.asked].count("/auth/management-keys/validation") == 1


def test_a_look_for_the_team_that_failed_is_made_again(managed, management):
    management.script = lambda _asked: refused(404, "None.")
    with pytest.raises(grokcall.NotFoundError):
        managed.execute("CALL GetBalance()")
    management.script = manage
    assert managed.execute("CALL GetBalance()").fetchone()[0] == Decimal("10.5")


@pytest.mark.parametrize("how", ["option", "XAI_TEAM_ID", "GROKCALL_TEAM_ID"])
def test_a_team_that_is_given_is_not_looked_for(managing, management, monkeypatch, how):
    management.script = lambda _asked: json_answer({"apiKeys": [TOLD_KEY]})
    if how != "option":
        monkeypatch.setenv(how, "my/team")
    connection = managing(**({"team_id": "my/team"} if how == "option" else {}))
    connection.execute("CALL ListApiKeys()").fetchall()
    assert [asked.path for asked in management.asked] == ["/auth/teams/my%2Fteam/api-keys?pageSize=100"]


def test_the_team_may_stand_as_the_scope_of_the_key(managed, management):
    told = {"scope": "SCOPE_TEAM", "scopeId": "team-1"}
    management.script = lambda asked: json_answer(told) if "validation" in asked.path else manage(asked)
    assert managed.execute("CALL ListApiKeys()").fetchall()


def test_a_key_of_no_team_is_an_error_that_names_the_option(managed, management):
    management.script = lambda _asked: json_answer({"scope": "SCOPE_ORGANIZATION", "scopeId": "org"})
    with pytest.raises(grokcall.MalformedReplyError, match="XAI_TEAM_ID"):
        managed.execute("CALL ListApiKeys()")


def test_four_calls_of_the_management_host_run_at_a_time(managing, management):
    def slowly(asked):
        answer = manage(asked)
        return Answer(answer.body, answer.status, delay=0.01)

    management.script = together(management, 4, slowly)
    rows = [{"day": f"2026-11-{day:02}"} for day in range(1, 21)]
    result = managing(team_id="team-1", concurrency=16).lookup("CALL ListUsage(:day)", rows)
    assert result.rows.num_rows == 20
    assert management.peak == 4


def test_show_procedures_tells_the_host(managed):
    shown = managed.execute("SHOW PROCEDURES").fetch_arrow_table()
    hosts = dict(zip(shown["Procedure_Name"].to_pylist(), shown["Host"].to_pylist(), strict=True))
    assert {name for name, host in hosts.items() if host == "management"} == {each.name for each in MANAGED}
    assert hosts["GetApiKey"] == hosts["GetAccount"] == hosts["GenerateResponse"] == "api"


def test_http_is_refused_for_the_management_host_too():
    with pytest.raises(grokcall.InterfaceError, match="http would send the key in the clear"):
        grokcall.connect(management_base_url="http://management.example")


@pytest.mark.parametrize("key", ["management_key", "api_key"])
def test_a_key_is_no_option_of_an_address(key):
    from grokcall.config.uri import Address as UriAddress

    with pytest.raises(grokcall.InterfaceError, match="The key is no option of an address"):
        UriAddress(options={key: MANAGEMENT_KEY}).arguments()
