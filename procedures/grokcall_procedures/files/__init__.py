"""Files that the service keeps: upload, list, fetch, remove, and links to them for others."""

from grokcall_procedures.files.links import PROCEDURES as _LINKS
from grokcall_procedures.files.stored import PROCEDURES as _STORED

PROCEDURES = (*_STORED, *_LINKS)
