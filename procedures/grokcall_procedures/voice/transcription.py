"""TranscribeAudio and TranscribeAudioByUrl: what is said in a sound."""

from __future__ import annotations

from grokcall_procedures.addresses import check_address
from grokcall_procedures.definition import BoundCall, Parameter, Procedure, Values
from grokcall_procedures.file_sources import FileContent, is_source
from grokcall_procedures.local_files import beginning, size_of
from grokcall_procedures.media import sniff
from grokcall_procedures.multipart import FilePart, form_of
from grokcall_procedures.settings import Settings
from grokcall_procedures.steps import Kind, Request, Steps
from grokcall_procedures.text import reply_of
from grokcall_procedures.tools.lists import read_texts, texts_in
from grokcall_procedures.types import ParameterType, UnfitValue, described, to_string
from grokcall_procedures.voice.sound_lengths import WIDTHS
from grokcall_procedures.voice.transcripts import FIELDS, FURTHER_FIELDS, transcript_row

LARGEST_SOUND = 500_000_000
"""Bytes of a sound that the service takes."""
PATIENCE, PATIENCE_PER_BYTE = 900.0, 1e-6
"""Seconds to wait for a transcript, and how many more for each byte that is sent."""
MOST_TERMS, LONGEST_TERM = 100, 50
LANGUAGES = tuple("ar cs da nl en fil fr de hi id it ja ko mk ms fa pl pt ro ru es sv th tr vi".split())  # noqa: SIM905
WIRE_NAMES = {
    "Language": "language",
    "Format": "format",
    "Diarize": "diarize",
    "FillerWords": "filler_words",
    "AudioFormat": "audio_format",
    "SampleRate": "sample_rate",
    "VadThreshold": "vad_threshold",
    "Model": "model",
}


def transcribe_audio(call: BoundCall) -> Steps:
    """The transcript of a sound that is sent along."""
    content = call.values["Content"]
    assert isinstance(content, bytes) or is_source(content)
    form = form_of(form_fields(call.values), sound_part(content, call.values.get("Name")))
    seconds = PATIENCE + PATIENCE_PER_BYTE * size_of(content)
    reply = yield Request("POST", "/stt", body=form, kind=Kind.AUDIO, billed=True, timeout=seconds)
    return [transcript_row(reply_of(reply))]


def transcribe_audio_by_url(call: BoundCall) -> Steps:
    """The transcript of a sound that the service fetches."""
    form = form_of([("url", str(call.values["Url"])), *form_fields(call.values)])
    reply = yield Request(
        "POST", "/stt", body=form, kind=Kind.AUDIO, billed=True, timeout=PATIENCE, unfetched=frozenset({502})
    )
    return [transcript_row(reply_of(reply))]


def form_fields(values: Values) -> list[tuple[str, str]]:
    """The fields of the form; a term of many comes once each."""
    fields = [(wire, field_text(values[name])) for name, wire in WIRE_NAMES.items() if name in values]
    if "Channels" in values:
        fields += [("multichannel", "true"), ("channels", str(values["Channels"]))]
    return fields + [("keyterm", term) for term in texts_in(values, "KeyTerms")]


