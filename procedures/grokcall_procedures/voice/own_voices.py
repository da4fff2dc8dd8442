"""CreateVoice, UpdateVoice, DeleteVoice and GetVoiceAudio: voices that a team makes of a recording."""

from __future__ import annotations

from dataclasses import replace

from grokcall_procedures.audio import speech_in
from grokcall_procedures.definition import BoundCall, Parameter, Procedure, ResultField, Values
from grokcall_procedures.documents import encode_json
from grokcall_procedures.effects import Effect
from grokcall_procedures.file_sources import is_source
from grokcall_procedures.multipart import form_of
from grokcall_procedures.nouns import DELETED, read_id
from grokcall_procedures.resources import removing
from grokcall_procedures.settings import Settings
from grokcall_procedures.steps import Kind, Request, Steps
from grokcall_procedures.text import reply_of
from grokcall_procedures.types import ParameterType, UnfitValue, to_string
from grokcall_procedures.voice.sound_lengths import seconds_of
from grokcall_procedures.voice.transcription import LARGEST_SOUND, sound_part
from grokcall_procedures.voice.voices import CUSTOM, CUSTOM_PATH, DENIED, VOICE, VOICE_ID, custom_path

_STRING = ParameterType.STRING
LONGEST_RECORDING = 120
"""Seconds of the recording that a voice is made of."""
SLACK = 0.5
"""Seconds by which the head of a file may be wrong about its length."""
TRANSFER_SECONDS = 300.0
WIRE_NAMES = {
    "Name": "name",
    "Language": "language",
    "Description": "description",
    "Gender": "gender",
    "Accent": "accent",
    "Age": "age",
    "UseCase": "use_case",
    "Tone": "tone",
}
CONTRACT = (
    "Voices are made through the API under an enterprise contract only, and in the US without Illinois; the key itself "
    "may be in order, which CALL GetApiKey() tells."
)


def told_of(values: Values) -> dict[str, object]:
    """What a call tells of a voice, by the API's names; an empty text is null."""
    return {wire: values[name] or None for name, wire in WIRE_NAMES.items() if name in values}


def create_voice(call: BoundCall) -> Steps:
    """Makes a voice."""
    content = call.values["Content"]
    assert isinstance(content, bytes) or is_source(content)
    fields = {wire: str(value) for wire, value in told_of(call.values).items()}
    form = form_of(fields, sound_part(content, None))
    try:
        reply = yield Request("POST", CUSTOM_PATH, body=form, kind=Kind.METADATA, timeout=TRANSFER_SECONDS, once=True)
    except Exception as error:
        if getattr(error, "error_code", "") == DENIED:
            error.add_note(CONTRACT)
        raise
    return [VOICE.row_of(reply_of(reply), kind=CUSTOM)]


def update_voice(call: BoundCall) -> Steps:
    """Changes what is told of a voice."""
    body = encode_json(told_of(call.values))
    reply = yield Request("PATCH", custom_path(call.values["VoiceId"]), body=body, kind=Kind.METADATA)
    return [VOICE.row_of(reply_of(reply), kind=CUSTOM)]


def get_voice_audio(call: BoundCall) -> Steps:
    """The recording that a voice was made of."""
    path, most = f"{custom_path(call.values['VoiceId'])}/audio", call.settings.max_media_bytes
    reply = yield Request("GET", path, kind=Kind.METADATA, timeout=TRANSFER_SECONDS, max_bytes=most)
    return [(speech_in(reply_of(reply)),)]


def recording_is_short(values: Values, _settings: Settings) -> tuple[str, ...]:
    """Refuses a recording that is longer than the service takes, as far as the head of the file tells."""
    content = values["Content"]
    assert isinstance(content, bytes) or is_source(content)
    seconds = seconds_of(content)
    if seconds is not None and seconds > LONGEST_RECORDING + SLACK:
        told = f"lasts {seconds:.0f} seconds; at most {LONGEST_RECORDING} are taken, so cut it"
        raise UnfitValue(told, "Content")
    return ()


