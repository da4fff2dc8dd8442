"""The public names of grokcall, read from the source with griffe: what each is, takes, has and raises."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import griffe

from grokcall.budget.spending_limits import SpendingLimits
from grokcall.config.declared_options import DeclaredOptions
from grokcall.core.declarations import declarations
from grokcall.dbapi.describe import told
from grokcall.lookup.declared_options import DeclaredLookupOptions
from grokcall_procedures import CATALOG, Procedure

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = {
    "grokcall_parser": "parser",
    "grokcall_procedures": "procedures",
    "grokcall_sandbox": "connector",
    "grokcall": "connector",
}
MODULES = (
    "",
    "actions",
    "duckdb",
    "realtime",
    "sandbox",
    "errors",
    "sqlalchemy",
    "dbt",
    "dagster",
    "airflow",
    "airflow.hook",
)
INSIDE = {"CallStoppedError", "FailedReplyError", "UnsafeAddressError"}
"""Errors that become others before a call ends."""
LONGEST_TYPE = 100
HIDDEN = {"model_config", "settings_customise_sources"}
"""Members through which a class speaks with its library."""
OPTIONS = {"Options": DeclaredOptions, "LookupOptions": DeclaredLookupOptions, "SpendingLimits": SpendingLimits}
"""The classes of options, with what declares them."""
SHARED = {
    "error_code": "Its word in the column `Call_ErrorCode`; it stays the same from release to release.",
    "retryable": "Whether the same call can succeed later with nothing changed.",
    "systemic": "Whether every row would fail alike.",
}

SHARED_TYPES = {"error_code": "str", "retryable": "bool", "systemic": "bool"}
LITERAL = re.compile(r"['\"(\d]|True|False")


@dataclass(frozen=True, slots=True)
class Value:
    """A parameter or an attribute."""

    name: str
    type: str
    default: str
    text: str


@cache
def package() -> Any:
    """The package, with the names that it takes from others resolved."""
    loader = griffe.GriffeLoader(
        search_paths=[ROOT / folder for folder in sorted(set(PACKAGES.values()))],
        docstring_parser=griffe.Parser.google,
        docstring_options={"warnings": False},
    )
    for name in PACKAGES:
        loader.load(name)
    loader.resolve_aliases(external=False)
    return loader.modules_collection["grokcall"]


@cache
def public_objects() -> Mapping[str, Any]:
    """Every public object, by its name below ``grokcall``; one that has two names stands under the shorter."""
    found: dict[str, Any] = {}
    for below in MODULES:
        module = package()[below] if below else package()
        module = module.final_target if module.is_alias else module
        for name in map(str, module.exports or module_list(module)):
            given = module[name].final_target if module[name].is_alias else module[name]
            if name not in INSIDE and not any(given is each for each in found.values()):
                found[f"{below}.{name}" if below else name] = given
    return found


def module_list(module: Any) -> list[str]:
    """The list ``__all__`` of the module that a door leads to."""
    names: list[str] = [str(name) for name in package()["dataflow.actions"].exports]
    assert module.path == "grokcall.actions", module.path
    return names


def sections(item: Any, kind: str) -> Iterator[Any]:
    """What the docstring of an object says in its sections of one kind."""
    for section in item.docstring.parsed if item.docstring else ():
        if section.kind.value == kind:
            yield section.value
        elif section.kind.value == "admonition" and kind == "text" and section.title == "Example":
            yield section.value.description


def parents(item: Any) -> list[Any]:
    """A class and those of ours that it is made from."""
    return [item, *item.mro()] if item.is_class else [item]


def described_parameters(item: Any) -> dict[str, str]:
    """What docstrings say of the parameters of an object, a class's own before those of its parents."""
    found: dict[str, str] = {}
    for owner in parents(item):
        for each in (owner, owner.members.get("__init__")):
            if each is not None:
                for values in sections(each, "parameters"):
                    for value in values:
                        for name in value.name.split(", "):
                            found.setdefault(name.lstrip("*"), value.description)
    return found


def parameters(name: str, item: Any) -> list[Value]:
    """The parameters of a function, or of what makes a class."""
    maker = item.all_members.get("__init__") if item.is_class else item
    if maker is None:
        return []
    texts = {**attribute_texts(item), **described_parameters(item), **procedure_texts(name, maker)}
    return [
        Value(
            marked(each),
            type_of(each),
            "" if each.default is None or each.kind.value.startswith("variadic") else str(each.default),
            texts.get(each.name.lstrip("*"), ""),
        )
        for each in maker.parameters
        if each.name not in ("self", "cls")
    ]


