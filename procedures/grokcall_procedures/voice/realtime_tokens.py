"""CreateRealtimeToken: a token with which somebody else, such as a browser, may open a realtime socket for a while."""

from __future__ import annotations

from grokcall_procedures.definition import BoundCall, Parameter, Procedure, ResultField, Values
from grokcall_procedures.documents import column_value, encode_json
from grokcall_procedures.effects import Effect
from grokcall_procedures.errors import MalformedReplyError
from grokcall_procedures.nouns import read_id
from grokcall_procedures.secret_replies import secret_document
from grokcall_procedures.settings import Settings
from grokcall_procedures.steps import Kind, Request, Steps
from grokcall_procedures.text import reply_of
from grokcall_procedures.types import ParameterType, UnfitValue

DEFAULT_LIFE, LONGEST_LIFE = 600, 3600
"""Seconds for which a token is good."""
REMEDY = "call CreateRealtimeToken again; a token that nobody has ends by itself"
FIELDS = (
    ResultField(
        "Token_Value",
        ParameterType.STRING,
        "value",
        "The token itself, which the service shows this once; masked everywhere but in a row of a cursor.",
        secret=True,
    ),
    ResultField("Token_ExpiresAt", ParameterType.TIMESTAMP, "expires_at", "Until when it opens a socket."),
)


def create_token(call: BoundCall) -> Steps:
    """Makes a token."""
    values = call.values
    body: dict[str, object] = {"expires_after": {"seconds": values.get("Seconds", DEFAULT_LIFE)}}
    if "Model" in values:  # the service's guide knows no session, its reference does: sent only where it is asked for
        effort = {"reasoning": {"effort": values["ReasoningEffort"]}} if "ReasoningEffort" in values else {}
        body["session"] = {"model": values["Model"], **effort}
    request = Request("POST", "/realtime/client_secrets", encode_json(body), kind=Kind.METADATA, once=True)
    document = secret_document(reply_of((yield request)), "a token", REMEDY)
    value = document.get("value")
    if not isinstance(value, str) or not value:
        raise MalformedReplyError(f"the reply has no token; {REMEDY}")
    return [(value, column_value(document, FIELDS[1]))]


def effort_has_a_model(values: Values, _settings: Settings) -> tuple[str, ...]:
    """Refuses an effort without the model whose it is."""
    if "ReasoningEffort" in values and "Model" not in values:
        raise UnfitValue("needs Model, whose effort it is; give both", "ReasoningEffort")
    return ()


CREATE_REALTIME_TOKEN = Procedure(
    name="CreateRealtimeToken",
    effect=Effect.MAKE,
    summary="Makes a token with which a browser may open a realtime socket for a while, and shows it this once.",
    parameters=(
        Parameter(
            "Seconds",
            ParameterType.INT32,
            "For how long it opens a socket, up to an hour; 600 when NULL.",
            low=1,
            high=LONGEST_LIFE,
        ),
        Parameter(
            "Model",
            ParameterType.STRING,
            "The model of the session by its id; what opens the socket chooses when NULL.",
            named_only=True,
            reader=read_id,
        ),
        Parameter(
            "ReasoningEffort",
            ParameterType.ENUM,
            "How much the model thinks; only with Model.",
            values=("none", "high"),
            named_only=True,
        ),
    ),
    fields=FIELDS,
    steps=create_token,
    rules=(effort_has_a_model,),
    reference="POST /v1/realtime/client_secrets",
    example="CALL CreateRealtimeToken(300)",
    notes=(
        "Token_Value is shown to the row of a cursor, and with `--show-secrets`; tables, files and logs have it "
        "masked. It is kept in no journal, and is not to be had in queries.",
        "Whoever has the token can talk at your expense until it ends; the API key itself stays with you.",
        "Model and ReasoningEffort are sent as the session of the token, which not all of the service's pages know.",
    ),
)

PROCEDURES = (CREATE_REALTIME_TOKEN,)
