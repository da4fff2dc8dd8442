"""Collections of documents: made and looked after at the management host, searched at the API."""

from grokcall_procedures.collections.adding import PROCEDURES as _ADDING
from grokcall_procedures.collections.collection import PROCEDURES as _COLLECTION
from grokcall_procedures.collections.document import PROCEDURES as _DOCUMENT
from grokcall_procedures.collections.search import PROCEDURES as _SEARCH

PROCEDURES = (*_COLLECTION, *_ADDING, *_DOCUMENT, *_SEARCH)
