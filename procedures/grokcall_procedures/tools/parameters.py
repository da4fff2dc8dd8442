"""What the answers' procedures take beyond the vendor's parameters: by name only, shared by all four."""

from __future__ import annotations

import datetime
from typing import Any

from grokcall_procedures.definition import Parameter
from grokcall_procedures.tools.lists import read_entries, read_items, read_objects, read_texts
from grokcall_procedures.types import ParameterType, UnfitValue, described, to_string

MOST_DOMAINS = 5
MOST_HANDLES = 20
MOST_COLLECTIONS = 10
MOST_RESULTS = 50
MOST_ROUNDS = 64
USUAL_ROUNDS = 8
TOOL_OUTPUTS = "ToolOutputs"
PROMPT_CACHE_KEY = "PromptCacheKey"


def read_day(value: object) -> str:
    """A day as ``YYYY-MM-DD``; of a moment its day.

    Raises:
        UnfitValue: It is none.

    >>> read_day("2026-10-01"), read_day(datetime.datetime(2026, 10, 1, 12))
    ('2026-10-01', '2026-10-01')
    """
    text = to_string(value).strip()
    try:
        return datetime.datetime.fromisoformat(text).date().isoformat()
    except ValueError:
        raise UnfitValue(f"expected a day such as '2026-10-01', got {described(text)}") from None


def _by_name(name: str, kind: ParameterType, doc: str, **more: Any) -> Parameter:
    return Parameter(name, kind, doc, named_only=True, **more)


_BOOLEAN, _STRING, _JSON = ParameterType.BOOLEAN, ParameterType.STRING, ParameterType.JSON

