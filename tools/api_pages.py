"""The reference of the Python interface: a page for each public class and function, and a list of all."""

from __future__ import annotations

import re
from typing import Any

from api_groups import GROUPS, Group, group_of
from procedure_pages import cell
from public_api import (
    LITERAL,
    Value,
    attributes,
    is_page,
    methods,
    parameters,
    procedure_of,
    public_objects,
    sections,
)

ROLE = re.compile(r":(?:class|func|meth|mod|attr|data):`~?(?P<path>[\w.]+)`")
NAME = re.compile(r"\b[A-Z]\w+\b")
LONGEST_LINE = 100


INDEX = """# Reference

Every public name of the Python interface, with a page for each class and function, made from the code that runs. The
procedures have [pages of their own](../procedures/index.md), and so have the [options](../options.md), the
[errors](../errors.md) as a table, and the [command line](../command-line.md).

{groups}
"""


def api_pages() -> dict[str, str]:
    """Every page below ``docs``, by its path."""
    pages = {page_of(name): page(name, item) for name, item in public_objects().items() if is_page(item)}
    return {"reference/index.md": index(), **{f"reference/{path}": text for path, text in pages.items()}}


def page_of(name: str) -> str:
    """The file of a name's page."""
    return f"{name}.md"


def index() -> str:
    """The list of all names by what one wants."""
    parts = []
    for group in GROUPS:
        names = [name for name in public_objects() if name not in group.names and group_of(name) is group]
        rows = [index_row(name, public_objects()[name]) for name in (*group.names, *names)]
        parts += [f"## {group.title}", "", f"{group.text} {guides(group)}", ""]
        parts += ["| name | what it is |", "|---|---|", *rows, ""]
    return INDEX.format(groups="\n".join(parts))


def index_row(name: str, item: Any) -> str:
    """One line of the list."""
    shown = f"[`{name}`]({page_of(name)})" if is_page(item) else f"`{name}`"
    value = str(item.value) if not is_page(item) else ""
    worth = f" = `{value}`" if LITERAL.match(value) else ""
    return f"| {shown}{cell(worth)} | {cell(opening(item))} |"


def opening(item: Any) -> str:
    """The first paragraph of an object's docstring, as Markdown."""
    text = item.docstring.value.partition("\n\n")[0] if item.docstring else ""
    return markdown(text).replace("\n", " ")


def guides(group: Group) -> str:
    """Links to the guides of a group."""
    return "Guides: " + ", ".join(f"[{name.replace('_', ' ')}](../{name}.md)" for name in group.guides) + "."


def page(name: str, item: Any) -> str:
    """The page of one class or function."""
    lines = [f"# {name}", "", f"`grokcall.{name}`{parentage(item)}", ""]
    lines += body(name, item)
    if item.is_class:
        lines += table("Attributes", attributes(item), "value")
        lines += ["## Methods", ""] if methods(item) else []
        for method in methods(item):
            lines += [f"### {method.name}", "", *body(f"{name}.{method.name}", method, "####")]
    procedure = procedure_of(name)
    lines += [f"The procedure: [{procedure.name}](../procedures/{procedure.name}.md).", ""] if procedure else []
    return "\n".join([*lines, f"[All names](index.md). {guides(group_of(name))}"])


def parentage(item: Any) -> str:
    """What a class is made from, where that is public."""
    if not item.is_class:
        return ""
    known = {each.path: name for name, each in public_objects().items()}
    shown = [link(known[base.canonical_path]) for base in item.bases if getattr(base, "canonical_path", "") in known]
    shown += [link(known[each.path]) for each in item.resolved_bases if each.path in known] if not shown else []
    return f", made from {' and '.join(shown)}" if shown else ""


