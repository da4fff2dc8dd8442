"""The team of the sandbox: its API keys, which open and close the API, its limit, and what was done in it."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

from grokcall_sandbox.errors import DENIED, KEY_ID, ApiError, out_of_credits
from grokcall_sandbox.keys import SANDBOX_KEY, wrong_key

USER_ID = "5c0ffee0-5a4d-4b0c-8e11-000000000003"
USER_EMAIL = "sandbox@example.com"
BORN = "2026-01-05T10:00:00Z"
TICKS_PER_CENT = 100_000_000
ALL_ACLS = ("api-key:model:*", "api-key:endpoint:*")


def clock(seconds: float | None = None) -> str:
    """A moment as the management host writes it; now where none is given."""
    return datetime.fromtimestamp(time.time() if seconds is None else seconds, UTC).isoformat().replace("+00:00", "Z")


@dataclass(slots=True)
class TeamKey:
    """One API key of the team."""

    id: str
    name: str
    secret: str
    acls: tuple[str, ...] = ()
    created: str = field(default_factory=clock)
    modified: str = field(default_factory=clock)
    expires: str | None = None
    disabled: bool = False
    limits: dict[str, str] = field(default_factory=dict)

    @property
    def redacted(self) -> str:
        """How it begins and ends."""
        return f"xai-…{self.secret[-4:]}"

    @property
    def is_expired(self) -> bool:
        """Whether its time is over."""
        return self.expires is not None and datetime.fromisoformat(self.expires) <= datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """Something that was done."""

    id: str
    time: str
    description: str


class Team:
    """What the management host looks after. Touched from the server's event loop only."""

    def __init__(self) -> None:
        first = TeamKey(KEY_ID, "grokcall-sandbox", SANDBOX_KEY, ALL_ACLS, BORN, BORN)
        self.keys: dict[str, TeamKey] = {first.id: first}
        self.events: list[AuditEvent] = []
        self.soft_limit: int | None = None
        """In cents; None until one is set."""
        self._first = first
        self._by_secret: dict[str, TeamKey] = {first.secret: first}
        self._gone: set[str] = set()

    def add(self, key: TeamKey) -> None:
        """Takes in a new key."""
        self.keys[key.id] = key
        self._by_secret[key.secret] = key

    def rotate(self, key: TeamKey) -> None:
        """Gives a key a new secret; the old one opens nothing any more."""
        self._forget(key.secret)
        key.secret, key.modified = new_secret(), clock()
        self._by_secret[key.secret] = key

    def remove(self, key: TeamKey) -> None:
        """Takes a key away."""
        self._forget(key.secret)
        del self.keys[key.id]

    def _forget(self, secret: str) -> None:
        self._by_secret.pop(secret, None)
        self._gone.add(secret)

    def note(self, description: str) -> None:
        """Puts down what was done."""
        self.events.append(AuditEvent(str(uuid4()), clock(), description))

    def key_of(self, authorization: str) -> TeamKey:
        """The key of a request; one that the team does not know counts as its first."""
        return self._by_secret.get(authorization.partition(" ")[2].strip(), self._first)

    def check(self, authorization: str, spent_ticks: int) -> None:
        """Lets a request pass whose key is open, unless the team's own limit is reached.

        Raises:
            ApiError: 400 for a key that was removed, rotated or is over; 403 for one that is turned off; 429 at the
                limit.
        """
        secret = authorization.partition(" ")[2].strip()
        key = self._by_secret.get(secret)
        if secret in self._gone or (key is not None and key.is_expired):
            raise wrong_key()
        if key is not None and key.disabled:
            raise ApiError(403, "Access to the API is denied. The API key is disabled.", DENIED)
        if self.soft_limit is not None and spent_ticks >= self.soft_limit * TICKS_PER_CENT:
            raise out_of_credits()


def new_secret() -> str:
    """A new key."""
    return f"xai-{uuid4().hex}{uuid4().hex}"
