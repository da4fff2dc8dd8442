"""What users may lean on: listed, sorted, documented."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import subprocess
import sys

import pytest

import grokcall

ROOMS = [each.name for each in pkgutil.iter_modules(grokcall.__path__)]
HELPERS = {"TYPE_CHECKING", "lazy_names"}
PUBLIC = {
    "grokcall": """
        BINARY DATETIME NUMBER ROWID STRING Answer AnswerMismatchError AnswerRefusedError ArgumentsError
        AsyncCallStream AsyncConnection AsyncConversation AsyncCursor AsyncLookupStream AuthenticationError
        BadValueError BatchPendingError Binary BudgetReachedError CallStatus CallStream CallSyntaxError
        ChangeNotAllowedError CommandParameter Connection ConnectionCutError ContentRefusedError Conversation
        CreditsExhaustedError Cursor DataError DatabaseError Date DateFromTicks Error ExecuteCommand HttpRequest
        HttpResponse HttpStream IncompleteAnswerError IntegrityError InterfaceError InternalError InvalidRequestError
        JournalError Lookup LookupFailedError LookupOptions LookupResult LookupStream MalformedReplyError MediaError
        MissingKeyError MissingManagementKeyError MissingToolSecretError NotFoundError NotReadyError NotSentError
        NotSupportedError OperationalError Options PermissionDeniedError Piece PieceKind ProgrammingError
        RateLimitedError ReadTimeoutError RedirectedError ReplyTooLargeError SecretKey ServerFailureError ServiceError
        Socket SocketEnding SocketRequest SocketTransport SpendingLimits StatementError StoppedError StreamCutError
        StreamUsage StreamingTransport Summary Time TimeFromTicks Timestamp TimestampFromTicks ToolError Transport
        TransportError UnknownNameError UserCatalog Warning __version__ aconnect apilevel connect const file
        open_catalog paramstyle threadsafety
    """,
    "grokcall.actions": """
        analyze_file analyze_image analyze_image_by_url classify_text edit_image edit_image_by_url edit_video
        edit_video_by_url generate_audio generate_image generate_response generate_video summarize_text
    """,
    "grokcall.duckdb": """
        OLDEST Registration register
    """,
    "grokcall.errors": """
        AnswerMismatchError AnswerRefusedError ArgumentsError AuthenticationError BadValueError BatchPendingError
        BudgetReachedError CallStoppedError CallSyntaxError ChangeNotAllowedError ConnectionCutError
        ContentRefusedError ConversationBrokenError CreditsExhaustedError DataError DatabaseError Error
        FailedReplyError IncompleteAnswerError IntegrityError InterfaceError InternalError InvalidRequestError
        JournalBusyError JournalDamagedError JournalError JournalPathError LookupFailedError MalformedReplyError
        MediaError MissingKeyError MissingManagementKeyError MissingToolSecretError NotFoundError NotReadyError
        NotSentError NotSupportedError OperationalError OutputClosed OutputFull PermissionDeniedError ProgrammingError
        RateLimitedError ReadTimeoutError RecordedError RedirectedError ReplyTooLargeError ServerFailureError
        ServiceError StatementError StoppedError StreamCutError ToolError TransportError UnansweredError
        UnknownNameError UnsafeAddressError Warning error_code is_retryable is_systemic request_id_of
    """,
    "grokcall.journal": """
        InDoubt Journal JournalBusyError JournalDamagedError JournalError JournalPathError JournalRun Pruned
        RecalledOutcome RecordedError RunInfo RunState fingerprint
    """,
    "grokcall.realtime": """
        AsyncSpeechStream AsyncTalkSession AsyncTranscriptStream SpeechStream SpokenWord TalkEvent TalkEventKind
        TalkSession TranscriptStream Utterance
    """,
    "grokcall.sandbox": """
        MANAGEMENT_KEY PROFILES REFUSALS SANDBOX_KEY Sandbox create_app
    """,
    "grokcall.tables": """
        Format MediaFolder OutputClosed OutputFull Source Writer open_table open_writer sniff_extension text_schema
    """,
    "grokcall_parser": """
        Argument ArgumentsError BodyArgument Call CallSyntaxError CreateProcedure CreateTool DataError DatabaseError
        DescribeProcedure DescribeTool DropProcedure DropTool Error Explain IntegrityError InterfaceError InternalError
        Literal LiteralValue Marker NotSupportedError OperationalError ParameterDeclaration ProgrammingError Query
        Scalar SelectConstant ShowProcedures ShowTools Span Statement StatementError UnknownNameError Warning
        find_markers nearest parse_call parse_statement point_at split_statements
    """,
    "grokcall_procedures": """
        CATALOG DEFAULT_MODELS BadValueError Binder BoundCall Catalog FailedReplyError Fold Host Kind
        MalformedReplyError MediaType NotReadyError Notice Parameter ParameterType Pause Piece PieceKind Procedure Reply
        Request ResultField Row Rows Rule Settings Step Steps ToolUse UnfitValue Use Values coerce sniff
    """,
    "grokcall_sandbox": """
        MANAGEMENT_KEY PROFILES REFUSALS SANDBOX_KEY Sandbox create_app
    """,
}
"""The public surface, written down here so that a change of it is seen."""


def in_groups(name: str) -> tuple[int, str]:
    """Constants first, then classes, then the rest: the order that the linter keeps lists of names in."""
    return 0 if name.isupper() else 1 if name[0].isupper() else 2, name


def test_the_list_of_public_names_is_sorted_and_complete():
    modules = {"actions", "duckdb", "realtime", "sandbox"}
    offered = {name for name in dir(grokcall) if not name.startswith("_")} - modules - set(ROOMS) - HELPERS
    assert grokcall.__all__ == sorted(grokcall.__all__, key=in_groups)
    assert set(grokcall.__all__) == offered | {"__version__"}


@pytest.mark.parametrize("package", PUBLIC)
def test_the_public_names_are_those_that_are_written_down_and_can_be_had(package):
    module = importlib.import_module(package)
    assert list(module.__all__) == PUBLIC[package].split()
    assert all(getattr(module, name) is not None for name in module.__all__)
    assert set(module.__all__) <= set(dir(module))


OURS = [name for name in grokcall.__all__ if getattr(getattr(grokcall, name), "__module__", "").startswith("grokcall")]
NAMED_BY_PEP_249 = ("BINARY", "DATETIME", "NUMBER", "ROWID", "STRING")


@pytest.mark.parametrize("name", [name for name in OURS if name not in NAMED_BY_PEP_249])
def test_every_public_name_is_documented(name):
    value = getattr(grokcall, name)
    assert value.__doc__ is not None
    assert value.__doc__.strip().endswith((".", "\n", "'", ")", "]")) or ">>>" in value.__doc__
    if inspect.isclass(value):
        undocumented = [
            member
            for member, function in vars(value).items()
            if not member.startswith("_")
            and (inspect.isfunction(function) or isinstance(function, property))
            and not (function.__doc__ or "").strip()
        ]
        assert undocumented == []


def test_the_version_reads_as_one():
    assert [part.isdigit() for part in grokcall.__version__.split(".")[:2]] == [True, True]


@pytest.mark.parametrize(("old", "new"), [("HttpReply", "HttpResponse"), ("KeptCatalog", "UserCatalog")])
def test_an_old_name_still_works_and_says_what_it_is_called_now(old, new):
    with pytest.warns(DeprecationWarning, match=new):
        assert getattr(grokcall, old) is getattr(grokcall, new)


@pytest.mark.parametrize(
    "path",
    [
        "grokcall.journal.faults.JournalBusyError",
        "grokcall.journal.faults.full_disk",
        "grokcall.tables.faults.OutputClosed",
    ],
)
def test_an_old_path_still_works_and_says_where_it_has_moved(path):
    module, _, name = path.rpartition(".")
    with pytest.warns(DeprecationWarning, match="has moved to"):
        assert getattr(importlib.import_module(module), name).__name__ == name


@pytest.mark.parametrize(
    "path", ["grokcall.journal.sqlite_errors.JournalPathError", "grokcall.tables.errors.OutputFull"]
)
def test_errors_are_also_had_where_the_page_of_errors_once_said_that_they_are(path):
    module, _, name = path.rpartition(".")
    assert getattr(importlib.import_module(module), name) is getattr(grokcall.errors, name)


@pytest.mark.parametrize("package", ["grokcall", "grokcall.journal.faults", "grokcall_parser", "grokcall_procedures"])
def test_an_unknown_name_is_an_attribute_error(package):
    with pytest.raises(AttributeError, match=f"'{package}' has no attribute 'Connektion'"):
        _ = importlib.import_module(package).Connektion


HEAVY = ("aiohttp", "duckdb", "httpx", "msgspec", "numpy", "pandas", "pyarrow", "pydantic", "rich", "sqlglot", "typer")


@pytest.mark.parametrize(
    "statement",
    ["import grokcall", "from grokcall import Error, RateLimitedError", "import grokcall_parser, grokcall_procedures"],
)
def test_heavy_libraries_come_with_their_first_use(statement):
    told = f"import sys\n{statement}\nprint([name for name in {HEAVY} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"


def test_a_program_that_opens_no_socket_does_not_load_what_does():
    told = "import sys, grokcall\ngrokcall.connect\nprint([name for name in sys.modules if '.realtime.' in name])"
    run = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
