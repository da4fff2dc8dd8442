"""A catalog with procedures and tools of the user's own: made from their statements, changed by making another one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from grokcall_parser import ArgumentsError, CreateProcedure, CreateTool, DropProcedure, DropTool, Span, UnknownNameError
from grokcall_parser.suggestions import hint
from grokcall_procedures.catalog import Catalog
from grokcall_procedures.definition import Procedure
from grokcall_procedures.own_procedures import own_procedure
from grokcall_procedures.own_tools import OwnTool, own_tool

DEEPEST = 8
"""How many procedures of the user's own may call one another in a row."""
MOST_PROCEDURES = 10_000
MOST_TOOLS = 10_000

Declaration: TypeAlias = CreateProcedure | CreateTool


class OwnCatalog(Catalog):
    """The procedures of a catalog, and the procedures and tools that some statements declare over them.

    Names of procedures and names of tools are apart: one of each may be called the same. Neither takes the name of a
    procedure that is shipped, for a tool's name is looked for before that of a procedure.

    Args:
        shipped: What is there without the statements.
        statements: The declarations, in any order.

    Raises:
        grokcall_parser.StatementError: A statement is wrong, calls what is not there, or calls itself through others.
    """

    def __init__(self, shipped: Catalog, statements: Iterable[Declaration] = ()) -> None:
        self.shipped = shipped
        self.declarations: tuple[Declaration, ...] = tuple(statements)
        """All statements, in their order."""
        self.statements: Mapping[str, CreateProcedure] = {
            each.procedure.lower(): each for each in self.declarations if isinstance(each, CreateProcedure)
        }
        """The declarations of procedures by lower-case name."""
        for each in self.statements.values():
            self._check_free(each)
        if len(self.statements) > MOST_PROCEDURES:
            raise ArgumentsError(f"a catalog has at most {MOST_PROCEDURES:,} user-defined procedures")
        made: dict[str, Procedure] = {}
        self._depths: dict[str, int] = {}
        for name in self.statements:
            self._make(name, made, ())
        super().__init__([*(shipped[name] for name in shipped), *(made[name] for name in self.statements)])
        self.tools: Mapping[str, OwnTool] = self._made_tools()
        """The tools by lower-case name."""

    def created(self, statement: Declaration) -> OwnCatalog:
        """The catalog with one procedure or tool more, or with another in its place.

        Raises:
            grokcall_parser.StatementError: The statement is wrong, or the name is taken.
        """
        kind, name = kind_and_name(statement)
        self._check_free(statement)
        if self._has(kind, name) and not statement.or_replace:
            if statement.if_not_exists:
                return self
            told = f"there is a {kind} {name} already; write CREATE OR REPLACE {kind.upper()} {name}"
            raise self._fault(statement, told)
        keyed = {key_of(each): each for each in self.declarations}
        return OwnCatalog(self.shipped, {**keyed, key_of(statement): statement}.values())

    def dropped(self, statement: DropProcedure | DropTool) -> OwnCatalog:
        """The catalog without a procedure or a tool.

        Raises:
            grokcall_parser.StatementError: There is none, it is built in, or another one calls it.
        """
        kind, name = kind_and_name(statement)
        if kind == "procedure" and name in self.shipped:
            raise self._fault(statement, f"{self.shipped[name].name} is built in and cannot be dropped")
        if not self._has(kind, name):
            if statement.if_exists:
                return self
            raise self._unknown(statement)
        if kind == "procedure":
            self._check_uncalled(statement)
        return OwnCatalog(self.shipped, [each for each in self.declarations if key_of(each) != key_of(statement)])

    def find_tool(self, name: str, text: str = "", span: Span | None = None) -> OwnTool:
        """The tool of this name, in any case.

        Raises:
            UnknownNameError: There is none; the message offers the nearest name and points at the place.
        """
        found = self.tools.get(name.lower())
        if found is None:
            told = hint(name, [each.name for each in self.tools.values()], "SHOW TOOLS lists those there are")
            raise UnknownNameError(f"there is no tool {name}; {told}", text, span)
        return found

    def _has(self, kind: str, name: str) -> bool:
        """Whether the user has a procedure or a tool of this name."""
        return name.lower() in (self.statements if kind == "procedure" else self.tools)

    def _unknown(self, statement: DropProcedure | DropTool) -> UnknownNameError:
        kind, name = kind_and_name(statement)
        known = [each for its_kind, each in map(kind_and_name, self.declarations) if its_kind == kind]
        told = hint(name, known, f"DROP {kind.upper()} IF EXISTS does without")
        what = "user-defined procedure" if kind == "procedure" else "tool"
        procedure = name if kind == "procedure" else None
        return UnknownNameError(
            f"there is no {what} {name}; {told}", statement.text, statement.span, procedure=procedure
        )

    def _check_uncalled(self, statement: DropProcedure | DropTool) -> None:
        """Raises for a procedure that another procedure or a tool calls."""
        kind, name = kind_and_name(statement)
        caller = next((each for each in self.declarations if (each.base or "").lower() == name.lower()), None)
        if caller is not None:
            calling = kind_and_name(caller)
            shown = calling[1] if calling[0] == kind else f"the tool {calling[1]}"
            raise self._fault(statement, f"{name} is called by {shown}; drop or replace that one first")

    def _made_tools(self) -> dict[str, OwnTool]:
        """The tools, over the procedures that are there by now."""
        declared = [each for each in self.declarations if isinstance(each, CreateTool)]
        if len(declared) > MOST_TOOLS:
            raise ArgumentsError(f"a catalog has at most {MOST_TOOLS:,} tools")
        for each in declared:
            self._check_free(each)
        return {each.tool.lower(): own_tool(each, self._called_by(each)) for each in declared}

    def _called_by(self, statement: CreateTool) -> Procedure | None:
        """The procedure that a tool calls; None for a query."""
        return None if statement.base is None else self.find(statement.base, statement.text, statement.base_span)

    def _make(self, name: str, made: dict[str, Procedure], callers: tuple[str, ...]) -> Procedure:
        """The definition of a procedure, after those that it calls."""
        if name in made:
            return made[name]
        statement = self.statements[name]
        if name in callers:
            way = " calls ".join(self.statements[each].procedure for each in (*callers[callers.index(name) :], name))
            raise self._fault(statement, f"{statement.procedure} would call itself: {way}")
        if len(callers) > DEEPEST:
            raise self._too_deep(statement)
        base = statement.base.lower()
        if base in self.statements:
            called = self._make(base, made, (*callers, name))
        else:
            known = Catalog([*(self.shipped[each] for each in self.shipped), *made.values()])
            called = known.find(statement.base, statement.text, statement.base_span)
        self._depths[name] = self._depths.get(base, 0) + 1
        if self._depths[name] > DEEPEST:
            raise self._too_deep(statement)
        made[name] = own_procedure(statement, called)
        return made[name]

    def _check_free(self, statement: Declaration) -> None:
        """Raises for the name of a procedure that is shipped."""
        _, name = kind_and_name(statement)
        if name in self.shipped:
            name = self.shipped[name].name
            raise self._fault(statement, f"{name} is built in and cannot be replaced; choose another name")

    def _too_deep(self, statement: CreateProcedure) -> ArgumentsError:
        return self._fault(statement, f"procedures call one another more than {DEEPEST} deep here; join some of them")

    @staticmethod
    def _fault(statement: Declaration | DropProcedure | DropTool, message: str) -> ArgumentsError:
        kind, name = kind_and_name(statement)
        procedure = name if kind == "procedure" else None
        return ArgumentsError(message, statement.text, statement.span, procedure=procedure)


def kind_and_name(statement: Declaration | DropProcedure | DropTool) -> tuple[str, str]:
    """``procedure`` or ``tool``, and the name of the one that a statement is about."""
    if isinstance(statement, CreateTool | DropTool):
        return "tool", statement.tool
    return "procedure", statement.procedure


def key_of(statement: Declaration | DropProcedure | DropTool) -> tuple[str, str]:
    """What no two declarations of a catalog have in common."""
    kind, name = kind_and_name(statement)
    return kind, name.lower()
