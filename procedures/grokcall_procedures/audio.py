"""GenerateAudio: speech from a text."""

from __future__ import annotations

from grokcall_procedures.bodies import EXTRA_BODY, Body, body_bytes, extra_body_is_sound
from grokcall_procedures.definition import BoundCall, Parameter, Procedure, ResultField, Values
from grokcall_procedures.documents import decode_json, document_of, stated_failure, unreadable
from grokcall_procedures.errors import MalformedReplyError
from grokcall_procedures.lenient_json import read_json
from grokcall_procedures.media import decoded
from grokcall_procedures.settings import Settings
from grokcall_procedures.speech_options import SPEECH_OPTIONS, TIMESTAMPS, timestamps_in
from grokcall_procedures.steps import Kind, Reply, Request, Steps
from grokcall_procedures.streams.bytes_fold import BytesFold
from grokcall_procedures.text import reply_of
from grokcall_procedures.types import ParameterType, UnfitValue, to_int32

LONGEST_TEXT = Settings().speech_characters
"""Characters of a text to speak that the service is known to take."""
LANGUAGES = (
    "auto",
    "en",
    "ar-EG",
    "ar-SA",
    "ar-AE",
    "bn",
    "zh",
    "fr",
    "de",
    "hi",
    "id",
    "it",
    "ja",
    "ko",
    "pt-BR",
    "pt-PT",
    "ru",
    "es-MX",
    "es-ES",
    "tr",
    "vi",
)
VOICES = (
    "eve",
    "ara",
    "leo",
    "rex",
    "sal",
    "carina",
    "zagan",
    "helix",
    "orion",
    "luna",
    "iris",
    "altair",
    "zenith",
    "perseus",
    "helios",
    "lux",
    "kepler",
    "rigel",
    "cosmo",
    "celeste",
    "ursa",
    "sirius",
    "lumen",
    "castor",
    "naksh",
    "atlas",
)
CODECS = ("mp3", "wav", "pcm", "mulaw", "ulaw", "alaw")
SAMPLE_RATES = ("8000", "16000", "22050", "24000", "44100", "48000")
BIT_RATES = ("32000", "64000", "96000", "128000", "192000")


class OutputFormat(Body):
    """``output_format`` of a request."""

    codec: object = None
    sample_rate: int | None = None
    bit_rate: int | None = None


class SpeechBody(Body):
    """The body of ``POST /tts``."""

    text: object
    language: object
    voice_id: object = None
    output_format: OutputFormat | None = None
    speed: object = None
    with_timestamps: object = None
    text_normalization: object = None
    replace: object = None
    optimize_streaming_latency: object = None


def read_rate(value: object) -> str:
    """A rate as the digits that the Enum lists; on the wire it is a number."""
    rate = to_int32(value)
    if rate < 1:
        raise UnfitValue(f"must be at least 1, got {rate}")
    return str(rate)


def output_format(values: Values) -> OutputFormat | None:
    """The chosen members of the format; None when none is chosen."""
    sample_rate, bit_rate = values.get("OutputSampleRate"), values.get("OutputMp3Bitrate")
    chosen = OutputFormat(
        codec=values.get("OutputCodec"),
        sample_rate=None if sample_rate is None else int(str(sample_rate)),
        bit_rate=None if bit_rate is None else int(str(bit_rate)),
    )
    return None if chosen == OutputFormat() else chosen


def generate_audio(call: BoundCall) -> Steps:
    """One text, its speech."""
    get = call.values.get
    body = SpeechBody(
        text=get("Text"),
        language=get("Language"),
        voice_id=get("Voice"),
        output_format=output_format(call.values),
        speed=get("Speed"),
        with_timestamps=get("WithTimestamps"),
        text_normalization=get("TextNormalization"),
        replace=decode_json(str(get("Replace"))) if "Replace" in call.values else None,
        optimize_streaming_latency=get("StreamingLatency"),
    )
    # With timestamps the reply is a JSON document, of which no piece can be played.
    fold = None if get("WithTimestamps") else BytesFold
    content = body_bytes(body, call.values)
    reply = reply_of((yield Request("POST", "/tts", body=content, kind=Kind.AUDIO, billed=True, fold=fold)))
    speech = speech_in(reply)
    return [(speech, None if speech is reply.body else timestamps_in(document_of(reply.body)))]