def field_text(value: object) -> str:
    """A value as a form has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def sound_part(content: FileContent, name: object) -> FilePart:
    """A sound as the file of a form, named as it was given, or else as its file or its kind is."""
    media = sniff(beginning(content, 64))
    own = content.path.replace("\\", "/").rpartition("/")[2] if not isinstance(content, bytes) else None
    filename = str(name or own or f"sound{media.extension if media else ''}")
    return FilePart(filename, content, media.mime if media else "application/octet-stream")


def read_sound_address(value: object) -> str:
    """The address of a sound.

    Raises:
        UnfitValue: It is none.
    """
    text = to_string(value).strip()
    check_address(text)
    return text


def options_fit(values: Values, _settings: Settings) -> tuple[str, ...]:
    """Refuses options that need another one, and terms that are too many or too long."""
    if values.get("Format") and "Language" not in values:
        raise UnfitValue("needs Language, whose rules it writes by; give both", "Format")
    if ("AudioFormat" in values) != ("SampleRate" in values):
        given, missing = ("AudioFormat", "SampleRate") if "AudioFormat" in values else ("SampleRate", "AudioFormat")
        raise UnfitValue(f"goes with {missing}: both tell of raw audio, whose file has no head; give both", given)
    terms = texts_in(values, "KeyTerms")
    if len(terms) > MOST_TERMS:
        raise UnfitValue(f"has {len(terms):,} terms; at most {MOST_TERMS} are heeded", "KeyTerms")
    long = next((term for term in terms if len(term) > LONGEST_TERM), None)
    if long is not None:
        raise UnfitValue(f"has the term {described(long)}; at most {LONGEST_TERM} characters are taken", "KeyTerms")
    return ()


LANGUAGE = Parameter(
    "Language",
    ParameterType.ENUM,
    "The language that is spoken, for how numbers and the like are written; found out when NULL.",
    values=LANGUAGES,
)
DIARIZE = Parameter("Diarize", ParameterType.BOOLEAN, "Whether to tell the speakers apart.")
KEY_TERMS = Parameter(
    "KeyTerms",
    ParameterType.JSON,
    "Words to expect, such as names: a list of up to 100 with up to 50 characters each, or one alone.",
    reader=read_texts,
)
NAMED = (
    Parameter(
        "Format",
        ParameterType.BOOLEAN,
        "Whether to write numbers, dates and the like as the Language does, which is then needed.",
        named_only=True,
    ),
    Parameter("FillerWords", ParameterType.BOOLEAN, "Whether to keep words like `um`.", named_only=True),
    Parameter(
        "Channels",
        ParameterType.INT32,
        "How many channels to write down apart, 2 to 8; all as one when NULL.",
        low=2,
        high=8,
        named_only=True,
    ),
    Parameter(
        "AudioFormat",
        ParameterType.ENUM,
        "What raw audio without a head holds; NULL for a file that has one.",
        values=tuple(WIDTHS),
        named_only=True,
    ),
    Parameter(
        "SampleRate", ParameterType.INT32, "Samples for each second of raw audio.", low=1, high=768_000, named_only=True
    ),
    Parameter(
        "VadThreshold",
        ParameterType.DOUBLE,
        "How sure it must be that somebody speaks, from 0 to 1; 0.5 when NULL.",
        low=0,
        high=1,
        named_only=True,
    ),
    Parameter("Model", ParameterType.STRING, "A model by its id; the service's own when NULL.", named_only=True),
)
LENGTH_NOTE = "It costs $0.10 for each hour of sound; a sound without words gives an empty text."
SUBTITLE_NOTE = (
    "The columns `Transcript_Vtt` and `Transcript_Srt` hold subtitles, and are there when they are asked for by name."
)

TRANSCRIBE_AUDIO = Procedure(
    name="TranscribeAudio",
    main="Transcript_Text",
    summary="Writes down what is said in a sound.",
    parameters=(
        Parameter(
            "Content",
            ParameterType.FILE,
            "The sound: WAV, MP3, Ogg, Opus, FLAC, AAC, MP4, M4A or Matroska of at most 500 MB, or raw audio.",
            required=True,
            max_length=LARGEST_SOUND,
        ),
        Parameter("Name", ParameterType.STRING, "The name of its file; that of the file itself when NULL."),
        LANGUAGE,
        DIARIZE,
        KEY_TERMS,
        *NAMED,
    ),
    fields=FIELDS,
    further_fields=FURTHER_FIELDS,
    steps=transcribe_audio,
    rules=(options_fit,),
    reference="POST /v1/stt",
    example="CALL TranscribeAudio(:Sound, Diarize => true)",
    notes=(
        LENGTH_NOTE,
        "A file that is named (`grokcall.file('call.wav')`, or `'file:call.wav'` with the option `allow_files`) is "
        "read in blocks while it is sent, so that its size takes no memory.",
        SUBTITLE_NOTE,
    ),
)

TRANSCRIBE_AUDIO_BY_URL = Procedure(
    name="TranscribeAudioByUrl",
    main="Transcript_Text",
    summary="Writes down what is said in a sound that the service fetches.",
    parameters=(
        Parameter(
            "Url",
            ParameterType.STRING,
            "The address of the sound: http or https, open to the service.",
            required=True,
            reader=read_sound_address,
        ),
        LANGUAGE,
        DIARIZE,
        KEY_TERMS,
        *NAMED,
    ),
    fields=FIELDS,
    further_fields=FURTHER_FIELDS,
    steps=transcribe_audio_by_url,
    rules=(options_fit,),
    reference="POST /v1/stt",
    example="CALL TranscribeAudioByUrl('https://example.org/call.mp3', 'en')",
    notes=(LENGTH_NOTE, "An address that the service cannot fetch is an error of its row (`media`).", SUBTITLE_NOTE),
)

PROCEDURES = (TRANSCRIBE_AUDIO, TRANSCRIBE_AUDIO_BY_URL)
