"""What calls wait for stands on the line of progress."""

from __future__ import annotations

import io

from rich.console import Console

from grokcall.cli.progress import report
from grokcall.execution.summary import Summary


def test_a_bar_says_what_is_waited_for():
    written = io.StringIO()
    with report(Console(file=written, force_terminal=True, width=120, markup=False), 5) as bar:
        bar.show_wait(Summary(ok=3), "indexing [draft].txt: chunked")
    assert "3 rows" in written.getvalue()  # what it showed last is drawn once more when it ends
    assert "indexing [draft].txt: chunked" in written.getvalue()


def test_lines_say_it_no_oftener_than_the_totals():
    written = io.StringIO()
    with report(Console(file=written, width=120, markup=False), 5) as lines:
        for number in range(100):
            lines.show_wait(Summary(ok=3), f"indexing {number}.txt")
    assert written.getvalue().count("\n") <= 1
