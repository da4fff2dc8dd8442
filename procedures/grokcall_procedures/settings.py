"""What a connection decides about its calls, as far as the procedures need to know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from grokcall_procedures.file_sources import FileOpener

if TYPE_CHECKING:  # options and help are read without the steps of calls, which need pyarrow
    from grokcall_procedures.client_tools import Toolbox

DEFAULT_MODELS: Mapping[str, str] = MappingProxyType(
    {
        "text": "grok-4.3",
        "image": "grok-imagine-image",
        "image_edit": "grok-imagine-image",
        "video": "grok-imagine-video",
        "video_edit": "grok-imagine-video",
    }
)
"""The model of each kind when neither the call nor the connection names one: the cheapest current ones."""

ToolLimitField = Literal["max_turns", "max_tool_calls", "omit"]
FileTransfer = Literal["upload", "inline"]
ToolMixing = Literal["warn", "refuse", "allow"]


@dataclass(frozen=True, slots=True)
class Settings:
    """The choices that shape requests; every one has a default that follows the API's current behaviour.

    Args:
        default_models: The model for each kind (text, image, image_edit, video, video_edit).
        tool_limit_field: The wire name of MaxToolCalls. The API's request schema has ``max_turns`` only.
        file_transfer: ``upload`` sends files to ``/files`` first and deletes them after the call; ``inline`` puts
            them into the request, which fewer models are known to accept.
        poll_interval: Seconds between two looks at a video.
        poll_timeout: Seconds after which a video that is not ready is given up (its request id stays usable).
        strict_enums: Refuse a value that an Enum does not list instead of warning and sending it.
        strict_arity: Demand exactly the declared number of arguments, as the vendor does.
        max_media_bytes: The largest file or result of media to send or to download, in bytes.
        speech_characters: The longest text that GenerateAudio sends, in characters.
        schema_attempts: How often a question is asked at most until the answer has the declared shape.
        store: Whether the service keeps the answers of calls that do not say; None for the service's own rule.
        shares_prompts: Whether many calls with the same beginning follow each other, as in a lookup: those that name
            no PromptCacheKey then get one made of their model and instructions.
        allow_files: Whether a text may name a file on this machine that is sent, or written.
        files: Opens such files; None where there are none.
        toolbox: The tools of the client; None where there are none.
        bound: Binds a CALL that is a value of another one, and gives the call; None where no procedures are known.
        tool_mixing: What becomes of a call whose model may read both the web and data of the caller's.
        wants_content: Whether the bytes of what is made are wanted, as far as that is known; where they are not, what
            the service keeps is not fetched.
        team_id: The team that the management procedures look after; None for that of the management key.
    """

    default_models: Mapping[str, str] = field(default_factory=lambda: DEFAULT_MODELS)
    tool_limit_field: ToolLimitField = "max_turns"
    file_transfer: FileTransfer = "upload"
    poll_interval: float = 5.0
    poll_timeout: float = 600.0
    strict_enums: bool = False
    strict_arity: bool = False
    max_media_bytes: int = 512 * 1024 * 1024
    speech_characters: int = 15_000
    schema_attempts: int = 3
    store: bool | None = None
    shares_prompts: bool = False
    allow_files: bool = False
    files: FileOpener | None = field(default=None, repr=False, compare=False)
    toolbox: Toolbox | None = field(default=None, repr=False, compare=False)
    bound: Callable[[str], Any] | None = field(default=None, repr=False, compare=False)
    tool_mixing: ToolMixing = "warn"
    wants_content: bool = True
    team_id: str | None = None
