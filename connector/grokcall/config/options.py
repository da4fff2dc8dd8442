"""The options of a connection: from arguments, the environment and a profile, checked once.

An argument wins over ``GROKCALL_<NAME>``, that over ``XAI_<NAME>``, that over the profile, that over the default.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from grokcall._version import __version__
from grokcall.config.option_values import ModelId, Pace, Seconds, Usd, base_url_text, header_text, model_table
from grokcall.config.profiles import read_profile
from grokcall.core.redaction import redact
from grokcall.errors import InterfaceError
from grokcall_parser.suggestions import hint
from grokcall_procedures.addresses import is_loopback
from grokcall_procedures.settings import DEFAULT_MODELS, FileTransfer, Settings, ToolLimitField
from grokcall_procedures.steps import Host, Kind

READ_TIMEOUTS: Mapping[Kind, float] = {
    Kind.TEXT: 600.0,
    Kind.IMAGE: 120.0,
    Kind.AUDIO: 900.0,
    Kind.VIDEO: 120.0,
    Kind.POLL: 60.0,
    Kind.UPLOAD: 300.0,
    Kind.DOWNLOAD: 300.0,
    Kind.METADATA: 30.0,
}
"""Seconds to wait for a reply to each kind of request; the option ``timeout`` replaces that of ``text``."""

ENVIRONMENT_PREFIXES = ("GROKCALL_", "XAI_")
"""What stands before an option's name in the environment; the first that is set counts."""


class _ProfileSource(InitSettingsSource):
    """The options of the profile in the configuration file."""

    def __init__(self, settings_cls: type[BaseSettings], name: str | None) -> None:
        self.init_kwargs: dict[str, Any] = {}  # for the repr, which an error below may ask for
        self.profile = read_profile(name)
        refuse_unknown(self.profile.options, self.profile.source)
        super().__init__(settings_cls, init_kwargs=dict(self.profile.options))


