"""No run writes over its input, what belongs to it, or the media of an earlier output."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from scripted_service import Service

ASK = "CALL GenerateResponse(:body)"
PICTURE = ("CALL GenerateImage(:body)", "--fields", "ResultImage_Content", "--sandbox", "-q")


def rows(count: int, word: str = "row") -> str:
    """A table of so many rows."""
    return "id,body\n" + "".join(f"{n},{word} {n}\n" for n in range(count))


@pytest.mark.parametrize(
    ("source", "output"),
    [
        ("answers.partial.csv", "answers.csv"),
        ("./answers.partial.csv", "answers.csv"),
        ("link.csv", "answers.csv"),
        ("SELECT * FROM 'answers.partial.csv'", "answers.csv"),
        ("FROM read_csv('answers.part*.csv')", "answers.csv"),
        ("answers.errors.partial.csv", "answers.csv"),
        ("answers.csv", "./answers.csv"),
        ("FROM 'answers.csv'", "answers.csv"),
        ("db.t.partial.parquet", "db.duckdb::t"),
    ],
)
def test_an_input_that_a_stopped_run_would_write_over_is_refused_before_anything_is_sent(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, output: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("answers.partial.csv", "answers.errors.partial.csv", "answers.csv", "db.t.partial.parquet"):
        Path(name).write_text(rows(30))
    Path("link.csv").symlink_to("answers.partial.csv")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with Service() as service:
        done = run("lookup", source, ASK, "-o", output, "--max-calls", "3", "--base-url", service.base_url)
        assert (done.code, service.asked) == (2, [])
    assert "the input" in done.err
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def digests(folder: Path) -> dict[str, str]:
    """The content of every file below a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("form", ["csv", "json", "jsonl"])
def test_a_run_leaves_the_media_of_an_earlier_output_as_they_are(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text(rows(3, "first"))
    Path("b.csv").write_text(rows(3, "second"))
    picture = (*PICTURE, "-o", f"out.{form}")
    assert run("lookup", "a.csv", *picture).code == 0
    before = digests(tmp_path)
    stopped = run("lookup", "b.csv", *picture, "--max-calls", "2", "--concurrency", "1")
    assert stopped.code == 4
    after = digests(tmp_path)
    assert {name: after.get(name) for name in before} == before
    partial = Path(f"out.partial.{form}").read_text()
    assert partial.count("out_media/") == 2
    assert run("lookup", "b.csv", *picture).code == 0
    told = Path(f"out.{form}").read_text()
    assert told.count("out_media/") == 3
    shown = {name: digest for name, digest in digests(tmp_path).items() if name in told}
    assert len(shown) == 3
    assert not set(shown.values()) & set(before.values())


def test_a_link_under_the_name_of_a_picture_is_not_followed(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text(rows(1))
    Path("victim").write_text("precious")
    Path("out_media").mkdir()
    for ending in ("jpg", "png", "webp", "bin"):
        Path(f"out_media/000001-ResultImage_Content.{ending}").symlink_to("../victim")
    done = run(
        "lookup", "a.csv", "CALL GenerateImage(:body)", "-o", "out.csv", "--fields", "ResultImage_Content", "--sandbox"
    )
    assert done.code == 0
    assert Path("victim").read_text() == "precious"
    assert "000001-ResultImage_Content-2." in Path("out.csv").read_text()


@pytest.mark.parametrize("device", ["/dev/null", "/dev/stdout"])
def test_a_device_has_no_file_for_failed_rows_beside_it(run, process, tmp_path: Path, device: str) -> None:
    (tmp_path / "in.csv").write_text(rows(2))
    key = {"XAI_API_KEY": "xai-0123456789"}
    with Service() as service:
        asked = (ASK, "-o", device, "--format", "csv", "--csv-safe", "--base-url", service.base_url)
        done = process("lookup", tmp_path / "in.csv", *asked, **key)
    assert (done.code, len(service.asked)) == (0, 2), done.err
    assert device == "/dev/null" or "Call_Status" in done.out
    assert not Path(f"{device}.errors").exists()
