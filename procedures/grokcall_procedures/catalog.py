"""The catalog: every procedure by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from grokcall_parser import Span, UnknownNameError
from grokcall_parser.suggestions import hint
from grokcall_procedures.definition import Procedure


class Catalog(Mapping[str, Procedure]):
    """Procedures by name, without regard to case, in the order in which they were given."""

    def __init__(self, procedures: Iterable[Procedure]) -> None:
        self._procedures = {procedure.name.lower(): procedure for procedure in procedures}

    def __getitem__(self, name: str) -> Procedure:
        return self._procedures[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return (procedure.name for procedure in self._procedures.values())

    def __len__(self) -> int:
        return len(self._procedures)

    def find(self, name: str, text: str = "", span: Span | None = None) -> Procedure:
        """The procedure of this name.

        Raises:
            UnknownNameError: There is none; the message offers the nearest name and points at the place.
        """
        procedure = self._procedures.get(name.lower())
        if procedure is None:
            told = hint(name, self, "SHOW PROCEDURES lists those there are")
            raise UnknownNameError(f"there is no procedure {name}; {told}", text, span, procedure=name)
        return procedure
