"""SearchWeb and SearchX: what the service's own search finds for a question, one source a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from grokcall_procedures.answers import ANSWER_FIELDS, answer_row, check_answered, is_cut, is_refused, with_answer
from grokcall_procedures.definition import BoundCall, Parameter, Procedure, ResultField, Rule, Values
from grokcall_procedures.errors import AnswerMismatchError
from grokcall_procedures.outputs.found import Found, author_of, found_in
from grokcall_procedures.outputs.further_fields import REPLIES
from grokcall_procedures.response_requests import ask, responses_body
from grokcall_procedures.responses import RESULT
from grokcall_procedures.settings import Settings
from grokcall_procedures.steps import Row, Steps, reply_of
from grokcall_procedures.text import MAX_TOOL_CALLS, MODEL, STORE_BY_NAME
from grokcall_procedures.tools.lists import read_texts
from grokcall_procedures.tools.parameters import MOST_DOMAINS, MOST_HANDLES, read_day
from grokcall_procedures.tools.rules import tools_fit
from grokcall_procedures.types import ParameterType, UnfitValue

_STRING, _BOOLEAN, _JSON = ParameterType.STRING, ParameterType.BOOLEAN, ParameterType.JSON

USUAL_ROWS = 10
PROMPT_VERSION = 1
"""Raised whenever what is asked changes: an answer to the earlier words is no answer to the new ones."""
WEB_TASK = "Search the web for what the user asks, and answer in short sentences, each citing the page it comes from."
X_TASK = "Search X for what the user asks, and answer in short sentences, each citing the post it comes from."

WEB_NAMES = {"Domains": "WebSearchDomains", "ExcludedDomains": "WebSearchExcludedDomains"}
X_NAMES = {
    "Handles": "XSearchHandles",
    "ExcludedHandles": "XSearchExcludedHandles",
    "From": "XSearchFrom",
    "To": "XSearchTo",
}
"""The parameters of the searches by the names that they have beside others' in GenerateResponse."""

QUERY = Parameter("Query", _STRING, "What is searched for: words, or a question.", required=True)
MAX_ROWS = Parameter(
    "MaxRows", ParameterType.INT32, f"The most rows to give; {USUAL_ROWS} when it is NULL.", low=1
)  # by position, other than in lists, of which all is wanted as a rule
FEWER_SEARCHES = replace(MAX_TOOL_CALLS, named_only=True)


def as_tools(values: Values, switch: str, names: Mapping[str, str]) -> Values:
    """The values of a search under the names that the tools go by.

    Args:
        values: The call's values.
        switch: The parameter that turns the tool on.
        names: The tools' names for those of the search.
    """
    return {switch: True, **{names.get(name, name): value for name, value in values.items()}}


def fits(switch: str, names: Mapping[str, str]) -> Rule:
    """The rule that has the parameters of a search checked as those of the tool are, under their own names."""

    def own(text: str) -> str:
        for name, tool_name in sorted(names.items(), key=lambda each: -len(each[1])):
            text = text.replace(tool_name, name)
        return text

    def search_fits(values: Values, settings: Settings) -> tuple[str, ...]:
        given = as_tools(values, switch, names)
        try:
            warnings = tools_fit(given, settings)
        except UnfitValue as error:
            parameter = next((name for name, each in names.items() if each == error.parameter), error.parameter)
            raise UnfitValue(own(str(error)), parameter) from None
        values |= {name: given[tool_name] for name, tool_name in names.items() if tool_name in given}
        return tuple(map(own, warnings))

    return search_fits


def searched(
    call: BoundCall, switch: str, names: Mapping[str, str], task: str, columns: Callable[[Found, str], Row]
) -> Steps:
    """One search, its sources.

    Args:
        call: The call.
        switch: The parameter that turns the tool on.
        names: The tools' names for those of the search.
        task: The instructions.
        columns: Makes the columns of a source, for an answer.

    Raises:
        AnswerMismatchError: Nothing was found, and the answer was refused or cut short.
    """
    values = as_tools(call.values, switch, names)
    body = responses_body(replace(call, values=values), call.values["Query"])
    body.instructions = task
    row = answer_row([reply_of((yield ask(call, body))).body])
    answer = str(row[RESULT] or "")
    raw, earlier = (each if isinstance(each, str) else None for each in row[-len(REPLIES) :])
    found = found_in(raw, earlier, answer)
    if not found:
        check_found_nothing(row)
    most = call.values.get("MaxRows", USUAL_ROWS)
    assert isinstance(most, int)
    return with_answer([columns(each, answer) for each in found[:most]], row)


