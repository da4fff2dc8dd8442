"""There is an answer, and it does not do."""

from __future__ import annotations

from typing import ClassVar

from grokcall_parser.errors import DataError, OperationalError


class IncompleteAnswerError(DataError):
    """The answer was cut short, and the lookup's ``on_incomplete`` lets only whole ones count. It was billed.

    Args:
        reason: The API's word for why, for example ``max_output_tokens``.
        request_id: What the service calls the request.
        cost_ticks: What the answer was billed, all tries together, in ticks.
        stopped_by: What kept it from being asked for again with a larger limit; None where nothing did.
    """

    error_code: ClassVar[str] = "incomplete"
    retryable: bool = False

    def __init__(
        self,
        reason: str = "unknown",
        *,
        request_id: str | None = None,
        cost_ticks: int | None = None,
        stopped_by: OperationalError | None = None,
    ) -> None:
        remedy = ": a larger MaxOutputTokens gives it more room" if reason == "max_output_tokens" else ""
        super().__init__(f"the answer is incomplete ({reason}){remedy}")
        self.reason = reason
        self.request_id = request_id
        self.cost_ticks = cost_ticks
        self.stopped_by = stopped_by

    def __reduce__(self) -> tuple[object, ...]:
        facts = {"request_id": self.request_id, "cost_ticks": self.cost_ticks, "stopped_by": self.stopped_by}
        return type(self), (self.reason,), facts


class AnswerRefusedError(DataError):
    """The model refused to answer, and the lookup's ``on_incomplete`` lets only answers count. It was billed.

    Args:
        words: What the model said instead; its first 500 characters are kept.
        request_id: What the service calls the request.
        cost_ticks: What the refusal was billed, in ticks.
    """

    error_code: ClassVar[str] = "refusal"
    retryable: bool = False

    def __init__(self, words: str = "", *, request_id: str | None = None, cost_ticks: int | None = None) -> None:
        self.words: str = words[:500]
        super().__init__("the model refused to answer" + (f": {self.words}" if self.words else ""))
        self.request_id = request_id
        self.cost_ticks = cost_ticks

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.words,), {"request_id": self.request_id, "cost_ticks": self.cost_ticks}


class MediaError(DataError):
    """An image, audio or a video could not be fetched: the link has expired, leads elsewhere, or holds another thing.

    Args:
        message: Which link, and why.
        request_id: What the service calls the request that made it.
    """

    error_code: ClassVar[str] = "media"
    retryable: bool = False

    def __init__(self, message: str, *, request_id: str | None = None) -> None:
        super().__init__(message)
        self.request_id = request_id


class ToolError(OperationalError):
    """A tool that the model called failed, and the option ``on_tool_error`` lets the call fail with it.

    The rounds before it were billed; a rerun with a journal goes on from them and runs the tool again.

    Args:
        message: What it failed with.
        tool: Its name.
        cost_ticks: What the rounds before it were billed, in ticks.
    """

    error_code: ClassVar[str] = "tool"
    retryable: bool = False

    def __init__(self, message: str, *, tool: str | None = None, cost_ticks: int | None = None) -> None:
        super().__init__(message)
        self.tool = tool
        self.cost_ticks = cost_ticks

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (str(self),), {"tool": self.tool, "cost_ticks": self.cost_ticks}
