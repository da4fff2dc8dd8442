"""ListModels and GetModel: what the service says of its models."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from grokcall_procedures.definition import BoundCall, Parameter, Procedure, ResultField
from grokcall_procedures.documents import column_value, document_of, json_text, stated_failure, unreadable
from grokcall_procedures.effects import Effect
from grokcall_procedures.steps import Kind, Request, Row, Steps
from grokcall_procedures.text import reply_of
from grokcall_procedures.types import ParameterType

_STRING, _INT64, _JSON = ParameterType.STRING, ParameterType.INT64, ParameterType.JSON
_PER_TOKEN = "in ticks for each token; 10,000,000,000 ticks are 1 USD."  # noqa: S105 - no password

MODEL_FIELDS = tuple(
    ResultField(f"Model_{name}", kind, path, doc)
    for name, kind, path, doc in (
        ("Id", _STRING, "id", "The model's id, for the Model parameter."),
        ("Object", _STRING, "object", "Always `model`."),
        ("OwnedBy", _STRING, "owned_by", "Who runs it."),
        ("Created", _INT64, "created", "When it was made, in Unix seconds."),
        ("Aliases", _JSON, "aliases", "Its other names, as a JSON list."),
        ("ContextLength", _INT64, "context_length", "The most tokens that it reads and writes together."),
        ("PromptTextTokenPrice", _INT64, "prompt_text_token_price", f"Text read, {_PER_TOKEN}"),
        (
            "CachedPromptTextTokenPrice",
            _INT64,
            "cached_prompt_text_token_price",
            f"Text read from the cache, {_PER_TOKEN}",
        ),
        ("CompletionTextTokenPrice", _INT64, "completion_text_token_price", f"Text written, {_PER_TOKEN}"),
        ("PromptImageTokenPrice", _INT64, "prompt_image_token_price", f"Images read, {_PER_TOKEN}"),
        ("ImagePrice", _INT64, "image_price", "An image made, in ticks."),
        (
            "LongContextThreshold",
            _INT64,
            "long_context_threshold",
            "Tokens of a prompt from which the higher prices for long contexts apply.",
        ),
        (
            "ReasoningEfforts",
            _JSON,
            "capabilities.reasoning_effort",
            "What ReasoningEffort may be, as a JSON list; NULL when the model refuses the parameter.",
        ),
        (
            "DefaultReasoningEffort",
            _STRING,
            "capabilities.default_reasoning_effort",
            "The effort when ReasoningEffort is NULL.",
        ),
        ("Raw", _JSON, "", "The whole entry, as JSON text."),
    )
)


def model_row(entry: Mapping[str, object]) -> Row:
    """The columns of one model; what the service does not tell is NULL."""
    return (*(column_value(entry, column) for column in MODEL_FIELDS[:-1]), json_text(entry))


def list_models(_call: BoundCall) -> Steps:
    """Every model that the key may use, one a row."""
    reply = reply_of((yield Request("GET", "/models", kind=Kind.METADATA)))
    document = document_of(reply.body)
    entries = document.get("data", document.get("models"))
    if not isinstance(entries, list):
        raise stated_failure(document) or unreadable(reply.body, "it has no list of models")
    return [model_row(entry) for entry in entries if isinstance(entry, dict)]


def get_model(call: BoundCall) -> Steps:
    """One model."""
    path = f"/models/{quote(str(call.values['Model']), safe='')}"
    reply = reply_of((yield Request("GET", path, kind=Kind.METADATA)))
    document = document_of(reply.body)
    if "id" not in document:
        raise stated_failure(document) or unreadable(reply.body, "it is not a model")
    return [model_row(document)]


LIST_MODELS = Procedure(
    name="ListModels",
    effect=Effect.READ,
    summary="Lists the models that the key may use, with their prices; it costs nothing.",
    parameters=(),
    fields=MODEL_FIELDS,
    steps=list_models,
    many=True,
    reference="GET /v1/models",
    example="CALL ListModels()",
    notes=("The models for speech are not in the service's list.",),
)

GET_MODEL = Procedure(
    name="GetModel",
    effect=Effect.READ,
    summary="Tells about one model; it costs nothing.",
    parameters=(Parameter("Model", ParameterType.STRING, "The model's id or alias.", required=True),),
    fields=MODEL_FIELDS,
    steps=get_model,
    reference="GET /v1/models/{id}",
    example="CALL GetModel('grok-4.3')",
)

PROCEDURES = (LIST_MODELS, GET_MODEL)
