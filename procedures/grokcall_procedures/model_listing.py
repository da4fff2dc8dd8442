"""ListModels and GetModel: what the service says of its models."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from grokcall_procedures.definition import BoundCall, Parameter, Procedure, ResultField
from grokcall_procedures.documents import column_value, document_of, json_text, stated_failure, unreadable
from grokcall_procedures.effects import Effect
from grokcall_procedures.lists import TEXTS
from grokcall_procedures.nouns import in_path
from grokcall_procedures.prices import PRICES
from grokcall_procedures.steps import Kind, Reply, Request, Row, Steps
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


FURTHER_MODEL_FIELDS = tuple(
    ResultField(f"Model_{name}", kind, path, doc)
    for name, kind, path, doc in (
        ("Kind", _STRING, "", "What it makes: text, image, video or embedding; NULL where nothing tells."),
        ("InputModalities", TEXTS, "input_modalities", "What it reads, where a list of its kind tells."),
        ("OutputModalities", TEXTS, "output_modalities", "What it makes, where a list of its kind tells."),
        ("MaxPromptLength", _INT64, "max_prompt_length", "The longest prompt for an image, in characters."),
        ("Version", _STRING, "version", "Its version."),
        ("Fingerprint", _STRING, "fingerprint", "What tells one state of the model from another."),
        (
            "PromptTextTokenPriceLongContext",
            _INT64,
            "prompt_text_token_price_long_context",
            f"Text read in a long prompt, {_PER_TOKEN}",
        ),
        (
            "CachedPromptTextTokenPriceLongContext",
            _INT64,
            "cached_prompt_text_token_price_long_context",
            f"Text read from the cache in a long prompt, {_PER_TOKEN}",
        ),
        (
            "CompletionTextTokenPriceLongContext",
            _INT64,
            "completion_text_token_price_long_context",
            f"Text written after a long prompt, {_PER_TOKEN}",
        ),
        ("Pricing", _JSON, "pricing", "The prices of images by quality and size, as JSON text."),
    )
)
LISTS = {
    "all": "/models",
    "text": "/language-models",
    "image": "/image-generation-models",
    "video": "/video-generation-models",
    "embedding": "/embedding-models",
}
"""Where the models of each kind are listed."""


def model_row(entry: Mapping[str, object], kind: str | None = None) -> Row:
    """The columns of one model; what the service does not tell is NULL.

    Args:
        entry: What the service says of it.
        kind: Its kind where the list that it is in tells it.
    """
    told = (column_value(entry, column) for column in FURTHER_MODEL_FIELDS[1:])
    plain = (column_value(entry, column) for column in MODEL_FIELDS[:-1])
    return (*plain, json_text(entry), kind or kind_of(entry), *told)


def kind_of(entry: Mapping[str, object]) -> str | None:
    """What a model makes, by what it is said to make, what it costs, or what is known of its name.

    >>> kind_of({"id": "m", "completion_text_token_price": 9}), kind_of({"id": "grok-imagine-video"}), kind_of({})
    ('text', 'video', None)
    """
    made = entry.get("output_modalities")
    kind = next(
        (kind for kind in ("video", "image", "embedding", "text") if isinstance(made, list) and kind in made), None
    )
    if kind is not None:
        return kind
    name = entry.get("id")
    if PRICES.video(name) is not None:
        return "video"
    if entry.get("image_price") is not None or PRICES.image(name) is not None:
        return "image"
    is_text = entry.get("completion_text_token_price") is not None or PRICES.text_model(name) is not None
    return "text" if is_text else None


def list_models(call: BoundCall) -> Steps:
    """Every model that the key may use, or those of a kind, one a row."""
    kind = str(call.values.get("Kind", "all"))
    reply = reply_of((yield Request("GET", LISTS.get(kind, f"/{in_path(kind)}-models"), kind=Kind.METADATA)))
    return [model_row(entry, None if kind == "all" else kind) for entry in models_in(reply)]


def models_in(reply: Reply) -> list[dict[str, object]]:
    """The entries of a list of models, of any kind.

    Raises:
        FailedReplyError: The reply states a failure.
        MalformedReplyError: It has no list of models.
    """
    document = document_of(reply.body)
    entries = document.get("data", document.get("models"))
    if not isinstance(entries, list):
        raise stated_failure(document) or unreadable(reply.body, "it has no list of models")
    return [entry for entry in entries if isinstance(entry, dict)]


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
    parameters=(
        Parameter(
            "Kind",
            ParameterType.ENUM,
            "Only the models of this kind, from a list of the service that tells more of them; all when it is NULL.",
            values=tuple(LISTS),
            named_only=True,
        ),
    ),
    fields=MODEL_FIELDS,
    further_fields=FURTHER_MODEL_FIELDS,
    steps=list_models,
    many=True,
    reference="GET /v1/models",
    example="CALL ListModels()",
    notes=(
        "The models for speech are not in the service's list.",
        "What the lists by kind tell besides are further fields: columns where they are asked for by name.",
    ),
)

GET_MODEL = Procedure(
    name="GetModel",
    effect=Effect.READ,
    summary="Tells about one model; it costs nothing.",
    parameters=(Parameter("Model", ParameterType.STRING, "The model's id or alias.", required=True),),
    fields=MODEL_FIELDS,
    further_fields=FURTHER_MODEL_FIELDS,
    steps=get_model,
    reference="GET /v1/models/{id}",
    example="CALL GetModel('grok-4.3')",
)

PROCEDURES = (LIST_MODELS, GET_MODEL)
