"""Results and tables in Polars.

Cursors and results speak the Arrow PyCapsule interface, so ``polars.DataFrame`` takes them as they are, and ``lookup``
takes a Polars frame in the same way. ``polars.read_database`` works over the connection as over any DB-API driver.
"""

import polars as pl
from service import OPENINGS, service

import grokcall

with service(), grokcall.connect() as connection:
    cursor = connection.execute("CALL ListModels()")
    models = pl.DataFrame(cursor)
    print(models.select("Model_Id", "Model_ContextLength").sort("Model_Id").rows()[:3])

    novels = pl.read_csv(OPENINGS).filter(pl.col("author") == "Charles Dickens")
    command = "CALL GenerateResponse(:opening, 'Summarize in at most 6 words.')"
    result = connection.lookup(command, novels, fields=["Response_Result"])
    for title, summary in pl.DataFrame(result.rows).select("title", "Response_Result").iter_rows():
        print(f"{title}: {summary}")

    sums = pl.read_database(
        "CALL GenerateResponse(:q)", connection, execute_options={"parameters": {"q": "What is 7 + 8?"}}
    )
    print(sums.shape, sums["Response_Result"][0])
