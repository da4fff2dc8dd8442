"""Collections of documents: made and looked after at the management host."""

from grokcall_procedures.collections.collection import PROCEDURES as _COLLECTION

PROCEDURES = (*_COLLECTION,)
