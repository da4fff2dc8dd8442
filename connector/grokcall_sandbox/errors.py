"""The refusals of the service: status, code and wording as they were seen on the wire."""

from dataclasses import dataclass, field

TEAM_ID = "5c0ffee0-5a4d-4b0c-8e11-000000000001"
KEY_ID = "5c0ffee0-5a4d-4b0c-8e11-000000000002"

INVALID = "invalid-argument"
NOT_FOUND = "not-found"
DENIED = "permission-denied"
EXHAUSTED = "resource-exhausted"
MODERATED = "imagine:content-moderated"


@dataclass(slots=True)
class ApiError(Exception):
    """A request the sandbox refuses.

    Attributes:
        status: The HTTP status.
        message: What the body says.
        code: The body's code; None for the shape `{"error": …}`, which the voice endpoints have and some refusals.
        ticks: What the refusal costs; moderated media are billed.
        plain: True for a plain-text body, the way the JSON deserializer complains on most endpoints.
        identified: False where the service tells nothing of the request in headers, not even its id.
        headers: More headers of the reply.
    """

    status: int
    message: str
    code: str | None = INVALID
    ticks: int = 0
    plain: bool = False
    identified: bool = True
    headers: tuple[tuple[bytes, bytes], ...] = field(default=())


def invalid(message: str) -> ApiError:
    """A 400 for an argument the service refuses."""
    return ApiError(400, message)


def unsupported_field(name: str) -> ApiError:
    """A 400 for a field the endpoint does not take."""
    return invalid(f"Argument not supported: {name}")


def unsupported_parameter(model: str, parameter: str) -> ApiError:
    """A 400 for a parameter (in camel case) that a model does not take."""
    return invalid(f"Model {model} does not support parameter {parameter}.")


def unsupported_effort(effort: str) -> ApiError:
    """A 400 for a reasoning effort that a model does not take; that of `none` has a sentence of its own."""
    if effort == "none":
        return invalid("This model does not support `reasoning_effort` value `none`.")
    return invalid("Invalid reasoning effort.")


def wrong_endpoint(name: str, instead: str) -> ApiError:
    """A 400 for a field of chat completions on the Responses endpoint, which has `instead`."""
    return ApiError(
        400,
        f"'{name}' is not supported on /v1/responses — use '{instead}' on /v1/responses "
        f"('{name}' is a field of /v1/chat/completions).",
        None,
    )


def live_search_is_gone() -> ApiError:
    """The 410 for the search of chat completions, which was withdrawn."""
    return ApiError(
        410,
        "Live search is deprecated. Please switch to the Agent Tools API: https://docs.x.ai/docs/guides/tools/overview",
        "Gone",
    )


def undeserializable(detail: str) -> ApiError:
    """A 422 for a body that does not fit the schema."""
    return ApiError(422, f"Failed to deserialize the JSON body into the target type: {detail}", plain=True)


def unknown_call(call_id: str) -> ApiError:
    """The 422 for the output of a function that was never called."""
    return ApiError(422, f"No function call found for function_call_output with call_id {call_id}.", plain=True)


def not_found(message: str) -> ApiError:
    """A 404 for a thing that is not there."""
    return ApiError(404, message, NOT_FOUND)


def unknown_model(model: str) -> ApiError:
    """The 400 for a request to a model that nobody serves."""
    return invalid(f"Model not found: {model}")


def unlisted_model(model: str) -> ApiError:
    """The 404 for looking up a model that is not there."""
    return not_found(
        f"The model {model} does not exist or your team {TEAM_ID} does not have access to it. "
        "Please ensure you're using the correct API key."
    )


def policy_violation(model: str) -> ApiError:
    """The 403 for a prompt that the content policy refuses."""
    return ApiError(
        403,
        f"Content violates usage guidelines. Team: {TEAM_ID}, API key ID: {KEY_ID}, Model: {model}, "
        "Failed check: SAFETY_CHECK_TYPE_DATA_LEAKAGE",
        DENIED,
    )


def moderated(kind: str, ticks: int) -> ApiError:
    """The 400 for a generated `image` or `video` that moderation withheld; it is billed all the same."""
    return ApiError(400, f"Generated {kind} rejected by content moderation.", MODERATED, ticks)


def voice_error(status: int, message: str) -> ApiError:
    """A refusal in the voice endpoints' shape, which has no code."""
    return ApiError(status, message, None)


def out_of_credits(status: int = 429) -> ApiError:
    """The refusal of a team without credits, which comes with 429 or 403."""
    return ApiError(
        status,
        f"Your team {TEAM_ID} has either used all available credits or reached its monthly spending limit. "
        "To continue making API requests, please purchase more credits or raise your spending limit.",
        EXHAUSTED if status == 429 else DENIED,
    )
