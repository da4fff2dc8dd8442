"""The tree of errors: what each is, says and keeps."""

from __future__ import annotations

import ast
import asyncio
import inspect
import pickle
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

import grokcall
import grokcall_parser
import grokcall_procedures
from grokcall import errors
from grokcall_parser import errors as parser_errors
from grokcall_procedures import errors as procedure_errors

ROOT = Path(__file__).resolve().parents[1]
ALL = [getattr(errors, name) for name in errors.__all__ if name[0].isupper()]
OWN = [kind for kind in ALL if issubclass(kind, errors.Error) and kind.__module__ != parser_errors.__name__]
SIGNALS = {
    "BrokenError", "LostMediaError", "Mismatch", "TerminationError", "TooLongError", "UnfitLiteral", "UnfitValue",
    "UnreadableAnswerError",
}  # fmt: skip
"""Exceptions between two functions, which no call raises."""
BRANCH = re.compile(r"^ {4}(?P<stem>[│ ├└─]*)(?P<name>\w+) +(?:\(also (?P<also>\w+)\) )?")
PARENTS = {
    errors.AuthenticationError: errors.OperationalError,
    errors.PermissionDeniedError: errors.OperationalError,
    errors.CreditsExhaustedError: errors.OperationalError,
    errors.RateLimitedError: errors.OperationalError,
    errors.ServerFailureError: errors.OperationalError,
    errors.ContentRefusedError: errors.DataError,
    errors.NotFoundError: errors.ProgrammingError,
    errors.InvalidRequestError: errors.ProgrammingError,
    errors.NotSentError: errors.OperationalError,
    errors.ConnectionCutError: errors.OperationalError,
    errors.ReadTimeoutError: errors.OperationalError,
    errors.ReplyTooLargeError: errors.DataError,
    errors.StreamCutError: errors.OperationalError,
    errors.ToolError: errors.OperationalError,
    errors.MalformedReplyError: errors.DataError,
    errors.AnswerMismatchError: errors.DataError,
    errors.MediaError: errors.DataError,
    errors.IncompleteAnswerError: errors.DataError,
    errors.AnswerRefusedError: errors.DataError,
    errors.NotReadyError: errors.OperationalError,
    errors.RedirectedError: errors.OperationalError,
    errors.MissingKeyError: errors.OperationalError,
    errors.MissingManagementKeyError: errors.OperationalError,
    errors.MissingToolSecretError: errors.OperationalError,
    errors.BadValueError: errors.DataError,
    errors.BatchPendingError: errors.OperationalError,
    errors.ChangeNotAllowedError: errors.ProgrammingError,
    errors.BudgetReachedError: errors.OperationalError,
    errors.ConversationBrokenError: errors.OperationalError,
    errors.FailedReplyError: errors.DatabaseError,
    errors.JournalBusyError: errors.OperationalError,
    errors.JournalDamagedError: errors.OperationalError,
    errors.JournalError: errors.OperationalError,
    errors.JournalPathError: errors.InterfaceError,
    errors.OutputClosed: errors.OperationalError,
    errors.OutputFull: errors.OperationalError,
    errors.RecordedError: errors.DatabaseError,
    errors.StoppedError: errors.OperationalError,
    errors.UnansweredError: errors.OperationalError,
    errors.UnsafeAddressError: errors.DataError,
}
MADE: dict[type[errors.Error], Callable[[str], errors.Error]] = {
    errors.BadValueError: lambda text: errors.BadValueError(text, "GenerateResponse", "Temperature", 4, "  ^"),
    errors.BatchPendingError: lambda _: errors.BatchPendingError(["batch_1"], 3, 4),
    errors.BudgetReachedError: lambda _: errors.BudgetReachedError("max_cost", Decimal("0.5"), Decimal("0.4"), 1),
    errors.ChangeNotAllowedError: lambda text: errors.ChangeNotAllowedError(text, "DeleteFile"),
    errors.FailedReplyError: lambda text: errors.FailedReplyError("bad", text, cost_ticks=7),
    errors.LookupFailedError: lambda text: errors.LookupFailedError(3, errors.DataError(text)),
    errors.NotReadyError: lambda text: errors.NotReadyError(text, "v-1"),
    errors.OutputFull: lambda text: errors.OutputFull(text, Path("rows.part"), 12),
    errors.RecordedError: lambda text: errors.RecordedError(text, "rate_limited", notes=["was late"], retryable=True),
    errors.StoppedError: lambda _: errors.StoppedError(),
    errors.UnansweredError: lambda text: errors.UnansweredError(text, billable=True, retryable=False),
}


