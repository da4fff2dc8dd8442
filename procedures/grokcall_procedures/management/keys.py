"""ListApiKeys, CreateApiKey, UpdateApiKey, RotateApiKey and DeleteApiKey: the API keys of a team."""

from __future__ import annotations

import re

from grokcall_procedures.definition import BoundCall, Parameter, Procedure, Values
from grokcall_procedures.documents import decode_json, encode_json
from grokcall_procedures.effects import Effect
from grokcall_procedures.management.key_rows import KEY, NEW_KEY, key_in, key_row, new_key_row, refuse_key_in_use
from grokcall_procedures.management.own_key import LIMITS
from grokcall_procedures.management.team import asked, team_of
from grokcall_procedures.nouns import DELETED, deleted_row, in_path, read_id
from grokcall_procedures.paging import MAX_ROWS, Pages, rows_of
from grokcall_procedures.settings import Settings
from grokcall_procedures.steps import Host, Kind, Request, Steps, reply_of
from grokcall_procedures.timestamps import to_timestamp
from grokcall_procedures.tools.lists import read_texts
from grokcall_procedures.types import ParameterType, UnfitValue, described

_STRING, _INT32, _BOOLEAN = ParameterType.STRING, ParameterType.INT32, ParameterType.BOOLEAN
LARGEST_PAGE = 100
ACL = re.compile(r"api-key:(?:model|endpoint):\S+")


def read_acls(value: object) -> str:
    """Rights of a key as a JSON list.

    Raises:
        UnfitValue: One of them cannot be a right.
    """
    text = read_texts(value)
    wrong = next((each for each in decode_json(text) if not ACL.fullmatch(each)), None)
    if wrong is not None:
        raise UnfitValue(f"has {described(wrong)} in it; rights are like api-key:model:grok-4.3 and api-key:endpoint:*")
    return text


def read_moment(value: object) -> str:
    """A moment as the service writes it, in UTC."""
    return to_timestamp(value).strftime("%Y-%m-%dT%H:%M:%SZ")


ACLS = Parameter(
    "Acls",
    ParameterType.JSON,
    "What the key may be used for, a list like `api-key:model:grok-4.3` and `api-key:endpoint:chat`; `*` is all.",
    reader=read_acls,
)
PER_SECOND = Parameter("RequestsPerSecond", _INT32, "The most requests a second.", low=1)
PER_MINUTE = Parameter("RequestsPerMinute", _INT32, "The most requests a minute.", low=1)
TOKENS = Parameter("TokensPerMinute", ParameterType.INT64, "The most tokens a minute.", low=1)
KEY_ID = Parameter("KeyId", _STRING, "The key's id, as ListApiKeys shows it.", required=True, reader=read_id)
FORCE = Parameter("Force", _BOOLEAN, "Whether it may be the key that the connection itself uses.", named_only=True)
ONCE = "It is sent once: if the answer gets lost, so is the key; ListApiKeys tells whether there is one to delete."
SHOWN_ONCE = (
    "Key_Secret is shown to the row of a cursor, and with `--show-secrets`; tables, files and logs have it masked. It "
    "is kept in no journal, and is not to be had in queries."
)


def limits_in(values: Values) -> dict[str, object]:
    """The limits that a call gives, as the service writes them: numbers as text."""
    return {member: str(values[name]) for name, member in LIMITS.items() if name in values}


def list_api_keys(call: BoundCall) -> Steps:
    """The keys, one a row."""
    path = f"/auth/teams/{(yield from team_of(call.settings))}/api-keys"
    query = {"pageSize": LARGEST_PAGE, "activeOnly": "true" if call.values.get("ActiveOnly") else None}
    most = call.values.get(MAX_ROWS.name)
    pages = Pages(path, query, "apiKeys", most, name="paginationToken", host=Host.MANAGEMENT)
    return (yield from rows_of(pages, lambda entry: KEY.row(key_in(entry))))


def create_api_key(call: BoundCall) -> Steps:
    """Makes a key."""
    values = call.values
    path = f"/auth/teams/{(yield from team_of(call.settings))}/api-keys"
    body: dict[str, object] = {"name": values["Name"]}
    if "Acls" in values:
        body["acls"] = decode_json(str(values["Acls"]))
    body |= limits_in(values)
    if "ExpiresAt" in values:
        body["expireTime"] = values["ExpiresAt"]
    reply = yield Request("POST", path, encode_json(body), kind=Kind.METADATA, once=True, host=Host.MANAGEMENT)
    return [new_key_row(reply_of(reply), "ListApiKeys tells whether it was made, DeleteApiKey removes it")]


def update_api_key(call: BoundCall) -> Steps:
    """Changes what is given of a key."""
    values = call.values
    if values.get("Disabled") is True:
        yield from refuse_key_in_use(call, "turned off")
    changed: dict[str, object] = {}
    if "Name" in values:
        changed["name"] = values["Name"]
    if "Disabled" in values:
        changed["disabled"] = values["Disabled"]
    changed |= limits_in(values)
    mask = list(changed)
    if "Acls" in values:
        changed["aclStrings"] = decode_json(str(values["Acls"]))
        mask.append("acl_strings")
    path = f"/auth/api-keys/{in_path(values['KeyId'])}"
    document = yield from asked("PUT", path, {"apiKey": changed, "fieldMask": ",".join(mask)})
    return [key_row(document, values["KeyId"])]


