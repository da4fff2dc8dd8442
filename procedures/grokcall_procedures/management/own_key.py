"""GetApiKey and GetAccount: the key that is used, and whose it is; the columns that tell of any key."""

from __future__ import annotations

from grokcall_procedures.definition import BoundCall, Procedure
from grokcall_procedures.effects import Effect
from grokcall_procedures.lists import TEXTS
from grokcall_procedures.nouns import Column, noun
from grokcall_procedures.steps import Kind, Request, Steps, reply_of
from grokcall_procedures.types import ParameterType

_STRING, _BOOLEAN, _TIMESTAMP = ParameterType.STRING, ParameterType.BOOLEAN, ParameterType.TIMESTAMP
_INT64 = ParameterType.INT64


def key_columns(**paths: str) -> tuple[Column, ...]:
    """The columns of a key, each with its path in a reply."""
    columns = (
        ("Id", _STRING, "The key's id."),
        ("Name", _STRING, "Its name."),
        ("Redacted", _STRING, "How it begins and ends."),
        ("UserId", _STRING, "Who made it."),
        ("TeamId", _STRING, "The team that pays for it."),
        ("CreatedAt", _TIMESTAMP, "When it was made."),
        ("ModifiedAt", _TIMESTAMP, "When it was last changed."),
        ("ExpiresAt", _TIMESTAMP, "When it ends; NULL for one that does not."),
        ("Disabled", _BOOLEAN, "Whether it was turned off."),
        ("RequestsPerSecond", _INT64, "Its limit of requests a second, where it has one."),
        ("RequestsPerMinute", _INT64, "Its limit of requests a minute, where it has one."),
        ("TokensPerMinute", _INT64, "Its limit of tokens a minute, where it has one."),
        ("Acls", TEXTS, "What it may be used for."),
    )
    return tuple((*column, paths[column[0]]) for column in columns)


LIMITS = {"RequestsPerSecond": "qps", "RequestsPerMinute": "qpm", "TokensPerMinute": "tpm"}
"""The limits of a key, as the service calls them."""

OWN_KEY = noun(
    "Key",
    *key_columns(
        Id="api_key_id",
        Name="name",
        Redacted="redacted_api_key",
        UserId="user_id",
        TeamId="team_id",
        CreatedAt="create_time",
        ModifiedAt="modify_time",
        ExpiresAt="expire_time",
        Disabled="api_key_disabled",
        Acls="acls",
        **LIMITS,
    ),
    ("Blocked", _BOOLEAN, "Whether the service has blocked it.", "api_key_blocked"),
    ("TeamBlocked", _BOOLEAN, "Whether the service has blocked its team.", "team_blocked"),
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
    return [OWN_KEY.row_of(reply_of((yield Request("GET", "/api-key", kind=Kind.METADATA))))]


def get_account(_call: BoundCall) -> Steps:
    """The account of the key."""
    return [ACCOUNT.row_of(reply_of((yield Request("GET", "/me", kind=Kind.METADATA))))]


GET_API_KEY = Procedure(
    name="GetApiKey",
    effect=Effect.READ,
    summary="Tells about the key that is used, without showing it; it costs nothing.",
    parameters=(),
    fields=OWN_KEY.fields,
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
