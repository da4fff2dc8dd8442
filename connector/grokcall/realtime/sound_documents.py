"""Sound in documents that come over a socket."""

from __future__ import annotations

import base64
import binascii

from grokcall.client.service_sockets import Document
from grokcall.errors import MalformedReplyError


def sound_in(document: Document) -> bytes:
    """The sound of a document.

    Raises:
        MalformedReplyError: It is no base64.
    """
    told = next((document[name] for name in ("delta", "audio", "data") if isinstance(document.get(name), str)), None)
    try:
        return base64.b64decode(told or "", validate=True)
    except (binascii.Error, ValueError):
        raise MalformedReplyError("the service sent sound over a socket that is no base64") from None
