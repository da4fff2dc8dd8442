"""What a video is made by beside its words: images to follow, voices, a last image, images at moments, and sound."""

from __future__ import annotations

from grokcall_procedures.addresses import address_reader, check_address
from grokcall_procedures.definition import Parameter, Values
from grokcall_procedures.documents import decode_json
from grokcall_procedures.media import LARGEST_IMAGE, data_uri
from grokcall_procedures.media_sources import images_reader, keyframes_in, keyframes_reader, sources_in
from grokcall_procedures.settings import Settings
from grokcall_procedures.tools.lists import read_texts, texts_in
from grokcall_procedures.types import ParameterType, UnfitValue
from grokcall_procedures.video_bodies import VideoBody, read_image

MOST_REFERENCES, MOST_VOICES, MOST_KEYFRAMES = 14, 3, 4
FIRST_MODEL = "grok-imagine-video"
"""The one model that is known not to take all of it."""
FIRST_MODEL_REFERENCES, FIRST_MODEL_SECONDS = 7, 10
"""How many images it follows, and how long a video of them is at most."""
ONLY_LATER = ("ReferenceVoices", "LastFrame_Content", "LastFrame_Url", "Keyframes", "WithAudio")


def read_voices(value: object) -> str:
    """A list of voices as JSON: their ids, or addresses of recordings.

    Raises:
        UnfitValue: There are too many, or one is a broken address.
    """
    text = read_texts(value)
    voices = decode_json(text)
    if len(voices) > MOST_VOICES:
        raise UnfitValue(f"has {len(voices)} voices; at most {MOST_VOICES} are taken")
    for voice in voices:
        if is_address(voice) and not voice.startswith("data:"):
            check_address(voice)
    return text


def is_address(text: str) -> bool:
    """Whether a text is an address and no id."""
    return "://" in text or text.startswith("data:")


def guide(body: VideoBody, values: Values) -> None:
    """Puts what a call gives of these into the body of its request."""
    voices = texts_in(values, "ReferenceVoices")
    content = values.get("LastFrame_Content")
    last = data_uri(content) if isinstance(content, bytes) else values.get("LastFrame_Url")
    body.reference_images = sources_in(values, "References") or None
    body.reference_audios = [{"url" if is_address(each) else "voice_id": each} for each in voices] or None
    body.last_frame = None if last is None else {"url": last}
    body.keyframes = keyframes_in(values, "Keyframes") or None
    body.generate_audio = values.get("WithAudio")


def guides_fit(values: Values, _settings: Settings) -> tuple[str, ...]:
    """Refuses a last image that is given twice, and what the first model is known not to take."""
    if "LastFrame_Content" in values and "LastFrame_Url" in values:
        raise UnfitValue("cannot be given together with LastFrame_Content; pass NULL for one of them", "LastFrame_Url")
    if values.get("Model") != FIRST_MODEL:
        return ()
    stray = next((name for name in ONLY_LATER if values.get(name) not in (None, False)), None)
    if stray is not None:
        raise UnfitValue(f"is nothing for {FIRST_MODEL}; choose another Model, such as {FIRST_MODEL}-1.5", stray)
    references, seconds = len(texts_in(values, "References")), values.get("Duration")
    if references > FIRST_MODEL_REFERENCES:
        told = f"has {references} images; {FIRST_MODEL} takes at most {FIRST_MODEL_REFERENCES}"
        raise UnfitValue(told, "References")
    if references and isinstance(seconds, int) and seconds > FIRST_MODEL_SECONDS:
        told = f"must be at most {FIRST_MODEL_SECONDS} with References and {FIRST_MODEL}, got {seconds}"
        raise UnfitValue(told, "Duration")
    return ()


GUIDES = (
    Parameter(
        "References",
        ParameterType.JSON,
        f"Images of what is to be seen, a list of up to {MOST_REFERENCES} addresses, data URIs or ids of files at the "
        f"service; {FIRST_MODEL} takes {FIRST_MODEL_REFERENCES}.",
        named_only=True,
        reader=images_reader(MOST_REFERENCES),
    ),
    Parameter(
        "ReferenceVoices",
        ParameterType.JSON,
        f"Voices of those who speak, a list of up to {MOST_VOICES} ids of voices or addresses of recordings; not for "
        f"{FIRST_MODEL}.",
        named_only=True,
        reader=read_voices,
    ),
    Parameter(
        "LastFrame_Content",
        ParameterType.BINARY,
        f"The image that the video ends with: JPEG, PNG or WebP, at most 20 MiB; not for {FIRST_MODEL}.",
        named_only=True,
        max_length=LARGEST_IMAGE,
        reader=read_image,
    ),
    Parameter(
        "LastFrame_Url",
        ParameterType.STRING,
        "The address of the image that the video ends with: http, https or a data URI. Not together with "
        "LastFrame_Content.",
        named_only=True,
        reader=address_reader(read_image, LARGEST_IMAGE),
    ),
    Parameter(
        "Keyframes",
        ParameterType.JSON,
        f"Images at moments of the video, a list of up to {MOST_KEYFRAMES} like "
        f'`{{"image": "https://…", "timestamp_s": 2.5}}`; not for {FIRST_MODEL}.',
        named_only=True,
        reader=keyframes_reader(MOST_KEYFRAMES),
    ),
    Parameter(
        "WithAudio", ParameterType.BOOLEAN, f"Whether the video has sound; not for {FIRST_MODEL}.", named_only=True
    ),
)
