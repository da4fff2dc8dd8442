"""GetApiKey and GetAccount: the key that is used, and whose it is."""

from __future__ import annotations

from grokcall_procedures.definition import BoundCall, Procedure
from grokcall_procedures.effects import Effect
from grokcall_procedures.lists import TEXTS
from grokcall_procedures.nouns import noun
from grokcall_procedures.steps import Kind, Request, Steps
from grokcall_procedures.text import reply_of
from grokcall_procedures.types import ParameterType

_STRING, _BOOLEAN, _TIMESTAMP = ParameterType.STRING, ParameterType.BOOLEAN, ParameterType.TIMESTAMP

KEY = noun(
    "Key",
    ("Id", _STRING, "The key's id.", "api_key_id"),
    ("Name", _STRING, "Its name."),
    ("Redacted", _STRING, "How it begins and ends.", "redacted_api_key"),
    ("UserId", _STRING, "Who made it."),
    ("TeamId", _STRING, "The team that pays for it."),
    ("CreatedAt", _TIMESTAMP, "When it was made.", "create_time"),
    ("ModifiedAt", _TIMESTAMP, "When it was last changed.", "modify_time"),
    ("Disabled", _BOOLEAN, "Whether it was turned off.", "api_key_disabled"),
    ("Blocked", _BOOLEAN, "Whether the service has blocked it.", "api_key_blocked"),
    ("TeamBlocked", _BOOLEAN, "Whether the service has blocked its team.", "team_blocked"),
    ("Acls", TEXTS, "What it may be used for.", "acls"),
)
ACCOUNT = noun(
    "Account",
    ("UserId", _STRING, "The user."),
    ("TeamId", _STRING, "The team."),
    ("ZeroDataRetention", _STRING, "What the service keeps: no_zdr, zdr or pii_scrubbing.", "zdr_status"),
    ("TeamBlocked", _BOOLEAN, "Whether the service has blocked the team."),
)


def get_api_key(_call: BoundCall) -> Steps:
    """The key of the connection."""
    return [KEY.row_of(reply_of((yield Request("GET", "/api-key", kind=Kind.METADATA))))]


def get_account(_call: BoundCall) -> Steps:
    """The account of the key."""
    return [ACCOUNT.row_of(reply_of((yield Request("GET", "/me", kind=Kind.METADATA))))]


GET_API_KEY = Procedure(
    name="GetApiKey",
    effect=Effect.READ,
    summary="Tells about the key that is used, without showing it; it costs nothing.",
    parameters=(),
    fields=KEY.fields,
    steps=get_api_key,
    reference="GET /v1/api-key",
    example="CALL GetApiKey()",
)

GET_ACCOUNT = Procedure(
    name="GetAccount",
    effect=Effect.READ,
    summary="Tells whose the key is; it costs nothing.",
    parameters=(),
    fields=ACCOUNT.fields,
    steps=get_account,
    reference="GET /v1/me",
    example="CALL GetAccount()",
)

PROCEDURES = (GET_API_KEY, GET_ACCOUNT)
