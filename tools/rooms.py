"""The plan of the house: rooms, floors, circles and the longest module, and the map that CONTRIBUTING.md shows.

    python tools/rooms.py           # prints the plan
    python tools/rooms.py --write   # puts the map into CONTRIBUTING.md

A room is a folder of the connector. Its floor is one more than that of the highest room that it imports. A circle is a
set of modules that import each other, for type checking and inside functions as well.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCES = (ROOT / "connector", ROOT / "procedures", ROOT / "parser")
HOUSE = "grokcall"
PAGE = ROOT / "CONTRIBUTING.md"
BEGIN, END = "<!-- the map: tools/rooms.py -->", "<!-- end of the map -->"
DOORS = frozenset({"airflow"})
"""Folders that only lead to where something documented has moved."""
LONGEST = 300
"""Lines of a module, up to."""


@dataclass(frozen=True)
class Module:
    """A module: its name, where it is, how many lines it has, and what it imports of ours."""

    name: str
    path: Path
    lines: int
    imports: frozenset[str]

    @property
    def room(self) -> str:
        """The folder of the connector that it is in; the package for what is in none."""
        package, _, rest = self.name.partition(".")
        folder = rest.partition(".")[0]
        is_room = package == HOUSE and (self.path.parents[1] != SOURCES[0] or self.path.name == "__init__.py")
        return folder if is_room and folder else package


def modules() -> dict[str, Module]:
    """Every module of ours by its name."""
    paths = {
        ".".join(path.relative_to(source).with_suffix("").parts).removesuffix(".__init__"): path
        for source in SOURCES
        for path in source.rglob("*.py")
    }
    found = {}
    for name, path in paths.items():
        text = path.read_text(encoding="utf-8")
        imports = frozenset(imported(ast.parse(text), paths)) - {name}
        found[name] = Module(name, path, text.count("\n"), imports)
    return found


def imported(tree: ast.Module, known: Mapping[str, object]) -> Iterator[str]:
    """The modules of ours that a module imports anywhere in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module in known:
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name for name in inner if name in known)
            if any(name not in known for name in inner):
                yield str(node.module)


def circles(graph: Mapping[str, frozenset[str]]) -> list[list[str]]:
    """The sets of names that lead to each other, each sorted."""
    reach: dict[str, set[str]] = {}

    def reached(start: str) -> set[str]:
        seen: set[str] = set()
        waiting = [start]
        while waiting:
            for each in graph.get(waiting.pop(), ()):
                if each not in seen:
                    seen.add(each)
                    waiting.append(each)
        return seen

    for name in graph:
        reach[name] = reached(name)
    rings = {frozenset(other for other in reach[name] if name in reach[other]) for name in graph if name in reach[name]}
    return sorted(sorted(ring) for ring in rings)


def floors(rooms: Mapping[str, frozenset[str]]) -> dict[str, int]:
    """The floor of each room, from 1."""
    found: dict[str, int] = {}

    def floor_of(room: str) -> int:
        if room not in found:
            found[room] = 1 + max((floor_of(below) for below in rooms[room]), default=0)
        return found[room]

    for room in rooms:
        floor_of(room)
    return found


def house(known: Mapping[str, Module]) -> dict[str, frozenset[str]]:
    """What each room of the connector imports of the other rooms."""
    rooms: dict[str, set[str]] = {}
    for module in known.values():
        if module.name.startswith(f"{HOUSE}.") and module.room not in {HOUSE, *DOORS}:
            below = {known[name].room for name in module.imports if name.startswith(f"{HOUSE}.")}
            rooms.setdefault(module.room, set()).update(below - {module.room, HOUSE})
    return {room: frozenset(below & set(rooms)) for room, below in rooms.items()}


def top_down(levels: Mapping[str, int]) -> list[str]:
    """The rooms from the top floor down."""
    return sorted(levels, key=lambda room: (-levels[room], room))


def purpose(known: Mapping[str, Module], room: str) -> str:
    """What a room is for: the first sentence of its docstring."""
    text = ast.get_docstring(ast.parse(known[f"{HOUSE}.{room}"].path.read_text(encoding="utf-8"))) or ""
    return " ".join(text.split("\n\n")[0].split())


def drawn(known: Mapping[str, Module]) -> str:
    """The map: the rooms from the top floor down, what each is for, and what it stands on."""
    rooms = house(known)
    levels = floors(rooms)
    rows = ["| floor | room | what it knows | stands on |", "|---|---|---|---|"]
    for room in top_down(levels):
        below = top_down({each: levels[each] for each in rooms[room]})
        rows.append(f"| {levels[room]} | `{room}/` | {purpose(known, room)} | {', '.join(below) or 'nothing'} |")
    return "\n".join(rows)


def page(known: Mapping[str, Module]) -> str:
    """CONTRIBUTING.md with the map as it is now."""
    text = PAGE.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    return f"{head}{BEGIN}\n{drawn(known)}\n{END}{rest.partition(END)[2]}"


def plan(known: Mapping[str, Module]) -> str:
    """The figures of the house."""
    rooms = house(known)
    levels = floors(rooms)
    rings = circles({name: module.imports for name, module in known.items() if name != HOUSE})
    longest = max(known.values(), key=lambda module: module.lines)
    above = sorted(module.name for module in known.values() if module.lines > LONGEST)
    lines = [
        f"{len(known)} modules, {sum(module.lines for module in known.values()):,} lines",
        f"{len(rooms)} rooms on {max(levels.values())} floors",
        *(
            f"  {levels[room]:2}  {room}: {', '.join(sorted(rooms[room])) or 'nothing'}"
            for room in sorted(rooms, key=lambda each: (-levels[each], each))
        ),
        f"circles: {len(rings)}",
        *(f"  {', '.join(ring)}" for ring in rings),
        f"longest module: {longest.name}, {longest.lines} lines",
        f"above {LONGEST} lines: {', '.join(above) or 'none'}",
    ]
    return "\n".join(lines)


def main() -> int:
    """Prints the plan, or writes the map."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="put the map into CONTRIBUTING.md")
    known = modules()
    if parser.parse_args().write:
        PAGE.write_text(page(known), encoding="utf-8")
    sys.stdout.write(plan(known) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
