"""The hosts of the service: each with its address, its key and its gate, which no other host has.

Nothing outside hands a key to a request: who may send gets an :class:`Access`, which has the key and the address that
belong together, and the types of the two keys keep one host's from the other's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeAlias

from grokcall.config.api_key import KeySource
from grokcall.config.key_places import ApiKey, K, ManagementKey
from grokcall.config.options import Options
from grokcall.core.redaction import HiddenText
from grokcall.errors import AuthenticationError, InterfaceError, PermissionDeniedError, ServiceError
from grokcall.scheduling.admission import Gate
from grokcall_procedures import Host, Request

MANAGEMENT_CONCURRENCY = 4
"""Calls of the management host that run at a time."""
API_FIELD, MANAGEMENT_FIELD = "base_url", "management_base_url"


@dataclass(frozen=True, slots=True)
class Address(Generic[K]):
    """Where a host is, and the class of the only key that goes there."""

    base_url: str
    key: type[K]

    def url(self, request: Request) -> str:
        """The address that a request goes to, on this host only."""
        return self.base_url + request.path


class Endpoint(Generic[K]):
    """One host.

    Args:
        address: Where it is.
        keys: Gives its key when it is needed.
        gate: Admits what asks it.

    Raises:
        TypeError: The keys are those of another host.
    """

    def __init__(self, address: Address[K], keys: KeySource[K], gate: Gate) -> None:
        if keys.places.key is not address.key:
            raise TypeError(f"{address.base_url} has another key than {keys.places.name}")
        self.address = address
        self.keys = keys
        self.gate = gate

    def access(self) -> Access[K]:
        """The right to send one request to the host.

        Raises:
            MissingKeyError: There is no key for it.
        """
        return Access(self, self.keys.key())


@dataclass(frozen=True, slots=True)
class Access(Generic[K]):
    """A host with the key that was found for it, for one try of a request."""

    endpoint: Endpoint[K]
    key: K

    @property
    def secret(self) -> str:
        """The key, to be taken out of what comes back."""
        return self.key.value.reveal()

    def url(self, request: Request) -> str:
        """The address that a request goes to, on this host only."""
        return self.endpoint.address.url(request)

    def headers(self, request: Request, user_agent: str) -> dict[str, str]:
        """The headers of a request, with the key."""
        ours = {"Authorization": HiddenText(f"Bearer {self.secret}"), "User-Agent": user_agent}
        headers = {**dict(request.headers), **ours, "Content-Type": request.body_type}
        if request.body is None:
            del headers["Content-Type"]
        return headers

    def renew(self) -> bool:
        """Whether there is another key now than this one, which was refused."""
        return self.endpoint.keys.renew(self.key)

    def name_key(self, failure: BaseException | None) -> None:
        """Says in a refusal which key was refused, and where it came from."""
        # The management host says 403 to what is no management key, too.
        is_refused = isinstance(failure, PermissionDeniedError) and isinstance(self.key, ManagementKey)
        if isinstance(failure, AuthenticationError) or (is_refused and isinstance(failure, ServiceError)):
            said = f"That was the {self.endpoint.keys.places.called} from {self.key.source}."
            failure.remedy = f"{said} {failure.remedy}".rstrip()


AnyAccess: TypeAlias = Access[ApiKey] | Access[ManagementKey]


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The hosts of the service.

    Args:
        api: The API.
        management: The management host.
        refusal: Why nothing may be sent to the management host; empty where it may.
    """

    api: Endpoint[ApiKey]
    management: Endpoint[ManagementKey]
    refusal: str = ""

    @classmethod
    def of(
        cls, options: Options, api_keys: KeySource[ApiKey], management_keys: KeySource[ManagementKey], gate: Gate
    ) -> Endpoints:
        """Those of a connection.

        Args:
            options: Its options.
            api_keys: Gives the API key.
            management_keys: Gives the management key.
            gate: Admits its calls, to whichever host.
        """
        return cls(
            Endpoint(Address(options.base_url, ApiKey), api_keys, gate),
            Endpoint(
                Address(options.management_base_url, ManagementKey), management_keys, Gate(MANAGEMENT_CONCURRENCY)
            ),
            refusal_of(options),
        )

    def access(self, host: Host) -> AnyAccess:
        """The right to send a request to a host.

        Raises:
            InterfaceError: The API is elsewhere, and nobody said where the management host is.
            MissingKeyError: There is no key for it.
        """
        if host is Host.API:
            return self.api.access()
        if self.refusal:
            raise InterfaceError(self.refusal)
        return self.management.access()

    def url(self, request: Request) -> str:
        """The address of a request, whose path may be a whole one."""
        if not request.path.startswith("/"):
            return request.path
        endpoint = self.api if request.host is Host.API else self.management
        return endpoint.address.url(request)


def refusal_of(options: Options) -> str:
    """Why nothing may be sent to the management host; empty where it may.

    Who sends calls to another service than xAI's would not have its management key go to xAI unawares.
    """
    is_moved = options.region is None and options.base_url != Options.model_fields[API_FIELD].default
    if not is_moved or MANAGEMENT_FIELD in options.model_fields_set:
        return ""
    return (
        f"base_url is {options.base_url}, and nobody said where the management host of that service is: give "
        f"management_base_url as well ({Options.model_fields[MANAGEMENT_FIELD].default} for xAI's); nothing was sent"
    )