def body(name: str, item: Any, heading: str = "##") -> list[str]:
    """What an object is, its signature, parameters and errors, and examples."""
    texts = [text for value in sections(item, "text") for text in value.split("\n\n")]
    examples = [text for text in texts if text.lstrip().startswith(">>>")]
    values = parameters(name, item)
    lines = [line for text in texts if text not in examples for line in (markdown(text), "")]
    if item.is_function or values:
        lines += ["```py", signature(item, values), "```", ""]
    if any(value.text for value in values):
        lines += table("Parameters", values, "default", heading)
    lines += listed("Returns", [value for values in sections(item, "returns") for value in values], heading)
    lines += listed("Raises", [value for values in sections(item, "raises") for value in values], heading)
    if examples:
        lines += [f"{heading} Example", ""]
    return lines + [line for text in examples for line in ("```py", example(text), "```", "")]


def signature(item: Any, values: list[Value]) -> str:
    """How an object is called, on several lines where it is long."""
    maker = item.all_members["__init__"] if item.is_class else item
    kinds = {each.name.lstrip("*"): each.kind.value for each in maker.parameters}
    shown: list[str] = []
    for value in values:
        kind = kinds[value.name.lstrip("*")]
        starred = any(each.startswith("*") for each in shown)
        shown += ["*"] if kind == "keyword-only" and not starred else []
        annotated = f"{value.name}: {value.type}" if value.type else value.name
        equals = " = " if value.type else "="
        shown.append(f"{annotated}{equals}{value.default}" if value.default else annotated)
    head = f"{'async ' if 'async' in item.labels else ''}{item.name}"
    result = f" -> {item.annotation}" if item.is_function and item.annotation is not None else ""
    line = f"{head}({', '.join(shown)}){result}"
    if len(line) <= LONGEST_LINE:
        return line
    return "\n".join([f"{head}(", *(f"    {each}," for each in shown), f"){result}"])


def table(heading: str, values: list[Value], third: str = "", level: str = "##") -> list[str]:
    """Parameters or attributes, with a third column where there is something to show in it."""
    if not values:
        return []
    third = third if any(value.default for value in values) else ""
    rows = ["| name | type |" + f" {third} |" * bool(third) + " what it is |", "|---|---|---|" + "---|" * bool(third)]
    for value in values:
        shown = f" `{cell(value.default)}` |" if value.default else " |"
        text = cell(markdown(value.text))
        rows.append(f"| `{value.name}` | {linked_type(value.type)} |{shown * bool(third)} {text} |")
    return [f"{level} {heading}", "", *rows, ""]


def listed(heading: str, values: list[Any], level: str) -> list[str]:
    """What is returned or raised."""
    if not values:
        return []
    rows = [
        f"* {linked_type(str(value.annotation))}: {markdown(value.description)}".replace("\n", "\n  ")
        for value in values
    ]
    return [f"{level} {heading}", "", *rows, ""]


def linked_type(text: str) -> str:
    """A type, with links to the classes in it that have a page."""
    names = {name.rpartition(".")[2]: name for name, item in public_objects().items() if item.is_class}
    last = text.rpartition(".")[2]
    if last in names:
        return link(names[last])
    found = dict.fromkeys(each for each in NAME.findall(text) if each in names)
    links = ", ".join(link(names[each]) for each in found)
    shown = f"`{cell(text)}`" if text else ""
    return f"{shown} ({links})" if links else shown


def link(name: str) -> str:
    """A link to the page of a name."""
    return f"[`{name}`]({page_of(name)})"


def markdown(text: str) -> str:
    """The text of a docstring as Markdown."""
    return ROLE.sub(lambda found: reference(found["path"]), text).replace("``", "`").strip("\n")


def reference(path: str) -> str:
    """What a role points at: a link where it has a page, else its name."""
    short = path.removeprefix("grokcall.")
    names = {name: name for name, item in public_objects().items() if is_page(item)}
    names |= {name.rpartition(".")[2]: name for name in names}
    if (name := names.get(short) or names.get(short.rpartition(".")[2])) is not None:
        return link(name)
    owner, _, member = short.rpartition(".")
    if owner in names:
        return f"[`{owner}.{member}`]({page_of(names[owner])}#{member})"
    return f"`{path if '.' in path else short}`"


def example(text: str) -> str:
    """A doctest without what only the test needs."""
    lines = [re.sub(r"\s*# doctest: .*$", "", line) for line in text.splitlines()]
    return "\n".join(lines).removesuffix("\n...")
