"""The session of a talk: what it is set to, and what it costs."""

from typing import Any

MODELS = (
    "grok-voice-latest",
    "grok-voice-3.0",
    "grok-voice-2.0",
    "grok-voice-think-fast-2.0",
    "grok-voice-think-fast-1.0",
)
_MINUTE_TICKS = 800_000_000
SECOND_TICKS = dict.fromkeys(MODELS, _MINUTE_TICKS / 60) | {"grok-voice-think-fast-1.0": 500_000_000 / 60}
"""Ticks for a second of sound, by model."""
TEXT_TICKS = 40_000_000
"""Ticks for a message in writing."""

CODECS = {"audio/pcm": "pcm", "audio/pcmu": "mulaw", "audio/pcma": "alaw"}
_RATES = (8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
_SILENCE_MS = 500


class RealtimeSettings:
    """What a session is set to; `as_dict` is the object that the API shows."""

    def __init__(self, model: str) -> None:
        self.model = model
        self.instructions = ""
        self.voice = "eve"
        self.tools: list[dict[str, Any]] = []
        self.turn_detection: dict[str, Any] | None = {"type": "server_vad"}
        self.codec = "pcm"
        self.rate = 24_000

    @property
    def bytes_a_second(self) -> int:
        """Bytes of a second of sound."""
        return self.rate * (2 if self.codec == "pcm" else 1)

    @property
    def pause(self) -> float:
        """Seconds of silence that end what the user says."""
        return float((self.turn_detection or {}).get("silence_duration_ms", _SILENCE_MS)) / 1000

    def update(self, given: object) -> str | None:
        """Take over what is given; gives what is wrong with it, else None."""
        if not isinstance(given, dict):
            return "session must be an object"
        detection = given.get("turn_detection", self.turn_detection)
        if detection is not None and detection.get("type") != "server_vad":
            return f"Unknown turn_detection type: {detection.get('type')}"
        tools = given.get("tools", self.tools)
        lacking = next((tool for tool in tools if tool.get("type") == "function" and not tool.get("name")), None)
        if lacking is not None:
            return "tools: a function needs a name"
        problem = self._take_formats(given.get("audio") or {})
        if problem is not None:
            return problem
        self.instructions = str(given.get("instructions", self.instructions))
        self.voice = str(given.get("voice", self.voice))
        self.turn_detection, self.tools = detection, tools
        return None

    def _take_formats(self, audio: dict[str, Any]) -> str | None:
        for side in ("input", "output"):
            wanted = (audio.get(side) or {}).get("format")
            if wanted is None:
                continue
            if wanted.get("type") not in CODECS:
                return f"Unsupported {side} audio format: {wanted.get('type')}"
            if wanted.get("rate", self.rate) not in _RATES:
                return f"Unsupported {side} audio rate: {wanted.get('rate')}"
            self.codec, self.rate = CODECS[wanted["type"]], wanted.get("rate", self.rate)
        return None

    def as_dict(self) -> dict[str, Any]:
        """The session as the API shows it, its functions nested."""
        kind = next(name for name, codec in CODECS.items() if codec == self.codec)
        heard = {"type": kind, "rate": self.rate}
        return {
            "object": "realtime.session",
            "model": self.model,
            "modalities": ["audio"],
            "instructions": self.instructions,
            "voice": self.voice,
            "temperature": -1.0,
            "max_response_output_tokens": "inf",
            "keep_context": True,
            "enable_noise_suppression": False,
            "turn_detection": self.turn_detection,
            "audio": {"input": {"format": heard}, "output": {"format": heard}},
            "tools": [_nested(tool) for tool in self.tools],
        }


def _nested(tool: dict[str, Any]) -> dict[str, Any]:
    if tool.get("type") != "function":
        return tool
    return {"type": "function", "function": {name: value for name, value in tool.items() if name != "type"}}
