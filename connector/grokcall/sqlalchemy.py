"""The door to :mod:`grokcall.integrations.sqlalchemy`."""

from grokcall.integrations.sqlalchemy import GrokcallDialect, ProcedureInspector

__all__ = ["GrokcallDialect", "ProcedureInspector"]
