"""Sound that is written down, and the voices that speak."""

from __future__ import annotations

from grokcall_procedures.voice.transcription import PROCEDURES as _TRANSCRIPTION

PROCEDURES = _TRANSCRIPTION
