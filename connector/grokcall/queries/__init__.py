"""Queries: the DuckDB beside a connection, in which its procedures stand as table functions.

>>> connection.execute("SELECT t.id, r.* FROM 'tickets.csv' t, GenerateResponse(t.body) r")  # doctest: +SKIP
"""

from grokcall.queries.database import Database

__all__ = ["Database"]
