"""Tables: what a data flow reads from and writes to."""

from grokcall.tables.faults import OutputClosed, OutputFull
from grokcall.tables.formats import Format
from grokcall.tables.media import MediaFolder, sniff_extension, text_schema
from grokcall.tables.reading import open_table
from grokcall.tables.sources import Source
from grokcall.tables.writing import Writer, open_writer

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