class Options(BaseSettings):
    """Every option of a connection; :func:`grokcall.connect` puts them together."""

    model_config: ClassVar[SettingsConfigDict] = SettingsConfigDict(frozen=True, extra="forbid", validate_default=True)

    base_url: Annotated[str, AfterValidator(base_url_text)] = Field(
        "https://api.x.ai/v1",
        description="The address of the API: https, or http on this machine. Any server with /responses will do.",
    )
    management_base_url: Annotated[str, AfterValidator(base_url_text)] = Field(
        "https://management-api.x.ai",
        description="The address of the management host, which has a key of its own; to be given where base_url is.",
    )
    team_id: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(header_text)] | None = Field(
        None, description="The team that management procedures look after; None for that of the management key."
    )
    allow_http: bool = Field(False, description="Whether base_url may be http beyond this machine, key in the clear.")
    allow_private_media: bool = Field(
        False, description="Whether results may be fetched from private addresses when base_url is not on this machine."
    )
    timeout: Seconds | None = Field(
        None, description="Seconds to wait for a text answer, above 0 to 86400; None for 600."
    )
    receive: Literal["whole", "stream"] = Field(
        "whole",
        description="How answers are received: whole, or stream for in pieces, so that nothing on the way takes a long "
        "silence for the end; rows are the same.",
    )
    idle_timeout: Seconds = Field(
        600.0,
        description="Seconds without a byte after which an answer in pieces is given up, above 0 to 86400; its only "
        "limit of time.",
    )
    connect_timeout: Seconds = Field(10.0, description="Seconds to wait for a connection, above 0 to 86400.")
    max_attempts: Annotated[int, Field(ge=1, le=20)] = Field(
        5, description="How often one request is sent at most, 1 to 20; 1 for no second try."
    )
    concurrency: Annotated[int, Field(ge=1, le=4096)] = Field(
        64, description="How many requests are under way at once at most, 1 to 4096."
    )
    requests_per_second: Pace | None = Field(
        None, description="Requests a second to each model at most, above 0 to 1000000000; None for what is learned."
    )
    requests_per_minute: Pace | None = Field(
        None, description="Requests a minute to each model at most, above 0 to 1000000000; None for what is learned."
    )
    tokens_per_minute: Pace | None = Field(
        None, description="Tokens a minute of each model at most, above 0 to 1000000000; None for what is learned."
    )
    retry_billed: bool = Field(
        False,
        description="Whether a request that may have been billed is sent again when its answer is lost; each is paid.",
    )
    poll_interval: Seconds = Field(5.0, description="Seconds between two looks at a video, above 0 to 86400.")
    poll_timeout: Seconds = Field(600.0, description="Seconds after which a video is given up, above 0 to 86400.")
    max_cost: Usd | None = Field(
        None, description="USD after which no further request is sent, 0 or more; None for no limit."
    )
    max_calls: Annotated[int, Field(ge=0)] | None = Field(
        None, description="Calls after which none is made any more, 0 or more; None for no limit."
    )
    max_tokens: Annotated[int, Field(ge=0)] | None = Field(
        None, description="Tokens, read and written, after which no call is made, 0 or more; None for no limit."
    )
    max_duration: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = Field(
        None, description="Seconds from the first call after which none starts any more, 0 or more; None for no limit."
    )
    assumed_output_tokens: Annotated[int, Field(ge=1)] | None = Field(
        None,
        description="Tokens of the longest text of an answer to assume where a call sets no MaxOutputTokens, "
        "1 or more.",
    )
    assumed_reasoning_tokens: Annotated[int, Field(ge=1)] | None = Field(
        None, description="Tokens of the longest reasoning of one answer to assume, 1 or more; not sent."
    )
    assumed_tool_cost: Usd | None = Field(
        None, description="USD that tools are assumed to add to a call at most, over all of its turns, 0 or more."
    )
    default_models: Annotated[Mapping[str, ModelId], NoDecode, BeforeValidator(model_table)] = Field(
        default_factory=lambda: DEFAULT_MODELS,
        description="The model of each kind (text, image, image_edit, video, video_edit) when a call names none.",
    )
    strict_arity: bool = Field(False, description="Whether a call has to give every declared argument.")
    strict_enums: bool = Field(False, description="Whether a value that an Enum does not list is refused.")
    tool_limit_field: ToolLimitField = Field(
        "max_turns", description="The wire name of MaxToolCalls: max_turns, max_tool_calls or omit."
    )
    file_transfer: FileTransfer = Field("upload", description="How files are sent: upload or inline.")
    max_media_bytes: Annotated[int, Field(ge=1, le=1 << 40)] = Field(
        512 * 1024 * 1024, description="The largest image, audio or video to download, in bytes."
    )
    catalog: Path | None = Field(
        None, description="The file that keeps user-defined procedures; None keeps them no longer than the connection."
    )
    database: Path | None = Field(
        None, description="The DuckDB file in which queries run, made where there is none; None for one in memory."
    )
    schema_attempts: Annotated[int, Field(ge=1, le=10)] = Field(
        3, description="How often a question is asked at most until its answer fits OutputSchema, 1 to 10."
    )
    store: bool | None = Field(
        None,
        description="Whether the service keeps answers where a call names no Store; None for its own rule: 30 days.",
    )
    allow_changes: bool = Field(
        False, description="Whether lookups and queries may change and remove things at the service."
    )
    read_only: bool = Field(False, description="Whether nothing may be made, changed or removed at the service.")
    transport: Literal["aiohttp", "httpx"] = Field("aiohttp", description="What sends requests: aiohttp or httpx.")
    trust_env_proxies: bool = Field(
        True, description="Whether HTTP_PROXY, HTTPS_PROXY and NO_PROXY (or the system's settings) are heeded."
    )
    ca_file: Path | None = Field(
        None, description="A PEM file of further certificate authorities to trust, such as a company's own."
    )
    profile: str | None = Field(None, description="The table [profiles.NAME] of the configuration file to use.")
    user_agent: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(header_text)] = Field(
        f"grokcall/{__version__}", description="The header User-Agent."
    )

    @model_validator(mode="after")
    def _http_only_here(self) -> Options:
        for name in ("base_url", "management_base_url"):
            parts = urlsplit(getattr(self, name))
            if parts.scheme == "http" and not self.allow_http and not is_loopback(parts.hostname or ""):
                raise ValueError(
                    f"{name}: http would send the key in the clear; use https, or allow_http=True where that is safe"
                )
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - made anew below, once for each prefix
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The sources, the strongest first."""
        environment = [
            EnvSettingsSource(settings_cls, env_prefix=prefix, env_ignore_empty=True) for prefix in ENVIRONMENT_PREFIXES
        ]
        explicit = init_settings()
        named = [source()["profile"] for source in environment if "profile" in source()]
        return (
            init_settings,
            *environment,
            _ProfileSource(settings_cls, explicit.get("profile") or next(iter(named), None)),
        )

    def address(self, host: Host) -> str:
        """The base URL of one of the service's hosts."""
        return self.base_url if host is Host.API else self.management_base_url

    def read_timeout(self, kind: Kind) -> float:
        """Seconds to wait for the reply to a request of this kind."""
        return self.timeout if kind is Kind.TEXT and self.timeout is not None else READ_TIMEOUTS[kind]

    def settings(self) -> Settings:
        """What the procedures need to know."""
        return Settings(
            default_models=self.default_models,
            tool_limit_field=self.tool_limit_field,
            file_transfer=self.file_transfer,
            poll_interval=self.poll_interval,
            poll_timeout=self.poll_timeout,
            strict_enums=self.strict_enums,
            strict_arity=self.strict_arity,
            max_media_bytes=self.max_media_bytes,
            schema_attempts=self.schema_attempts,
            store=self.store,
            team_id=self.team_id,
        )