def something_changes(values: Values, _settings: Settings) -> tuple[str, ...]:
    """Refuses a call that changes nothing."""
    if not told_of(values):
        raise UnfitValue("alone changes nothing; give a name or something else to change as well", "VoiceId")
    return ()


def read_words(value: object) -> str:
    """Some words about a voice.

    Raises:
        UnfitValue: There are none.
    """
    text = to_string(value).strip()
    if not text:
        raise UnfitValue("is empty, which the service refuses; leave it out")
    return text


def words(name: str, doc: str) -> Parameter:
    """A parameter that tells of a voice."""
    return Parameter(name, _STRING, doc, reader=read_words)


NAME = Parameter("Name", _STRING, "What the voice is called.", required=True, reader=read_id)
ATTRIBUTES = (
    words("Language", "The language that it speaks, for example `en`."),
    words("Description", "What it is like, in a sentence."),
    words("Gender", "`male`, `female` or `neutral`."),
    words("Accent", "Its accent."),
    words("Age", "`young`, `middle-aged` or `old`."),
    words(
        "UseCase",
        "`conversational`, `narration`, `characters`, `educational`, `advertisement`, `social_media` or "
        "`entertainment`.",
    ),
    words("Tone", "`warm`, `casual`, `professional`, `friendly`, `authoritative`, `expressive` or `calm`."),
)

CREATE_VOICE = Procedure(
    name="CreateVoice",
    effect=Effect.MAKE,
    summary="Makes a voice of a recording, for GenerateAudio.",
    parameters=(
        Parameter(
            "Content",
            ParameterType.FILE,
            "The recording of one speaker, of at most 120 seconds: WAV, MP3 or another of the kinds that "
            "TranscribeAudio takes.",
            required=True,
            max_length=LARGEST_SOUND,
        ),
        NAME,
        *ATTRIBUTES,
    ),
    fields=VOICE.fields,
    steps=create_voice,
    main="Voice_Id",
    rules=(recording_is_short,),
    reference="POST /v1/custom-voices",
    example="CALL CreateVoice(:Sound, 'Anna', 'de')",
    notes=(
        "Only make a voice of somebody who agreed to it.",
        f"A 403 is no wrong key: {CONTRACT[0].lower()}{CONTRACT[1:]} A team has at most 30 voices.",
        "It is sent once: if the answer gets lost, ListVoices tells whether the voice is there.",
    ),
)

UPDATE_VOICE = Procedure(
    name="UpdateVoice",
    effect=Effect.CHANGE,
    summary="Changes what is told of a voice that the team has made; how it sounds stays.",
    parameters=(
        VOICE_ID,
        replace(NAME, required=False, doc="What it is called from now on."),
        *(replace(each, reader=None) for each in ATTRIBUTES),
    ),
    fields=VOICE.fields,
    steps=update_voice,
    rules=(something_changes,),
    reference="PATCH /v1/custom-voices/{voice_id}",
    example="CALL UpdateVoice('a1b2c3d4', Tone => 'calm')",
    notes=("What is not given stays as it is; an empty text (`Tone => ''`) takes away what was told.",),
)

DELETE_VOICE = Procedure(
    name="DeleteVoice",
    effect=Effect.REMOVE,
    summary="Removes a voice that the team has made.",
    parameters=(VOICE_ID,),
    fields=DELETED.fields,
    steps=removing(f"{CUSTOM_PATH}/{{VoiceId}}"),
    reference="DELETE /v1/custom-voices/{voice_id}",
    example="CALL DeleteVoice('a1b2c3d4')",
)

GET_VOICE_AUDIO = Procedure(
    name="GetVoiceAudio",
    effect=Effect.READ,
    summary="Fetches the recording that a voice was made of; it costs nothing.",
    parameters=(VOICE_ID,),
    fields=(ResultField("Voice_Content", ParameterType.BINARY, "", "The recording."),),
    steps=get_voice_audio,
    main="Voice_Content",
    reference="GET /v1/custom-voices/{voice_id}/audio",
    example="CALL GetVoiceAudio('a1b2c3d4')",
)

PROCEDURES = (CREATE_VOICE, UPDATE_VOICE, DELETE_VOICE, GET_VOICE_AUDIO)
