"""The things that the service keeps, as rows: one noun has one set of columns, whichever procedure gives it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import quote

from grokcall_procedures.definition import FieldType, ResultField
from grokcall_procedures.documents import column_value, document_of, json_text, stated_failure, unreadable
from grokcall_procedures.steps import Reply, Row
from grokcall_procedures.types import ParameterType, UnfitValue, to_string

Column: TypeAlias = tuple[str, FieldType, str] | tuple[str, FieldType, str, str]
"""The name without the noun, the type, what it holds, and the path where it is not the name in snake case."""
WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True)
class Noun:
    """A kind of thing with the columns that tell of it; the last one has the whole object.

    Args:
        name: What its columns begin with.
        fields: The columns.
    """

    name: str
    fields: tuple[ResultField, ...]

    def row(self, document: Mapping[str, object], **computed: object) -> Row:
        """The columns of one thing; what the service does not tell is NULL.

        Args:
            document: The thing as the service gives it.
            computed: Values at paths that it does not have.
        """
        read = {**document, **computed}
        return (*(column_value(read, column) for column in self.fields[:-1]), json_text(document))

    def row_of(self, reply: Reply, **computed: object) -> Row:
        """The columns of the thing in a reply.

        Args:
            reply: The reply.
            computed: Values at paths that it does not have.

        Raises:
            FailedReplyError: The reply states a failure.
            MalformedReplyError: It is no object with the columns of the noun.
        """
        document = document_of(reply.body)
        if not any(column.path.partition(".")[0] in document for column in self.fields[:-1] if column.path):
            raise stated_failure(document) or unreadable(reply.body, f"it is no {self.name.lower()}")
        return self.row(document, **computed)


def noun(name: str, *columns: Column) -> Noun:
    """A noun with its columns, and a last one for the whole object."""
    fields = [ResultField(f"{name}_{each[0]}", each[1], path_of(each), each[2]) for each in columns]
    return Noun(name, (*fields, ResultField(f"{name}_Raw", ParameterType.JSON, "", "The whole object, as JSON text.")))


def path_of(column: Column) -> str:
    """Where the value of a column stands."""
    return column[3] if len(column) == 4 else snake(column[0])


def snake(name: str) -> str:
    """A column's name as the API spells members.

    >>> snake("ContentType")
    'content_type'
    """
    return WORD_STARTS.sub("_", name).lower()


def in_path(identifier: object) -> str:
    """An id as a part of a path, with what would end it there by percent."""
    return quote(str(identifier), safe="")


def read_id(value: object) -> str:
    """An id or a name: text that is not empty.

    Raises:
        UnfitValue: There is nothing in it.
    """
    text = to_string(value).strip()
    if not text:
        raise UnfitValue("is empty; write an id or a name")
    return text


DELETED = noun(
    "Deleted",
    ("Id", ParameterType.STRING, "The id of what was removed."),
    ("Done", ParameterType.BOOLEAN, "Whether it is gone.", "deleted"),
)


def deleted_row(identifier: object, reply: Reply) -> Row:
    """The row of something that was removed; a reply that says nothing means that it is gone."""
    document = document_of(reply.body) if reply.body.strip() not in (b"", b"null") else {}
    return str(identifier), document.get("deleted") is not False, json_text(document)


def objects_in(values: object) -> Iterator[dict[str, object]]:
    """The objects of a list; nothing where there is no list."""
    if isinstance(values, list):
        yield from (value for value in values if isinstance(value, dict))
