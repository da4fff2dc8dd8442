"""ListVoices and GetVoice: the voices that the service has, and those that a team has made."""

from __future__ import annotations

from grokcall_procedures.definition import BoundCall, Parameter, Procedure
from grokcall_procedures.effects import Effect
from grokcall_procedures.nouns import in_path, noun, read_id
from grokcall_procedures.paging import MAX_ROWS, Pages, rows_of
from grokcall_procedures.steps import Kind, Notice, Request, Steps
from grokcall_procedures.text import reply_of
from grokcall_procedures.types import ParameterType

_STRING = ParameterType.STRING
BUILT_IN_PATH, CUSTOM_PATH = "/tts/voices", "/custom-voices"
LARGEST_PAGE = 1000
ALL, BUILT_IN, CUSTOM = "all", "built_in", "custom"
NOT_FOUND, DENIED = "not_found", "permission"
"""Words of errors by which the service says that it has no such voice, or none for this key."""

VOICE = noun(
    "Voice",
    ("Id", _STRING, "The voice's id, for the Voice parameter of GenerateAudio.", "voice_id"),
    ("Name", _STRING, "What it is called."),
    ("Language", _STRING, "The language that it speaks, where it is told."),
    ("Kind", _STRING, "`built_in`, or `custom` for a voice that the team has made."),
    ("Description", _STRING, "What it is like; as all that follows, of custom voices only."),
    ("Gender", _STRING, "`male`, `female` or `neutral`."),
    ("Accent", _STRING, "Its accent."),
    ("Age", _STRING, "`young`, `middle-aged` or `old`."),
    ("UseCase", _STRING, "What it is meant for."),
    ("Tone", _STRING, "How it sounds."),
    ("CreatedAt", ParameterType.TIMESTAMP, "When it was made."),
)
VOICE_ID = Parameter("VoiceId", _STRING, "The voice's id.", required=True, reader=read_id)


def custom_path(voice_id: object) -> str:
    """The path of a voice that the team has made."""
    return f"{CUSTOM_PATH}/{in_path(voice_id)}"


def list_voices(call: BoundCall) -> Steps:
    """The voices, one a row, the service's own first."""
    kind = str(call.values.get("Kind", ALL))
    left = call.values.get(MAX_ROWS.name)
    if kind != CUSTOM:
        pages = Pages(BUILT_IN_PATH, {}, "voices", left)
        yield from rows_of(pages, lambda voice: VOICE.row(voice, kind=BUILT_IN))
        left = pages.left
    if kind != BUILT_IN:
        yield from custom_voices(left, is_told=kind == CUSTOM)
    return []


def custom_voices(most: object, *, is_told: bool) -> Steps:
    """Hands on the voices that the team has made; none where the service has no such list for the key.

    Args:
        most: How many are wanted; None for all.
        is_told: Whether it is said that there is no list.
    """
    try:
        pages = Pages(CUSTOM_PATH, {"limit": LARGEST_PAGE}, "voices", most)
        yield from rows_of(pages, lambda voice: VOICE.row(voice, kind=CUSTOM))
    except Exception as error:
        if getattr(error, "error_code", "") not in (NOT_FOUND, DENIED):
            raise
        if is_told:
            yield Notice(f"the service has no custom voices for this key: {error}")
    return []


def get_voice(call: BoundCall) -> Steps:
    """One voice: the service's own of that id, or else the team's."""
    voice_id = call.values["VoiceId"]
    try:
        reply = yield Request("GET", f"{BUILT_IN_PATH}/{in_path(voice_id)}", kind=Kind.METADATA)
        return [VOICE.row_of(reply_of(reply), kind=BUILT_IN)]
    except Exception as error:
        if getattr(error, "error_code", "") != NOT_FOUND:
            raise
        missing = error
    try:
        reply = yield Request("GET", custom_path(voice_id), kind=Kind.METADATA)
    except Exception as error:
        if getattr(error, "error_code", "") == DENIED:
            raise missing from None
        raise
    return [VOICE.row_of(reply_of(reply), kind=CUSTOM)]


LIST_VOICES = Procedure(
    name="ListVoices",
    effect=Effect.READ,
    summary="Lists the voices that speak; it costs nothing.",
    parameters=(
        Parameter(
            "Kind",
            ParameterType.ENUM,
            "Which: the service's own, those that the team has made, or all, as when NULL.",
            values=(ALL, BUILT_IN, CUSTOM),
        ),
        MAX_ROWS,
    ),
    fields=VOICE.fields,
    steps=list_voices,
    many=True,
    reference="GET /v1/tts/voices, GET /v1/custom-voices",
    example="CALL ListVoices()",
    notes=("A team that may have no voices of its own, which the service answers with 403 or 404, has none.",),
)

GET_VOICE = Procedure(
    name="GetVoice",
    effect=Effect.READ,
    summary="Tells about one voice; it costs nothing.",
    parameters=(VOICE_ID,),
    fields=VOICE.fields,
    steps=get_voice,
    reference="GET /v1/tts/voices/{voice_id}, GET /v1/custom-voices/{voice_id}",
    example="CALL GetVoice('eve')",
    notes=("It is looked for among the service's own voices first, then among those that the team has made.",),
)

PROCEDURES = (LIST_VOICES, GET_VOICE)
