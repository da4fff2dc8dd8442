"""What there is to call: procedures and models, listed and described."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pyarrow as pa
from rich.console import Console
from rich.table import Table
from rich.text import Text

from grokcall.catalog.catalog import open_catalog
from grokcall.cli.flags import Flags
from grokcall.cli.screens import write_out
from grokcall.config.options import load_options
from grokcall.dbapi.describe import describe_procedure, found, signature, told, values_of
from grokcall.errors import InterfaceError
from grokcall_procedures import Procedure, ResultField, Settings
from grokcall_procedures.built_in import family_of
from grokcall_procedures.price_words import price_words
from grokcall_procedures.prices import PRICES_DATED
from grokcall_procedures.rates import TICKS_PER_USD


def list_procedures(name: str | None, like: str | None, as_json: bool, flags: Flags) -> None:
    """Prints the procedures, all or those that fit a pattern, or one of them with its parameters and result fields."""
    if name is not None and like is not None:
        raise InterfaceError("NAME describes one procedure and --like looks for several: leave one of them out")
    options = load_options(**flags.options())
    catalog, settings = open_catalog(options.catalog), options.settings()
    if name is None:
        listed = list(catalog.values()) if like is None else found(catalog, like)
        if as_json:
            print_json([as_document(each, settings) for each in listed])
        elif listed:
            show_families(flags.screen(), listed, settings)
        else:
            flags.console().print(Text(f"no procedure has {like!r} in its name, summary or a parameter's name"))
        return
    procedure = catalog.find(name)
    if as_json:
        print_json({**as_document(procedure, settings), "rows": describe_procedure(procedure).to_pylist()})
    else:
        show_procedure(flags.screen(), procedure, settings)


def list_models(as_json: bool, flags: Flags) -> None:
    """Prints the models that the key may use."""
    with flags.connection() as connection:
        table = connection.execute("CALL ListModels()").fetch_arrow_table()
    if as_json:
        print_json([json.loads(str(entry)) for entry in table.column("Model_Raw").to_pylist()])
        return
    show_models(flags.screen(), table)


def show_models(console: Console, table: pa.Table) -> None:
    """Prints the models; token prices in USD for a million, from ticks for one."""
    drawn = Table(box=None, header_style="bold", pad_edge=False)
    drawn.add_column("model", no_wrap=True)
    for heading in ("context", "in/1M", "out/1M", "image"):
        drawn.add_column(heading, justify="right", no_wrap=True)
    drawn.add_column("reasoning efforts")
    for row in table.to_pylist():
        drawn.add_row(
            row["Model_Id"],
            f"{row['Model_ContextLength']:,}" if row["Model_ContextLength"] else "",
            per_million(row["Model_PromptTextTokenPrice"]),
            per_million(row["Model_CompletionTextTokenPrice"]),
            f"{row['Model_ImagePrice'] / TICKS_PER_USD:g}" if row["Model_ImagePrice"] else "",
            " ".join(json.loads(row["Model_ReasoningEfforts"] or "[]")),
        )
    console.print(drawn)
    console.print(Text("Prices in USD; --json has every field.", style="dim"))


def per_million(ticks: int | None) -> str:
    """A price in ticks for one token as USD for a million; empty when there is none."""
    return "" if ticks is None else f"{ticks * 1_000_000 / TICKS_PER_USD:g}"


def show_families(console: Console, procedures: Sequence[Procedure], settings: Settings) -> None:
    """Prints procedures with what they do, leave behind and cost, those that belong together under one heading."""
    families: dict[str, list[Procedure]] = {}
    for procedure in procedures:
        families.setdefault(family_of(procedure), []).append(procedure)
    drawn = Table(box=None, header_style="bold", pad_edge=False)
    drawn.add_column("procedure", no_wrap=True)
    drawn.add_column("what it does")
    drawn.add_column("effect", no_wrap=True)
    drawn.add_column("USD")
    for family, members in families.items():
        drawn.add_row(Text(family, style="bold"))
        for each in members:
            price = Text(price_words(each, settings))
            drawn.add_row(Text(f"  {each.name}"), Text(each.summary), Text(each.effect), price)
    console.print(drawn)
    told = f"List prices of {PRICES_DATED} for the default models; EXPLAIN COST prices a call. "
    console.print(Text(f"{told}grokcall procedures NAME shows one with its parameters and fields.", style="dim"))


def show_procedure(console: Console, procedure: Procedure, settings: Settings) -> None:
    """Prints one procedure: how it is called, what it costs, what it takes, what it gives."""
    console.print(Text(procedure.summary))
    console.print(Text(f"\n{signature(procedure)}\n", style="bold"), soft_wrap=True)
    console.print(Text(f"USD: {price_words(procedure, settings)}"))
    console.print(Text(f"It {procedure.effect.told}.\n"))
    if procedure.parameters:
        console.print(Text("Parameters", style="bold"))
    for parameter in procedure.parameters:
        values = values_of(parameter)
        description = told(parameter) + (f" Values: {values}." if values else "")
        show_entry(
            console, parameter.name, f"{parameter.type}{', required' if parameter.required else ''}", description
        )
    console.print(Text("\nResult fields", style="bold"))
    for column in procedure.fields:
        show_entry(console, column.name, str(column.type), column.doc)
    if procedure.further_fields:
        console.print(Text("\nFurther fields, by name", style="bold"))
    for column in procedure.further_fields:
        show_entry(console, column.name, str(column.type), column.doc)
    for note in procedure.notes:
        console.print(Text(f"\n{note}"))
    if procedure.example:
        console.print(Text(f"\nExample: {procedure.example}"), soft_wrap=True)


def show_entry(console: Console, name: str, kind: str, description: str) -> None:
    """Prints a parameter or a field, its description below: names are too long for columns beside each other."""
    console.print(Text.assemble("  ", (name, "bold"), "  ", (kind, "dim")), soft_wrap=True)
    for line in Text(description).wrap(console, max(console.width - 6, 20)):
        console.print(Text.assemble("      ", line), soft_wrap=True)


def as_document(procedure: Procedure, settings: Settings) -> dict[str, object]:
    """A procedure as JSON for other programs."""
    return {
        "name": procedure.name,
        "summary": procedure.summary,
        "signature": signature(procedure),
        "family": family_of(procedure),
        "effect": str(procedure.effect),
        "price": price_words(procedure, settings),
        "many": procedure.many,
        "vendor": procedure.vendor,
        "reference": procedure.reference,
        "parameters": [
            {
                "name": parameter.name,
                "type": str(parameter.type),
                "required": parameter.required,
                "values": list(parameter.values),
                "low": parameter.low,
                "high": parameter.high,
                "named_only": parameter.named_only,
                "doc": parameter.doc,
            }
            for parameter in procedure.parameters
        ],
        "fields": list(map(field_document, procedure.fields)),
        "further_fields": list(map(field_document, procedure.further_fields)),
        "example": procedure.example,
    }


def field_document(column: ResultField) -> dict[str, object]:
    """A field as JSON for other programs."""
    return {"name": column.name, "type": str(column.type), "path": column.path or None, "doc": column.doc}


def print_json(document: object) -> None:
    """Writes JSON to standard output."""
    write_out(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
