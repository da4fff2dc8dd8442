"""Answers of a declared shape: typed columns before the response fields, asked for again when they do not fit."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from grokcall_procedures.answer_texts import read_answer, unfenced
from grokcall_procedures.bodies import extra_members
from grokcall_procedures.definition import Parameter, Procedure, ResultField, Values
from grokcall_procedures.documents import encode_json
from grokcall_procedures.errors import AnswerMismatchError, MalformedReplyError
from grokcall_procedures.exchanges import Asking
from grokcall_procedures.outputs.further_fields import FURTHER_FIELDS, replies_of
from grokcall_procedures.responses import REFUSED, RESPONSE_FIELDS, RESULT, STATUS, response_row
from grokcall_procedures.schemas import Mismatch, OutputSchema, declared_schema, schema_text
from grokcall_procedures.settings import Settings
from grokcall_procedures.steps import Reply, Row, Step, Steps
from grokcall_procedures.types import ParameterType, UnfitValue, described

Decoded = TypeVar("Decoded")

OUTPUT_SCHEMA = Parameter(
    "OutputSchema",
    ParameterType.STRING,
    "The shape of the answer, as columns in SQL (`'priority INTEGER, team VARCHAR'`) or as a JSON Schema: the columns "
    "come first in the result, with their types. From Python also a dataclass, a pydantic model or an Arrow schema. It "
    "must be the same for all rows.",
    named_only=True,
    decides_columns=True,
    reader=schema_text,
)
LONGEST_WORDS = 500
"""Characters of a refusal that its error quotes."""
INCOMPLETE_DETAILS = 8
"""Where in a response row this stands."""
REFUSAL_WORDS = re.compile(
    r"(?i)\b(?:sorry|apologi[sz]e|unable|cannot|can not|can['’]t|won['’]t|not able|refuse|declin)"
)
"""What refusals say that come as plain text, where the API has a part of its own for them."""
SUMMED = tuple(index for index, column in enumerate(RESPONSE_FIELDS) if column.name.startswith("Response_Usage"))
"""The usage in a response row, which is told for all asks together."""
ANSWER_FIELDS = (*RESPONSE_FIELDS, *FURTHER_FIELDS)
"""What there is to tell of an answer; procedures with many rows of one answer have it as further fields."""


def typed(procedure: Procedure, schema: OutputSchema) -> Procedure:
    """The procedure with the columns of ``schema`` before its own.

    Raises:
        UnfitValue: A column has the name of a response field.
    """
    reserved = {column.name.lower() for column in procedure.offered_fields}
    clash = next((column.name for column in schema.columns if column.name.lower() in reserved), None)
    if clash is not None:
        raise UnfitValue(f"declares the column {clash}, which is the name of a field that every result has; rename it")
    columns = tuple(
        ResultField(column.name, column.type, "", column.comment or "A declared column.") for column in schema.columns
    )
    return dataclasses.replace(procedure, fields=(*columns, *procedure.fields), answer_schema=schema)


def shaped(procedure: Procedure, parameter: Parameter, value: object, given: object = None) -> Procedure:
    """The procedure with the columns that the value of a parameter decides; NULL leaves it as it is.

    Args:
        procedure: The procedure.
        parameter: The parameter.
        value: Its value.
        given: What that was made from: a Python type that answers become instances of.

    Raises:
        UnfitValue: The value is no schema, or names a column as a response field is named.
    """
    if value is None or parameter.name != OUTPUT_SCHEMA.name:
        return procedure
    return typed(procedure, declared_schema(value if given is None else given))


def schema_is_the_only_format(values: Values, _settings: Settings) -> tuple[str, ...]:
    """Refuses a text format of the caller's own beside an OutputSchema."""
    if OUTPUT_SCHEMA.name in values and "text" in extra_members(values):
        raise UnfitValue('sets "text", which OutputSchema sets as well; leave one of them out', "ExtraBody")
    return ()


ANSWER_RULES = (schema_is_the_only_format,)


@contextmanager
def kept_whole(before: Row, bodies: Sequence[bytes]) -> Iterator[None]:
    """Has the row beside an error of the response fields be one of the whole procedure."""
    try:
        yield
    except MalformedReplyError as error:
        if error.row is not None:
            error.row = (*before, *error.row, *replies_of(bodies))
        raise


def answer_row(bodies: Sequence[bytes], ended: str | None = None) -> Row:
    """The values of an answer: the response fields, and the replies for what is made from them when it is asked for.

    Args:
        bodies: The replies that it took, the last one last.
        ended: Why it ended early; None where it did not.

    Raises:
        MalformedReplyError: A body is no JSON object, or the response is not done.
        FailedReplyError: The object says that the response failed.
    """
    return (*response_values(bodies, ended), *replies_of(bodies))


def response_values(
    bodies: Sequence[bytes], ended: str | None = None, before: Row = (), *, structured: bool = False
) -> Row:
    """The 34 values of an answer: those of the last reply, with the usage of all.

    Args:
        bodies: The replies that it took, the last one last.
        ended: Why it ended early; None where it did not.
        before: The columns before them, in the row that is kept beside an error.
        structured: Whether a JSON document was asked for.
    """
    row: Row = ()
    for number, body in enumerate(bodies, 1):
        with kept_whole(before, bodies[:number]):
            newer = response_row(body, structured=structured and number == len(bodies))
        row = summed(row, newer) if row else newer
    return row if ended is None else ended_early(row, ended)


