"""What calls wait for stands on the line of progress."""

from __future__ import annotations

import io

from rich.console import Console
from streaming import told

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


def test_what_is_written_stands_on_the_line_as_it_comes():
    written = io.StringIO()
    with report(Console(file=written, force_terminal=True, width=140, markup=False), 5) as bar:
        for pieces in range(1, 1_235):
            bar.show_written(Summary(ok=3, pieces=pieces))
        bar.show(Summary(ok=3, pieces=1_234))
    assert "about 1,234 tokens as they come" in written.getvalue()


def test_the_pieces_of_a_streamed_lookup_are_counted(service, connecting):
    service.script = lambda _: told("one two three")
    with connecting(receive="stream").lookup_stream("CALL GenerateResponse(:q)", [{"q": "a"}, {"q": "b"}]) as stream:
        heard = []
        stream.on_piece = lambda: heard.append(stream.summary.pieces)
        list(stream)
    assert heard == [1, 2, 3, 4, 5, 6]


def test_whole_answers_have_no_pieces(service, connection):
    with connection.lookup_stream("CALL GenerateResponse(:q)", [{"q": "a"}]) as stream:
        stream.on_piece = lambda: 1 / 0
        list(stream)
    assert stream.summary.pieces == 0