def speech_in(reply: Reply) -> bytes:
    """The audio of a reply, which is its whole body; with time stamps it stands in a JSON document.

    Raises:
        FailedReplyError: The body states a failure.
        MalformedReplyError: The body is empty, or something else than audio.
    """
    body = reply.body
    if not body:
        raise MalformedReplyError("the service sent no audio: the reply is empty")
    content_type = reply.headers.get("content-type", "").lower()
    if content_type.startswith("text/"):
        raise unreadable(body, f"it is {content_type} where audio was expected")
    if "json" not in content_type and not body.lstrip().startswith(b"{"):
        return body
    try:
        document = read_json(body)
    except (ValueError, RecursionError) as error:
        if "json" in content_type:
            raise unreadable(body, error) from None
        return body
    if isinstance(document, dict):
        failure = stated_failure(document)
        if failure is not None:
            raise failure
        if isinstance(document.get("audio"), str):
            return decoded(document["audio"])
    raise unreadable(body, "it is a JSON document where audio was expected")


def text_is_short(values: Values, settings: Settings) -> tuple[str, ...]:
    """Refuses a text that is longer than the connection allows."""
    count, most = len(str(values["Text"])), settings.speech_characters
    if count > most:
        raise UnfitValue(
            f"is {count:,} characters long; at most {most:,} are allowed; connection.speak(text) of Python speaks one "
            "of any length, and the option speech_characters allows longer ones here",
            "Text",
        )
    return ()


def bit_rate_fits_codec(values: Values, _settings: Settings) -> tuple[str, ...]:
    """Leaves the bit rate of MP3 out for any other codec."""
    codec = values.get("OutputCodec", "mp3")
    if "OutputMp3Bitrate" not in values or codec == "mp3":
        return ()
    rate = values.pop("OutputMp3Bitrate")
    return (f"{codec} has no bit rate to set: OutputMp3Bitrate {rate} was left out",)


GENERATE_AUDIO = Procedure(
    name="GenerateAudio",
    main="ResultAudio_Content",
    summary="Speaks a text.",
    parameters=(
        Parameter(
            "Text",
            ParameterType.STRING,
            f"The text to speak, at most {LONGEST_TEXT:,} characters (option `speech_characters`). Tags such as "
            "`[pause]` or `<whisper>…</whisper>` direct the voice.",
            required=True,
        ),
        Parameter(
            "Language",
            ParameterType.ENUM,
            "The language of the text, or `auto`.",
            required=True,
            values=LANGUAGES,
        ),
        Parameter(
            "Voice", ParameterType.ENUM, "The voice; `eve` when NULL. A custom voice's id works too.", values=VOICES
        ),
        Parameter("OutputCodec", ParameterType.ENUM, "The codec of the audio; `mp3` when NULL.", values=CODECS),
        Parameter(
            "OutputSampleRate",
            ParameterType.ENUM,
            "Samples for each second; 24000 when NULL.",
            values=SAMPLE_RATES,
            reader=read_rate,
        ),
        Parameter(
            "OutputMp3Bitrate",
            ParameterType.ENUM,
            "Bits for each second of MP3; 128000 when NULL. Left out, with a warning, for other codecs.",
            values=BIT_RATES,
            reader=read_rate,
        ),
        Parameter(
            "Speed",
            ParameterType.DOUBLE,
            "How fast the voice speaks, from 0.7 to 1.5; 1 when NULL.",
            low=0.7,
            high=1.5,
            named_only=True,
        ),
        EXTRA_BODY,
        *SPEECH_OPTIONS,
    ),
    fields=(ResultField("ResultAudio_Content", ParameterType.BINARY, "", "The audio in the codec asked for."),),
    further_fields=(TIMESTAMPS,),
    steps=generate_audio,
    streams=True,
    rules=(extra_body_is_sound, text_is_short, bit_rate_fits_codec),
    reference="POST /v1/tts",
    vendor=True,
    example="CALL GenerateAudio('Good morning', 'en', 'ara', OutputCodec => 'wav')",
    notes=(
        "The codecs `pcm`, `mulaw`, `ulaw` and `alaw` give raw audio without a head: whoever plays it must know the "
        "sampling rate.",
        "In Python `connection.speak` speaks a text of any length, while it is still being written.",
    ),
)

PROCEDURES = (GENERATE_AUDIO,)
