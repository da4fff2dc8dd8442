"""The options of a connection: from arguments, the environment and a profile, checked once.

An argument wins over ``GROKCALL_<NAME>``, that over ``XAI_<NAME>``, that over the profile, that over the default.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar
from urllib.parse import urlsplit

from pydantic import ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from grokcall.config.declared_options import DeclaredOptions
from grokcall.config.option_values import base_url_text, header_text, model_table
from grokcall.config.profiles import read_profile
from grokcall.config.regions import REGIONS, SURCHARGE_PERCENT
from grokcall.core.declarations import Declaration, declarations
from grokcall.core.local_files import FILES
from grokcall.core.redaction import redact
from grokcall.errors import InterfaceError
from grokcall_parser.suggestions import hint
from grokcall_procedures.addresses import is_loopback
from grokcall_procedures.settings import Settings
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


DECLARED: Mapping[str, Declaration] = declarations(DeclaredOptions)
"""What is known of each option."""


class _ProfileSource(InitSettingsSource):
    """The options of the profile in the configuration file."""

    def __init__(self, settings_cls: type[BaseSettings], name: str | None) -> None:
        self.init_kwargs: dict[str, Any] = {}  # for the repr, which an error below may ask for
        self.profile = read_profile(name)
        refuse_unknown(self.profile.options, self.profile.source)
        super().__init__(settings_cls, init_kwargs=dict(self.profile.options))


class Options(BaseSettings, DeclaredOptions):
    """Every option of a connection; :func:`grokcall.connect` puts them together."""

    model_config: ClassVar[SettingsConfigDict] = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        validate_default=True,
        enable_decoding=False,  # of JSON, which is one of the ways to write default_models
    )

    @field_validator("default_models", mode="before")
    @classmethod
    def _laid_over_the_usual(cls, value: object) -> object:
        return model_table(value)

    @field_validator("base_url", "management_base_url")
    @classmethod
    def _an_address(cls, text: str) -> str:
        return base_url_text(text)

    @field_validator("user_agent", "team_id")
    @classmethod
    def _fit_for_a_header(cls, text: str | None) -> str | None:
        return text if text is None else header_text(text)

    @field_validator("*")
    @classmethod
    def _in_its_range(cls, value: Any, info: ValidationInfo) -> Any:
        fault = DECLARED[str(info.field_name)].fault(value)
        if fault is not None:
            raise ValueError(fault)
        return value

    @model_validator(mode="before")
    @classmethod
    def _in_a_region(cls, given: dict[str, Any]) -> dict[str, Any]:
        address = REGIONS.get(str(given.get("region")))
        if address is None:
            return given
        if given.get("base_url") not in (None, address):
            raise ValueError("region: it has an address of its own, so base_url is not to be given as well")
        return {**given, "base_url": address}

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

    @property
    def surcharge_percent(self) -> int:
        """What is added to the price of tokens."""
        return 0 if self.region is None else SURCHARGE_PERCENT

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
            speech_characters=self.speech_characters,
            schema_attempts=self.schema_attempts,
            store=self.store,
            allow_files=self.allow_files,
            files=FILES,
            tool_mixing=self.tool_mixing,
            team_id=self.team_id,
        )


for _name, _known in DECLARED.items():
    Options.model_fields[_name].description = _known.description


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
        if name not in DECLARED:
            raise InterfaceError(f"There is no option {name!r} (from {source}); {hint(name, sorted(DECLARED))}")


def _one_line(error: ValidationError, explicit: Mapping[str, object]) -> str:
    """What is wrong with the first option of a failed validation."""
    first = error.errors(include_url=False)[0]
    reason = first["msg"].removeprefix("Value error, ").rstrip(".")
    name = str(first["loc"][0]) if first["loc"] else reason.partition(":")[0]
    reason = reason.removeprefix(f"{name}: ")
    source, value = _origin(name, explicit)
    shown = redact(repr(value))
    shown = shown if len(shown) <= 80 else f"{shown[:79]}…"
    return f"The option {name} cannot be {shown} (from {source}): {reason}. What it is: {DECLARED[name].description}"


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
