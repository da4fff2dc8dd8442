"""Text procedures: one request to ``POST /responses``, one row with the 34 response fields."""

from __future__ import annotations

from dataclasses import replace

from grokcall_procedures.answers import ANSWER_RULES, OUTPUT_SCHEMA, answer_row, fitting_answer
from grokcall_procedures.bodies import EXTRA_BODY, extra_body_is_sound
from grokcall_procedures.definition import BoundCall, Parameter, Procedure, Values
from grokcall_procedures.models import REASONING_EFFORTS, TEXT_MODELS, accepted_effort, is_multi_agent, refuses_effort
from grokcall_procedures.outputs.further_fields import FURTHER_FIELDS
from grokcall_procedures.response_requests import ResponsesBody, responses_body
from grokcall_procedures.response_rounds import asking
from grokcall_procedures.responses import RESPONSE_FIELDS
from grokcall_procedures.settings import Settings
from grokcall_procedures.steps import Steps
from grokcall_procedures.steps import reply_of as reply_of  # what shares these steps takes it from here
from grokcall_procedures.tools.inputs import inputs_fit, request_input
from grokcall_procedures.tools.parameters import TOOL_OUTPUTS, TOOL_PARAMETERS
from grokcall_procedures.tools.rules import tools_fit
from grokcall_procedures.types import ParameterType, UnfitValue

MESSAGE = Parameter(
    "Message",
    ParameterType.STRING,
    "The prompt for the model. It may be NULL where ToolOutputs is given.",
    required=True,
    unless=TOOL_OUTPUTS,
)
INSTRUCTIONS = Parameter("Instructions", ParameterType.STRING, "A system message put into the model's context.")
MODEL = Parameter(
    "Model",
    ParameterType.ENUM,
    "The id of the model; the connection's default when it is NULL.",
    values=TEXT_MODELS,
)
PREVIOUS_RESPONSE_ID = Parameter(
    "PreviousResponseId",
    ParameterType.STRING,
    "The id of an earlier response to continue; that one must have been stored. Not together with Instructions, "
    "because the service goes on with the earlier ones.",
)
TEMPERATURE = Parameter(
    "Temperature",
    ParameterType.DOUBLE,
    "The sampling temperature: higher is more random, lower more determined.",
    low=0,
    high=2,
)
TOP_P = Parameter(
    "TopP",
    ParameterType.DOUBLE,
    "Nucleus sampling: only the tokens that make up this share of the probability are considered. "
    "Better not together with Temperature.",
    low=0,
    high=1,
    low_excluded=True,
)
MAX_OUTPUT_TOKENS = Parameter(
    "MaxOutputTokens",
    ParameterType.INT32,
    "The most tokens of text to write; the answer is incomplete when they run out. Reasoning is not bounded by it.",
    low=1,
)
MAX_TOOL_CALLS = Parameter(
    "MaxToolCalls",
    ParameterType.INT32,
    "Limits the use of the service's own tools. The API has no such member, so it is sent as `max_turns`, which "
    "bounds the rounds of tool use, and only where such a tool is at work.",
    low=1,
)
STORE = Parameter(
    "Store",
    ParameterType.BOOLEAN,
    "Whether the service keeps the response (30 days) so that it can be continued; it does when NULL, unless the "
    "connection's option `store` says otherwise.",
)
STORE_BY_NAME = replace(STORE, named_only=True)
"""The same for procedures that have it beside the parameters that are theirs."""
REASONING_EFFORT = Parameter(
    "ReasoningEffort",
    ParameterType.ENUM,
    "How much the model reasons. Left out, with a warning, for models that take none; where a model refuses `none`, "
    "`low` is sent, with a warning.",
    values=REASONING_EFFORTS,
)
TEXT_OPTIONS = (
    INSTRUCTIONS,
    MODEL,
    PREVIOUS_RESPONSE_ID,
    TEMPERATURE,
    TOP_P,
    MAX_OUTPUT_TOKENS,
    MAX_TOOL_CALLS,
    STORE,
    REASONING_EFFORT,
)
"""What every text procedure of the vendor takes after its own parameters, in the vendor's order."""


