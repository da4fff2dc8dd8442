"""The two older interfaces of the API, chat completions and messages, for flows that are built on them."""

from grokcall_procedures.chat.completion import CREATE_CHAT_COMPLETION
from grokcall_procedures.chat.deferred import PROCEDURES as _DEFERRED
from grokcall_procedures.chat.message import CREATE_MESSAGE

PROCEDURES = (CREATE_CHAT_COMPLETION, CREATE_MESSAGE, *_DEFERRED)
