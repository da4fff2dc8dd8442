"""What a start costs: CPU seconds of fresh processes, beside those of an interpreter that does nothing.

    python benchmarks/start.py [ROUNDS]

Each round runs every program once, one after another, so that whatever else the machine does strikes all of them alike;
the medians are compared.
"""

from __future__ import annotations

import os
import statistics
import sys
from pathlib import Path

ROUNDS = 15
COMMAND = str(Path(sys.executable).with_name("grokcall"))
NOTHING = "python -c pass"
PYARROW = "import pyarrow"
COMPLETION = {"_GROKCALL_COMPLETE": "complete_bash", "COMP_WORDS": "grokcall\nlookup\n--", "COMP_CWORD": "2"}
PROGRAMS: dict[str, tuple[str, ...]] = {
    NOTHING: (sys.executable, "-c", "pass"),
    PYARROW: (sys.executable, "-c", "import pyarrow"),
    "import grokcall": (sys.executable, "-c", "import grokcall"),
    "grokcall --version": (COMMAND, "--version"),
    "completion": (COMMAND,),
    "grokcall --help": (COMMAND, "--help"),
    "grokcall lookup --help": (COMMAND, "lookup", "--help"),
    "grokcall procedures": (COMMAND, "procedures"),
    "grokcall call --sandbox": (COMMAND, "call", "CALL GenerateResponse('hi')", "--sandbox", "--quiet"),
}
BOUNDS = {"grokcall --version": 12.0, "completion": 12.0, "grokcall --help": 20.0}
"""Times the interpreter's own start that these may take."""


def cpu_seconds(program: tuple[str, ...], environment: dict[str, str]) -> float:
    """The CPU seconds, of the user and the system, that a program takes.

    Raises:
        RuntimeError: It fails.
    """
    nowhere = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in range(3)]
    child = os.posix_spawn(program[0], program, {**os.environ, **environment}, file_actions=nowhere)
    _, status, used = os.wait4(child, 0)
    if status:
        raise RuntimeError(f"{' '.join(program)} ended with {os.waitstatus_to_exitcode(status)}")
    return used.ru_utime + used.ru_stime


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    taken: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    for _ in range(rounds):
        for name, program in PROGRAMS.items():
            taken[name].append(cpu_seconds(program, COMPLETION if name == "completion" else {}))
    medians = {name: statistics.median(times) for name, times in taken.items()}
    print(f"{'program':24} {'CPU ms':>8} {'of nothing':>11} {'of pyarrow':>11} {'bound':>7}")
    for name, median in medians.items():
        ratios = f"{median / medians[NOTHING]:10.1f}x {median / medians[PYARROW]:10.2f}x"
        bound = f"{BOUNDS[name]:6.0f}x" if name in BOUNDS else ""
        print(f"{name:24} {median * 1000:8.1f} {ratios} {bound:>7}".rstrip())


if __name__ == "__main__":
    main()