def check_found_nothing(row: Row) -> None:
    """Refuses an answer without a source that is none either: nothing found would be another thing.

    Raises:
        AnswerMismatchError: It was refused, or cut short.
    """
    if is_refused(row):
        check_answered(row, row)
    if is_cut(row):
        raise AnswerMismatchError(
            "the search was cut short before it named a source; a larger MaxToolCalls, or none, gives it more room",
            error_code="incomplete",
            row=row,
        )


def source_columns(found: Found, answer: str) -> Row:
    """The columns of a page."""
    return found.url, found.title, found.text(answer), found.cited


def post_columns(found: Found, answer: str) -> Row:
    """The columns of a post."""
    return found.url, author_of(found.url), found.text(answer), found.cited


def search_web(call: BoundCall) -> Steps:
    """Pages of the web."""
    return (yield from searched(call, "WebSearch", WEB_NAMES, WEB_TASK, source_columns))


def search_x(call: BoundCall) -> Steps:
    """Posts on X."""
    return (yield from searched(call, "XSearch", X_NAMES, X_TASK, post_columns))


NOTES = (
    "What the service reported as found is a row, each address once: what its answer cites comes first, in the order "
    "of the answer, then what it looked at besides. Nothing found is no row.",
    "It costs the tokens of an answer and the service's fee for each search; `EXPLAIN COST` tells it. The fields of "
    "the answer itself, with what it cost, are further fields, which the first row has.",
)


def _list(name: str, doc: str) -> Parameter:
    return Parameter(name, _JSON, doc, reader=read_texts)


SEARCH_WEB = Procedure(
    name="SearchWeb",
    summary="Searches the web and gives the pages that were found, with what is said of each.",
    parameters=(
        QUERY,
        MAX_ROWS,
        _list("Domains", f"A list of at most {MOST_DOMAINS} domains, or one: only these are searched."),
        _list(
            "ExcludedDomains",
            f"A list of at most {MOST_DOMAINS} domains, or one, that are not searched. Not together with Domains.",
        ),
        MODEL,
        FEWER_SEARCHES,
        STORE_BY_NAME,
    ),
    fields=(
        ResultField("Source_Url", _STRING, "", "The address of the page."),
        ResultField("Source_Title", _STRING, "", "Its title; NULL where the service gave only a number."),
        ResultField("Source_Text", _STRING, "", "The sentences of the answer that cite it; NULL where none does."),
        ResultField("Source_Cited", _BOOLEAN, "", "Whether the answer cites it."),
    ),
    further_fields=ANSWER_FIELDS,
    steps=search_web,
    many=True,
    main="Source_Url",
    model_kind="text",
    rules=(fits("WebSearch", WEB_NAMES),),
    prompt_version=PROMPT_VERSION,
    reference="POST /v1/responses with the tool web_search",
    example="CALL SearchWeb('DuckDB 2.0 release', 5)",
    notes=NOTES,
)

SEARCH_X = Procedure(
    name="SearchX",
    summary="Searches posts on X and gives those that were found, with what is said of each.",
    parameters=(
        QUERY,
        MAX_ROWS,
        _list(
            "Handles",
            f"A list of at most {MOST_HANDLES} handles, or one, with `@` or without: only their posts are searched.",
        ),
        _list(
            "ExcludedHandles",
            f"A list of at most {MOST_HANDLES} handles, or one, whose posts are not searched. Not together with "
            "Handles.",
        ),
        Parameter("From", _STRING, "The first day of the posts, as in '2026-10-01'.", reader=read_day),
        Parameter("To", _STRING, "The last day of the posts.", reader=read_day),
        MODEL,
        FEWER_SEARCHES,
        STORE_BY_NAME,
    ),
    fields=(
        ResultField("Post_Url", _STRING, "", "The address of the post."),
        ResultField("Post_Author", _STRING, "", "The handle in the address; NULL where it has none."),
        ResultField("Post_Text", _STRING, "", "The sentences of the answer that cite it; NULL where none does."),
        ResultField("Post_Cited", _BOOLEAN, "", "Whether the answer cites it."),
    ),
    further_fields=ANSWER_FIELDS,
    steps=search_x,
    many=True,
    main="Post_Url",
    model_kind="text",
    rules=(fits("XSearch", X_NAMES),),
    prompt_version=PROMPT_VERSION,
    reference="POST /v1/responses with the tool x_search",
    example="CALL SearchX('outage', 5, From => '2026-11-01')",
    notes=(
        *NOTES,
        "In a DuckDB connection of your own `From` stands in quotes, as a word of SQL: `\"From\" := '2026-11-01'`.",
    ),
)

PROCEDURES = (SEARCH_WEB, SEARCH_X)
