"""A SQLAlchemy engine on the address ``grokcall://``.

The address takes the options of a connection in its query, and a key behind a colon (``grokcall://:KEY@/``); without
one the key is looked for as ``connect()`` does. The engine is one connection underneath, so ``max_cost`` holds for all
that its pool hands out. ``inspect`` lists the procedures, and pandas reads from the engine without a warning.
"""

import pandas as pd
from service import service
from sqlalchemy import create_engine, inspect, text

ASK = text("CALL GenerateResponse(:Message, MaxOutputTokens => 200)")

with service():
    engine = create_engine("grokcall://?timeout=30&max_cost=1")
    print(engine.dialect.name, inspect(engine).get_procedure_names()[:3])

    with engine.connect() as connection:
        row = connection.execute(ASK, {"Message": "What is 6 * 7?"}).one()
        print(row.Response_Result, row.Response_UsageTotalTokens, "tokens")

        questions = [{"Message": f"What is {number} * {number}?"} for number in range(1, 6)]
        print(connection.execute(ASK, questions).scalars().all())

    frame = pd.read_sql(ASK, engine, params={"Message": "What is 7 + 8?"})
    print(frame[["Response_Result", "Response_Status"]].to_string(index=False))
    engine.dispose()
