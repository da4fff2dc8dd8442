"""What calls may leave behind: a connection that only reads, and the consent to change many things at once."""

from __future__ import annotations

from dataclasses import dataclass

from grokcall.errors import ChangeNotAllowedError
from grokcall_procedures import BoundCall, Procedure
from grokcall_procedures.effects import Effect


@dataclass(frozen=True, slots=True)
class Consent:
    """What the calls of a statement, a lookup or a query may leave behind.

    Args:
        read_only: Whether nothing may be made, changed or removed.
        changes: Whether things may be changed and removed; what one CALL does was asked for by who wrote it.
    """

    read_only: bool = False
    changes: bool = True

    def check(self, call: BoundCall) -> None:
        """Refuses a call that leaves behind what it may not.

        Raises:
            ChangeNotAllowedError: It does; nothing was sent.
        """
        if call.procedure.effect is not Effect.ASK:
            self._check(call.procedure, call.effect)

    def check_all(self, procedure: Procedure) -> None:
        """Refuses a procedure of which every call leaves behind what it may not.

        Raises:
            ChangeNotAllowedError: Each does; nothing was sent.
        """
        if procedure.effect_of is None:
            self._check(procedure, procedure.effect)

    def _check(self, procedure: Procedure, effect: Effect) -> None:
        if effect.leaves_all_as_it_is:
            return
        if self.read_only:
            raise ChangeNotAllowedError(
                f"{procedure.name} {effect.told}, and the connection only reads (read_only); use another connection",
                procedure.name,
            )
        if effect.needs_consent and not self.changes:
            raise ChangeNotAllowedError(
                f"{procedure.name} {effect.told}, which lookups and queries do only where it is allowed: "
                "allow_changes=True (--allow-changes)",
                procedure.name,
            )


WHATEVER_ONE_CALL_MAY = Consent()
