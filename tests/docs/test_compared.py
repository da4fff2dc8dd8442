"""The page for whoever comes from another connector: all names of that connector, and names of ours that there are.

A row is ``| names | of | here | where it differs |``. *Names* are the code in the first cell, or its words where it has
none. *Of* are procedures, ``all four`` of Skyvia's that answer in text, actions, or a family of things.

Code in the last two cells is one of these, and nothing else:

=============================  =================================================================================
``GenerateResponse``           a procedure
``GenerateResponse.Message``   a parameter of it, in this spelling
``.Message``                   the parameter of each procedure in *of*
``Response_Result``            a column: of each procedure in *of*, else of any, or one of the ``Call_*`` columns;
                               an action stands for the procedure that carries it
``base_url``                   an option of a connection or of a lookup
``XAI_API_KEY``                a variable, or the one that names a file with the same
``--journal``                  a flag of the command or of any of its commands
``grokcall lookup``            a command
``grokcall.connect(api_key)``  an attribute of the module, at any depth; a parameter of it in brackets
``CALL …``, ``DESCRIBE …``     a statement, which has to parse and to fit its procedure
``'auto'``                     a value, in the last cell only: nothing to resolve
=============================  =================================================================================

Where the third cell is the word *nothing*, the last one says what to use instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pytest
from page_blocks import ROOT
from product_names import PROCEDURES, is_there

import grokcall
from grokcall.config.options import Options
from grokcall_procedures import CATALOG, Parameter
from grokcall_procedures.audio import LONGEST_TEXT
from grokcall_procedures.chat.message import DEFAULT_MAX_TOKENS
from vendor_pages import ALL_FOUR, FIELDS, PARAMETERS, PRISMATIC, SKYVIA_FEATURES, parameter_names

PAGE = (ROOT / "docs" / "compared.md").read_text("utf-8")
CODE = re.compile(r"`([^`]+)`")
VALUE = re.compile(r"'[^']*'")
NOTHING = {
    ("connector", "Backup"),
    ("Raw Request", "Retry Delay (ms)"),
    ("Raw Request", "Retry On All Errors"),
    ("Raw Request", "Use Exponential Backoff"),
}
"""What nothing carries here; a row that says so is to be weighed before it gets into this list."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table of the page."""

    vendor: str
    names: tuple[str, ...]
    of: tuple[str, ...]
    here: str
    differs: str

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Each place in *of* with each name."""
        return [(place, name) for place in self.of for name in self.names]

    @property
    def procedures(self) -> tuple[str, ...]:
        """The procedures in *of*, and those that carry actions in it."""
        return tuple(procedure for place in self.of if (procedure := CARRIERS.get(place, place)) in PROCEDURES)

    def __str__(self) -> str:
        return f"{'+'.join(self.names)} of {'+'.join(self.of)}"


def lines() -> Iterator[Line]:
    """The rows of all tables, in order."""
    for table in re.findall(r"^\| .+\n\|---.+\n(?:\|.*\n)+", PAGE, re.MULTILINE):
        head, _, *rows = (cells(row) for row in table.splitlines())
        assert head[1:] == ["of", "here", "where it differs"], head
        for names, of, here, differs in rows:
            places = ALL_FOUR if of == "all four" else tuple(of.replace("`", "").split(", "))
            yield Line(head[0], tuple(CODE.findall(names)) or (names,), places, here, differs)


def cells(row: str) -> list[str]:
    """The cells of a row."""
    return [cell.strip() for cell in row.removeprefix("|").removesuffix("|").split("|")]


LINES = list(lines())
CARRIERS: Mapping[str, str] = {
    line.names[0]: CODE.findall(line.here)[0] for line in LINES if (line.vendor, *line.of) == ("Prismatic", "actions")
}
"""The procedure that carries each action of Prismatic's, as the page says."""


def pairs_of(vendor: str) -> list[tuple[str, str]]:
    """All that the page's tables name of a vendor, in order."""
    return [pair for line in LINES if line.vendor == vendor for pair in line.pairs]


def skyvia() -> list[tuple[str, str]]:
    """All that Skyvia's page names."""
    names: dict[str, Sequence[str]] = {"procedures": list(PARAMETERS), **SKYVIA_FEATURES}
    for procedure in PARAMETERS:
        names[procedure] = [*parameter_names(procedure), *FIELDS[procedure]]
    return flat(names)


