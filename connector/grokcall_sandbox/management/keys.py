"""The API keys of the team, and whose the management key is."""

from datetime import datetime
from uuid import uuid4

import msgspec

from grokcall_sandbox.errors import TEAM_ID, invalid, not_found
from grokcall_sandbox.management.endpoint import page_of
from grokcall_sandbox.replies import Reply, json_reply
from grokcall_sandbox.request import SandboxRequest
from grokcall_sandbox.team import USER_ID, TeamKey, clock, new_secret

MANAGEMENT_KEY_ID = "5c0ffee0-5a4d-4b0c-8e11-000000000004"
_LIMITS = ("qps", "qpm", "tpm")


class NewKey(msgspec.Struct, forbid_unknown_fields=True):
    """The body of making a key."""

    name: str
    acls: list[str] = []
    qps: str | None = None
    qpm: str | None = None
    tpm: str | None = None
    expireTime: str | None = None  # noqa: N815 - the wire's name


class KeyFields(msgspec.Struct, forbid_unknown_fields=True):
    """What can be changed of a key."""

    name: str = ""
    disabled: bool = False
    qps: str | None = None
    qpm: str | None = None
    tpm: str | None = None
    aclStrings: list[str] = []  # noqa: N815 - the wire's name


class KeyChange(msgspec.Struct, forbid_unknown_fields=True):
    """The body of changing a key."""

    apiKey: KeyFields  # noqa: N815 - the wire's name
    fieldMask: str  # noqa: N815 - the wire's name


_NEW_KEY = msgspec.json.Decoder(NewKey)
_CHANGE = msgspec.json.Decoder(KeyChange)


def key_object(key: TeamKey, *, clear: bool = False) -> dict[str, object]:
    """A key as the management host shows it; in clear only when it was just made."""
    shown: dict[str, object] = {
        "apiKeyId": key.id,
        "redactedApiKey": key.redacted,
        "name": key.name,
        "userId": USER_ID,
        "teamId": TEAM_ID,
        "createTime": key.created,
        "modifyTime": key.modified,
        "disabled": key.disabled,
        "aclStrings": list(key.acls),
        **key.limits,
    }
    if key.expires is not None:
        shown["expireTime"] = key.expires
    return {**shown, "apiKey": key.secret} if clear else shown


def key_named(call: SandboxRequest) -> TeamKey:
    """The key in the path.

    Raises:
        ApiError: 404 where there is none.
    """
    key = call.state.team.keys.get(call.parameters["id"])
    if key is None:
        raise not_found("There is no such API key.")
    return key


async def whose(_call: SandboxRequest) -> Reply:
    """GET /auth/management-keys/validation."""
    return json_reply({"apiKeyId": MANAGEMENT_KEY_ID, "teamId": TEAM_ID, "scope": "SCOPE_TEAM", "scopeId": TEAM_ID})


async def list_keys(call: SandboxRequest) -> Reply:
    """GET /auth/teams/{team}/api-keys."""
    keys = [
        key_object(key)
        for key in call.state.team.keys.values()
        if call.query.get("activeOnly") != "true" or not (key.disabled or key.is_expired)
    ]
    page, token = page_of(call, keys, "paginationToken")
    return json_reply({"apiKeys": page, "paginationToken": token})


async def create(call: SandboxRequest) -> Reply:
    """POST /auth/teams/{team}/api-keys."""
    asked = call.decode(_NEW_KEY)
    if not asked.name:
        raise invalid("The name of an API key must not be empty.")
    limits = {name: value for name in _LIMITS if (value := getattr(asked, name)) is not None}
    key = TeamKey(
        str(uuid4()), asked.name, new_secret(), tuple(asked.acls), expires=moment(asked.expireTime), limits=limits
    )
    call.state.team.add(key)
    call.state.team.note(f"The API key {key.name} was created.")
    return json_reply(key_object(key, clear=True))


def moment(text: str | None) -> str | None:
    """A moment that was given.

    Raises:
        ApiError: 400 where it is none with a time zone.
    """
    try:
        if text is not None and datetime.fromisoformat(text).tzinfo is None:
            raise ValueError(text)
    except ValueError:
        raise invalid("Invalid expireTime.") from None
    return text


async def update(call: SandboxRequest) -> Reply:
    """PUT /auth/api-keys/{id}."""
    key, change = key_named(call), call.decode(_CHANGE)
    given, mask = change.apiKey, [name for name in change.fieldMask.split(",") if name]
    if not mask or not set(mask) <= {"name", "disabled", "acl_strings", *_LIMITS}:
        raise invalid("Invalid fieldMask.")
    for name in mask:
        if name == "acl_strings":
            key.acls = tuple(given.aclStrings)
        elif name in _LIMITS:
            key.limits[name] = getattr(given, name) or "0"
        else:
            setattr(key, name, getattr(given, name))
    key.modified = clock()
    call.state.team.note(f"The API key {key.name} was changed: {', '.join(mask)}.")
    return json_reply(key_object(key))


async def rotate(call: SandboxRequest) -> Reply:
    """POST /auth/api-keys/{id}/rotate."""
    key = key_named(call)
    call.state.team.rotate(key)
    call.state.team.note(f"The API key {key.name} was rotated.")
    return json_reply(key_object(key, clear=True))


async def delete(call: SandboxRequest) -> Reply:
    """DELETE /auth/api-keys/{id}."""
    key = key_named(call)
    call.state.team.remove(key)
    call.state.team.note(f"The API key {key.name} was deleted.")
    return json_reply({})