WEB_SEARCH_PARAMETERS = (
    _by_name("WebSearch", _BOOLEAN, "Whether the model may search the web, at the service's fee for each search."),
    _by_name(
        "WebSearchDomains",
        _JSON,
        f"A list of at most {MOST_DOMAINS} domains, or one: only these are searched. Not together with "
        "WebSearchExcludedDomains.",
        reader=read_texts,
    ),
    _by_name(
        "WebSearchExcludedDomains",
        _JSON,
        f"A list of at most {MOST_DOMAINS} domains, or one, that are not searched.",
        reader=read_texts,
    ),
    _by_name("WebSearchImages", _BOOLEAN, "Whether the model looks at the images of the pages it finds."),
    _by_name("WebSearchFindImages", _BOOLEAN, "Whether the model may search for images as well."),
)
X_SEARCH_PARAMETERS = (
    _by_name("XSearch", _BOOLEAN, "Whether the model may search posts on X; the fee is for each post that is read."),
    _by_name(
        "XSearchHandles",
        _JSON,
        f"A list of at most {MOST_HANDLES} handles, or one, with `@` or without: only their posts are searched. Not "
        "together with XSearchExcludedHandles.",
        reader=read_texts,
    ),
    _by_name(
        "XSearchExcludedHandles",
        _JSON,
        f"A list of at most {MOST_HANDLES} handles, or one, whose posts are not searched.",
        reader=read_texts,
    ),
    _by_name("XSearchFrom", _STRING, "The first day of the posts, as in '2026-10-01'.", reader=read_day),
    _by_name("XSearchTo", _STRING, "The last day of the posts.", reader=read_day),
    _by_name("XSearchImages", _BOOLEAN, "Whether the model looks at the images of posts."),
    _by_name("XSearchVideos", _BOOLEAN, "Whether the model looks at the videos of posts."),
)
FILE_SEARCH_PARAMETERS = (
    _by_name(
        "Collections",
        _JSON,
        f"A list of 1 to {MOST_COLLECTIONS} ids of collections, or one: the model may search their documents.",
        reader=read_texts,
    ),
    _by_name(
        "MaxSearchResults",
        ParameterType.INT32,
        "The most results of a search in Collections; the service gives 10 when it is NULL.",
        low=1,
        high=MOST_RESULTS,
    ),
)
MCP_SERVERS = _by_name(
    "McpServers",
    _JSON,
    "A list of MCP servers that the service may use, or one: "
    '`{"label": "docs", "url": "https://…", "description": …, "allowed_tools": […], "authorization": …, '
    '"headers": {…}}`. A secret is written as `env:GROKCALL_TOOL_NAME`, the environment variable that has it: its '
    "value is put in when the request is sent, and shown nowhere.",
    reader=read_objects,
    secret=True,
)
TOOL_CHOICE = _by_name(
    "ToolChoice",
    _STRING,
    "`auto`, `none`, `required`, or the name of a function in Tools that has to be called.",
)
MAX_ROUNDS = _by_name(
    "MaxRounds",
    ParameterType.INT32,
    f"The most times that the model is asked when it calls tools of yours; {USUAL_ROUNDS} when it is NULL. An "
    "answer that would need more is incomplete.",
    low=1,
    high=MOST_ROUNDS,
)
SERVICE_TIER = _by_name(
    "ServiceTier",
    ParameterType.ENUM,
    "`priority` is served first, at twice the price of tokens.",
    values=("default", "priority"),
)
TOOL_USE_PARAMETERS = (
    _by_name(
        "Tools",
        _JSON,
        "A list of further tools: names of your own (`CREATE TOOL`, `connection.tool`) and of procedures, which run "
        "here; names of the service's own (`view_image`, `view_x_video`, `image_generation`, …); and objects of the "
        "API, which are sent as they are. Calls of a function that is none of your tools are not made: they stand in "
        "Response_ToolCalls with the status `pending`, and their results go back as ToolOutputs.",
        reader=read_entries,
        secret=True,
    ),
    TOOL_CHOICE,
    _by_name("ParallelToolCalls", _BOOLEAN, "Whether several tools may be called at once; they may when it is NULL."),
    MAX_ROUNDS,
    _by_name(
        TOOL_OUTPUTS,
        _JSON,
        'What calls of functions gave: `[{"call_id": "…", "output": …}]`, with the `id` of each call in '
        "Response_ToolCalls. It goes with PreviousResponseId or History, and Message may then be NULL.",
        reader=read_objects,
    ),
)
INPUT_PARAMETERS = (
    _by_name(
        "History",
        _JSON,
        "What was said before, as a list of the API's input items; an earlier Response_Output is such a list, and may "
        "stand in it as well. It is put before the message.",
        reader=read_items,
    ),
    _by_name(
        "Include",
        _JSON,
        "A list of what the reply shall have besides, in the API's words. `reasoning.encrypted_content` is among it by "
        "itself where Store is FALSE and tools or History are used.",
        reader=read_texts,
    ),
    SERVICE_TIER,
    _by_name(
        PROMPT_CACHE_KEY,
        _STRING,
        "Calls with the same key and the same beginning share the service's cache. In a lookup it is, when it is NULL, "
        "a hash of the model and the instructions.",
    ),
    _by_name("SafetyIdentifier", _STRING, "A word of yours for the end user, by which the service tells abuse apart."),
    _by_name(
        "Files",
        _JSON,
        "A list of ids of uploaded files, or of https addresses, or one; they come after the procedure's own.",
        reader=read_texts,
    ),
    _by_name(
        "Images",
        _JSON,
        "A list of ids of uploaded images, https addresses or data URIs, or one; they come after the procedure's own.",
        reader=read_texts,
    ),
)
TOOL_PARAMETERS = (
    *WEB_SEARCH_PARAMETERS,
    *X_SEARCH_PARAMETERS,
    _by_name("CodeInterpreter", _BOOLEAN, "Whether the model may run Python code at the service."),
    *FILE_SEARCH_PARAMETERS,
    MCP_SERVERS,
    *TOOL_USE_PARAMETERS,
    *INPUT_PARAMETERS,
)
"""All of them, in their order."""
