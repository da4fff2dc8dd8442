"""The secrets of tools: named in statements, taken from the environment for what is sent, kept out of replies."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping

from grokcall.core.redaction import SHORTEST_SECRET, HiddenBytes, SecretKey
from grokcall.errors import MissingToolSecretError
from grokcall.http.request_bodies import FormBody
from grokcall.http.transport import HttpResponse
from grokcall_procedures import Request
from grokcall_procedures.documents import decode_json, encode_json
from grokcall_procedures.multipart import Parts
from grokcall_procedures.tools.mcp_servers import with_secrets


class ToolSecrets:
    """The secrets that the tools of one connection's requests have named so far.

    They are keys as far as messages and logs are concerned: all that is redacted loses them.

    Args:
        environment: Where they are; None for that of the process.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self._environment = os.environ if environment is None else environment
        self._known: dict[str, SecretKey] = {}

    def body_of(self, request: Request) -> bytes | FormBody | None:
        """The body of a request as it goes over the wire, with the secrets that its tools name.

        Raises:
            MissingToolSecretError: A variable has none, or one that could not be kept out of replies.
        """
        if isinstance(request.body, Parts):
            return FormBody(request.body)
        if not request.tool_secrets or request.body is None:
            return request.body
        known = {name: self._secret(name) for name in request.tool_secrets}
        document = decode_json(request.body)
        document["tools"] = with_secrets(document["tools"], known)
        return HiddenBytes(encode_json(document))

    def without(self, reply: HttpResponse, request: Request) -> HttpResponse:
        """A reply in which the names of secrets stand where it repeats them."""
        for name in request.tool_secrets:
            if name in self._known:
                reply = replaced(reply, self._known[name].reveal(), f"env:{name}")
        return reply

    def _secret(self, name: str) -> str:
        value = self._environment.get(name, "").strip()
        if not value:
            raise MissingToolSecretError(
                f"a tool names env:{name}, and there is no such environment variable; set it", looked_at=(name,)
            )
        if len(value) < SHORTEST_SECRET or not (value.isascii() and value.isprintable()):
            raise MissingToolSecretError(
                f"the secret in the environment variable {name} cannot be sent: it needs at least {SHORTEST_SECRET} "
                "characters, all of them printable ASCII",
                looked_at=(name,),
            )
        known = self._known.get(name)
        if known is None or known.reveal() != value:
            self._known[name] = SecretKey(value)
        return value


def replaced(reply: HttpResponse, secret: str, name: str) -> HttpResponse:
    """A reply with a name in the place of a secret, however JSON spells it."""
    escaped = json.dumps(secret)[1:-1]
    spellings = dict.fromkeys((secret, escaped, escaped.replace("/", "\\/")))
    body = reply.body
    for spelling in spellings:
        body = body.replace(spelling.encode(), name.encode())
    headers = {key: value.replace(secret, name) for key, value in reply.headers.items()}
    return HttpResponse(reply.status, headers, body)
