"""Lists that come in pages: each page is a free request of its own, which is tried again alone."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from typing import TypeAlias
from urllib.parse import urlencode

from grokcall_procedures.definition import Parameter
from grokcall_procedures.documents import document_of, stated_failure, unreadable
from grokcall_procedures.nouns import objects_in
from grokcall_procedures.steps import Host, Kind, Reply, Request, Row, Rows, Step, Steps
from grokcall_procedures.text import reply_of
from grokcall_procedures.types import ParameterType

Entry: TypeAlias = dict[str, object]

TOKENS = ("pagination_token", "paginationToken", "nextPageToken")
"""What names the next page, by the API's several spellings."""

MAX_ROWS = Parameter("MaxRows", ParameterType.INT64, "The most rows to fetch; all when NULL.", low=1, named_only=True)


class Pages:
    """The pages of a list, one after the other, up to ``MaxRows`` entries.

    The end is a page without entries, without a word on a next one, or with one that was there before: the service
    names a next page also where there is none.

    Args:
        path: The path of the list.
        query: The parameters of each page; those that are None are left out.
        member: Where in a page the entries stand.
        most: How many entries are wanted; None for all.
        next_page: Tells the next page from one; None for the API's own tokens.
        name: The parameter for the next page.
        host: The host that is asked; the management host leaves empty members out.
    """

    def __init__(
        self,
        path: str,
        query: Mapping[str, object],
        member: str,
        most: object = None,
        next_page: Callable[[Mapping[str, object]], str | None] | None = None,
        name: str = TOKENS[0],
        host: Host = Host.API,
    ) -> None:
        self._path = path
        self._query = query
        self._member = member
        self.left = most if isinstance(most, int) else None
        """How many entries are still wanted; None for all."""
        self._next_page = next_page or token_in
        self._name = name
        self._host = host
        self._token: str | None = None
        self._seen: set[str] = set()
        self.is_over = self.left == 0

    def next(self) -> Generator[Step, Reply | None, list[Entry]]:
        """The entries of the next page.

        Raises:
            FailedReplyError: The page states a failure.
            MalformedReplyError: It has no entries at all.
        """
        given = {**self._query, self._name: self._token}
        text = urlencode({key: value for key, value in given.items() if value is not None})
        path = f"{self._path}?{text}" if text else self._path
        reply = reply_of((yield Request("GET", path, kind=Kind.METADATA, host=self._host)))
        document = document_of(reply.body)
        found = list(objects_in(self._entries(document, reply)))
        self._token = self._next_page(document)
        self.is_over = not found or not self._token or self._token in self._seen
        self._seen.add(self._token or "")
        return self._wanted(found)

    def _entries(self, document: Mapping[str, object], reply: Reply) -> object:
        entries = document.get(self._member)
        if entries is None and self._host is Host.MANAGEMENT and "error" not in document:
            return []
        if not isinstance(entries, list):
            raise stated_failure(document) or unreadable(reply.body, f"it has no list of {self._member}")
        return entries

    def _wanted(self, found: list[Entry]) -> list[Entry]:
        """Those of a page that are wanted."""
        if self.left is None:
            return found
        found = found[: self.left]
        self.left -= len(found)
        self.is_over |= self.left == 0
        return found


def rows_of(pages: Pages, row: Callable[[Entry], Row | None]) -> Steps:
    """Hands the rows of a list on, page by page.

    Args:
        pages: The list.
        row: Makes a row of an entry; None for an entry that is left out.
    """
    while not pages.is_over:
        yield Rows([made for entry in (yield from pages.next()) if (made := row(entry)) is not None])
    return []


def token_in(document: Mapping[str, object]) -> str | None:
    """The token of the next page; None where there is none."""
    return next(tokens_in(document), None)


def tokens_in(document: Mapping[str, object]) -> Iterator[str]:
    """What could be the token of the next page."""
    yield from (str(document[name]) for name in TOKENS if document.get(name))