def made(kind: type[errors.Error], message: str = "x") -> errors.Error:
    return MADE.get(kind, kind)(message)


def drawn(doc: str) -> list[tuple[str, str | None, str | None]]:
    """The classes of a tree that is drawn in a docstring, with the parent above each and the one it names beside it."""
    line: list[tuple[int, str]] = []
    found: list[tuple[str, str | None, str | None]] = []
    for text in doc.splitlines():
        branch = BRANCH.match(f"{text}  ")
        if branch is None:
            continue
        depth = len(branch["stem"])
        line = [each for each in line if each[0] < depth]
        found.append((branch["name"], line[-1][1] if line else None, branch["also"]))
        line.append((depth, branch["name"]))
    return found


def test_the_tree_that_is_drawn_is_the_tree_of_the_classes() -> None:
    tree = drawn(errors.__doc__ or "")
    assert sorted(name for name, _, _ in tree) == sorted(kind.__name__ for kind in ALL)
    for name, above, beside in tree:
        parents = [parent.__name__ for parent in getattr(errors, name).__bases__]
        assert parents == ([above or "Exception", beside] if beside else [above or "Exception"]), name


@pytest.mark.parametrize("module", [parser_errors, procedure_errors], ids=lambda module: module.__name__)
def test_the_trees_of_the_lower_packages_are_drawn_as_they_are(module) -> None:
    own = {name for name, kind in vars(module).items() if inspect.isclass(kind) and kind.__module__ == module.__name__}
    tree = {name: above for name, above, _ in drawn(module.__doc__ or "") if name in own}
    assert {*tree} == own
    assert all(getattr(module, name).__bases__[0].__name__ == above for name, above in tree.items())


def test_no_error_stands_outside_the_tree() -> None:
    # Where they were imported from, which is not the source tree when a wheel is tested.
    packages = [Path(package.__path__[0]) for package in (grokcall, grokcall_procedures, grokcall_parser)]
    homes = ("grokcall/errors/", "grokcall_procedures/errors.py", "grokcall_parser/errors.py")
    elsewhere = {
        node.name
        for package in packages
        for path in package.rglob("*.py")
        if not path.relative_to(package.parent).as_posix().startswith(homes)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef)
        and any(ast.unparse(base).endswith(("Error", "Exception", "Interrupt", "Warning")) for base in node.bases)
    }
    assert elsewhere == SIGNALS


def test_every_error_of_pep_249_is_here() -> None:
    names = [
        "Warning", "Error", "InterfaceError", "DatabaseError", "DataError", "OperationalError", "IntegrityError",
        "InternalError", "ProgrammingError", "NotSupportedError",
    ]  # fmt: skip
    assert all(getattr(errors, name) is getattr(parser_errors, name) for name in names)


def test_each_error_is_also_what_pep_249_calls_it() -> None:
    assert all(issubclass(kind, parent) for kind, parent in PARENTS.items())
    assert set(PARENTS) == set(OWN) - {errors.ServiceError, errors.TransportError, errors.LookupFailedError}


@pytest.mark.parametrize("kind", OWN)
def test_every_error_of_ours_survives_a_pickle_with_its_facts(kind: type[errors.Error]) -> None:
    error = made(kind, "What happened.")
    for name, value in {"status": 429, "request_id": "r-1", "retry_after": 2.5, "retryable": False}.items():
        if name in vars(error):
            setattr(error, name, value)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert (str(again), facts(again)) == (str(error), facts(error))


def facts(error: BaseException) -> dict[str, object]:
    """The attributes of an error, those that are errors as text."""
    return {name: str(value) if isinstance(value, Exception) else value for name, value in vars(error).items()}


