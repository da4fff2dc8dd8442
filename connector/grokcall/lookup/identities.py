"""What makes two lookups the same, so that the second continues the first."""

from __future__ import annotations

import os
from pathlib import Path

from grokcall.lookup.mapping import Constant
from grokcall.lookup.plan import LookupPlan


def identity_of(*parts: str) -> str:
    """One text for what makes two lookups the same."""
    return "\x1f".join(parts)


def lookup_identity(plan: LookupPlan, source: str, service: str) -> str:
    """The identity of a lookup, by what it asks and where it reads, however these are written.

    Blanks, capitals, the order of named arguments, a mapping that is written out and the way to a file make no other.
    """
    binder, columns = plan.binder, plan.input_schema.names
    model = binder.settings.default_models.get(binder.procedure.model_kind or "")
    asked = {
        name: repr(value)
        for name, value in binder.constants.items()
        if (name, value) != ("Model", model)  # whose default may be another at the next try
    }
    for binding in binder.bindings:
        origin = plan.reader.sources[binding.slot]
        column = repr(origin) if isinstance(origin, Constant) else f"column {columns[origin]}"
        asked[binding.parameter.name] = f"{'file in ' if plan.reader.files[binding.slot] else ''}{column}"
    turns = [] if plan.turns is None else [f"turns by column {columns[plan.turns]}"]
    return identity_of(binder.procedure.name, repr(sorted(asked.items())), *turns, place_of(source), service)


def former_identity(plan: LookupPlan, source: str, service: str) -> str:
    """The identity that versions before 0.2.0 gave a lookup, by its spelling; their runs are continued."""
    return identity_of(plan.binder.call.text, repr(plan.mapping), source, service)


def place_of(source: str) -> str:
    """An input under one name: a file by where it really is, anything else as it is called."""
    file, mark, table = source.partition("::")
    try:
        found = Path(file).is_file()
    except (OSError, ValueError):
        found = False
    return f"{os.path.realpath(file)}{mark}{table.lower()}" if found else source.strip()