def load_options(profile: str | None = None, **explicit: Any) -> Options:
    """The options in force.

    Args:
        profile: The profile of the configuration file; None for ``GROKCALL_PROFILE``, else its table ``[default]``.
        explicit: Options by name; None stands for "not given".

    Raises:
        InterfaceError: An option is unknown or has a value that it cannot have. The message names the option, the
            value, where it came from, and what would do.

    >>> load_options(concurrency=8).concurrency
    8
    """
    given = {name: value for name, value in {"profile": profile, **explicit}.items() if value is not None}
    refuse_unknown(given, "the arguments")
    try:
        return Options(**given)
    except ValidationError as error:
        raise InterfaceError(_one_line(error, given)) from None


def refuse_unknown(options: Iterable[str], source: str) -> None:
    """Raises InterfaceError when there is no option of one of these names; ``source`` says who gave them."""
    for name in options:
        if name not in Options.model_fields:
            known = sorted(Options.model_fields)
            raise InterfaceError(f"There is no option {name!r} (from {source}); {hint(name, known)}")


def _one_line(error: ValidationError, explicit: Mapping[str, object]) -> str:
    """What is wrong with the first option of a failed validation."""
    first = error.errors(include_url=False)[0]
    reason = first["msg"].removeprefix("Value error, ").rstrip(".")
    name = str(first["loc"][0]) if first["loc"] else reason.partition(":")[0]
    reason = reason.removeprefix(f"{name}: ")
    source, value = _origin(name, explicit)
    shown = redact(repr(value))
    shown = shown if len(shown) <= 80 else f"{shown[:79]}…"
    description = Options.model_fields[name].description
    return f"The option {name} cannot be {shown} (from {source}): {reason}. What it is: {description}"


def _origin(name: str, explicit: Mapping[str, object]) -> tuple[str, object]:
    """Where the value of an option came from, and the value."""
    if name in explicit:
        return "the arguments", explicit[name]
    environment = {variable.upper(): value for variable, value in os.environ.items()}
    for prefix in ENVIRONMENT_PREFIXES:
        variable = f"{prefix}{name.upper()}"
        if environment.get(variable):
            return variable, environment[variable]
    chosen = explicit.get("profile") or environment.get("GROKCALL_PROFILE") or environment.get("XAI_PROFILE")
    profile = read_profile(str(chosen) if chosen else None)
    return profile.source, profile.options.get(name)
