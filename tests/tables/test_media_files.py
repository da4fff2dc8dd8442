"""Bytes beside a table of text."""

import subprocess
import sys

import pyarrow as pa
import pytest

from grokcall.tables import MediaFolder, open_table, open_writer, sniff_extension, text_schema

PNG, PDF = b"\x89PNG\r\n\x1a\n" + b"x" * 100, b"%PDF-1.7"


@pytest.mark.parametrize(
    ("data", "ending"),
    [
        (b"\xff\xd8\xff\xe0", "jpg"),
        (PNG, "png"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "webp"),
        (b"GIF89a", "gif"),
        (b"\x00\x00\x00\x20ftypisom", "mp4"),
        (b"ID3\x04", "mp3"),
        (b"\xff\xfb\x90\x44", "mp3"),
        (b"\xff\xf3\x40\xc4", "mp3"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "wav"),
        (PDF, "pdf"),
        (b"", "bin"),
        (b"\xff", "bin"),
        (b"\xff\xf1\x50\x80", "bin"),
        (b"\xff\xfb\x90d", "mp3"),
        (b"RIFF\x00\x00\x00\x00AVI ", "avi"),
        (b"xxxx\x00\x00\x00\x00WAVE", "bin"),
        (b"hello", "bin"),
    ],
)
def test_the_ending_is_told_by_the_first_bytes(data, ending):
    assert sniff_extension(data) == ending


@pytest.mark.parametrize("form", ["csv", "tsv", "json", "jsonl"])
def test_bytes_become_files_beside_a_table_of_text(here, form, names):
    (here / "out").mkdir()
    schema = pa.schema([("id", pa.int64()), ("Image Content/1", pa.large_binary()), ("raw", pa.binary())])
    with open_writer(f"out/o.{form}", schema) as writer:
        writer.write(pa.record_batch([[1, 2], [PNG, None], [None, b""]], schema=schema))
        writer.write(pa.record_batch([[3], [PDF], [None]], schema=schema))
    assert writer.schema == text_schema(schema)
    with open_table(f"out/o.{form}") as table:
        rows = table.read_all().to_pylist()
    assert [row["Image Content/1"] for row in rows] == [
        "o_media/000001-Image_Content_1.png", None, "o_media/000003-Image_Content_1.pdf",
    ]  # fmt: skip
    assert [row["raw"] for row in rows] == [None, "o_media/000002-raw.bin", None]
    assert (here / "out" / rows[0]["Image Content/1"]).read_bytes() == PNG
    assert (here / "out" / rows[1]["raw"]).read_bytes() == b""
    assert names("out/o_media") == [
        "000001-Image_Content_1.png", "000002-raw.bin", "000003-Image_Content_1.pdf",
    ]  # fmt: skip


@pytest.mark.parametrize("target", ["o.parquet", "o.arrow", "o.duckdb::t"])
def test_formats_with_bytes_keep_them(here, target, names):
    batch = pa.record_batch({"image": [PNG, None]})
    with open_writer(target, batch.schema) as writer:
        writer.write(batch)
    with open_table(target) as table:
        assert table.read_all()["image"].to_pylist() == [PNG, None]
    assert not any("media" in name for name in names())


def test_no_folder_is_made_where_no_value_has_bytes(here, names):
    batch = pa.record_batch({"image": pa.array([None], pa.binary())})
    with open_writer("o.csv", batch.schema) as writer:
        writer.write(batch)
    assert names() == ["o.csv"]


def test_standard_output_has_its_media_in_the_current_folder(here):
    code = (
        "import pyarrow as pa; from grokcall.tables import open_writer\n"
        "batch = pa.record_batch({'image': [b'GIF89a']})\n"
        "with open_writer('-', batch.schema, format='jsonl') as writer: writer.write(batch)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=400)
    assert done.stdout == '{"image":"grokcall_media/000001-image.gif"}\n'
    assert (here / "grokcall_media" / "000001-image.gif").read_bytes() == b"GIF89a"


def test_columns_whose_names_are_alike_do_not_share_files(here):
    batch = pa.record_batch({"a b": [PNG], "a_b": [PDF], "a/b": [PNG]})
    paths = MediaFolder(here / "o.csv").convert(batch).to_pylist()[0]
    assert len({path.rpartition(".")[0] for path in paths.values()}) == 3


def test_a_table_of_paths_of_a_thousand_rows_keeps_its_numbers(here):
    folder = MediaFolder(here / "o.csv")
    batch = pa.record_batch({"b": [b"x"] * 600})
    folder.convert(batch)
    assert folder.convert(batch)["b"][-1].as_py() == "o_media/001200-b.bin"
    assert (folder.rows, folder.files) == (1200, 1200)
