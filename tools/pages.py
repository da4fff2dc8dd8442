"""Writes what is made from the code: the reference pages in ``docs`` and the outputs of the samples.

python tools/pages.py            writes what has changed
python tools/pages.py --check    changes nothing, and fails when something is stale
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from api_pages import api_pages
from fault_pages import fault_pages
from procedure_pages import procedure_pages
from reference_pages import reference_pages
from sample_runs import SAMPLES, output_of, run_sample, surroundings

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"


def documents() -> dict[Path, str]:
    """The text of every generated page, by its path."""
    with clean_environment():
        pages = {**procedure_pages(), **reference_pages(), **fault_pages(), **api_pages()}
    return {DOCS / name: f"{text.rstrip()}\n" for name, text in pages.items()}


def outputs() -> dict[Path, str]:
    """What every sample prints, by the path of its ``.out``."""
    printed = {}
    for sample in SAMPLES:
        with tempfile.TemporaryDirectory() as folder:
            printed[output_of(sample)] = run_sample(sample, Path(folder))
    return printed


@contextmanager
def clean_environment() -> Iterator[None]:
    """Nothing of this machine's keys, options and profiles inside the block."""
    before = dict(os.environ)
    with tempfile.TemporaryDirectory() as home:
        os.environ.clear()
        os.environ.update(surroundings(Path(home)))
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)


def stale(texts: dict[Path, str]) -> list[Path]:
    """The files that do not say what they should, and pages of procedures and names that are no more."""
    wrong = [path for path, text in texts.items() if not path.is_file() or path.read_text("utf-8") != text]
    there = [path for folder in ("procedures", "reference") for path in sorted((DOCS / folder).glob("*.md"))]
    return wrong + [path for path in there if path not in texts]


def main() -> int:
    """Writes or checks; gives the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="change nothing, and fail when something is stale")
    check = parser.parse_args().check
    texts = {**documents(), **outputs()}
    wrong = stale(texts)
    for path in wrong:
        sys.stdout.write(
            f"{'stale' if check else 'written' if path in texts else 'removed'}: {path.relative_to(ROOT)}\n"
        )
        if check:
            continue
        if path in texts:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(texts[path], "utf-8")
        else:
            path.unlink()
    remedy = "; run: make docs" if check and wrong else ""
    sys.stdout.write(f"{len(texts)} files, {len(wrong)} {'stale' if check else 'changed'}{remedy}\n")
    return 1 if check and wrong else 0


if __name__ == "__main__":
    sys.exit(main())
