"""Request bodies: what the API's schema names, encoded without its empty members."""

from __future__ import annotations

import msgspec

from grokcall_procedures.definition import Parameter, Values
from grokcall_procedures.documents import decode_json, encode_json
from grokcall_procedures.settings import Settings
from grokcall_procedures.types import ParameterType, UnfitValue

EXTRA_BODY = Parameter(
    "ExtraBody",
    ParameterType.JSON,
    "A JSON object merged into the request body, for members of the API that have no parameter here.",
    named_only=True,
)
ADDITIONAL_FIELDS = Parameter(
    "AdditionalFields",
    ParameterType.JSON,
    "A JSON object merged into the request body, for members of the API that have no parameter here.",
)
EXTRA_NAMES = (EXTRA_BODY.name, ADDITIONAL_FIELDS.name)
ROWLESS_MEMBERS = {
    "stream": "sends the answer in pieces, which one row cannot hold; leave it out: connection.stream and the option "
    "receive have the answer come in pieces",
    "deferred": "answers with a ticket instead of a result; leave it out: Deferred of CreateChatCompletion waits for "
    "the result",
}
"""Members that change the shape of the reply, why that cannot be, and what does it instead."""


class Body(msgspec.Struct, omit_defaults=True):
    """A request body; members that are None are not sent."""


def body_bytes(body: Body, values: Values) -> bytes:
    """The JSON of ``body``, with the caller's extra members laid over it; the tools of both are offered."""
    extra = extra_members(values)
    if not extra:
        return encode_json(body)
    merged = dict(decode_json(encode_json(body)))
    own, more = merged.get("tools"), extra.get("tools")
    merged.update(extra)
    if own and isinstance(more, list):
        merged["tools"] = [*own, *more]
    return encode_json(merged)


def extra_members(values: Values) -> dict[str, object]:
    """The members that ``ExtraBody`` or ``AdditionalFields`` adds; empty when neither is given.

    Raises:
        UnfitValue: It is not a JSON object.
    """
    for name in EXTRA_NAMES:
        if name in values:
            members = decode_json(str(values[name]))
            if not isinstance(members, dict):
                raise UnfitValue('must be a JSON object, for example \'{"user": "42"}\'', name)
            return members
    return {}


def extra_body_is_sound(values: Values, _settings: Settings) -> tuple[str, ...]:
    """Refuses extra members that are no object, or that change what the API answers with."""
    members = extra_members(values)
    wrong = next((member for member in ROWLESS_MEMBERS if members.get(member)), None)
    if wrong is not None:
        name = next(name for name in EXTRA_NAMES if name in values)
        raise UnfitValue(f'"{wrong}" is not possible here: it {ROWLESS_MEMBERS[wrong]}', name)
    return ()
