"""What the management procedures ask, and the rows that they give."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest
from scripted_management import KEY, NEW_KEY, json_answer, manage

import grokcall
from scripted_service import Answer, refused


def rows(connection, statement, parameters=None):
    return connection.execute(statement, parameters).fetch_arrow_table().to_pylist()


def only(connection, statement, parameters=None):
    (row,) = rows(connection, statement, parameters)
    return row


def last(management):
    return management.asked[-1]


def test_a_key_has_the_same_columns_wherever_it_is_told_of(managed):
    listed = only(managed, "CALL ListApiKeys()")
    assert (listed["Key_Id"], listed["Key_Name"], listed["Key_TeamId"]) == ("key-1", "etl", "team-1")
    assert listed["Key_ExpiresAt"] == datetime.datetime(2027, 1, 1, tzinfo=datetime.UTC)
    assert (listed["Key_RequestsPerSecond"], listed["Key_RequestsPerMinute"]) == (5, None)
    assert (listed["Key_TokensPerMinute"], listed["Key_Acls"]) == (100000, ["api-key:model:grok-4.3"])
    names = [name for name in listed if name != "Key_Raw"]
    for statement in ("CALL UpdateApiKey('key-1', Name => 'x')", "CALL GetApiKey()", "CALL CreateApiKey('x')"):
        assert set(names) <= set(only(managed, statement)), statement


def test_create_sends_what_is_given_and_no_wide_rights(managed, management):
    made = only(managed, "CALL CreateApiKey('etl')")
    assert json.loads(last(management).body) == {"name": "etl"}
    assert (made["Key_Secret"], made["Key_Id"]) == (NEW_KEY, "key-1")
    statement = "CALL CreateApiKey('etl', :acls, '2027-01-01', 5, 300, 100000)"
    managed.execute(statement, {"acls": ["api-key:model:grok-4.3", "api-key:endpoint:*"]})
    assert json.loads(last(management).body) == {
        "name": "etl",
        "acls": ["api-key:model:grok-4.3", "api-key:endpoint:*"],
        "qps": "5",
        "qpm": "300",
        "tpm": "100000",
        "expireTime": "2027-01-01T00:00:00Z",
    }


@pytest.mark.parametrize("reply", [{"apiKey": {**KEY, "apiKey": NEW_KEY}}, {**KEY, "apiKey": NEW_KEY}])
def test_a_new_key_is_read_flat_and_one_level_down(managed, management, reply):
    management.script = lambda asked: json_answer(reply) if asked.method == "POST" else manage(asked)
    made = only(managed, "CALL CreateApiKey('etl')")
    assert (made["Key_Secret"], made["Key_Id"]) == (NEW_KEY, "key-1")
    assert NEW_KEY not in made["Key_Raw"]


@pytest.mark.parametrize("statement", ["CALL CreateApiKey('etl')", "CALL RotateApiKey('key-1')"])
def test_what_shows_a_key_is_sent_once(managed, management, statement):
    management.script = lambda asked: refused(503, "Busy.") if asked.method == "POST" else manage(asked)
    with pytest.raises(grokcall.ServerFailureError):
        managed.execute(statement)
    assert [asked.method for asked in management.asked].count("POST") == 1


def test_update_sends_what_is_given_and_a_mask_of_it(managed, management):
    statement = "CALL UpdateApiKey('key-1', 'new name', FALSE, TokensPerMinute => 7, Acls => ['api-key:model:*'])"
    managed.execute(statement)
    assert last(management).method == "PUT"
    assert json.loads(last(management).body) == {
        "apiKey": {"name": "new name", "disabled": False, "tpm": "7", "aclStrings": ["api-key:model:*"]},
        "fieldMask": "name,disabled,tpm,acl_strings",
    }


def test_an_update_of_nothing_is_refused(managed, management):
    with pytest.raises(grokcall.BadValueError, match="alone changes nothing"):
        managed.execute("CALL UpdateApiKey('key-1')")
    assert management.asked == []


def test_a_right_that_is_none_is_refused(managed, management):
    with pytest.raises(grokcall.BadValueError, match="rights are like"):
        managed.execute("CALL CreateApiKey('etl', ['everything'])")
    assert management.asked == []


IN_USE = ["CALL DeleteApiKey('key-1')", "CALL RotateApiKey('key-1')", "CALL UpdateApiKey('key-1', Disabled => TRUE)"]


@pytest.mark.parametrize("statement", IN_USE)
def test_the_key_in_use_is_not_ended_unless_it_is_said(managed, service, management, statement):
    service.script = lambda _asked: json_answer({"api_key_id": "key-1"})
    with pytest.raises(grokcall.BadValueError, match="this connection uses"):
        managed.execute(statement)
    assert all(asked.method == "GET" for asked in management.asked)
    managed.execute(statement.replace(")", ", Force => TRUE)"))
    assert last(management).method != "GET"


@pytest.mark.parametrize("statement", IN_USE)
def test_where_it_cannot_be_known_which_key_is_in_use_nothing_is_ended(managed, service, management, statement):
    service.script = lambda _asked: refused(404, "No such path.")
    with pytest.raises(grokcall.NotFoundError):
        managed.execute(statement)
    assert management.asked == []


def test_a_connection_without_an_api_key_uses_none(service, management):
    given = {"base_url": service.base_url, "management_base_url": management.origin, "management_key": "xai-token-123"}
    with grokcall.connect(**given) as connection:
        assert only(connection, "CALL DeleteApiKey('key-1')")["Deleted_Done"] is True
    assert service.asked == []


def test_usage_is_asked_for_as_the_service_has_it(managed, management):
    (row,) = rows(managed, "CALL ListUsage('2026-11-01', '2026-11-02 12:30:00', 'hour', TimeZone => 'Europe/Berlin')")
    assert json.loads(last(management).body) == {
        "analyticsRequest": {
            "timeRange": {
                "startTime": "2026-11-01 00:00:00",
                "endTime": "2026-11-02 12:30:00",
                "timezone": "Europe/Berlin",
            },
            "timeUnit": "TIME_UNIT_HOUR",
            "values": [{"name": "usd", "aggregation": "AGGREGATION_SUM"}],
            "groupBy": ["description"],
            "filters": [],
        }
    }
    assert (row["Usage_Group"], row["Usage_Groups"], row["Usage_Usd"]) == (
        "Chat grok-4.3",
        ["Chat grok-4.3"],
        Decimal("1.25"),
    )
    assert row["Usage_Start"] == datetime.datetime(2026, 11, 1, tzinfo=datetime.UTC)


def test_usage_ends_now_where_no_end_is_given(managed, management):
    managed.execute("CALL ListUsage('2026-11-01', GroupBy => [])")
    asked = json.loads(last(management).body)["analyticsRequest"]
    end = datetime.datetime.fromisoformat(asked["timeRange"]["endTime"]).replace(tzinfo=datetime.UTC)
    assert abs((end - datetime.datetime.now(datetime.UTC)).total_seconds()) < 60
    assert asked["groupBy"] == []


def test_usage_that_is_not_whole_is_a_warning(managed, management):
    part = {"timeSeries": [], "limitReached": True}
    management.script = lambda asked: json_answer(part) if asked.method == "POST" else manage(asked)
    cursor = managed.execute("CALL ListUsage('2026-11-01', '2026-12-01')")
    assert cursor.fetchall() == []
    assert "limitReached" in str(cursor.messages[0][1])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("'2026-12-01', '2026-11-01'", "not before the end"),
        ("'yesterday'", "no date and time"),
        ("'2026-11-01T00:00:00+02:00'", "TimeZone says by which clock"),
        ("'2026-11-01', TimeZone => 'Mars/Olympus'", "no time zone"),
    ],
)
def test_times_that_cannot_be_are_refused(managed, management, given, message):
    with pytest.raises(grokcall.BadValueError, match=message):
        managed.execute(f"CALL ListUsage({given})")
    assert management.asked == []


def test_credit_is_above_zero_and_in_dollars(managed):
    assert only(managed, "CALL GetBalance()")["Balance_CreditUsd"] == Decimal("10.5")
    changes = [(row["Change_Kind"], row["Change_Usd"]) for row in rows(managed, "CALL ListBalanceChanges()")]
    assert changes == [("purchase", Decimal(20)), ("spend", Decimal("-9.5"))]
    assert len(rows(managed, "CALL ListBalanceChanges(MaxRows => 1)")) == 1


def test_invoices_are_in_dollars(managed, management):
    preview = only(managed, "CALL GetInvoicePreview()")
    invoice = only(managed, "CALL ListInvoices('2026-01-15')")
    assert parse_qs(urlsplit(last(management).path).query) == {"since.year": ["2026"], "since.month": ["1"]}
    for row in (preview, invoice):
        assert (row["Invoice_Month"], row["Invoice_Usd"]) == ("2026-11", Decimal("12.34"))
        assert (row["Invoice_CreditsUsedUsd"], row["Invoice_LimitUsd"]) == (Decimal("2.5"), Decimal(200))
        assert json.loads(row["Invoice_Lines"]) == [{"description": "Chat grok-4.3"}]
    assert (preview["Invoice_Id"], invoice["Invoice_Id"]) == (None, "inv-1")


def test_limits_are_told_and_set_in_dollars(managed, management):
    told = only(managed, "CALL GetSpendingLimits()")
    assert (told["Limit_SoftUsd"], told["Limit_HardUsd"]) == (Decimal(200), Decimal(500))
    assert only(managed, "CALL SetSpendingLimit(149.99)")["Limit_SoftUsd"] == Decimal("149.99")
    assert json.loads(last(management).body) == {"desiredSoftSpendingLimit": {"val": "14999"}}
    with pytest.raises(grokcall.BadValueError, match="whole cents"):
        managed.execute("CALL SetSpendingLimit(0.001)")


def test_audit_events_are_asked_for_newest_first(managed, management):
    row = only(managed, "CALL ListAuditEvents('2026-11-01', '2026-12-01', 'user-1', 'key')")
    assert parse_qs(urlsplit(last(management).path).query) == {
        "pageSize": ["100"],
        "eventFilter.userId": ["user-1"],
        "eventFilter.query": ["key"],
        "eventTimeFrom": ["2026-11-01T00:00:00Z"],
        "eventTimeTo": ["2026-12-01T00:00:00Z"],
        "orderBy": ["TIME_DESCENDING"],
    }
    assert (row["Event_Id"], row["Event_UserId"], row["Event_UserEmail"]) == ("event-1", "user-1", "a@example.com")


LISTS = {
    "CALL ListApiKeys(MaxRows => :most)": ("/auth/teams/team-1/api-keys", "apiKeys", "paginationToken", "apiKeyId"),
    "CALL ListAuditEvents(MaxRows => :most)": ("/audit/teams/team-1/events", "events", "pageToken", "eventId"),
}


def in_pages(management, statement, pages, repeated=False):
    path, member, name, identifier = LISTS[statement]
    answered = "nextPageToken" if name == "pageToken" else name

    def script(asked):
        if not asked.path.startswith(path):
            return manage(asked)
        number = int(parse_qs(urlsplit(asked.path).query).get(name, ["0"])[0])
        token = str(number if repeated else number + 1) if repeated or number + 1 < len(pages) else ""
        return json_answer({member: [{identifier: each} for each in pages[number]], answered: token})

    management.script = script


@pytest.mark.parametrize("statement", LISTS)
def test_lists_come_in_pages(managed, management, statement):
    in_pages(management, statement, [["a", "b"], ["c", "d"], ["e"]])
    assert [next(iter(row.values())) for row in rows(managed, statement, {"most": None})] == [*"abcde"]
    assert [next(iter(row.values())) for row in rows(managed, statement, {"most": 3})] == [*"abc"]


@pytest.mark.parametrize("statement", LISTS)
def test_a_token_that_comes_again_and_an_empty_page_are_the_end(managed, management, statement):
    in_pages(management, statement, [["a"]] * 9, repeated=True)
    assert len(rows(managed, statement, {"most": None})) <= 2
    in_pages(management, statement, [["a"], [], ["b"]])
    assert len(rows(managed, statement, {"most": None})) == 1


@pytest.mark.parametrize("statement", LISTS)
def test_a_page_without_its_list_is_an_empty_one(managed, management, statement):
    management.script = lambda asked: manage(asked) if "validation" in asked.path else json_answer({})
    assert rows(managed, statement, {"most": None}) == []


@pytest.mark.parametrize("statement", LISTS)
def test_a_page_that_failed_is_asked_for_again_alone(managing, management, statement):
    in_pages(management, statement, [["a"], ["b"], ["c"]])
    script, failed = management.script, []

    def failing(asked):
        if "oken=1" in asked.path and not failed:
            failed.append(asked)
            return refused(503, "Busy.", retry_after="0")
        return script(asked)

    management.script = failing
    assert len(rows(managing(), statement, {"most": None})) == 3
    assert len(failed) == 1


STATEMENTS = ["GetBalance()", "ListApiKeys()", "CreateApiKey('x')", "ListUsage('2026-11-01')", "GetSpendingLimits()"]


@pytest.mark.parametrize("statement", STATEMENTS)
@pytest.mark.parametrize("body", [b"[]", b"<html>", b'{"error": {"code": 16, "message": "no"}}', b'"\xff"'])
def test_replies_that_are_none_are_errors_of_ours(managed, management, body, statement):
    management.script = lambda asked: manage(asked) if "validation" in asked.path else Answer(body)
    with pytest.raises((grokcall.MalformedReplyError, grokcall.ServiceError)):
        managed.execute(f"CALL {statement}")


def test_an_explained_call_shows_the_look_for_the_team_and_what_follows(managed, management):
    table = managed.execute("EXPLAIN CALL CreateApiKey('etl')").fetch_arrow_table()
    paths = [url.removeprefix(management.origin) for url in table["Url"].to_pylist()]
    assert paths == ["/auth/management-keys/validation", "/auth/teams/your-team/api-keys"]
    assert set(table["Headers"].to_pylist()[0:1]) == {'{"Authorization": "Bearer ***"}'}
    assert management.asked == []
