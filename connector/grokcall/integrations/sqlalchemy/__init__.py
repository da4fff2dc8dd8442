"""The SQLAlchemy dialect ``grokcall://``, found by its name once grokcall and SQLAlchemy are installed.

>>> from sqlalchemy import create_engine, text
>>> engine = create_engine("grokcall://:KEY@/?timeout=30")  # without a key it is looked for as connect() does
>>> with engine.connect() as connection:
...     connection.execute(text("CALL GenerateResponse(:Message)"), {"Message": "hi"}).one()  # doctest: +SKIP
"""

try:
    import sqlalchemy as _sqlalchemy
except ModuleNotFoundError as _missing:
    raise ImportError(
        f"the dialect needs the package {_missing.name!r}: pip install 'grokcall[sqlalchemy]'", name=_missing.name
    ) from _missing

from grokcall.integrations.sqlalchemy.dialect import GrokcallDialect
from grokcall.integrations.sqlalchemy.inspection import ProcedureInspector

del _sqlalchemy

__all__ = ["GrokcallDialect", "ProcedureInspector"]