def effort_fits_model(values: Values, _settings: Settings) -> tuple[str, ...]:
    """Leaves ReasoningEffort out for a model that takes none, and raises it to what the model accepts.

    A model that refuses `none` is not asked without an effort instead: it would reason at its default, which is high.
    """
    if "ReasoningEffort" not in values:
        return ()
    model, effort = str(values["Model"]), str(values["ReasoningEffort"])
    if refuses_effort(model):
        del values["ReasoningEffort"]
        return (f"{model} takes no reasoning effort: ReasoningEffort '{effort}' was left out",)
    accepted = accepted_effort(model, effort)
    if accepted == effort:
        return ()
    values["ReasoningEffort"] = accepted
    return (f"{model} does not accept ReasoningEffort '{effort}': '{accepted}', its lowest, is sent",)


def output_limit_fits_model(values: Values, _settings: Settings) -> tuple[str, ...]:
    """Refuses MaxOutputTokens for multi-agent models, where dropping it would lift a limit on the price."""
    if "MaxOutputTokens" in values and is_multi_agent(str(values["Model"])):
        raise UnfitValue(f"{values['Model']} takes none; pass NULL or choose another model", "MaxOutputTokens")
    return ()


def instructions_fit_conversation(values: Values, _settings: Settings) -> tuple[str, ...]:
    """Refuses Instructions together with PreviousResponseId, which the API answers with 400."""
    if "PreviousResponseId" in values and "Instructions" in values:
        raise UnfitValue(
            "cannot be given together with PreviousResponseId: the service keeps the instructions of the earlier "
            "response; pass NULL for one of them",
            "Instructions",
        )
    return ()


TOOL_RULES = (tools_fit, inputs_fit)
TEXT_RULES = (effort_fits_model, output_limit_fits_model, instructions_fit_conversation, extra_body_is_sound)


def answered(call: BoundCall, body: ResponsesBody) -> Steps:
    """The row of the answer to ``body``, with the columns that were declared for it before the response fields."""
    schema = call.procedure.answer_schema
    if schema is None:
        exchange = yield from asking(call, body)()
        return [answer_row(exchange.bodies, exchange.ended)]
    body.text = schema.text_format()
    return (yield from fitting_answer(asking(call, body), schema, call.asks))


def generate_response(call: BoundCall) -> Steps:
    """One question, one answer."""
    return (yield from answered(call, responses_body(call, request_input(call.values))))


SCHEMA_NOTE = (
    "With OutputSchema the answer is held to the declared columns, which stand before the response fields. An answer "
    "that does not fit is asked for again, `schema_attempts` times in all, then it is an error of its row; the usage "
    "fields tell of all the asks together."
)

GENERATE_RESPONSE = Procedure(
    name="GenerateResponse",
    main="Response_Result",
    summary="Answers a message with a text model.",
    parameters=(MESSAGE, *TEXT_OPTIONS, EXTRA_BODY, OUTPUT_SCHEMA, *TOOL_PARAMETERS),
    fields=RESPONSE_FIELDS,
    further_fields=FURTHER_FIELDS,
    steps=generate_response,
    streams=True,
    model_kind="text",
    rules=(*TEXT_RULES, *ANSWER_RULES, *TOOL_RULES),
    reference="POST /v1/responses",
    vendor=True,
    example="CALL GenerateResponse('Which colour is a ripe banana?', 'Answer in one word.')",
    notes=(
        "An answer that was cut short has `Response_Status` 'incomplete' and says why in "
        "`Response_IncompleteDetails`; what was written so far stands in `Response_Result`.",
        SCHEMA_NOTE,
        "To continue a conversation pass the `Response_Id` of a stored answer as PreviousResponseId.",
    ),
)

PROCEDURES = (GENERATE_RESPONSE,)
