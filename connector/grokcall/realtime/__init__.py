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

__all__ = ["AsyncSpeechStream", "SpeechStream"]

lazy_names(
    __name__,
    {
        "AsyncSpeechStream": "grokcall.realtime.speech",
        "SpeechStream": "grokcall.realtime.speech",
    },
)
