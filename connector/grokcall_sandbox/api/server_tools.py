"""The service's own tools: their calls, turn by turn, and what comes of them."""

import asyncio
import base64
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import uuid4

import msgspec

from grokcall_sandbox.api.document_search import find_chunks
from grokcall_sandbox.api.tools import Item
from grokcall_sandbox.catalogue import TextModel
from grokcall_sandbox.media.pictures import make_picture
from grokcall_sandbox.media.sizes import picture_size
from grokcall_sandbox.prices import RESULT_TOKENS
from grokcall_sandbox.request import SandboxRequest
from grokcall_sandbox.text.arithmetic import answer_sum
from grokcall_sandbox.text.conversation import Conversation, Finding
from grokcall_sandbox.tokens import count_tokens

_CLIENT_TOOLS = ("function", "shell")
_REMARKING_MODELS = ("grok-4.6", "grok-4.7")
_REMARK = "Let me look at what people post about this."
_PICTURE_ASKED = re.compile(r"\b(?:draw|paint|sketch|illustrat\w+|pictures?|images?|photos?|logo|icon|poster)\b", re.I)
_FILE_RESULTS = "file_search_call.results"
_USUAL_RESULTS = 10
_MOST_CITED_FILES = 3
_HANDLE = re.compile(r"(?<!\w)@(\w{1,15})\b")


@dataclass(slots=True)
class ToolRun:
    """What tools of the service did in one answer.

    Attributes:
        rounds: The calls of each turn, which are made at once.
        results: The tokens that each turn gave the next one to read.
        counts: Calls by the name the usage block has for them.
        pages: Pages of the web that were found.
        files: Files of collections that were found, by their addresses: the best part of each.
        posts: Addresses of posts to cite beside it.
        remark: What the model says before its answer, with more than one message; else empty.
    """

    rounds: list[list[Item]] = field(default_factory=list)
    results: list[int] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    pages: list[str] = field(default_factory=list)
    files: dict[str, Finding] = field(default_factory=dict)
    posts: list[str] = field(default_factory=list)
    remark: str = ""

    @property
    def cited(self) -> list[str]:
        """Addresses to cite in the text."""
        return [*self.pages, *self.files]

    @property
    def written_tokens(self) -> int:
        """The tokens that the model wrote before its answer, which no limit of the answer counts."""
        calls = [_written(item) for calls in self.rounds for item in calls]
        return sum(count_tokens(text) for text in (*calls, self.remark))


def offers_server_tools(tools: list[Item]) -> bool:
    """True when any of the tools is one that the service runs."""
    return any(tool["type"] not in _CLIENT_TOOLS for tool in tools)


