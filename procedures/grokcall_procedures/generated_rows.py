"""GenerateRows: one question, an answer of many rows with declared columns."""

from __future__ import annotations

from dataclasses import replace

from grokcall_procedures.answers import ANSWER_FIELDS, ANSWER_RULES, OUTPUT_SCHEMA, fitting, with_answer
from grokcall_procedures.bodies import EXTRA_BODY
from grokcall_procedures.definition import BoundCall, Parameter, Procedure, ResultField
from grokcall_procedures.response_requests import responses_body
from grokcall_procedures.response_rounds import asking
from grokcall_procedures.schemas import read_output_schema
from grokcall_procedures.schemas.rows import RowsSchema
from grokcall_procedures.steps import Row, Steps
from grokcall_procedures.text import (
    INSTRUCTIONS,
    MESSAGE,
    MODEL,
    TEXT_OPTIONS,
    TEXT_RULES,
    TOOL_RULES,
)
from grokcall_procedures.tools.inputs import request_input
from grokcall_procedures.tools.parameters import TOOL_PARAMETERS
from grokcall_procedures.types import ParameterType

PROMPT_VERSION = 1
"""Raised whenever what is asked changes: an answer to the earlier words is no answer to the new ones."""
ROWS_SCHEMA = replace(
    OUTPUT_SCHEMA,
    doc="The columns of each row, in SQL (`'item VARCHAR, qty INTEGER'`) or as a JSON Schema of one row: they come "
    "first in the result, with their types. From Python also a dataclass, a pydantic model or an Arrow schema. It must "
    "be the same for all rows of the input.",
    required=True,
    named_only=False,
)
MOST_ROWS = Parameter(
    "MaxRows",
    ParameterType.INT32,
    "The most rows to give; all that the answer has when it is NULL. The model is told.",
    low=1,
    named_only=True,
)
BY_POSITION = (MESSAGE, ROWS_SCHEMA, INSTRUCTIONS, MODEL)
BY_NAME = tuple(replace(each, named_only=True) for each in TEXT_OPTIONS if each not in BY_POSITION)


def generate_rows(call: BoundCall) -> Steps:
    """One question, the rows of its answer."""
    declared = call.procedure.answer_schema or read_output_schema(str(call.values[ROWS_SCHEMA.name]))
    schema, most = RowsSchema(declared), call.values.get(MOST_ROWS.name)
    assert most is None or isinstance(most, int)
    body = responses_body(call, request_input(call.values))
    body.text = schema.text_format(most)
    undecided: Row = (None,) * (len(declared.columns) + 1)
    rows, answer = yield from fitting(asking(call, body), schema.decode, undecided, call.asks)
    return with_answer([(*row, number) for number, row in enumerate(rows[:most], 1)], answer)


GENERATE_ROWS = Procedure(
    name="GenerateRows",
    summary="Answers a message with rows of declared columns: a list that a text has in it, or one that is made up.",
    parameters=(*BY_POSITION, MOST_ROWS, *BY_NAME, EXTRA_BODY, *TOOL_PARAMETERS),
    fields=(ResultField("RowNumber", ParameterType.INT32, "", "The place of the row in the answer, from 1."),),
    further_fields=ANSWER_FIELDS,
    steps=generate_rows,
    many=True,
    model_kind="text",
    rules=(*TEXT_RULES, *ANSWER_RULES, *TOOL_RULES),
    prompt_version=PROMPT_VERSION,
    reference="POST /v1/responses with a JSON schema",
    example="CALL GenerateRows('Please send 2 teas and 1 cake.', 'item VARCHAR, qty INTEGER')",
    notes=(
        "The declared columns stand before the result fields below. An answer that does not fit them is asked for "
        "again, `schema_attempts` times in all, then it is an error. An answer without rows is a result.",
        "The fields of the answer itself, with tokens and price, are further fields, which the first row has; they "
        "tell of all the asks together. What a call cost stands in `Call_CostUsd` as well, also where it has no rows.",
        "In a query of DuckDB the schema is a text that is written out, for the columns follow from it: "
        "`FROM mails m, GenerateRows(m.body, 'item VARCHAR, qty INTEGER')`, through `Connection.execute`, "
        "`Registration.query` or `grokcall sql`.",
    ),
)

PROCEDURES = (GENERATE_ROWS,)
