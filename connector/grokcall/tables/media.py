"""Bytes in a format that has only text: each value becomes a file, and its path stands in the column."""

from __future__ import annotations

import contextlib
import filecmp
import itertools
import os
import re
import secrets
from pathlib import Path
from typing import Any

import pyarrow as pa

from grokcall.errors import OperationalError
from grokcall.tables.arrow_types import unique_names
from grokcall.tables.errors import mapped_errors
from grokcall_procedures.media import sniff

FOLDER = Path("grokcall_media")
"""The folder for the media of standard output."""
MOST_FOLDERS = 10_000


def sniff_extension(data: bytes) -> str:
    """The ending for a file of these bytes, such as jpg, png, webp, mp4, mp3, wav and pdf; bin for what is not known.

    >>> sniff_extension(b"%PDF-1.7 ..."), sniff_extension(b"")
    ('pdf', 'bin')
    """
    known = sniff(data)
    return "bin" if known is None else known.extension.removeprefix(".")


def is_bytes(of: pa.DataType) -> bool:
    """Whether a column of this plain type holds bytes."""
    return pa.types.is_binary(of) or pa.types.is_large_binary(of)


def text_schema(schema: pa.Schema) -> pa.Schema:
    """``schema`` with a text column, for paths, in place of each column of bytes."""
    return pa.schema([pa.field(field.name, pa.string()) if is_bytes(field.type) else field for field in schema])


class MediaFolder:
    """The folder for the media of one output.

    Files are called ``000001-Audio_Content.mp3``: the row's number from 1, then the column. No file that was there
    before is written over: where another content has that name, the new one is ``000001-Audio_Content-2.mp3``. The
    folder comes to be with the first file, for its owner alone.

    Args:
        target: The output: for ``answers.csv`` the folder is ``answers_media`` beside it. None for standard output:
            the folder is then ``grokcall_media`` in the current one, or the first of ``grokcall_media_2``, ``_3`` …
            that is not there yet, so that no result replaces the files of another.
    """

    def __init__(self, target: Path | None) -> None:
        self.folder: Path = FOLDER if target is None else target.with_name(f"{target.stem}_media")
        self._is_fresh = target is not None
        self.rows: int = 0
        self.files: int = 0
        self._made: list[Path] = []

    def convert(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """``batch`` with the paths of files, relative to the output's folder, in place of bytes.

        Raises:
            OutputFull: There is no space for a file.
            OperationalError: The folder cannot be written to.
        """
        schema = text_schema(batch.schema)
        safe = unique_names([re.sub(r"[^\w.-]+", "_", name, flags=re.ASCII)[:80] for name in batch.schema.names])
        columns = [
            self._stored(column, name) if is_bytes(column.type) else column
            for column, name in zip(batch.columns, safe, strict=True)
        ]
        self.rows += batch.num_rows
        return pa.RecordBatch.from_arrays(columns, schema=schema)

    def _stored(self, column: Any, name: str) -> Any:
        paths = [
            self._store(f"{row:06d}-{name}", value.as_buffer()) if value.is_valid else None
            for row, value in enumerate(column, self.rows + 1)
        ]
        return pa.array(paths, pa.string())

    def _store(self, stem: str, data: pa.Buffer) -> str:
        if not self._is_fresh:
            self.folder, self._is_fresh = fresh_folder(), True
        ending = sniff_extension(data[:16].to_pybytes())
        aside = self.folder / f".{stem}.{secrets.token_hex(4)}.part"
        with mapped_errors(str(self.folder / f"{stem}.{ending}")):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                with aside.open("xb") as file:
                    file.write(data)
                path = self._placed(aside, stem, ending)
            finally:
                aside.unlink(missing_ok=True)
        self.files += 1
        return f"{self.folder.name}/{path.name}"

    def _placed(self, aside: Path, stem: str, ending: str) -> Path:
        """Gives a file the first of its names under which nothing else stands, and tells it."""
        for number in itertools.count(1):
            path = self.folder / (f"{stem}.{ending}" if number == 1 else f"{stem}-{number}.{ending}")
            try:
                os.link(aside, path)
            except FileExistsError:
                if not path.is_symlink() and path.is_file() and filecmp.cmp(aside, path, shallow=False):
                    return path
                continue
            except OSError:  # a file system without links
                if os.path.lexists(path):
                    continue
                aside.rename(path)
            self._made.append(path)
            return path
        raise AssertionError

    def remove(self) -> None:
        """Removes the files that were made here: what they belong to is not."""
        for path in self._made:
            path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # unless it holds others
            self.folder.rmdir()


def fresh_folder() -> Path:
    """A new folder for the media of standard output.

    Raises:
        OperationalError: It cannot be made, or there are too many.
    """
    with mapped_errors(str(FOLDER)):
        for number in range(1, MOST_FOLDERS + 1):
            folder = FOLDER if number == 1 else FOLDER.with_name(f"{FOLDER.name}_{number}")
            try:
                folder.mkdir(mode=0o700)
            except FileExistsError:
                continue
            return folder
    raise OperationalError(f"there are {MOST_FOLDERS:,} folders {FOLDER}_… here already; remove some of them")
