"""Compacted conversations: what was said, shortened and packed into a text that only the sandbox can read."""

import base64
import binascii
import zlib

import msgspec

from grokcall_sandbox.text.conversation import Turn

_MOST_CHARACTERS = 500
_MOST_BYTES = 16 * 1024 * 1024
_DECODER = msgspec.json.Decoder(list[tuple[str, str]])


def shorten_turns(turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
    """The turns that are kept: without what tools gave and what was attached, and none too long."""
    return tuple(Turn(turn.role, turn.text[:_MOST_CHARACTERS]) for turn in turns if turn.role != "tool" and turn.text)


def pack_turns(turns: tuple[Turn, ...]) -> str:
    """Turns as an opaque text."""
    return base64.b64encode(zlib.compress(msgspec.json.encode([(turn.role, turn.text) for turn in turns]))).decode()


def unpack_turns(packed: str) -> tuple[Turn, ...]:
    """The turns in an opaque text.

    Raises:
        ValueError: The sandbox has not packed it.
    """
    try:
        reader = zlib.decompressobj()
        said = _DECODER.decode(reader.decompress(base64.b64decode(packed, validate=True), _MOST_BYTES))
    except (binascii.Error, zlib.error, msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise ValueError("it was not packed here") from problem
    return tuple(Turn(role, text) for role, text in said)
