"""Wrong statements and values through a connection: what a person is told, as which exception, and nothing is sent."""

from __future__ import annotations

import pytest

import grokcall
from grokcall import ArgumentsError, BadValueError, CallSyntaxError, StatementError, UnknownNameError

HI = {"Message": "hi"}
# The statement, its parameters, the exception, and the first line of what it says.
WRONG = [
    (
        "CALL GenerateRespons('hi')",
        None,
        UnknownNameError,
        "there is no procedure GenerateRespons; did you mean GenerateResponse?",
    ),
    (
        "CALL Nothing('hi')",
        None,
        UnknownNameError,
        "there is no procedure Nothing; SHOW PROCEDURES lists those there are",
    ),
    (
        "DESCRIBE PROCEDURE GenerateImag",
        None,
        UnknownNameError,
        "there is no procedure GenerateImag; did you mean GenerateImage?",
    ),
    (
        "EXPLAIN CALL GenerateRespons('hi')",
        None,
        UnknownNameError,
        "there is no procedure GenerateRespons; did you mean GenerateResponse?",
    ),
    (
        "CALL GenerateResponse()",
        None,
        ArgumentsError,
        "GenerateResponse needs Message (position 1, String): add the argument",
    ),
    (
        "CALL GenerateResponse(Model => 'grok-4.3')",
        None,
        ArgumentsError,
        "GenerateResponse needs Message (position 1, String): add the argument",
    ),
    (
        "CALL GenerateResponse('hi', Mesage => 'x')",
        None,
        UnknownNameError,
        "GenerateResponse has no parameter Mesage; did you mean Message?",
    ),
    (
        "CALL GetModel('m', Colour => 'x')",
        None,
        UnknownNameError,
        "GetModel has no parameter Colour; it has: Model",
    ),
    (
        "CALL GenerateResponse('hi', Message => 'again')",
        None,
        ArgumentsError,
        "GenerateResponse: Message (position 1) is given twice; keep one of them",
    ),
    (
        "CALL GenerateResponse('hi', Model => 'a', MODEL => 'b')",
        None,
        ArgumentsError,
        "MODEL is given twice, first at line 1, column 29; leave one out",
    ),
    (
        "CALL GetModel('a', 'b')",
        None,
        ArgumentsError,
        "GetModel takes at most 1 argument, got 2",
    ),
    (
        "CALL ListModels('a')",
        None,
        ArgumentsError,
        "ListModels takes no arguments by position, got 1",
    ),
    (
        "CALL GenerateResponse(NULL)",
        None,
        BadValueError,
        "GenerateResponse: parameter Message (position 1): is required and must not be NULL",
    ),
    (
        "CALL GenerateResponse(:Message)",
        {"Message": None},
        BadValueError,
        "GenerateResponse: parameter Message (position 1): is required and must not be NULL",
    ),
    (
        "CALL GenerateResponse('')",
        None,
        BadValueError,
        "GenerateResponse: parameter Message (position 1): must not be empty",
    ),
    (
        "CALL GenerateResponse('hi', Temperature => 'warm')",
        None,
        BadValueError,
        "GenerateResponse: parameter Temperature (position 5): expected a number, got 'warm'",
    ),
    (
        "CALL GenerateResponse('hi', Temperature => 2.5)",
        None,
        BadValueError,
        "GenerateResponse: parameter Temperature (position 5): must be 0 to 2, got 2.5",
    ),
    (
        "CALL GenerateResponse('hi', Temperature => :t)",
        {"t": float("inf")},
        BadValueError,
        "GenerateResponse: parameter Temperature (position 5): expected a finite number, got inf",
    ),
    (
        "CALL GenerateResponse('hi', MaxOutputTokens => 1.5)",
        None,
        BadValueError,
        "GenerateResponse: parameter MaxOutputTokens (position 7): expected a whole number, got 1.5",
    ),
    (
        "CALL GenerateResponse('hi', MaxOutputTokens => 0)",
        None,
        BadValueError,
        "GenerateResponse: parameter MaxOutputTokens (position 7): must be at least 1, got 0",
    ),
    (
        "CALL GenerateResponse('hi', MaxOutputTokens => 99999999999)",
        None,
        BadValueError,
        "GenerateResponse: parameter MaxOutputTokens (position 7): 99999999999 is out of range "
        "(-2147483648 to 2147483647)",
    ),
    (
        "CALL GenerateResponse('hi', Store => 'perhaps')",
        None,
        BadValueError,
        "GenerateResponse: parameter Store (position 9): expected TRUE or FALSE, got 'perhaps'",
    ),
    (
        "CALL GenerateVideo('kite', Duration => 16)",
        None,
        BadValueError,
        "GenerateVideo: parameter Duration (position 4): must be 1 to 15, got 16",
    ),
    (
        "CALL AnalyzeImage('What?', ?)",
        ["photo.jpg"],
        BadValueError,
        "AnalyzeImage: parameter Image1_Content (position 2): expected bytes, got text "
        "(pass bytes, X'…', a data URI, or name a file with @path)",
    ),
    (
        "CALL AnalyzeImage('What?', ?)",
        [b"GIF89a;"],
        BadValueError,
        "AnalyzeImage: parameter Image1_Content (position 2): is a GIF; JPEG or PNG are accepted",
    ),
    (
        "CALL AnalyzeImage('What?', X'')",
        None,
        BadValueError,
        "AnalyzeImage: parameter Image1_Content (position 2): is empty; JPEG or PNG are accepted",
    ),
    (
        "CALL AnalyzeImageByUrl('What?', 'photo.jpg')",
        None,
        BadValueError,
        "AnalyzeImageByUrl: parameter Image1_Url (position 2): expected an address that begins with https:// or "
        "http://, got 'photo.jpg'",
    ),
    (
        "CALL RawRequest('https://example.org/models')",
        None,
        BadValueError,
        "RawRequest: parameter Path (position 1): is an address; give the path only, for example /models, "
        "not 'https://example.org/models'",
    ),
    (
        "CALL GenerateResponse(:Message, Temperature => :t)",
        HI,
        ArgumentsError,
        "no value for :t; pass {'t': …} (NULL is None)",
    ),
    (
        "CALL GenerateResponse(:Message)",
        None,
        ArgumentsError,
        "no value for :Message; pass {'Message': …} (NULL is None)",
    ),
    (
        "CALL GenerateResponse(:Message)",
        {"Mesage": "hi"},
        ArgumentsError,
        "no value for :Message; did you mean Mesage?",
    ),
    (
        "CALL GenerateResponse(:Message)",
        ["hi"],
        ArgumentsError,
        "the statement has named markers (:Message): pass a mapping, not a sequence",
    ),
    (
        "CALL GenerateResponse(:Message)",
        "hi",
        ArgumentsError,
        "parameters must be a mapping or a sequence, not 'hi'",
    ),
    (
        "CALL GenerateResponse(?)",
        HI,
        ArgumentsError,
        "the statement has question marks: pass a sequence, not a mapping",
    ),
    (
        "CALL GenerateResponse(?, ?)",
        ["hi"],
        ArgumentsError,
        "the statement has 2 question marks, got 1 value",
    ),
    (
        "CALL GenerateResponse(?)",
        None,
        ArgumentsError,
        "the statement has 1 question mark, got 0 values",
    ),
    (
        "CALL GenerateResponse('hi')",
        ["one too many"],
        ArgumentsError,
        "the statement has 0 question marks, got 1 value",
    ),
    (
        "CALL GenerateResponse(:a, Model => ?)",
        None,
        ArgumentsError,
        "? and named markers cannot stand in one statement; use one kind for all",
    ),
    (
        "CALL GenerateResponse(Model => 'x', 'hi')",
        None,
        ArgumentsError,
        "argument 2 of GenerateResponse has no name, but one before it has; name it too (Name => …)",
    ),
    (
        "CALL GenerateResponse(upper('hi'))",
        None,
        CallSyntaxError,
        "argument 1 of GenerateResponse is a call of the function upper; an argument is a literal or a marker, "
        "so compute the value first and pass it as :name",
    ),
    (
        "CALL GenerateResponse('a' || :Message)",
        HI,
        CallSyntaxError,
        "argument 1 of GenerateResponse is the expression 'a' || :Message; an argument is a literal or a marker, "
        "so compute the value first and pass it as :name",
    ),
    (
        "CALL GenerateResponse('hi",
        None,
        CallSyntaxError,
        "the string that begins here is never closed; end it with ' (an apostrophe inside is written '')",
    ),
    ("CALL GenerateResponse 'hi'", None, CallSyntaxError, "expected '(' after GenerateResponse, found 'hi'; "),
    (
        "GenerateResponse('hi')",
        None,
        CallSyntaxError,
        "no statement begins with GenerateResponse; to call a procedure, ",
    ),
    ("", None, CallSyntaxError, "there is no statement in this text; write for example CALL ListModels()"),
    ("DROP TABLE x", None, StatementError, "Catalog Error: Table with name x does not exist!"),
]


