"""What calls may leave behind: a connection that only reads, and the consent to change many things at once."""

from __future__ import annotations

from dataclasses import dataclass

from grokcall.errors import ChangeNotAllowedError, NotSupportedError
from grokcall_procedures import BoundCall, Host, Procedure
from grokcall_procedures.effects import Effect


@dataclass(frozen=True, slots=True)
class Consent:
    """What the calls of a statement, a lookup or a query may leave behind.

    Args:
        read_only: Whether nothing may be made, changed or removed.
        changes: Whether things may be changed and removed; what one CALL does was asked for by who wrote it.
        secrets: Whether results may hold secrets, such as a new key; not where results are kept.
    """

    read_only: bool = False
    changes: bool = True
    secrets: bool = True

    def check(self, call: BoundCall) -> None:
        """Refuses a call that leaves behind what it may not.

        Raises:
            ChangeNotAllowedError: It does; nothing was sent.
            NotSupportedError: Its result holds a secret, and would be kept; nothing was sent.
        """
        self._check_secrets(call.procedure)
        if call.procedure.effect is not Effect.ASK or call.procedure.effect_of is not None:
            self._check(call.procedure, call.effect)

    def check_all(self, procedure: Procedure) -> None:
        """Refuses a procedure of which every call leaves behind what it may not.

        Raises:
            ChangeNotAllowedError: Each does; nothing was sent.
            NotSupportedError: Their results hold secrets, and would be kept; nothing was sent.
        """
        self._check_secrets(procedure)
        if procedure.effect_of is None:
            self._check(procedure, procedure.effect)

    def _check_secrets(self, procedure: Procedure) -> None:
        if procedure.has_secret and not self.secrets:
            raise NotSupportedError(
                f"{procedure.name} shows a secret once, which no query and no journal may keep; make one CALL, or a "
                "lookup without a journal (--no-journal)"
            )

    def _check(self, procedure: Procedure, effect: Effect) -> None:
        if effect.leaves_all_as_it_is:
            return
        if self.read_only:
            raise ChangeNotAllowedError(
                f"{procedure.name} {effect.told}, and the connection only reads (read_only); use another connection",
                procedure.name,
            )
        # A new key is as grave as a change of an old one.
        if (effect.needs_consent or procedure.host is Host.MANAGEMENT) and not self.changes:
            raise ChangeNotAllowedError(
                f"{procedure.name} {effect.told}, which lookups and queries do only where it is allowed: "
                "allow_changes=True (--allow-changes)",
                procedure.name,
            )


WHATEVER_ONE_CALL_MAY = Consent()
