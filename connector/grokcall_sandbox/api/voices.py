"""The voices: those of the service, and those that are made of a recording."""

import asyncio
import secrets
import string
from datetime import UTC, datetime

import msgspec

from grokcall_sandbox.api.multipart import Part, read_parts
from grokcall_sandbox.catalogue import VOICES
from grokcall_sandbox.errors import DENIED, ApiError, voice_error
from grokcall_sandbox.media.transcripts import RATE, read_sound
from grokcall_sandbox.replies import Reply, json_reply
from grokcall_sandbox.request import SandboxRequest
from grokcall_sandbox.state import SandboxState, StoredVoice

MAX_RECORDING_BYTES = 100 * 1024 * 1024
MAX_FORM_BYTES = MAX_RECORDING_BYTES + 64 * 1024
MAX_SECONDS = 120
MAX_OWN_VOICES = 30
MAX_PAGE = 1_000
REFUSAL = "custom_voices"
_ID_SIGNS = string.ascii_lowercase + string.digits
_WORDS = {
    "gender": ("male", "female", "neutral"),
    "age": ("young", "middle-aged", "old"),
    "use_case": (
        *("conversational", "narration", "characters", "educational"),
        *("advertisement", "social_media", "entertainment"),
    ),
    "tone": ("warm", "casual", "professional", "friendly", "authoritative", "expressive", "calm"),
}
_TOLD = ("name", "description", "gender", "accent", "age", "language", "use_case", "tone")
_CHANGE = msgspec.json.Decoder(dict[str, str | None])


async def list_built_in(_call: SandboxRequest) -> Reply:
    """GET /v1/tts/voices."""
    return json_reply({"voices": [_built_in(name) for name in VOICES]})


async def retrieve_built_in(call: SandboxRequest) -> Reply:
    """GET /v1/tts/voices/{id}."""
    name = call.parameters["id"].lower()
    if name not in VOICES:
        raise _no_voice(call.parameters["id"])
    return json_reply(_built_in(name))


async def create(call: SandboxRequest) -> Reply:
    """POST /v1/custom-voices."""
    _check_contract(call)
    try:
        parts = read_parts(call.header(b"content-type"), call.body)
    except ApiError as refusal:
        raise refusal if refusal.plain else voice_error(refusal.status, refusal.message) from refusal
    file = _file_in(parts)
    told: dict[str, str | None] = dict.fromkeys(_TOLD)
    told |= {part.name: part.data.decode("utf-8", "replace") for part in parts[:-1]}
    if not told["name"]:
        raise voice_error(400, "name is required")
    _check_told(told)
    if len(call.state.voices) >= MAX_OWN_VOICES:
        raise voice_error(400, f"a team can have at most {MAX_OWN_VOICES} custom voices")
    await asyncio.get_running_loop().run_in_executor(call.state.renderers, _check_recording, file.data)
    voice_id = "".join(secrets.choice(_ID_SIGNS) for _ in range(8))
    made = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    voice = StoredVoice({"voice_id": voice_id, **told, "created_at": made}, file.data, _kind_of(file.data))
    call.state.voices.put(voice_id, voice, len(file.data))
    return json_reply(voice.told, status=201)


async def list_custom(call: SandboxRequest) -> Reply:
    """GET /v1/custom-voices."""
    _check_contract(call)
    limit, token = call.query.get("limit", "100"), call.query.get("pagination_token", "0")
    if not limit.isdigit() or not 1 <= int(limit) <= MAX_PAGE or not token.isdigit():
        raise voice_error(400, f"limit must be between 1 and {MAX_PAGE}, and pagination_token one that was given")
    voices = sorted((voice.told for voice in call.state.voices), key=lambda told: str(told["created_at"]))
    page = voices[int(token) : int(token) + int(limit)]
    following = int(token) + len(page)
    return json_reply({"voices": page, "pagination_token": str(following) if following < len(voices) else None})


async def retrieve_custom(call: SandboxRequest) -> Reply:
    """GET /v1/custom-voices/{id}."""
    return json_reply(_custom(call).told)


async def update(call: SandboxRequest) -> Reply:
    """PATCH /v1/custom-voices/{id}."""
    voice, change = _custom(call), call.decode(_CHANGE)
    unknown = sorted(set(change) - set(_TOLD))
    if unknown:
        raise voice_error(400, f"{unknown[0]} cannot be changed")
    if "name" in change and change["name"] is None:
        raise voice_error(400, "name must not be null")
    _check_told(change)
    voice.told.update(change)
    return json_reply(voice.told)


async def delete(call: SandboxRequest) -> Reply:
    """DELETE /v1/custom-voices/{id}."""
    _custom(call)
    call.state.voices.take(call.parameters["id"])
    return json_reply({"deleted": True})


async def recording(call: SandboxRequest) -> Reply:
    """GET /v1/custom-voices/{id}/audio."""
    voice = _custom(call)
    return Reply(voice.recording, content_type=voice.media_type)


def find_voice(state: SandboxState, name: str) -> str:
    """The id of a voice that can speak; that of one of the service's in any case.

    Raises:
        ApiError: 404, there is no such voice.
    """
    if name.lower() in VOICES:
        return name.lower()
    if state.voices.get(name) is None:
        raise _no_voice(name)
    return name


def _check_contract(call: SandboxRequest) -> None:
    if REFUSAL in call.state.refusals:
        raise ApiError(403, "Custom voices are available to enterprise customers in the United States only.", DENIED)


def _custom(call: SandboxRequest) -> StoredVoice:
    _check_contract(call)
    voice = call.state.voices.get(call.parameters["id"])
    if voice is None:
        raise _no_voice(call.parameters["id"])
    return voice


def _no_voice(name: str) -> ApiError:
    return voice_error(404, f"Voice '{name}' not found")


def _built_in(name: str) -> dict[str, str]:
    return {"voice_id": name, "name": name.capitalize(), "language": "en"}


def _file_in(parts: list[Part]) -> Part:
    names = [part.name for part in parts]
    if "file" not in names:
        raise voice_error(400, "file is required")
    if names[-1] != "file":
        raise voice_error(400, f"{names[-1]} must come before file: file must be the last field of the form")
    if len(parts[-1].data) > MAX_RECORDING_BYTES:
        raise ApiError(413, "The recording is too large.", None)
    return parts[-1]


def _check_told(told: dict[str, str | None]) -> None:
    for name, value in told.items():
        if value == "":
            raise voice_error(400, f"{name} must not be empty")
        if value is not None and value not in _WORDS.get(name, (value,)):
            raise voice_error(400, f"unsupported {name}: {value}; one of {', '.join(_WORDS[name])}")


def _check_recording(data: bytes) -> None:
    try:
        samples = read_sound(data)[0]
    except ValueError as problem:
        raise voice_error(400, f"the recording cannot be read: {problem}") from problem
    if len(samples) > MAX_SECONDS * RATE:
        raise voice_error(400, f"the recording must last at most {MAX_SECONDS} seconds")


def _kind_of(data: bytes) -> bytes:
    return b"audio/wav" if data.startswith(b"RIFF") else b"audio/mpeg"