@pytest.mark.parametrize(("statement", "parameters", "kind", "message"), WRONG)
def test_a_wrong_statement_is_told_and_not_sent(connection, service, statement, parameters, kind, message):
    with pytest.raises(grokcall.Error) as caught:
        connection.execute(statement, parameters)
    assert type(caught.value) is kind
    assert str(caught.value).startswith(message)
    assert service.asked == []


@pytest.mark.parametrize(
    ("option", "statement", "kind", "message"),
    [
        (
            "strict_enums",
            "CALL GenerateResponse('hi', Model => 'grok-4.33')",
            BadValueError,
            "GenerateResponse: parameter Model (position 3): 'grok-4.33' is not one of its values; "
            "did you mean grok-4.3?",
        ),
        (
            "strict_enums",
            "CALL GenerateAudio('hi', 'xx')",
            BadValueError,
            "GenerateAudio: parameter Language (position 2): 'xx' is not one of its values; ",
        ),
        (
            "strict_arity",
            "CALL GetModel()",
            ArgumentsError,
            "GetModel",
        ),
        (
            "strict_arity",
            "CALL GenerateResponse('hi')",
            ArgumentsError,
            "GenerateResponse takes exactly 10 arguments here (strict_arity), got 1; "
            "pass NULL for those that are not needed",
        ),
    ],
)
def test_a_strict_connection_refuses_what_another_takes(connecting, service, option, statement, kind, message):
    with pytest.raises(kind) as caught:
        connecting(**{option: True}).execute(statement)
    assert str(caught.value).startswith(message)
    assert service.asked == []


def test_a_strict_connection_takes_the_vendors_form(connecting, service):
    nulls = ", ".join(["NULL"] * 9)
    cursor = connecting(strict_arity=True, strict_enums=True).execute(f"CALL GenerateResponse('hi', {nulls})")
    assert cursor.fetchone()[0] == "HI"
    assert set(service.asked[0].json) <= {"model", "input"}


def test_an_error_points_at_the_place_in_the_text(connection):
    with pytest.raises(ArgumentsError) as caught:
        connection.execute("CALL GenerateResponse(\n  'hi',\n  Model => 'm',\n  'stray'\n)")
    error = caught.value
    assert (error.line, error.column) == (4, 3)
    assert str(error).splitlines()[1:] == ["    'stray'", "    ^^^^^^^ line 4, column 3"]


def test_a_value_names_its_place_in_attributes(connection):
    with pytest.raises(BadValueError) as caught:
        connection.execute("CALL GenerateVideo('kite', Duration => :d)", {"d": "long"})
    error = caught.value
    assert (error.procedure, error.parameter, error.position) == ("GenerateVideo", "Duration", 4)
    assert error.reason == "expected a whole number, got 'long'"
