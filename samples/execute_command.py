"""The Execute Command action: a command text, its parameters, a list of rows.

For tools that let their users type a statement and fill in a form. The action finds the parameters in the text and says
of which type they are, which are required and which values they take; it knows the columns of the result; and neither
of these sends anything. ``run`` always gives a list.
"""

from service import service

import grokcall

with service(), grokcall.connect() as connection:
    action = grokcall.ExecuteCommand(
        connection, "CALL GenerateResponse(:Question, 'Answer in one word.', ReasoningEffort => :Effort)"
    )
    for parameter in action.parameters:
        print(parameter.name, parameter.type, "required" if parameter.required else "optional", parameter.values)
    print("columns:", len(action.schema), "from", action.schema.names[0], "to", action.schema.names[-1])

    rows = action.run({"Question": "Which colour is a ripe banana?", "Effort": "low"})
    print(type(rows).__name__, "of", len(rows), "row:", rows[0]["Response_Result"])

    # What is not required may be left out.
    print(action.run({"Question": "Which fruit is yellow?"})[0]["Response_Status"])

    # Statements that are no CALL are commands, too.
    print([row["Name"] for row in grokcall.ExecuteCommand(connection, "DESCRIBE PROCEDURE EditVideo").run()])
