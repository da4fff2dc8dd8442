"""Sound that is written down, the voices that speak, and the tokens with which others may talk with them."""

from __future__ import annotations

from grokcall_procedures.voice.own_voices import PROCEDURES as _OWN_VOICES
from grokcall_procedures.voice.realtime_tokens import PROCEDURES as _TOKENS
from grokcall_procedures.voice.transcription import PROCEDURES as _TRANSCRIPTION
from grokcall_procedures.voice.voices import PROCEDURES as _VOICES

PROCEDURES = (*_TRANSCRIPTION, *_VOICES, *_OWN_VOICES, *_TOKENS)
