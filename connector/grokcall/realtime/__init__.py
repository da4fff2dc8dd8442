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
    from grokcall.realtime.talk_events import TalkEvent as TalkEvent
    from grokcall.realtime.talk_events import TalkEventKind as TalkEventKind
    from grokcall.realtime.talks import AsyncTalkSession as AsyncTalkSession
    from grokcall.realtime.talks import TalkSession as TalkSession
    from grokcall.realtime.transcription import AsyncTranscriptStream as AsyncTranscriptStream
    from grokcall.realtime.transcription import TranscriptStream as TranscriptStream
    from grokcall.realtime.utterance import SpokenWord as SpokenWord
    from grokcall.realtime.utterance import Utterance as Utterance

__all__ = [
    "AsyncSpeechStream",
    "AsyncTalkSession",
    "AsyncTranscriptStream",
    "SpeechStream",
    "SpokenWord",
    "TalkEvent",
    "TalkEventKind",
    "TalkSession",
    "TranscriptStream",
    "Utterance",
]

lazy_names(
    __name__,
    {
        "AsyncSpeechStream": "grokcall.realtime.speech",
        "AsyncTranscriptStream": "grokcall.realtime.transcription",
        "SpeechStream": "grokcall.realtime.speech",
        "AsyncTalkSession": "grokcall.realtime.talks",
        "TalkEvent": "grokcall.realtime.talk_events",
        "TalkEventKind": "grokcall.realtime.talk_events",
        "TalkSession": "grokcall.realtime.talks",
        "SpokenWord": "grokcall.realtime.utterance",
        "TranscriptStream": "grokcall.realtime.transcription",
        "Utterance": "grokcall.realtime.utterance",
    },
)