def ended_early(row: Row, why: str) -> Row:
    """The values of a response after which the call goes on no further, although its model wants to."""
    told = encode_json({"reason": why}).decode()
    return (*row[:STATUS], "incomplete", *row[STATUS + 1 : INCOMPLETE_DETAILS], told, *row[INCOMPLETE_DETAILS + 1 :])


def with_answer(rows: Sequence[Row], answer: Row) -> list[Row]:
    """The rows of one answer, of which the first has what there is to tell of the answer, so that it is told once.

    Args:
        rows: Their columns.
        answer: What :func:`answer_row` gave.
    """
    untold: Row = (None,) * len(answer)
    return [(*row, *(untold if number else answer)) for number, row in enumerate(rows)]


def fitting_answer(ask: Asking, schema: OutputSchema, asks: int) -> Steps:
    """Asks until the answer fits ``schema``, and gives its columns and the response fields.

    Args:
        ask: Asks for an answer of the shape, anew each time.
        schema: The shape.
        asks: How often it asks at most, 1 or more.

    Raises:
        AnswerMismatchError: No answer fitted, one was cut short, or the model refused.
    """
    values, answer = yield from fitting(ask, schema.decode, tuple(None for _ in schema.columns), asks)
    return [(*values, *answer)]


def fitting(
    ask: Asking, decode: Callable[[str], Decoded], undecided: Row, asks: int
) -> Generator[Step, Reply | None, tuple[Decoded, Row]]:
    """Asks until the answer can be decoded; gives that, and what there is to tell of the answer.

    Args:
        ask: Asks for an answer of a shape, anew each time.
        decode: Reads the text of an answer; raises a Mismatch where it has another shape.
        undecided: The columns that come of the answer, in the row that is kept where there is none.
        asks: How often it asks at most, 1 or more.

    Raises:
        AnswerMismatchError: No answer fitted, one was cut short, or the model refused.
    """
    bodies: list[bytes] = []
    for number in range(1, asks + 1):
        exchange = yield from ask()
        bodies += exchange.bodies
        row = response_values(bodies, exchange.ended, undecided, structured=True)
        kept = (*undecided, *row, *replies_of(bodies))
        check_answered(row, kept)
        try:
            return decode(str(row[RESULT] or "")), kept[len(undecided) :]
        except Mismatch as error:
            if number == asks:
                raise mismatch_error(error, asks, kept) from None
    raise AssertionError("a question is asked at least once")


def check_answered(row: Row, kept: Row) -> None:
    """Refuses an answer that was cut short, or is a refusal; to ask again would not mend that.

    Args:
        row: The 34 values of the response.
        kept: The result to keep beside the error.

    Raises:
        AnswerMismatchError: It is one of these.
    """
    if is_refused(row):
        words = str(row[RESULT] or "")[:LONGEST_WORDS]
        raise AnswerMismatchError(f"the model refused to answer: {words}", error_code="refusal", row=kept)
    if is_cut(row):
        raise cut_short(row, kept)


def is_refused(row: Row) -> bool:
    """Whether the service marks an answer as a refusal."""
    return row[INCOMPLETE_DETAILS] == REFUSED


def is_cut(row: Row) -> bool:
    """Whether an answer was cut short."""
    return row[STATUS] == "incomplete" or row[INCOMPLETE_DETAILS] not in (None, REFUSED)


def cut_short(row: Row, kept: Row) -> AnswerMismatchError:
    """The error of an answer of which the end is missing."""
    details = row[INCOMPLETE_DETAILS] or "it is not said why"
    return AnswerMismatchError(
        f"the answer is {row[STATUS]} ({details}), so its columns cannot be read; a larger "
        "MaxOutputTokens gives it more room",
        error_code="incomplete",
        row=kept,
    )


def document_in(row: Row, kept: Row) -> object:
    """The JSON value that an answer is, or its text where it is none.

    Args:
        row: The 34 values of the response.
        kept: The result to keep beside an error.

    Raises:
        AnswerMismatchError: It was cut short before its end.
        MalformedReplyError: It is broken JSON, or there is no answer.
    """
    answer = str(row[RESULT] or "")
    try:
        return read_answer(answer)
    except (ValueError, RecursionError):
        if is_cut(row):
            raise cut_short(row, kept) from None
    if not answer.strip() or unfenced(answer).startswith(("{", "[")):
        raise not_as_asked(answer, kept)
    return unfenced(answer)


def is_refusal(document: object) -> bool:
    """Whether a text in the place of a document says that the model refuses."""
    return isinstance(document, str) and REFUSAL_WORDS.search(document[:LONGEST_WORDS]) is not None


def not_as_asked(answer: str, kept: Row) -> MalformedReplyError:
    """The error of an answer that does not obey the schema that it was given."""
    return MalformedReplyError(f"the answer is not the JSON that was asked for: {described(answer)}", row=kept)


def summed(before: Row, row: Row) -> Row:
    """The newer row, with what both used."""
    return tuple(
        (value or 0) + (earlier or 0)  # type: ignore[operator]
        if index in SUMMED and (value is not None or earlier is not None)
        else value
        for index, (earlier, value) in enumerate(zip(before, row, strict=True))
    )


def mismatch_error(error: Mismatch, asks: int, kept: Row) -> AnswerMismatchError:
    """The error of a question whose answers did not fit."""
    times = "" if asks == 1 else f" (asked {asks} times)"
    return AnswerMismatchError(f"the answer does not fit OutputSchema{times}: {error}", error.place, row=kept)
