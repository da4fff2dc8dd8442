"""Keys as rows: with the secret of a new one apart, so that nothing else holds it."""

from __future__ import annotations

from collections.abc import Generator, Mapping

from grokcall_parser.errors import OperationalError
from grokcall_procedures.definition import BoundCall, ResultField
from grokcall_procedures.documents import document_of
from grokcall_procedures.errors import BadValueError, MalformedReplyError
from grokcall_procedures.management.own_key import LIMITS, key_columns
from grokcall_procedures.nouns import noun
from grokcall_procedures.secret_replies import secret_document
from grokcall_procedures.steps import Kind, Reply, Request, Row, Step, reply_of
from grokcall_procedures.types import ParameterType

IN_CLEAR = "apiKey"
"""Where a reply has a key in clear."""
KEY = noun(
    "Key",
    *key_columns(
        Id="apiKeyId",
        Name="name",
        Redacted="redactedApiKey",
        UserId="userId",
        TeamId="teamId",
        CreatedAt="createTime",
        ModifiedAt="modifyTime",
        ExpiresAt="expireTime",
        Disabled="disabled",
        Acls="aclStrings",
        **LIMITS,
    ),
)
NEW_KEY = (
    ResultField(
        "Key_Secret",
        ParameterType.STRING,
        IN_CLEAR,
        "The key itself, which the service shows this once; masked everywhere but in a row of a cursor.",
        secret=True,
    ),
    *KEY.fields,
)
IN_USE = Request("GET", "/api-key", kind=Kind.METADATA, stand_in=b"{}")
"""Asks the API about the key that is used."""
NO_KEY = "missing_key"
"""The word of the error where the connection has no API key."""


def key_in(document: Mapping[str, object]) -> dict[str, object]:
    """The key in a reply, without its secret; some replies have it one level down."""
    inner = document.get(IN_CLEAR)
    found = inner if isinstance(inner, dict) else document
    return {name: value for name, value in found.items() if name != IN_CLEAR}


def key_row(document: Mapping[str, object], key_id: object = None) -> Row:
    """The columns of a key, which a reply may leave out that only says that it was changed."""
    return KEY.row({"apiKeyId": key_id, **key_in(document)} if key_id is not None else key_in(document))


def new_key_row(reply: Reply, remedy: str) -> Row:
    """The columns of a key that was just made, its secret first.

    Args:
        reply: The reply.
        remedy: What can be done where it has no key.

    Raises:
        FailedReplyError: It states a failure.
        MalformedReplyError: It has no key; nothing of it is shown.
    """
    document = secret_document(reply, "a key", remedy)
    inner = document.get(IN_CLEAR)
    secret = inner.get(IN_CLEAR) if isinstance(inner, dict) else inner
    if not isinstance(secret, str) or not secret:
        raise MalformedReplyError(f"the reply has no key; {remedy}")
    return (secret, *key_row(document))


def refuse_key_in_use(call: BoundCall, deed: str) -> Generator[Step, Reply | None, None]:
    """Refuses what would end the key that the connection itself uses, unless the call says ``Force``.

    Args:
        call: The call, which names the key in ``KeyId``.
        deed: What would become of the key.

    Raises:
        BadValueError: It is that key.
    """
    if call.values.get("Force") is True:
        return
    try:
        reply = reply_of((yield IN_USE))
    except OperationalError as error:
        if getattr(error, "error_code", "") != NO_KEY:
            raise
        return  # a connection without an API key uses none
    if document_of(reply.body).get("api_key_id") == call.values["KeyId"]:
        told = f"is the API key that this connection uses, which would be {deed}; Force => TRUE does it all the same"
        raise BadValueError(told, call.procedure.name, "KeyId", 1)