def flat(names: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """Each place with each of its names."""
    return [(place, name) for place, listed in names.items() for name in listed]


@pytest.mark.parametrize(("vendor", "wanted"), [("Skyvia", skyvia()), ("Prismatic", flat(PRISMATIC))])
def test_every_name_of_the_vendor_has_one_row_and_no_other_name_has_one(vendor, wanted):
    assert sorted(pairs_of(vendor)) == sorted(wanted)


@pytest.mark.parametrize(
    "place", [f"Skyvia {name}" for name in SKYVIA_FEATURES] + [f"Prismatic {name}" for name in PRISMATIC]
)
def test_the_rows_of_a_place_stand_in_the_vendor_s_order(place: str):
    vendor, _, place = place.partition(" ")
    wanted = (SKYVIA_FEATURES if vendor == "Skyvia" else PRISMATIC)[place]
    assert [name for at, name in pairs_of(vendor) if at == place] == list(wanted)


@pytest.mark.parametrize("procedure", PARAMETERS)
def test_the_fields_of_a_procedure_stand_in_the_vendor_s_order(procedure: str):
    named = [name for at, name in pairs_of("Skyvia") if at == procedure]
    assert [name for name in named if name in FIELDS[procedure]] == list(FIELDS[procedure])


@pytest.mark.parametrize("line", [each for each in LINES if each.of[0] in {"procedures", *PARAMETERS}], ids=str)
def test_what_skyvia_gives_a_name_in_code_has_the_same_name_here(line: Line):
    carried = [name.removeprefix(".") for name in CODE.findall(line.here)]
    assert carried == list(line.names)


@pytest.mark.parametrize("line", LINES, ids=str)
def test_what_carries_a_name_is_there(line: Line):
    carriers = CODE.findall(line.here)
    assert bool(carriers) == (line.here != "nothing"), "names in code, or nothing"
    assert carriers == [] or re.fullmatch(r"`[^`]+`(?:, `[^`]+`)*", line.here), line.here
    assert [name for name in carriers if not is_there(name, line.procedures)] == []
    told = [name for name in CODE.findall(line.differs) if not VALUE.fullmatch(name)]
    assert [name for name in told if not is_there(name, line.procedures)] == []


@pytest.mark.parametrize("line", [line for line in LINES if line.vendor == "Prismatic"], ids=str)
def test_an_action_s_inputs_are_parameters_of_the_procedure_that_carries_it(line: Line):
    named = {name.partition(".")[0] for name in CODE.findall(line.here) if re.fullmatch(r"[A-Z]\w+\.\w+", name)}
    assert named <= {CARRIERS.get(place) for place in line.of}


def test_each_named_action_of_skyvia_is_the_function_of_its_name():
    found = {
        line.names[0]: CODE.findall(line.here)[0] for line in LINES if (line.vendor, *line.of) == ("Skyvia", "actions")
    }
    actions = [name for name in SKYVIA_FEATURES["actions"] if name != "Execute Command"]
    assert [found[name] for name in actions] == [
        f"grokcall.actions.{name.lower().replace(' ', '_')}" for name in actions
    ]
    assert len(actions) == len(grokcall.actions.__all__)


def test_nothing_is_said_where_it_was_weighed_and_with_what_to_use_instead():
    empty = [line for line in LINES if line.here == "nothing"]
    assert {pair for line in empty for pair in line.pairs} == NOTHING
    assert all(line.differs for line in empty)


def test_the_figures_are_those_that_hold():
    mib = 1 << 20
    for place, name, procedure, stated in (
        ("AnalyzeImage", "Image1_Content", "AnalyzeImage.Image1_Content", "at most {most} MiB"),
        ("AnalyzeFile", "File1_Content", "AnalyzeFile.File1_Content", "At most {most} MiB"),
        ("EditImage", "Image1_Content", "EditImage.Image1_Content", "at most {most} MiB"),
        ("GenerateVideo", "Image_Content", "GenerateVideo.Image_Content", "at most {most} MiB"),
        ("EditVideo", "Video_Content", "EditVideo.Video_Content", "at most {most} MiB"),
    ):
        most = parameter(procedure).max_length
        assert most is not None
        assert stated.format(most=most // mib) in differs(place, name)
    for place, name, procedure, stated in (
        ("GenerateResponse", "Temperature", "GenerateResponse.Temperature", "{0:g} to {1:g}"),
        ("GenerateResponse", "TopP", "GenerateResponse.TopP", "Up to {1:g} and greater than {0:g}"),
        ("GenerateVideo", "Duration", "GenerateVideo.Duration", "{0:g} to {1:g} seconds"),
        ("Generate Image", "Number of Images", "GenerateImages.Count", "{0:g} to {1:g}"),
        ("Raw Request", "Timeout", "RawRequest.Timeout", "at most {1:g}"),
    ):
        limits = parameter(procedure)
        assert stated.format(limits.low, limits.high) in differs(place, name)
    assert f"At most {LONGEST_TEXT:,} characters" in differs("GenerateAudio", "Text")
    assert f"{DEFAULT_MAX_TOKENS} when NULL" in differs("Create Message", "Max Tokens")
    assert f"is {Options().max_attempts} unless set" in differs("Raw Request", "Max Retry Count")


def differs(place: str, name: str) -> str:
    """The last cell of a row."""
    (line,) = (line for line in LINES if (place, name) in line.pairs)
    return line.differs


def parameter(name: str) -> Parameter:
    """A parameter by its full name, in its spelling."""
    procedure, _, called = name.partition(".")
    (found,) = (each for each in CATALOG[procedure].parameters if each.name == called)
    return found
