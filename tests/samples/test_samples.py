"""Each sample is run as a reader would run it, and prints what is kept beside it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sample_runs import FOLDER, SAMPLES, output_of, run_sample


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_a_sample_prints_what_is_kept_beside_it(sample: Path, tmp_path: Path):
    """When the sample or the code has changed on purpose: make docs."""
    assert run_sample(sample, tmp_path) == output_of(sample).read_text("utf-8")


def test_every_output_has_its_sample_and_every_sample_its_line_in_the_list():
    assert {path.stem for path in FOLDER.glob("*.out")} == {path.stem for path in SAMPLES}
    listed = re.findall(r"\[(\w+\.(?:py|sh|sql))\]", (FOLDER / "README.md").read_text("utf-8"))
    assert sorted(listed) == sorted(path.name for path in SAMPLES)


@pytest.mark.parametrize("sample", [path for path in SAMPLES if path.suffix == ".py"], ids=lambda path: path.name)
def test_a_sample_begins_with_what_it_shows(sample: Path):
    assert re.match(r'"""[A-Z][^\n]+\.\n\n[^"]{150,}', sample.read_text("utf-8"))
