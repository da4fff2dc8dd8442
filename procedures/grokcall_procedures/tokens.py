"""CountTokens and TokenizeText: the tokens of a text, as the service splits it."""

from __future__ import annotations

from collections.abc import Generator, Mapping

from grokcall_procedures.definition import BoundCall, Parameter, Procedure, ResultField
from grokcall_procedures.documents import document_of, encode_json, stated_failure, unreadable
from grokcall_procedures.effects import Effect
from grokcall_procedures.nouns import objects_in
from grokcall_procedures.steps import Kind, Reply, Request, Row, Step, Steps
from grokcall_procedures.text import MODEL, reply_of
from grokcall_procedures.types import ParameterType

TEXT = Parameter("Text", ParameterType.STRING, "The text.", required=True)


def tokens_of(call: BoundCall) -> Generator[Step, Reply | None, list[dict[str, object]]]:
    """The tokens of the call's text, as the service tells them."""
    body = encode_json({"model": call.values["Model"], "text": call.values["Text"]})
    reply = reply_of((yield Request("POST", "/tokenize-text", body=body, kind=Kind.METADATA)))
    document = document_of(reply.body)
    if not isinstance(document.get("token_ids"), list):
        raise stated_failure(document) or unreadable(reply.body, "it has no list of token_ids")
    return list(objects_in(document["token_ids"]))


def token_bytes(token: Mapping[str, object]) -> bytes | None:
    """The bytes of a token; None where they are not told as a list of bytes."""
    values = token.get("token_bytes")
    if not isinstance(values, list) or not all(isinstance(each, int) and 0 <= each <= 255 for each in values):
        return None
    return bytes(values)


def count_tokens(call: BoundCall) -> Steps:
    """How many tokens a text has."""
    tokens = yield from tokens_of(call)
    return [(len(tokens), len(str(call.values["Text"]).encode("utf-8")))]


def tokenize_text(call: BoundCall) -> Steps:
    """The tokens of a text, one a row."""
    tokens = yield from tokens_of(call)
    return [token_row(position, token) for position, token in enumerate(tokens, 1)]


def token_row(position: int, token: Mapping[str, object]) -> Row:
    """The columns of a token."""
    number, text = token.get("token_id"), token.get("string_token")
    return (
        position,
        number if isinstance(number, int) else None,
        None if text is None else str(text),
        token_bytes(token),
    )


COUNT_TOKENS = Procedure(
    name="CountTokens",
    effect=Effect.READ,
    summary="Counts the tokens of a text; it costs nothing.",
    parameters=(TEXT, MODEL),
    fields=(
        ResultField("Tokens_Count", ParameterType.INT32, "", "How many tokens the text has."),
        ResultField("Tokens_Bytes", ParameterType.INT32, "", "How many bytes it has in UTF-8."),
    ),
    steps=count_tokens,
    model_kind="text",
    main="Tokens_Count",
    reference="POST /v1/tokenize-text",
    example="CALL CountTokens('Which colour is a ripe banana?')",
    notes=("What the service puts around a prompt is not counted.",),
)

TOKENIZE_TEXT = Procedure(
    name="TokenizeText",
    effect=Effect.READ,
    summary="Splits a text into tokens; it costs nothing.",
    parameters=(TEXT, MODEL),
    fields=(
        ResultField("Token_Position", ParameterType.INT32, "", "Its place, from 1."),
        ResultField("Token_Id", ParameterType.INT64, "token_id", "Its number."),
        ResultField("Token_Text", ParameterType.STRING, "string_token", "Its text."),
        ResultField("Token_Bytes", ParameterType.BINARY, "token_bytes", "Its bytes."),
    ),
    steps=tokenize_text,
    model_kind="text",
    many=True,
    reference="POST /v1/tokenize-text",
    example="CALL TokenizeText('A ripe banana.')",
)

PROCEDURES = (COUNT_TOKENS, TOKENIZE_TEXT)
