"""Columns as the SQL text that declares them."""

from __future__ import annotations

from collections.abc import Sequence

from grokcall_procedures.schemas.nested import ListType, MapType, Member, StructType, identifier
from grokcall_procedures.schemas.values import ValueType, quoted


def written_members(members: Sequence[Member]) -> str:
    """Columns, or the fields of a struct, with what is told of them.

    >>> from grokcall_procedures.schemas.ddl import read_ddl
    >>> written_members(read_ddl("a INT NOT NULL COMMENT 'from 1', b STRUCT(c TEXT COMMENT 'd')[]"))
    "a INTEGER NOT NULL COMMENT 'from 1', b STRUCT(c VARCHAR COMMENT 'd')[]"
    """
    return ", ".join(map(written_member, members))


def written_member(member: Member) -> str:
    """``name TYPE [NOT NULL] [COMMENT 'text']``."""
    comment = f" COMMENT {quoted(member.comment)}" if member.comment else ""
    return f"{identifier(member.name)} {written_type(member.type)}{'' if member.nullable else ' NOT NULL'}{comment}"


def written_type(kind: ValueType) -> str:
    """A type, with what is told of the fields inside."""
    if isinstance(kind, StructType):
        return f"STRUCT({written_members(kind.members)})"
    if isinstance(kind, ListType):
        return f"{written_type(kind.element)}[{kind.length or ''}]"
    if isinstance(kind, MapType):
        return f"MAP(VARCHAR, {written_type(kind.value)})"
    return str(kind)