class ToolRunner:
    """Calls the tools that fit a question.

    Args:
        call: The request.
        response_id: The id of the response, which is part of those of its items.
        conversation: What was said.
        include: What the reply shall have besides.
    """

    def __init__(
        self, call: SandboxRequest, response_id: str, conversation: Conversation, include: Sequence[str] = ()
    ) -> None:
        self._call = call
        self._include = include
        self._id = response_id
        self._conversation = conversation
        self._query = conversation.question[:200]
        self._run = ToolRun()

    async def run(
        self, model: TextModel, tools: list[Item], choice: Any, max_turns: int | None, file_tokens: int
    ) -> ToolRun:
        """The calls of server-side tools: each that fits the question, and one search of the attached files.

        Args:
            model: Who calls them; newer models say something in between.
            tools: What is offered.
            choice: The `tool_choice` of the request.
            max_turns: The most turns in which tools are called; None for any number.
            file_tokens: What the attached files have.
        """
        run = self._run
        if self._conversation.documents:
            run.counts["document_search_calls"] = 1
            run.results.append(RESULT_TOKENS + file_tokens)
        if choice == "none":
            return run
        first = [item for tool in tools for item in await self._first_calls(tool, choice)]
        if first:
            self._note(first)
        if run.pages and max_turns != 1:
            self._note([self._open_page(run.pages[0])])
        if "x_search_calls" in run.counts and model.id in _REMARKING_MODELS:
            run.remark = _REMARK
        return run

    async def _first_calls(self, tool: Item, choice: Any) -> list[Item]:
        match tool["type"]:
            case "web_search":
                return [self._search_web(tool)]
            case "x_search":
                return self._search_posts(tool)
            case "code_interpreter" | "code_execution":
                return self._run_code()
            case "file_search" | "collections_search":
                return [self._search_files(tool)]
            case "mcp":
                return self._call_server(tool, choice)
            case "image_generation" if choice == "required" or _PICTURE_ASKED.search(self._conversation.question):
                return [await self._make_picture()]
        return []

    def _note(self, calls: list[Item]) -> None:
        """Take the calls of one turn."""
        run = self._run
        given = RESULT_TOKENS * len(calls)
        if not run.rounds and run.results:  # the files are searched in the first turn, too
            run.results[0] += given
        else:
            run.results.append(given)
        run.rounds.append(calls)
        for item in calls:
            kind = "x_search_call" if item["type"] == "custom_tool_call" else item["type"]
            run.counts[f"{kind}s"] = run.counts.get(f"{kind}s", 0) + 1

    def _search_web(self, tool: Item) -> Item:
        filters = {**tool, **(tool.get("filters") or {})}
        excluded = filters.get("excluded_domains") or ()
        usual = [domain for domain in ("example.com", "example.org") if domain not in excluded][:1]
        pages = [f"https://{domain}/" for domain in filters.get("allowed_domains") or usual]
        self._run.pages += pages
        sources = [{"type": "url", "url": page} for page in pages]
        return self._item("web_search_call", "ws", action={"type": "search", "query": self._query, "sources": sources})

    def _open_page(self, page: str) -> Item:
        return self._item("web_search_call", "ws", action={"type": "open_page", "url": page})

    def _search_posts(self, tool: Item) -> list[Item]:
        dates = {key: tool[key] for key in ("from_date", "to_date") if tool.get(key)}
        written = " OR ".join(f"from:{handle}" for handle in tool.get("allowed_x_handles") or ())
        without = " ".join(f"-from:{handle}" for handle in tool.get("excluded_x_handles") or ())
        words = " ".join(filter(None, (self._query, written, without)))
        number = zlib.crc32(self._query.encode())
        self._run.posts.append(f"https://x.com/i/status/{1_900_000_000_000_000_000 + number}")
        calls = [
            self._custom("x_keyword_search", {"query": words, "limit": 10, "mode": "Latest", **dates}),
            self._custom("x_semantic_search", {"query": self._query, "limit": 10, **dates}),
        ]
        named = _HANDLE.search(self._conversation.question)
        if named is not None:
            calls.append(self._custom("x_user_search", {"query": named.group(1), "count": 3}))
        return calls

    def _run_code(self) -> list[Item]:
        worked_out = answer_sum(self._conversation)
        if worked_out is None:
            return []
        code = f"print({worked_out.why.removeprefix('Worked out ').removesuffix(' exactly.')})"
        outputs = [{"type": "logs", "logs": worked_out.text}]
        return [self._item("code_interpreter_call", "ci", code=code, outputs=outputs)]

    def _search_files(self, tool: Item) -> Item:
        """A search of collections, of whose results the reply tells where it is asked to."""
        most = tool.get("max_num_results") or _USUAL_RESULTS
        found = find_chunks(self._call.state.library, self._query, list(map(str, tool["vector_store_ids"])), most)
        for _, chunk in found:
            address = f"collections://{chunk.collection_ids[0]}/files/{chunk.document.file_id}"
            if len(self._run.files) < _MOST_CITED_FILES:
                self._run.files.setdefault(address, Finding(chunk.document.name, chunk.text))
        results = [
            {
                "file_id": chunk.document.file_id,
                "filename": chunk.document.name,
                "score": round(score, 6),
                "text": chunk.text,
            }
            for score, chunk in found
        ]
        shown = results if _FILE_RESULTS in self._include else None
        return self._item("file_search_call", "fs", queries=[self._query], results=shown)

    def _call_server(self, tool: Item, choice: Any) -> list[Item]:
        """A call of an MCP server, where the question has its label or the name of one of its tools."""
        question, label = self._conversation.question, str(tool["server_label"])
        named = next((name for name in tool.get("allowed_tools") or () if name in question), None)
        if named is None and choice != "required" and label not in question:
            return []
        name = named or next(iter(tool.get("allowed_tools") or ()), "search")
        arguments = msgspec.json.encode({"query": self._query}).decode()
        output = f"{label} has nothing on: {self._query}"
        # `error` is there only where there was one: a client of xAI's refuses null.
        return [self._item("mcp_call", "mcp", name=name, server_label=label, arguments=arguments, output=output)]

    async def _make_picture(self) -> Item:
        state, prompt = self._call.state, self._conversation.question
        draw = partial(make_picture, prompt, state.seed, picture_size(1.0, "1k"))
        picture = await asyncio.get_running_loop().run_in_executor(state.renderers, draw)
        result = base64.b64encode(picture).decode()
        return self._item("image_generation_call", "ig", prompt=prompt, result=result)

    def _item(self, kind: str, prefix: str, **fields: Any) -> Item:
        return {"type": kind, "id": f"{prefix}_{self._id}_call-{uuid4()}-0", "status": "completed", **fields}

    def _custom(self, name: str, arguments: dict[str, Any]) -> Item:
        item = self._item("custom_tool_call", "ctc", name=name, input=msgspec.json.encode(arguments).decode())
        return {**item, "call_id": f"xs_{call_of(item)}"}


def call_of(item: Item) -> str:
    """The id of the call that an item of a server-side tool shows."""
    return str(item["id"]).split("_", 2)[2]


def _written(item: Item) -> str:
    action = item.get("action", {})
    return str(
        item.get("input") or item.get("code") or item.get("arguments") or action.get("query") or action.get("url") or ""
    )
