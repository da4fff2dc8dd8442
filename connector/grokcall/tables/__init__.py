"""Tables: what a data flow reads from and writes to."""

from typing import TYPE_CHECKING

from grokcall_parser.lazy_names import lazy_names

if TYPE_CHECKING:
    from grokcall.errors import OutputClosed as OutputClosed
    from grokcall.errors import OutputFull as OutputFull
    from grokcall.tables.formats import Format as Format
    from grokcall.tables.media import MediaFolder as MediaFolder
    from grokcall.tables.media import sniff_extension as sniff_extension
    from grokcall.tables.media import text_schema as text_schema
    from grokcall.tables.reader import open_table as open_table
    from grokcall.tables.source import Source as Source
    from grokcall.tables.writer import Writer as Writer
    from grokcall.tables.writer import open_writer as open_writer

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

lazy_names(
    __name__,
    {
        "Format": "grokcall.tables.formats",
        "MediaFolder": "grokcall.tables.media",
        "OutputClosed": "grokcall.errors",
        "OutputFull": "grokcall.errors",
        "Source": "grokcall.tables.source",
        "Writer": "grokcall.tables.writer",
        "open_table": "grokcall.tables.reader",
        "open_writer": "grokcall.tables.writer",
        "sniff_extension": "grokcall.tables.media",
        "text_schema": "grokcall.tables.media",
    },
)