def something_changes(values: Values, _settings: Settings) -> tuple[str, ...]:
    """Refuses a call that changes nothing."""
    if not set(values) - {"KeyId", "Force"}:
        raise UnfitValue("alone changes nothing; give a name, limits, Acls or Disabled as well", "KeyId")
    return ()


def rotate_api_key(call: BoundCall) -> Steps:
    """Puts a new secret in the place of a key's old one."""
    yield from refuse_key_in_use(call, "another one")
    path = f"/auth/api-keys/{in_path(call.values['KeyId'])}/rotate"
    reply = yield Request("POST", path, b"{}", kind=Kind.METADATA, once=True, host=Host.MANAGEMENT)
    return [new_key_row(reply_of(reply), "the old one may be gone; RotateApiKey once more gives another")]


def delete_api_key(call: BoundCall) -> Steps:
    """Removes a key."""
    key_id = call.values["KeyId"]
    yield from refuse_key_in_use(call, "removed")
    path = f"/auth/api-keys/{in_path(key_id)}"
    reply = yield Request("DELETE", path, kind=Kind.METADATA, host=Host.MANAGEMENT)
    return [deleted_row(key_id, reply_of(reply))]


LIST_API_KEYS = Procedure(
    name="ListApiKeys",
    effect=Effect.READ,
    host=Host.MANAGEMENT,
    summary="Lists the API keys of the team, without showing them; it costs nothing.",
    parameters=(Parameter("ActiveOnly", _BOOLEAN, "Whether to leave out those that open nothing now."), MAX_ROWS),
    fields=KEY.fields,
    steps=list_api_keys,
    many=True,
    reference="GET /auth/teams/{team}/api-keys",
    example="CALL ListApiKeys(ActiveOnly => TRUE)",
)

CREATE_API_KEY = Procedure(
    name="CreateApiKey",
    effect=Effect.MAKE,
    host=Host.MANAGEMENT,
    summary="Makes an API key, and shows it this once.",
    parameters=(
        Parameter("Name", _STRING, "What the key is called.", required=True, reader=read_id),
        ACLS,
        Parameter("ExpiresAt", _STRING, "When it ends, a date or a moment; never when NULL.", reader=read_moment),
        PER_SECOND,
        PER_MINUTE,
        TOKENS,
    ),
    fields=NEW_KEY,
    steps=create_api_key,
    reference="POST /auth/teams/{team}/api-keys",
    example="CALL CreateApiKey('etl', ['api-key:model:grok-4.3', 'api-key:endpoint:*'])",
    notes=(
        SHOWN_ONCE,
        "Without Acls none are sent: wide rights are given to a key only where they are written down.",
        ONCE,
    ),
)

UPDATE_API_KEY = Procedure(
    name="UpdateApiKey",
    effect=Effect.CHANGE,
    host=Host.MANAGEMENT,
    summary="Changes an API key: its name, its limits, its rights, or whether it is turned off.",
    parameters=(
        KEY_ID,
        Parameter("Name", _STRING, "Its new name.", reader=read_id),
        Parameter("Disabled", _BOOLEAN, "Whether it is turned off."),
        PER_SECOND,
        PER_MINUTE,
        TOKENS,
        ACLS,
        FORCE,
    ),
    fields=KEY.fields,
    steps=update_api_key,
    rules=(something_changes,),
    reference="PUT /auth/api-keys/{id}",
    example="CALL UpdateApiKey('key-1', Disabled => TRUE)",
    notes=("What is not given stays as it is. The key that the connection uses is turned off with Force only.",),
)

ROTATE_API_KEY = Procedure(
    name="RotateApiKey",
    effect=Effect.CHANGE,
    host=Host.MANAGEMENT,
    summary="Gives an API key a new secret, shows it this once, and ends the old one.",
    parameters=(KEY_ID, FORCE),
    fields=NEW_KEY,
    steps=rotate_api_key,
    reference="POST /auth/api-keys/{id}/rotate",
    example="CALL RotateApiKey('key-1')",
    notes=(
        SHOWN_ONCE,
        "The key that the connection uses is rotated with Force only.",
        "It is sent once: if the answer gets lost, the old key may be gone and the new one unknown; rotate it again.",
    ),
)

DELETE_API_KEY = Procedure(
    name="DeleteApiKey",
    effect=Effect.REMOVE,
    host=Host.MANAGEMENT,
    summary="Removes an API key.",
    parameters=(KEY_ID, FORCE),
    fields=DELETED.fields,
    steps=delete_api_key,
    reference="DELETE /auth/api-keys/{id}",
    example="CALL DeleteApiKey('key-1')",
    notes=("The key that the connection uses is removed with Force only.",),
)

PROCEDURES = (LIST_API_KEYS, CREATE_API_KEY, UPDATE_API_KEY, ROTATE_API_KEY, DELETE_API_KEY)
