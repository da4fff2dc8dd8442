"""Talks over sockets: sound that comes while a text goes in, and words that come while somebody speaks.

>>> import grokcall
>>> with grokcall.connect() as connection:
...     with connection.speak("Good morning", Voice="ara") as sound:  # doctest: +SKIP
...         for piece in sound:
...             player.write(piece)
"""

from typing import TYPE_CHECKING

from grokcall_parser.lazy_names import lazy_names

if TYPE_CHECKING:
    from grokcall.realtime.speech import AsyncSpeechStream as AsyncSpeechStream
    from grokcall.realtime.speech import SpeechStream as SpeechStream
    from grokcall.realtime.transcription import AsyncTranscriptStream as AsyncTranscriptStream
    from grokcall.realtime.transcription import TranscriptStream as TranscriptStream
    from grokcall.realtime.utterance import SpokenWord as SpokenWord
    from grokcall.realtime.utterance import Utterance as Utterance

__all__ = [
    "AsyncSpeechStream",
    "AsyncTranscriptStream",
    "SpeechStream",
    "SpokenWord",
    "TranscriptStream",
    "Utterance",
]

lazy_names(
    __name__,
    {
        "AsyncSpeechStream": "grokcall.realtime.speech",
        "AsyncTranscriptStream": "grokcall.realtime.transcription",
        "SpeechStream": "grokcall.realtime.speech",
        "SpokenWord": "grokcall.realtime.utterance",
        "TranscriptStream": "grokcall.realtime.transcription",
        "Utterance": "grokcall.realtime.utterance",
    },
)
