"""Lists that come in pages: each page is a free request of its own, which is tried again alone."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from urllib.parse import urlencode

from grokcall_procedures.definition import Parameter, Values
from grokcall_procedures.documents import document_of, stated_failure, unreadable
from grokcall_procedures.nouns import objects_in
from grokcall_procedures.steps import Host, Kind, Reply, Request, Step
from grokcall_procedures.text import reply_of
from grokcall_procedures.types import ParameterType

TOKENS = ("pagination_token", "paginationToken", "nextPageToken")
"""What names the next page, by the API's several spellings."""

MAX_ROWS = Parameter("MaxRows", ParameterType.INT64, "The most rows to fetch; all when NULL.", low=1, named_only=True)


def paged(
    path: str,
    query: Mapping[str, object],
    member: str,
    values: Values,
    next_page: Callable[[Mapping[str, object]], str | None] | None = None,
    name: str = TOKENS[0],
    host: Host = Host.API,
) -> Generator[Step, Reply | None, list[dict[str, object]]]:
    """The entries of all pages, up to ``MaxRows``.

    The end is a page without entries, without a word on a next one, or with one that was there before: the service
    names a next page also where there is none.

    Args:
        path: The path of the list.
        query: The parameters of each page; those that are None are left out.
        member: Where in a page the entries stand.
        values: The call's values.
        next_page: Tells the next page from one; None for the API's own tokens.
        name: The parameter for the next page.
        host: The host that is asked; the management host leaves empty members out.

    Raises:
        FailedReplyError: A page states a failure.
        MalformedReplyError: A page has no entries at all.
    """
    most = values.get("MaxRows")
    wanted = most if isinstance(most, int) else None
    found: list[dict[str, object]] = []
    seen: set[str] = set()
    token: str | None = None
    while wanted is None or len(found) < wanted:
        given = {**query, name: token}
        text = urlencode({key: value for key, value in given.items() if value is not None})
        reply = reply_of((yield Request("GET", f"{path}?{text}" if text else path, kind=Kind.METADATA, host=host)))
        document = document_of(reply.body)
        entries = document.get(member)
        if entries is None and host is Host.MANAGEMENT and "error" not in document:
            entries = []
        if not isinstance(entries, list):
            raise stated_failure(document) or unreadable(reply.body, f"it has no list of {member}")
        page = list(objects_in(entries))
        found += page
        token = (next_page or token_in)(document)
        if not page or not token or token in seen:
            break
        seen.add(token)
    return found[:wanted]


def token_in(document: Mapping[str, object]) -> str | None:
    """The token of the next page; None where there is none."""
    return next(tokens_in(document), None)


def tokens_in(document: Mapping[str, object]) -> Iterator[str]:
    """What could be the token of the next page."""
    yield from (str(document[name]) for name in TOKENS if document.get(name))
