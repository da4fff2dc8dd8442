"""Asks pyright whether every public name of grokcall has a known type, and fails when one has not.

python tools/public_types.py
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PYRIGHT = Path(sys.executable).with_name("pyright.exe" if os.name == "nt" else "pyright")
PACKAGE = "grokcall"
SECONDS = 600


def report() -> dict[str, Any] | None:
    """What pyright says of the package's public names; None when pyright itself cannot run."""
    command = [
        str(PYRIGHT),
        "--pythonpath",
        sys.executable,
        "--verifytypes",
        PACKAGE,
        "--ignoreexternal",
        "--outputjson",
    ]
    # It asks the python that comes first in PATH where packages are, whatever --pythonpath says.
    surroundings = {**os.environ, "PATH": f"{PYRIGHT.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    try:
        run = subprocess.run(  # noqa: S603 - the program beside this interpreter
            command, cwd=ROOT, env=surroundings, capture_output=True, encoding="utf-8", timeout=SECONDS, check=False
        )
        found = json.loads(run.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return found if "typeCompleteness" in found else None


def faults(found: dict[str, Any]) -> list[str]:
    """A line for each public name without a complete type."""
    return [
        f"{symbol['name']}: {' '.join(told['message'].split())}"
        for symbol in found["typeCompleteness"]["symbols"]
        if not symbol["isTypeKnown"] or symbol["isTypeAmbiguous"]
        for told in symbol["diagnostics"]
        if told["severity"] in ("error", "warning")
    ]


def main() -> int:
    """Prints the verdict; gives the exit code."""
    found = report()
    if found is None:
        sys.stdout.write(f"skipped: pyright cannot run here ({PYRIGHT.name} is missing, or has no Node.js)\n")
        return 0
    score = found["typeCompleteness"]["completenessScore"]
    lines = faults(found)
    for line in lines:
        sys.stdout.write(f"{line}\n")
    sys.stdout.write(f"{score:.2%} of the public names of {PACKAGE} have a complete type\n")
    return 0 if score == 1 and not lines else 1


if __name__ == "__main__":
    sys.exit(main())
