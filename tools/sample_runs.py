"""Runs samples as a reader would: each in a fresh process, in an empty folder, with no key."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "samples"
SAMPLES = sorted(
    path for path in FOLDER.glob("*.*") if path.suffix in {".py", ".sh", ".sql"} and path.stem != "service"
)
SECONDS = 500
DUCKDB_SHELL = """
import shutil, sys
sys.path.insert(0, sys.argv[1])
from service import TICKETS, service
import duckdb, grokcall
shutil.copy(TICKETS, "tickets.csv")
with service():
    con = duckdb.connect()
    grokcall.duckdb.register(con)
    for statement in open(sys.argv[2], encoding="utf-8").read().split(";\\n"):
        if (result := con.sql(statement)) is not None:
            print(result)
"""
"""DuckDB's Python shell: the two lines that make the procedures known, and then a file of SQL."""

_OURS = ("XAI_", "GROKCALL_", "SSL_CERT", "PYTHON", "COV_")


def surroundings(home: Path) -> dict[str, str]:
    """An environment without keys, options, profiles and proxies, and with a terminal of 80 columns."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(_OURS) and not name.upper().endswith("_PROXY")
    }
    commands = sysconfig.get_path("scripts")
    return {
        **kept,
        "PATH": f"{commands}{os.pathsep}{os.environ.get('PATH', '')}",
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        "PYTHONUTF8": "1",
        "COLUMNS": "80",
        "TERM": "dumb",
        "NO_COLOR": "1",
    }


def output_of(sample: Path) -> Path:
    """Where the output of a sample is kept."""
    return sample.with_suffix(".out")


def run_sample(sample: Path, folder: Path) -> str:
    """What a sample prints.

    Raises:
        RuntimeError: It failed; the message has what it wrote to standard error.
    """
    interpreter = {".py": [sys.executable], ".sh": ["sh"], ".sql": [sys.executable, "-c", DUCKDB_SHELL, str(FOLDER)]}
    run = subprocess.run(  # noqa: S603 - our own samples
        [*interpreter[sample.suffix], str(sample)],
        cwd=folder,
        env=surroundings(folder),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )
    if run.returncode != 0:
        raise RuntimeError(f"{sample.name} ended with {run.returncode}:\n{run.stderr}")
    return run.stdout
