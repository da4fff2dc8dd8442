"""The options of a connection, each declared once.

A further option is one more attribute here: :class:`grokcall.Options`, the environment, profiles, addresses, flags,
help and pages take it from here.
"""

# No annotations from __future__: pydantic before 2.10 would look for the names in them where it makes its model.

from collections.abc import Mapping
from dataclasses import field
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from grokcall._version import __version__
from grokcall.core.declarations import About, Flag
from grokcall.core.option_facts import (
    ALLOW_CHANGES,
    ASSUMED_OUTPUT_TOKENS,
    ASSUMED_REASONING_TOKENS,
    ASSUMED_TOOL_COST,
    CONCURRENCY,
    MAX_CALLS,
    MAX_COST,
    MAX_DURATION,
    MAX_TOKENS,
    MESSAGES,
    PACE,
    RECEIVE,
    SERVICE,
    VALUES,
    Receive,
)
from grokcall_procedures.settings import FileTransfer, Settings, ToolLimitField, ToolMixing

USUAL = Settings()
"""What procedures go by where nothing is said."""
DAY = 86_400
FASTEST = 1_000_000_000


class DeclaredOptions:
    """The options of a connection, before their values are checked."""

    profile: Annotated[
        str | None,
        About(
            "The table [profiles.NAME] of the configuration file to use.",
            flag=Flag("NAME", SERVICE, help="The profile of the configuration file."),
        ),
    ] = None
    base_url: Annotated[
        str,
        About(
            "The address of the API: https, or http on this machine.",
            more="Any server with /responses will do.",
            flag=Flag("URL", SERVICE),
        ),
    ] = "https://api.x.ai/v1"
    region: Annotated[
        Literal["us"] | None,
        About(
            "A region that requests do not leave: `us`, in the place of base_url.",
            none="wherever the service likes",
            more="It serves text alone and adds 10 % to the price of tokens.",
            flag=Flag("NAME", SERVICE),
        ),
    ] = None
    transport: Annotated[
        Literal["aiohttp", "httpx"], About("The HTTP client that sends requests.", flag=Flag(heading=SERVICE))
    ] = "aiohttp"
    management_base_url: Annotated[
        str, About("The address of the management host, which has a key of its own; to be given where base_url is.")
    ] = "https://management-api.x.ai"
    team_id: Annotated[
        str | None,
        About("The team that management procedures look after.", none="that of the management key", least=1, most=200),
    ] = USUAL.team_id
    allow_http: Annotated[bool, About("Whether base_url may be http beyond this machine, key in the clear.")] = False
    allow_private_media: Annotated[
        bool, About("Whether results may be fetched from private addresses when base_url is not on this machine.")
    ] = False
    timeout: Annotated[
        float | None,
        About("Seconds to wait for a text answer.", above=0, most=DAY, none="600", flag=Flag("SECONDS", PACE)),
    ] = None
    receive: Annotated[Receive, RECEIVE] = "whole"
    idle_timeout: Annotated[
        float,
        About(
            "Seconds without a byte after which an answer in pieces is given up.",
            above=0,
            most=DAY,
            more="It is the only limit of time for such an answer.",
            flag=Flag("SECONDS", PACE),
        ),
    ] = 600.0
    connect_timeout: Annotated[
        float, About("Seconds to wait for a connection.", above=0, most=DAY, flag=Flag("SECONDS", PACE))
    ] = 10.0
    max_attempts: Annotated[
        int,
        About(
            "How often one request is sent at most.",
            least=1,
            most=20,
            more="With 1 there is no second try.",
            flag=Flag("N", PACE),
        ),
    ] = 5
    concurrency: Annotated[int, CONCURRENCY] = 64
    requests_per_second: Annotated[
        float | None,
        About(
            "Requests a second to each model at most.",
            above=0,
            most=FASTEST,
            none="what is learned",
            flag=Flag("N", PACE),
        ),
    ] = None
    requests_per_minute: Annotated[
        float | None,
        About(
            "Requests a minute to each model at most.",
            above=0,
            most=FASTEST,
            none="what is learned",
            flag=Flag("N", PACE),
        ),
    ] = None
    tokens_per_minute: Annotated[
        float | None,
        About(
            "Tokens a minute of each model at most.",
            above=0,
            most=FASTEST,
            none="what is learned",
            flag=Flag("N", PACE),
        ),
    ] = None
    retry_billed: Annotated[
        bool,
        About(
            "Whether a request that may have been billed is sent again when its answer is lost; each is paid.",
            flag=Flag(heading=PACE),
        ),
    ] = False
    poll_interval: Annotated[
        float,
        About(
            "Seconds between two looks at a video, a batch or a document that is indexed.",
            above=0,
            most=DAY,
            flag=Flag("SECONDS", PACE),
        ),
    ] = USUAL.poll_interval
    poll_timeout: Annotated[
        float,
        About(
            "Seconds after which a video, or a document that is indexed, is given up.",
            above=0,
            most=DAY,
            flag=Flag("SECONDS", PACE),
        ),
    ] = USUAL.poll_timeout
    max_cost: Annotated[Decimal | None, MAX_COST] = None
    max_calls: Annotated[int | None, MAX_CALLS] = None
    max_tokens: Annotated[int | None, MAX_TOKENS] = None
    max_duration: Annotated[float | None, MAX_DURATION] = None
    assumed_output_tokens: Annotated[int | None, ASSUMED_OUTPUT_TOKENS] = None
    assumed_reasoning_tokens: Annotated[int | None, ASSUMED_REASONING_TOKENS] = None
    assumed_tool_cost: Annotated[Decimal | None, ASSUMED_TOOL_COST] = None
    default_models: Annotated[
        Mapping[str, str],
        About(
            "The model of each kind (text, image, image_edit, video, video_edit) when a call names none.",
            least=1,
            most=200,
            flag=Flag("KIND=ID", VALUES, ("--default-model",), "The model where a call names none: text=grok-4.6."),
        ),
    ] = field(default_factory=lambda: USUAL.default_models)
    strict_arity: Annotated[
        bool, About("Whether a call has to give every declared argument.", flag=Flag(heading=VALUES))
    ] = USUAL.strict_arity
    strict_enums: Annotated[
        bool, About("Whether a value that an Enum does not list is refused.", flag=Flag(heading=VALUES))
    ] = USUAL.strict_enums
    tool_limit_field: Annotated[ToolLimitField, About("The wire name of MaxToolCalls.")] = USUAL.tool_limit_field
    tool_timeout: Annotated[
        float, About("Seconds that a tool of yours may take.", above=0, most=DAY, flag=Flag("SECONDS", PACE))
    ] = 60.0
    tool_database: Annotated[
        Path | None,
        About(
            "The DuckDB file that the queries of tools read.",
            none="the database of queries",
            flag=Flag("FILE", VALUES),
        ),
    ] = None
    tool_query_timeout: Annotated[
        float, About("Seconds after which a query of a tool is interrupted.", above=0, most=DAY)
    ] = 10.0
    tool_query_rows: Annotated[int, About("Rows that a query of a tool gives the model.", least=1, most=1_000_000)] = (
        200
    )
    tool_threads: Annotated[int, About("How many tools run at a time.", least=1, most=1024)] = 8
    tool_output_bytes: Annotated[
        int, About("Bytes of a tool's output that the model is shown; a longer one is cut.", least=256, most=1 << 24)
    ] = 16_384
    on_tool_error: Annotated[
        Literal["tell", "fail"], About("Whether the model is told when a tool fails, or the call fails.")
    ] = "tell"
    tool_mixing: Annotated[
        ToolMixing,
        About("What to do where tools that read your data meet pages that others have written: warn, refuse, allow."),
    ] = USUAL.tool_mixing
    tools_may_change: Annotated[
        bool, About("Whether a model may call procedures as tools that make, change or remove things.")
    ] = False
    file_transfer: Annotated[FileTransfer, About("How files are sent.")] = USUAL.file_transfer
    max_media_bytes: Annotated[
        int, About("The largest file, image, audio or video to send or to download, in bytes.", least=1, most=1 << 40)
    ] = USUAL.max_media_bytes
    catalog: Annotated[
        Path | None,
        About(
            "The file that keeps user-defined procedures.",
            none="none that outlives the connection",
            flag=Flag("FILE", VALUES),
        ),
    ] = None
    database: Annotated[
        Path | None,
        About(
            "The DuckDB file in which queries run, made where there is none.",
            none="one in memory",
            flag=Flag("FILE", VALUES),
        ),
    ] = None
    speech_characters: Annotated[
        int,
        About("The longest text that GenerateAudio sends, in characters.", least=1, most=1_000_000),
    ] = USUAL.speech_characters
    schema_attempts: Annotated[
        int, About("How often a question is asked at most until its answer fits OutputSchema.", least=1, most=10)
    ] = USUAL.schema_attempts
    store: Annotated[
        bool | None,
        About(
            "Whether the service keeps answers where a call names no Store.",
            none="its own rule: 30 days",
            flag=Flag(
                heading=SERVICE, help="Whether the service keeps answers for 30 days where a call names no Store."
            ),
        ),
    ] = USUAL.store
    allow_changes: Annotated[bool, ALLOW_CHANGES] = False
    allow_files: Annotated[
        bool,
        About(
            "Whether text in statements may name files on this machine, to be sent ('file:path') or written.",
            flag=Flag(
                heading=VALUES,
                help="Let text name files to send ('file:path') or write; call and sql do unless told otherwise.",
            ),
        ),
    ] = USUAL.allow_files
    read_only: Annotated[
        bool, About("Whether nothing may be made, changed or removed at the service.", flag=Flag(heading=VALUES))
    ] = False
    traces: Annotated[
        bool,
        About(
            "Whether each call is a span of OpenTelemetry.",
            more="It needs the extra otel, and goes to the provider of the process.",
            flag=Flag(heading=MESSAGES, help="Send each call as a span to where the variables OTEL_* say."),
        ),
    ] = False
    trace_content: Annotated[
        bool, About("Whether spans have what is asked and answered as well, redacted; it is of use with traces alone.")
    ] = False
    trust_env_proxies: Annotated[
        bool, About("Whether HTTP_PROXY, HTTPS_PROXY and NO_PROXY (or the system's settings) are heeded.")
    ] = True
    ca_file: Annotated[
        Path | None, About("A PEM file of further certificate authorities to trust, such as a company's own.")
    ] = None
    client_certificate: Annotated[
        Path | None, About("A PEM file of the certificate that is shown to a service which asks for one (mTLS).")
    ] = None
    client_key: Annotated[
        Path | None,
        About("A PEM file of its private key, without a passphrase.", none="that in the file of the certificate"),
    ] = None
    user_agent: Annotated[str, About("The header User-Agent.", least=1, most=200)] = f"grokcall/{__version__}"