def type_of(item: Any) -> str:
    """The type of a parameter or an attribute, aliases of ours spelled out; the range of an option is in its text."""
    annotation = without_metadata(item.annotation)
    text = str(annotation or "")
    for name in annotation.iterate(flat=True) if isinstance(annotation, griffe.Expr) else ():
        if isinstance(name, griffe.ExprName) and (alias := aliased(name.canonical_path)):
            text = re.sub(rf"\b{name.name}\b", lambda _, alias=alias: alias, text)
    return text


def without_metadata(annotation: Any) -> Any:
    """The type in ``Annotated[type, …]``."""
    if isinstance(annotation, griffe.ExprSubscript) and annotation.canonical_name == "Annotated":
        inside = annotation.slice
        return inside.elements[0] if isinstance(inside, griffe.ExprTuple) else inside
    return annotation


def aliased(path: str) -> str:
    """What an alias of a type stands for; empty for what is none of ours, or longer than a table has room for."""
    top, _, below = path.partition(".")
    try:
        found = package().modules_collection[top][below] if below else None
    except (KeyError, griffe.GriffeError):
        return ""
    found = found.final_target if found is not None and found.is_alias else found
    if found is None or not found.is_attribute or "TypeAlias" not in str(found.annotation):
        return ""
    text = str(found.value)
    return text if len(text) <= LONGEST_TYPE else ""


def marked(parameter: Any) -> str:
    """The name of a parameter, with its stars."""
    stars = {"variadic positional": "*", "variadic keyword": "**"}.get(parameter.kind.value, "")
    return f"{stars}{parameter.name.lstrip('*')}"


def procedure_texts(name: str, function: Any) -> dict[str, str]:
    """What the parameters of a named action mean: it has those of its procedure, in that order."""
    procedure = procedure_of(name)
    if procedure is None:
        return {}
    names = [each.name for each in function.parameters][1:]
    texts = {name: told(each) for name, each in zip(names, procedure.parameters, strict=True)}
    return {"connection": "Makes the call.", **texts}


def procedure_of(name: str) -> Procedure | None:
    """The procedure behind a named action."""
    module, _, action = name.rpartition(".")
    return CATALOG[action.replace("_", "")] if module == "actions" else None


def attribute_texts(item: Any) -> dict[str, str]:
    """What is said of the attributes of a class, where they stand."""
    if not item.is_class:
        return {}
    return {
        name: text
        for name, each in item.all_members.items()
        if each.is_attribute and (text := (each.docstring.value if each.docstring else field_text(each)))
    } | declared_texts(item)


def field_text(attribute: Any) -> str:
    """The description that a field of pydantic has."""
    if isinstance(attribute.value, griffe.ExprCall):
        for argument in attribute.value.arguments:
            if isinstance(argument, griffe.ExprKeyword) and argument.name == "description":
                return str(ast.literal_eval(str(argument.value)))
    return ""


def declared_texts(item: Any) -> dict[str, str]:
    """What is known of the options that a class declares."""
    owner = OPTIONS.get(item.name) if item.is_class else None
    return {} if owner is None else {name: known.description for name, known in declarations(owner).items()}


def attributes(item: Any) -> list[Value]:
    """The attributes and properties of a class.

    Left out are PEP 249's errors of a connection, and what a class of another library asks for without a word of ours.
    """
    said, texts = described_parameters(item), attribute_texts(item)
    types = {each.name: each.type for each in parameters("", item)}
    bases = [base for each in parents(item) for base in each.bases]
    foreign = any(not str(getattr(base, "canonical_path", base)).startswith("grokcall") for base in bases)
    found = []
    for name, each in sorted(item.all_members.items(), key=lambda entry: entry[0] not in SHARED):
        if name.startswith("_") or name in HIDDEN or not each.is_attribute or name in public_objects():
            continue
        text = SHARED.get(name) or texts.get(name) or said.get(name, "")
        if text or not foreign or each.inherited:
            value = str(each.value) if name in SHARED or name.isupper() else ""
            kind = SHARED_TYPES.get(name) or type_of(each) or types.get(name, "")
            found.append(Value(name, kind, value if LITERAL.match(value) else "", text))
    return found


def methods(item: Any) -> list[Any]:
    """The methods of a class, in the order of the source."""
    return [
        each
        for name, each in item.all_members.items()
        if each.is_function and name not in HIDDEN and (not name.startswith("_") or name == "__call__")
    ]


def is_page(item: Any) -> bool:
    """Whether an object has a page of its own: a class or a function; constants stand in the list alone."""
    return bool(item.is_class or item.is_function)
