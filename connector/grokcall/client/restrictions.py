"""What is refused before it is sent: what no region serves, or what a team without data retention cannot have."""

from __future__ import annotations

import msgspec

from grokcall.client.regional_service import check_region
from grokcall.errors import NotSupportedError
from grokcall_procedures import Host, Kind, Request
from grokcall_procedures.documents import document_of
from grokcall_procedures.errors import MalformedReplyError

ACCOUNT = "/me"
"""The path that tells of it."""
ZERO = "zdr"
"""The word for a team of which nothing is kept; others have their data kept, whole or without names."""


class Target(msgspec.Struct):
    """The ``output`` of a request."""

    upload_url: object = None


class Media(msgspec.Struct):
    """What the body of a request for media says of where the result goes."""

    output: Target | None = None
    storage_options: object = None


_decode = msgspec.json.Decoder(Media).decode


class Restrictions:
    """What a connection cannot have: by its region, and by the retention of data, as far as it has heard of that.

    It asks for nothing itself, and refuses nothing for retention before somebody asked for the account.

    Args:
        region: The region; None for none.
    """

    def __init__(self, region: str | None = None) -> None:
        self._region = region
        self._is_zero = False

    def note(self, request: Request, body: bytes) -> None:
        """Takes in what the service says of the account.

        Args:
            request: What was asked; any other request is passed over.
            body: The reply.
        """
        if request.host is Host.API and request.method == "GET" and request.path == ACCOUNT:
            try:
                self._is_zero = document_of(body).get("zdr_status") == ZERO
            except MalformedReplyError:
                return

    def check(self, request: Request) -> None:
        """Refuses what the service would refuse, before anything is sent.

        Raises:
            NotSupportedError: No region serves the request; or the team has no data kept, and it stores a file, or
                makes a video without an address to put it to.
        """
        check_region(request, self._region)
        if not self._is_zero or request.host is not Host.API or request.method != "POST":
            return
        if request.kind is Kind.UPLOAD and request.path == "/files":
            raise refused("takes no files; send them inside the request (option file_transfer='inline'), or by URL")
        if request.kind not in (Kind.IMAGE, Kind.VIDEO) or not isinstance(request.body, bytes):
            return
        try:
            media = _decode(request.body)
        except msgspec.DecodeError:
            return
        if media.storage_options is not None:
            raise refused("stores no results; leave StoreAs out, and give UploadUrl for a copy at an address of yours")
        if request.kind is Kind.VIDEO and not (media.output is not None and media.output.upload_url):
            raise refused(
                "makes videos only to put them to an address of yours; give UploadUrl, or where a procedure has none "
                """ExtraBody => '{"output": {"upload_url": "https://…"}}'"""
            )


def refused(why: str) -> NotSupportedError:
    """The error of what such a team cannot have."""
    return NotSupportedError(f"the team has zero data retention, with which the service {why}")
