"""The fingerprint of a call: equal for calls that ask the service for the same thing, in any process, for any account.

It covers the procedure with its result fields and the version of its prompt, every resolved value, the settings that
change the request, the tools of the client's that it offers, and the service's address. It does not cover the key, nor
settings that only say how long to wait or what to refuse.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import TypeAlias

import msgspec

from grokcall_procedures import BoundCall, Procedure, Settings
from grokcall_procedures.file_sources import is_source
from grokcall_procedures.tools.offered import client_tools

SIZE = 16
"""Bytes of a fingerprint."""
MEDIA = 1
"""The code under which the hash of a Binary value stands in for the value."""
CONTENT_LEFT = b"content left"
"""What tells calls that leave what they make at the service from those that fetch it."""
MOST_PREFIXES = 64

Prefix: TypeAlias = tuple[Procedure, Settings, bytes]

encode: Callable[[object], bytes] = msgspec.msgpack.Encoder(order="deterministic").encode
# By identity, because to hash a procedure costs more than all the rest; the entry keeps both alive, so that no other
# object can take their places.
_prefixes: dict[tuple[int, int, str], Prefix] = {}


def fingerprint(call: BoundCall, base_url: str) -> bytes:
    """The fingerprint of ``call``, 16 bytes.

    Args:
        call: A bound call.
        base_url: The address of the service.

    >>> fingerprint(call, "https://api.x.ai/v1").hex()  # doctest: +SKIP
    '2b0c7a31…'
    """
    key = (id(call.procedure), id(call.settings), base_url)
    known = _prefixes.get(key)
    prefix = known[2] if known is not None else remembered(key, call)
    values = call.values
    for value in values.values():
        if type(value) is bytes or is_source(value):
            values = {name: hashed(each) for name, each in values.items()}
            break
    if call.leaves_content:  # its row is no answer to who wants the content
        prefix += CONTENT_LEFT
    tools = client_tools(call.values, call.settings.toolbox)
    if tools:
        prefix += encode([[each.name, each.description, each.parameters, each.version] for each in tools])
    return blake2b(prefix + encode(values), digest_size=SIZE).digest()


def hashed(value: object) -> object:
    """A Binary value as its hash, any other as it is; a file has the hash of its content, wherever it is."""
    if type(value) is bytes:
        return msgspec.msgpack.Ext(MEDIA, blake2b(value, digest_size=SIZE).digest())
    return msgspec.msgpack.Ext(MEDIA, value.digest) if is_source(value) else value


def remembered(key: tuple[int, int, str], call: BoundCall) -> bytes:
    """What all calls of a procedure with the same settings have in common, hashed once."""
    settings = call.settings
    parts: list[object] = [
        call.procedure.name,
        # A version of the procedure with other fields gives other rows: they must not be taken for these.
        [field.name for field in call.procedure.fields],
        {"tool_limit_field": settings.tool_limit_field, "file_transfer": settings.file_transfer},
        key[2],
    ]
    if call.procedure.prompt_version:
        parts.append(call.procedure.prompt_version)
    if len(_prefixes) >= MOST_PREFIXES:
        _prefixes.clear()
    prefix = blake2b(encode(parts), digest_size=SIZE).digest()
    _prefixes[key] = (call.procedure, settings, prefix)
    return prefix
