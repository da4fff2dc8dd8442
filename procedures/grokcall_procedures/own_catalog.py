"""A catalog with procedures of the user's own: made from their statements, changed by making another one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from grokcall_parser import ArgumentsError, CreateProcedure, DropProcedure, UnknownNameError
from grokcall_parser.suggestions import hint
from grokcall_procedures.catalog import Catalog
from grokcall_procedures.definition import Procedure
from grokcall_procedures.own_procedures import own_procedure

DEEPEST = 8
"""How many procedures of the user's own may call one another in a row."""
MOST_PROCEDURES = 10_000


class OwnCatalog(Catalog):
    """The procedures of a catalog, and those that some statements declare over them.

    Args:
        shipped: What is there without the statements.
        statements: The declarations, in any order.

    Raises:
        grokcall_parser.StatementError: A statement is wrong, calls what is not there, or calls itself through others.
    """

    def __init__(self, shipped: Catalog, statements: Iterable[CreateProcedure] = ()) -> None:
        self.shipped = shipped
        self.statements: Mapping[str, CreateProcedure] = {each.procedure.lower(): each for each in statements}
        """The declarations by lower-case name."""
        for each in self.statements.values():
            if each.procedure in shipped:
                raise self._taken(each)
        if len(self.statements) > MOST_PROCEDURES:
            raise ArgumentsError(f"a catalog has at most {MOST_PROCEDURES:,} user-defined procedures")
        made: dict[str, Procedure] = {}
        self._depths: dict[str, int] = {}
        for name in self.statements:
            self._make(name, made, ())
        super().__init__([*(shipped[name] for name in shipped), *(made[name] for name in self.statements)])

    def created(self, statement: CreateProcedure) -> OwnCatalog:
        """The catalog with one procedure more, or with another in its place.

        Raises:
            grokcall_parser.StatementError: The statement is wrong, or the name is taken.
        """
        name = statement.procedure
        if name in self.shipped:
            raise self._taken(statement)
        if name.lower() in self.statements and not statement.or_replace:
            if statement.if_not_exists:
                return self
            raise self._fault(
                statement, f"there is a procedure {name} already; write CREATE OR REPLACE PROCEDURE {name}"
            )
        return OwnCatalog(self.shipped, {**self.statements, name.lower(): statement}.values())

    def dropped(self, statement: DropProcedure) -> OwnCatalog:
        """The catalog without a procedure.

        Raises:
            grokcall_parser.StatementError: There is none, it is built in, or another one calls it.
        """
        name = statement.procedure
        if name in self.shipped:
            raise self._fault(statement, f"{self.shipped[name].name} is built in and cannot be dropped")
        if name.lower() not in self.statements:
            if statement.if_exists:
                return self
            known = [each.procedure for each in self.statements.values()]
            told = hint(name, known, "DROP PROCEDURE IF EXISTS does without")
            message = f"there is no user-defined procedure {name}; {told}"
            raise UnknownNameError(message, statement.text, statement.span, procedure=name)
        caller = next((each for each in self.statements.values() if each.base.lower() == name.lower()), None)
        if caller is not None:
            raise self._fault(statement, f"{name} is called by {caller.procedure}; drop or replace that one first")
        left = {key: each for key, each in self.statements.items() if key != name.lower()}
        return OwnCatalog(self.shipped, left.values())

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

    def _taken(self, statement: CreateProcedure) -> ArgumentsError:
        name = self.shipped[statement.procedure].name
        return self._fault(statement, f"{name} is built in and cannot be replaced; choose another name")

    def _too_deep(self, statement: CreateProcedure) -> ArgumentsError:
        return self._fault(statement, f"procedures call one another more than {DEEPEST} deep here; join some of them")

    @staticmethod
    def _fault(statement: CreateProcedure | DropProcedure, message: str) -> ArgumentsError:
        return ArgumentsError(message, statement.text, statement.span, procedure=statement.procedure)
