"""grokcall inside DuckDB: every procedure as a table macro and a scalar form, one paid call a row whatever the query.

>>> import duckdb, grokcall
>>> con = duckdb.connect()
>>> grokcall.duckdb.register(con)  # doctest: +SKIP
>>> con.sql("CALL GenerateResponse('Say hello')")  # doctest: +SKIP
>>> con.sql("SELECT t.id, r.Response_Result FROM tickets t, GenerateResponse(t.body) r")  # doctest: +SKIP
"""

from grokcall.duckdb.checks import OLDEST
from grokcall.duckdb.registration import Registration, register

__all__ = ["OLDEST", "Registration", "register"]
