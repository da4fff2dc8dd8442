"""Tables: what a data flow reads from and writes to."""

from grokcall.tables.errors import OutputClosed, OutputFull
from grokcall.tables.formats import Format
from grokcall.tables.media import MediaFolder, sniff_extension, text_schema
from grokcall.tables.reader import open_table
from grokcall.tables.source import Source
from grokcall.tables.writer import Writer, open_writer

__all__ = [
    "Format",
    "MediaFolder",
    "OutputClosed",
    "OutputFull",
    "Source",
    "Writer",
    "open_table",
    "open_writer",
    "sniff_extension",
    "text_schema",
]