def test_the_words_for_errors_are_these_and_differ() -> None:
    words = {kind.__name__: errors.error_code(made(kind)) for kind in OWN if hasattr(made(kind), "error_code")}
    assert words == {
        "ServiceError": "service",
        "AuthenticationError": "auth",
        "PermissionDeniedError": "permission",
        "CreditsExhaustedError": "credits_exhausted",
        "RateLimitedError": "rate_limited",
        "ServerFailureError": "server",
        "ContentRefusedError": "content_policy",
        "NotFoundError": "not_found",
        "InvalidRequestError": "invalid_request",
        "TransportError": "transport",
        "NotSentError": "not_sent",
        "ConnectionCutError": "connection_cut",
        "ReadTimeoutError": "read_timeout",
        "ReplyTooLargeError": "reply_too_large",
        "StreamCutError": "stream_cut",
        "ToolError": "tool",
        "RedirectedError": "redirected",
        "MissingKeyError": "missing_key",
        "MissingManagementKeyError": "missing_management_key",
        "MissingToolSecretError": "missing_tool_secret",
        "StoppedError": "cancelled",
        "AnswerMismatchError": "answer_mismatch",
        "MalformedReplyError": "malformed_reply",
        "MediaError": "media",
        "IncompleteAnswerError": "incomplete",
        "AnswerRefusedError": "refusal",
        "NotReadyError": "video_timeout",
        "BatchPendingError": "batch_pending",
        "ChangeNotAllowedError": "change_not_allowed",
        "BudgetReachedError": "budget",
        "ConversationBrokenError": "conversation_broken",
        "JournalBusyError": "journal",
        "JournalDamagedError": "journal",
        "JournalError": "journal",
        "JournalPathError": "journal",
        "RecordedError": "rate_limited",
        "UnansweredError": "batch_unanswered",
    }
    shared = {"JournalBusyError", "JournalDamagedError", "JournalPathError", "RecordedError"}
    assert len(set(words.values())) == len(words) - len(shared)


@pytest.mark.parametrize(
    ("exception", "word"),
    [
        (errors.ArgumentsError("x"), "statement"),
        (errors.DataError("x"), "bad_value"),
        (errors.ProgrammingError("x"), "program"),
        (errors.OperationalError("x"), "operational"),
        (errors.InterfaceError("x"), "interface"),
        (errors.NotSupportedError("x"), "not_supported"),
        (asyncio.CancelledError(), "cancelled"),
        (KeyboardInterrupt(), "cancelled"),
        (errors.InternalError("x"), "internal"),
        (ZeroDivisionError(), "internal"),
    ],
)
def test_every_other_exception_has_a_word_too(exception: BaseException, word: str) -> None:
    assert errors.error_code(exception) == word


def test_what_may_be_tried_again_and_what_stops_everything() -> None:
    retryable = {kind for kind in OWN if errors.is_retryable(made(kind))}
    systemic = {kind for kind in OWN if errors.is_systemic(made(kind))}
    assert retryable == {errors.RateLimitedError, errors.ServerFailureError, errors.TransportError,
                         errors.NotSentError, errors.ConnectionCutError, errors.ReadTimeoutError,
                         errors.BatchPendingError, errors.ConversationBrokenError, errors.RecordedError}  # fmt: skip
    assert systemic == {errors.AuthenticationError, errors.PermissionDeniedError, errors.CreditsExhaustedError,
                        errors.RedirectedError, errors.MissingKeyError, errors.MissingManagementKeyError,
                            errors.MissingToolSecretError,
                        errors.BatchPendingError,
                        errors.BudgetReachedError, errors.ChangeNotAllowedError, errors.JournalError,
                        errors.JournalBusyError, errors.JournalDamagedError, errors.JournalPathError}  # fmt: skip
    assert not errors.is_retryable(ValueError())
    assert not errors.is_systemic(ValueError())


def test_the_request_id_is_found_where_there_is_one() -> None:
    assert errors.request_id_of(errors.NotReadyError("x", request_id="v-1")) == "v-1"
    assert errors.request_id_of(errors.ServerFailureError("x", request_id="r-1")) == "r-1"
    assert errors.request_id_of(ValueError()) is None


def test_the_text_of_a_refusal_has_the_facts_and_the_remedy() -> None:
    error = errors.NotFoundError("No such model.", status=404, code="not-found", request_id="r-1", remedy="Look it up.")
    assert str(error) == "No such model. (HTTP 404, code not-found, request r-1) Look it up."
    assert str(errors.NotFoundError("No such model.")) == "No such model."
