"""What ``sqlalchemy.inspect(engine)`` tells: tables, and procedures beside them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.engine.reflection import Inspector

from grokcall_procedures import CATALOG


class ProcedureInspector(Inspector):
    """An inspector that knows procedures, which SQLAlchemy itself has no word for.

    >>> from sqlalchemy import create_engine, inspect
    >>> inspect(create_engine("grokcall://")).get_procedure_names()[:2]
    ['GenerateResponse', 'AnalyzeImage']
    """

    def get_procedure_names(self) -> list[str]:
        """The procedures' names, in the order of ``SHOW PROCEDURES``; nothing is sent."""
        return list(CATALOG)

    def describe_procedure(self, name: str) -> list[dict[str, Any]]:
        """A dict for each parameter and each result field, as ``DESCRIBE PROCEDURE`` gives them; nothing is sent.

        Raises:
            sqlalchemy.exc.ProgrammingError: There is no such procedure; the message offers the nearest name.
        """
        with self.engine.connect() as connection:
            rows = connection.execute(text(f"DESCRIBE PROCEDURE {name}"))
            return [dict(row) for row in rows.mappings()]
