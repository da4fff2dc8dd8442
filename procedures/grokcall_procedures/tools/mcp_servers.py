"""MCP servers: what a statement says of them, and the secrets that it only names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urlsplit

from grokcall_parser.suggestions import hint
from grokcall_procedures.types import UnfitValue

WIRE_NAMES = {
    "label": "server_label",
    "url": "server_url",
    "description": "server_description",
    "allowed_tools": "allowed_tools",
    "authorization": "authorization",
    "headers": "headers",
}
"""What a server is told of, and the API's names for it."""
SECRET = re.compile(r"env:(GROKCALL_TOOL_[A-Za-z0-9_]+)")
"""A secret as it is written: the name of an environment variable. No other variable can be named."""
REFERENCE = re.compile(rf"(?:[A-Za-z][A-Za-z0-9-]* )?{SECRET.pattern}")
"""A value that is a secret, with the word of a scheme before it or without."""
SECRET_HEADERS = re.compile(r"(?i)auth|cookie|token|secret|password|key")
"""Headers whose values are secrets."""
REMEDY = "put it into an environment variable and write env:GROKCALL_TOOL_NAME"


def mcp_tool(server: Mapping[str, object], number: int) -> dict[str, object]:
    """A server as a tool of the API.

    Args:
        server: The entry of ``McpServers``.
        number: Its place there, from 1.

    Raises:
        UnfitValue: It is none; no value that may be a secret is in the message.

    >>> mcp_tool({"label": "docs", "url": "https://mcp.example.org", "authorization": "env:GROKCALL_TOOL_DOCS"}, 1)
    {'type': 'mcp', 'server_label': 'docs', 'server_url': 'https://mcp.example.org', 'authorization': \
'env:GROKCALL_TOOL_DOCS'}
    """
    where = f"server {number}"
    unknown = next((name for name in server if name not in WIRE_NAMES), None)
    if unknown is not None:
        raise UnfitValue(f"{where} has a member {unknown!r}; {hint(unknown, WIRE_NAMES, ', '.join(WIRE_NAMES))}")
    given = {name: value for name, value in server.items() if value is not None}
    for name in ("label", "url"):
        if not isinstance(given.get(name), str) or not given[name]:
            raise UnfitValue(f"{where} needs a {name!r}, which is a text")
    check_url(str(given["url"]), where)
    if not isinstance(given.get("description", ""), str):
        raise UnfitValue(f"{where}: 'description' is a text")
    tools = given.get("allowed_tools", [])
    if not isinstance(tools, list) or not all(isinstance(each, str) for each in tools):
        raise UnfitValue(f"{where}: 'allowed_tools' is a list of names")
    if "authorization" in given:
        check_secret(given["authorization"], f"{where}: 'authorization'")
    check_headers(given.get("headers", {}), where)
    return {"type": "mcp", **{wire: given[name] for name, wire in WIRE_NAMES.items() if name in given}}


def check_url(url: str, where: str) -> None:
    """Refuses an address that is not https, or has a name and a password in it."""
    try:
        parts = urlsplit(url)
        host, user = parts.hostname, parts.username
    except ValueError:
        raise UnfitValue(f"{where}: 'url' is no address") from None
    if parts.scheme.lower() != "https" or not host:
        raise UnfitValue(f"{where}: 'url' must be an https address")
    if user is not None:
        raise UnfitValue(f"{where}: 'url' has a secret in it; use 'authorization', and {REMEDY}")


def check_secret(value: object, what: str) -> None:
    """Refuses a secret that is written out: what stands in a statement gets into logs and histories."""
    if not isinstance(value, str) or not REFERENCE.fullmatch(value):
        raise UnfitValue(f"{what} must not be written out; {REMEDY}")


def check_headers(headers: object, where: str) -> None:
    """Refuses headers that are no texts, and secrets among them that are written out."""
    if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
        raise UnfitValue(f"{where}: 'headers' is an object of texts")
    for name, value in headers.items():
        if SECRET_HEADERS.search(name) or "env:" in value:
            check_secret(value, f"{where}: the header {name!r}")


def secrets_named(tools: Iterable[object]) -> tuple[str, ...]:
    """The environment variables that the MCP servers among some tools name, each once."""
    return tuple(dict.fromkeys(name for text in secret_texts(tools) for name in SECRET.findall(text)))


def secret_texts(tools: Iterable[object]) -> Iterator[str]:
    """The texts of MCP servers that may name a secret."""
    for tool in tools:
        if isinstance(tool, dict) and tool.get("type") == "mcp":
            headers = tool.get("headers")
            values = [tool.get("authorization"), *(headers.values() if isinstance(headers, dict) else ())]
            yield from (value for value in values if isinstance(value, str))


def with_secrets(tools: Iterable[object], known: Mapping[str, str]) -> list[object]:
    """The tools with the secrets in the place of their names, in MCP servers and nowhere else.

    Args:
        tools: The tools of a request.
        known: The secrets by the names of their variables.

    >>> with_secrets([{"type": "mcp", "authorization": "env:GROKCALL_TOOL_A"}], {"GROKCALL_TOOL_A": "s3cret"})
    [{'type': 'mcp', 'authorization': 's3cret'}]
    """
    return [with_its_secrets(tool, known) for tool in tools]


def with_its_secrets(tool: object, known: Mapping[str, str]) -> object:
    """One tool with its secrets."""
    if not isinstance(tool, dict) or tool.get("type") != "mcp":
        return tool

    def filled(value: object) -> object:
        return SECRET.sub(lambda found: known[found[1]], value) if isinstance(value, str) else value

    made = dict(tool)
    if "authorization" in made:
        made["authorization"] = filled(made["authorization"])
    if isinstance(made.get("headers"), dict):
        made["headers"] = {name: filled(value) for name, value in made["headers"].items()}
    return made
