"""Everything a running sandbox holds: its options, what requests left behind, and what was billed."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol
from uuid import uuid4

from grokcall_sandbox.batches import Batch
from grokcall_sandbox.billing_log import BillingLog
from grokcall_sandbox.bounded_store import BoundedStore
from grokcall_sandbox.collections import Library
from grokcall_sandbox.team import Team
from grokcall_sandbox.text.conversation import Conversation
from grokcall_sandbox.traffic import Traffic

MAX_RESPONSES = 20_000
MAX_RESPONSE_BYTES = 64 * 1024 * 1024
MAX_FILES = 10_000
MAX_FILE_BYTES = 256 * 1024 * 1024
MAX_MEDIA = 10_000
MAX_MEDIA_BYTES = 256 * 1024 * 1024
MAX_JOBS = 10_000
MAX_BATCHES = 1_000
MAX_BATCH_BYTES = 256 * 1024 * 1024
MEDIA_SECONDS = 3_600.0

MAX_VOICES = 1_000
MAX_VOICE_BYTES = 256 * 1024 * 1024

REFUSALS = frozenset({"background", "custom_voices", "data_retention", "user_location"})
"""What some users of the service see refused and others not; the sandbox accepts it unless it is told otherwise."""

DATA_RETENTION = "data_retention"
"""The refusal of a team of which nothing is kept: no files, and videos only to an address of its own."""


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """A response that later calls may refer to; `call_ids` are the function calls in it and in what led to it."""

    reply: bytes
    request: bytes
    conversation: Conversation
    tokens: int
    call_ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class StoredFile:
    """An uploaded file."""

    id: str
    name: str
    data: bytes
    created_at: int
    expires_at: int | None
    public_url: str | None = None

    def as_dict(self) -> dict[str, object]:
        """The file object of the API."""
        link = {} if self.public_url is None else {"public_url": self.public_url}
        return {
            "id": self.id,
            "object": "file",
            "bytes": len(self.data),
            "created_at": self.created_at,
            "expires_at": self.expires_at,
            "filename": self.name,
            "purpose": "",
            **link,
        }


@dataclass(frozen=True, slots=True)
class StoredVoice:
    """A voice that was made of a recording; `told` is what the API tells of it."""

    told: dict[str, str | None]
    recording: bytes
    media_type: bytes


@dataclass(frozen=True, slots=True)
class Medium:
    """A generated image or video that waits to be fetched."""

    data: bytes
    media_type: str
    made_at: float


@dataclass(slots=True)
class VideoJob:
    """A video in the making."""

    model: str
    duration: float
    ticks: int
    started: float
    clip: "Future[bytes]"
    moderated: bool = False
    failure: str | None = None
    url: str | None = None
    storage: Any = None
    """The `storage_options` of its request."""
    upload_url: str | None = None
    file_output: dict[str, object] | None = None


@dataclass(frozen=True, slots=True)
class DeferredChat:
    """A chat completion to be fetched later, once."""

    reply: bytes
    ready_at: float


class FaultProfile(Protocol):
    """The faults that are injected into requests."""

    def strike(self, call: Any, batched: bool = False) -> Sequence[tuple[Any, Random]]:
        """The faults that strike a request, each with the dice it has for it."""
        ...


class NoFaults:
    """No faults."""

    def strike(self, call: Any, batched: bool = False) -> Sequence[tuple[Any, Random]]:  # noqa: ARG002
        """None strikes."""
        return ()


@dataclass
class SandboxState:
    """The state of one sandbox. All but the ledger is touched from the server's event loop only.

    Attributes:
        seed: Gives other images and audio for the same requests.
        latency: Seconds before a POST is answered.
        video_seconds: Seconds that a video stays pending.
        make_profile: Makes the faults to inject, at the beginning and at each reset.
        batch_seconds: Seconds until the last of the requests that were added to a batch together is done.
        refusals: Those of `REFUSALS` that are in force.
        index_looks: Looks at a document until it is indexed.
    """

    seed: int = 0
    latency: float = 0.0
    video_seconds: float = 0.2
    make_profile: Callable[[], FaultProfile] = NoFaults
    batch_seconds: float = 0.2
    refusals: frozenset[str] = frozenset()
    index_looks: int = 2
    ledger: BillingLog = field(default_factory=BillingLog)
    traffic: Traffic = field(default_factory=Traffic)
    team: Team = field(default_factory=Team)
    library: Library = field(default_factory=Library)
    responses: BoundedStore[StoredResponse] = field(
        default_factory=lambda: BoundedStore(MAX_RESPONSES, MAX_RESPONSE_BYTES)
    )
    files: BoundedStore[StoredFile] = field(default_factory=lambda: BoundedStore(MAX_FILES, MAX_FILE_BYTES))
    voices: BoundedStore[StoredVoice] = field(default_factory=lambda: BoundedStore(MAX_VOICES, MAX_VOICE_BYTES))
    media: BoundedStore[Medium] = field(default_factory=lambda: BoundedStore(MAX_MEDIA, MAX_MEDIA_BYTES))
    videos: BoundedStore[VideoJob] = field(default_factory=lambda: BoundedStore(MAX_JOBS, MAX_JOBS))
    deferred: BoundedStore[DeferredChat] = field(default_factory=lambda: BoundedStore(MAX_JOBS, MAX_MEDIA_BYTES))
    batches: BoundedStore[Batch] = field(default_factory=lambda: BoundedStore(MAX_BATCHES, MAX_BATCH_BYTES))

    def __post_init__(self) -> None:
        if self.latency < 0 or self.video_seconds < 0 or self.batch_seconds < 0:
            raise ValueError("latency, video_seconds and batch_seconds must not be negative")
        if self.index_looks < 0:
            raise ValueError("index_looks must not be negative")
        unknown = sorted(self.refusals - REFUSALS)
        if unknown:
            raise ValueError(f"there is no refusal {unknown[0]!r}; there are {', '.join(sorted(REFUSALS))}")
        self.profile: FaultProfile = self.make_profile()
        self.speech_sockets: int = 0
        self.realtime_tokens: dict[str, float] = {}
        # Two renderers: enough for a few clips at a time, and the server keeps its share of the processor.
        self.renderers: ThreadPoolExecutor = ThreadPoolExecutor(2, thread_name_prefix="grokcall-sandbox-render")

    def keep_medium(self, data: bytes, media_type: str, suffix: str) -> str:
        """Keep a generated medium and give the path it is served at."""
        name = f"{uuid4()}.{suffix}"
        self.media.put(name, Medium(data, media_type, time.time()), len(data))
        return f"/media/{name}"

    def reset(self) -> None:
        """Forget everything that requests left behind, the ledger too; faults start from their first request."""
        for batch in self.batches:
            batch.cancel()
        self.ledger.clear()
        self.traffic.clear()
        self.realtime_tokens.clear()
        self.team = Team()
        self.library = Library()
        self.profile = self.make_profile()
        for shelf in (self.responses, self.files, self.voices, self.media, self.videos, self.deferred, self.batches):
            shelf.clear()

    def close(self) -> None:
        """Stop the renderers."""
        self.renderers.shutdown(wait=False, cancel_futures=True)
