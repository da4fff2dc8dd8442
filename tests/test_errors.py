"""The tree of errors: what each is, says and keeps."""

from __future__ import annotations

import asyncio
import pickle

import pytest

from grokcall import errors
from grokcall_parser import errors as parser_errors

OWN = [
    getattr(errors, name)
    for name in errors.__all__
    if name[0].isupper() and not getattr(errors, name).__module__.startswith("grokcall_parser")
]
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
    errors.MalformedReplyError: errors.DataError,
    errors.AnswerMismatchError: errors.DataError,
    errors.MediaError: errors.DataError,
    errors.IncompleteAnswerError: errors.DataError,
    errors.AnswerRefusedError: errors.DataError,
    errors.NotReadyError: errors.OperationalError,
    errors.RedirectedError: errors.OperationalError,
    errors.MissingKeyError: errors.OperationalError,
    errors.StoppedError: errors.OperationalError,
}


def made(kind: type[errors.Error], message: str = "x") -> errors.Error:
    return kind(message, request_id="v-1") if kind is errors.NotReadyError else kind(message)


def test_every_error_of_pep_249_is_here() -> None:
    names = [
        "Warning", "Error", "InterfaceError", "DatabaseError", "DataError", "OperationalError", "IntegrityError",
        "InternalError", "ProgrammingError", "NotSupportedError",
    ]  # fmt: skip
    assert all(getattr(errors, name) is getattr(parser_errors, name) for name in names)


def test_each_error_is_also_what_pep_249_calls_it() -> None:
    assert all(issubclass(kind, parent) for kind, parent in PARENTS.items())
    assert set(PARENTS) == set(OWN) - {errors.ServiceError, errors.TransportError}


@pytest.mark.parametrize("kind", OWN)
def test_every_error_of_ours_survives_a_pickle_with_its_facts(kind: type[errors.Error]) -> None:
    error = made(kind, "What happened.")
    for name, value in {"status": 429, "request_id": "r-1", "retry_after": 2.5, "retryable": False}.items():
        if name in vars(error):
            setattr(error, name, value)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert (str(again), vars(again)) == (str(error), vars(error))


def test_the_words_for_errors_are_these_and_differ() -> None:
    words = {kind.__name__: errors.error_code(made(kind)) for kind in OWN}
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
        "RedirectedError": "redirected",
        "MissingKeyError": "missing_key",
        "StoppedError": "cancelled",
        "AnswerMismatchError": "answer_mismatch",
        "MalformedReplyError": "malformed_reply",
        "MediaError": "media",
        "IncompleteAnswerError": "incomplete",
        "AnswerRefusedError": "refusal",
        "NotReadyError": "video_timeout",
    }
    assert len(set(words.values())) == len(words)


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
                         errors.NotSentError, errors.ConnectionCutError, errors.ReadTimeoutError}  # fmt: skip
    assert systemic == {errors.AuthenticationError, errors.PermissionDeniedError, errors.CreditsExhaustedError,
                        errors.RedirectedError, errors.MissingKeyError}  # fmt: skip
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
