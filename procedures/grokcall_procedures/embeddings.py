"""CreateEmbedding: a text as a vector."""

from __future__ import annotations

from collections.abc import Mapping

from grokcall_procedures.definition import BoundCall, Parameter, Procedure, ResultField
from grokcall_procedures.documents import column_value, document_of, encode_json, stated_failure, unreadable
from grokcall_procedures.lists import FLOATS
from grokcall_procedures.nouns import objects_in
from grokcall_procedures.steps import Kind, Request, Row, Steps
from grokcall_procedures.text import reply_of
from grokcall_procedures.types import ParameterType

EMBEDDING_FIELDS = (
    ResultField("Embedding_Vector", FLOATS, "embedding", "The vector."),
    ResultField("Embedding_Model", ParameterType.STRING, "model", "The model that made it."),
    ResultField("Embedding_InputTokens", ParameterType.INT32, "usage.prompt_tokens", "Tokens read."),
    ResultField("Embedding_TotalTokens", ParameterType.INT32, "usage.total_tokens", "Tokens read and written."),
    ResultField(
        "Embedding_CostInUsdTicks",
        ParameterType.INT64,
        "usage.cost_in_usd_ticks",
        "The price in ticks; 10,000,000,000 ticks are 1 USD.",
    ),
)


def create_embedding(call: BoundCall) -> Steps:
    """One text, its vector."""
    get = call.values.get
    asked = {"input": get("Input"), "model": get("Model"), "dimensions": get("Dimensions"), "user": get("User")}
    body = {name: value for name, value in asked.items() if value is not None}
    body["encoding_format"] = "float"
    reply = reply_of((yield Request("POST", "/embeddings", body=encode_json(body), kind=Kind.TEXT, billed=True)))
    document = document_of(reply.body)
    first = next(objects_in(document.get("data")), None)
    if first is None or not isinstance(first.get("embedding"), list):
        raise stated_failure(document) or unreadable(reply.body, "it has no embedding")
    return [embedding_row({**document, "embedding": first["embedding"]})]


def embedding_row(document: Mapping[str, object]) -> Row:
    """The columns of an embedding."""
    return tuple(column_value(document, column) for column in EMBEDDING_FIELDS)


CREATE_EMBEDDING = Procedure(
    name="CreateEmbedding",
    summary="Makes a vector of a text.",
    parameters=(
        Parameter("Input", ParameterType.STRING, "The text.", required=True),
        Parameter("Model", ParameterType.STRING, "The model; there is no default.", required=True),
        Parameter("Dimensions", ParameterType.INT32, "How long the vector is; the model's own when NULL.", low=1),
        Parameter("User", ParameterType.STRING, "Your own id of the user that asks.", named_only=True),
    ),
    fields=EMBEDDING_FIELDS,
    steps=create_embedding,
    main="Embedding_Vector",
    reference="POST /v1/embeddings",
    example="CALL CreateEmbedding('A ripe banana.', 'embedding-model')",
    notes=("The service lists no public model for this today, and answers that the model was not found.",),
)

PROCEDURES = (CREATE_EMBEDDING,)
