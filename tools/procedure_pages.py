"""The pages of the procedures, from their definitions."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import grokcall
from grokcall.dbapi.describe import signature, told, values_of
from grokcall_procedures import CATALOG, Parameter, ParameterType, Procedure, ResultField, Settings
from grokcall_procedures.built_in import FAMILIES
from grokcall_procedures.price_words import price_words
from grokcall_procedures.prices import PRICES_DATED

MIB = 1 << 20
PLACEHOLDERS: dict[str, bytes] = {
    "Image1_Content": b"\x89PNG\r\n\x1a\n" + bytes(100),
    "File1_Content": b"month,sales\nApril,90\nMay,160\n",
    "Sound": b"RIFF\x24\x00\x00\x00WAVE" + bytes(100),
    "Video_Content": b"\x00\x00\x00\x18ftypmp42" + bytes(100),
}
"""What the examples' markers are filled with for EXPLAIN."""


INDEX = """# Procedures

Each page is made from the definition that runs. `SHOW PROCEDURES`, `DESCRIBE PROCEDURE Name` and
`grokcall procedures Name` say the same; `grokcall procedures --like WORD` finds those with a word in their name,
summary or a parameter's name.

The effect is what a call leaves behind: `read` nothing, and it is free; `ask` nothing, and its answer is billed; `make`
something new; `change` and `remove` something else than there was, which lookups and queries do only with
`allow_changes=True` (`--allow-changes`). Prices are list prices of {dated} for the default models.

The {count} of Skyvia's connector are marked with *: they have exactly its parameters, in its order, and exactly its
result fields. Parameters beyond those come last and can be given by name only.

{contents}

{families}
"""


def procedure_pages() -> dict[str, str]:
    """Every page below ``docs``, by its path."""
    pages = {f"procedures/{name}.md": page(CATALOG[name]) for name in CATALOG}
    return {"procedures/index.md": index(), **pages}


CONSENT = ": in lookups and queries only with `allow_changes=True` (`--allow-changes`)"


def index() -> str:
    """The list of procedures, by family."""
    anchors = {name: name.lower().replace(",", "").replace(" ", "-") for name in FAMILIES}
    contents = " · ".join(f"[{name}](#{anchor})" for name, anchor in anchors.items())
    families = [f"## {name}\n\n" + "\n".join(overview(members)) for name, members in FAMILIES.items()]
    count = sum(procedure.vendor for procedure in CATALOG.values())
    return INDEX.format(dated=PRICES_DATED, count=count, contents=contents, families="\n\n".join(families))


def overview(procedures: Sequence[Procedure]) -> list[str]:
    """A table of procedures."""
    settings = Settings()
    rows = [
        f"| [{each.name}]({each.name}.md){' *' if each.vendor else ''} | {each.summary} | {each.effect} "
        f"| {price_words(each, settings)} | `{each.reference}` |"
        for each in procedures
    ]
    return ["| procedure | what it does | effect | USD | requests |", "|---|---|---|---|---|", *rows]


def page(procedure: Procedure) -> str:
    """The page of one procedure."""
    lines = [
        f"# {procedure.name}",
        "",
        procedure.summary,
        "",
        "```sql",
        signature(procedure),
        "```",
        "",
        "Example:",
        "",
        "```sql",
        procedure.example,
        "```",
        "",
        *(line for note in procedure.notes for line in (note, "")),
        f"A call gives any number of rows. A lookup puts them into a list beside its row, `{procedure.list_name}`, "
        "or makes a row of each: [lookups](../lookups.md#procedures-that-give-any-number-of-rows)."
        if procedure.many
        else "A call gives one row.",
        "",
        f"It {procedure.effect.told}{CONSENT if procedure.effect.needs_consent else ''}.",
        "",
        "## Parameters",
        "",
        *parameter_table(procedure),
        "",
        "## Result fields",
        "",
        *field_table(procedure.fields),
        "",
        *further(procedure),
        "## The request",
        "",
        f"`{procedure.reference}`. What `EXPLAIN` shows for the example:",
        "",
        *explained(procedure),
    ]
    return "\n".join(lines)


def parameter_table(procedure: Procedure) -> list[str]:
    """The parameters, in order."""
    if not procedure.parameters:
        return ["None."]
    rows = [
        f"| {number} | `{each.name}` | {each.type} | {'yes' if each.required else ''} | {limits(each)} "
        f"| {cell(told(each))} |"
        for number, each in enumerate(procedure.parameters, 1)
    ]
    return ["|   | name | type | required | values | what it does |", "|---|---|---|---|---|---|", *rows]


def limits(parameter: Parameter) -> str:
    """The values or the range that a parameter takes."""
    if parameter.values:
        return ", ".join(f"`{value}`" for value in parameter.values)
    parts = [values_of(parameter) or ""]
    if parameter.max_length is not None and parameter.type in (ParameterType.BINARY, ParameterType.FILE):
        parts.append(f"at most {parameter.max_length // MIB} MiB")
    elif parameter.max_length is not None:
        parts.append(f"at most {parameter.max_length:,} characters")
    return cell("; ".join(part for part in parts if part))


def further(procedure: Procedure) -> list[str]:
    """The section on what becomes a column when it is asked for."""
    if not procedure.further_fields:
        return []
    told = (
        "Columns where they are asked for by name: in a query that names them, in `fields` of a lookup, with "
        "`--fields` and `--unnest`. See [citations and sources](../citations.md)."
    )
    return ["## Further fields", "", told, "", *field_table(procedure.further_fields), ""]


def field_table(fields: Sequence[ResultField]) -> list[str]:
    """Result fields, in order."""
    rows = [
        f"| {number} | `{each.name}` | {each.type} | {path_of(each)} | {cell(each.doc)} |"
        for number, each in enumerate(fields, 1)
    ]
    return ["|   | name | type | in the reply | what it holds |", "|---|---|---|---|---|", *rows]


def path_of(column: ResultField) -> str:
    """Where a field stands in the reply; nothing for one that is computed."""
    return f"`{column.path}`" if column.path else ""


def cell(text: str) -> str:
    """A text that may stand in a table."""
    return text.replace("|", "\\|").replace("\n", " ")


def explained(procedure: Procedure) -> list[str]:
    """The requests of the example."""
    markers = re.findall(r":(\w+)", procedure.example)
    values = {name: PLACEHOLDERS[name] for name in markers if name in PLACEHOLDERS}
    with grokcall.connect() as connection:
        steps = connection.execute(f"EXPLAIN {procedure.example}", values or None).fetch_arrow_table().to_pylist()
    return [line for step in steps for line in request(step["Method"], step["Url"], step["Body"])]


def request(method: str, url: str, body: str | None) -> list[str]:
    """One request as a block of text."""
    if body is None:
        return ["```text", f"{method} {url}", "```", ""]
    return ["```text", f"{method} {url}", "", *shown(body).splitlines(), "```", ""]


def shown(body: str) -> str:
    """A body, indented when it is JSON."""
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body
