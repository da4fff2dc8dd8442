"""What most things of the service have in common: one is looked at and removed under a path with its id."""

from __future__ import annotations

import re
from collections.abc import Callable

from grokcall_procedures.definition import BoundCall, Values
from grokcall_procedures.nouns import deleted_row, in_path
from grokcall_procedures.steps import Host, Kind, Reply, Request, Row, Steps
from grokcall_procedures.text import reply_of

PLACE = re.compile(r"\{(\w+)\}")


def path_with(template: str, values: Values) -> str:
    """A path with the ids of a call in it.

    Args:
        template: The path, with the names of parameters in braces.
        values: The call's values.

    >>> path_with("/files/{FileId}", {"FileId": "a/b"})
    '/files/a%2Fb'
    """
    return PLACE.sub(lambda place: in_path(values[place[1]]), template)


def looking_at(template: str, row: Callable[[Reply], Row], host: Host = Host.API) -> Callable[[BoundCall], Steps]:
    """The steps that look at one thing.

    Args:
        template: Its path, with the names of parameters in braces.
        row: Makes its row of the reply.
        host: The host that is asked.
    """

    def look(call: BoundCall) -> Steps:
        reply = yield Request("GET", path_with(template, call.values), kind=Kind.METADATA, host=host)
        return [row(reply_of(reply))]

    return look


def removing(template: str, host: Host = Host.API) -> Callable[[BoundCall], Steps]:
    """The steps that remove one thing.

    Args:
        template: Its path, with the names of parameters in braces; the last one is its id.
        host: The host that is asked.
    """
    identifier = PLACE.findall(template)[-1]

    def remove(call: BoundCall) -> Steps:
        reply = yield Request("DELETE", path_with(template, call.values), kind=Kind.METADATA, host=host)
        return [deleted_row(call.values[identifier], reply_of(reply))]

    return remove
