"""Call a procedure from Python.

A connection is a PEP 249 connection and a cursor a PEP 249 cursor, so what you know of sqlite3 or psycopg holds here.
What is new is the statement: a CALL. Its markers (``:Message``) are bound like those of any other statement, so a text
with quotation marks in it is never a problem. The row has the 34 fields of a response; an Arrow table of them, with
their types, is one method away.
"""

from service import service

import grokcall

with service(), grokcall.connect() as connection:
    cursor = connection.cursor()

    # By position, in the order of the procedure's parameters, as far as you need them.
    cursor.execute(
        "CALL GenerateResponse(:Message, :Instructions)",
        {"Message": "Is the weather in 'Wuthering Heights' friendly?", "Instructions": "Answer yes or no."},
    )
    columns = [column[0] for column in cursor.description or ()]
    row = dict(zip(columns, cursor.fetchone() or (), strict=True))
    print("answer:", row["Response_Result"])
    print("status:", row["Response_Status"], "by", row["Response_Model"])
    print("fields:", len(columns))

    # By name: only what you want to give. What is left out, or NULL, is not sent.
    cursor.execute("CALL GenerateResponse(Message => ?, Model => 'grok-4.3', Temperature => 0.2)", ["What is 6 * 7?"])
    table = cursor.fetch_arrow_table()
    print("answer:", table["Response_Result"][0])
    print("tokens:", table["Response_UsageTotalTokens"][0], table.schema.field("Response_UsageTotalTokens").type)

    # Many at once: they run side by side, and their rows come in the order of the parameters.
    questions = [{"q": f"What is {number} * {number}?"} for number in range(1, 6)]
    cursor.executemany("CALL GenerateResponse(:q)", questions)
    print("squares:", [row[0] for row in cursor.fetchall()])

    # A wrong statement never leaves the machine, and its error points at the place.
    try:
        cursor.execute("CALL GenerateResponse('hi', Modelo => 'grok-4.3')")
    except grokcall.ProgrammingError as error:
        print(f"{type(error).__name__}: {error}")
