"""The catalog of the procedures that the package ships."""

from __future__ import annotations

from collections.abc import Mapping

from grokcall_procedures.analysis import PROCEDURES as _ANALYSIS
from grokcall_procedures.audio import PROCEDURES as _AUDIO
from grokcall_procedures.batches import PROCEDURES as _BATCHES
from grokcall_procedures.catalog import Catalog
from grokcall_procedures.chat import PROCEDURES as _CHAT
from grokcall_procedures.classification import PROCEDURES as _CLASSIFICATION
from grokcall_procedures.collections import PROCEDURES as _COLLECTIONS
from grokcall_procedures.definition import Procedure
from grokcall_procedures.embeddings import PROCEDURES as _EMBEDDINGS
from grokcall_procedures.files import PROCEDURES as _FILES
from grokcall_procedures.generated_rows import PROCEDURES as _ROWS
from grokcall_procedures.images import PROCEDURES as _IMAGES
from grokcall_procedures.management import OWN_KEY_PROCEDURES as _OWN_KEY
from grokcall_procedures.management import PROCEDURES as _MANAGEMENT
from grokcall_procedures.model_listing import PROCEDURES as _ACCOUNT
from grokcall_procedures.price_list import PROCEDURES as _PRICE_LIST
from grokcall_procedures.raw import PROCEDURES as _RAW
from grokcall_procedures.searches import PROCEDURES as _SEARCHES
from grokcall_procedures.stored_responses import PROCEDURES as _STORED_RESPONSES
from grokcall_procedures.summarization import PROCEDURES as _SUMMARIZATION
from grokcall_procedures.text import PROCEDURES as _TEXT
from grokcall_procedures.tokens import PROCEDURES as _TOKENS
from grokcall_procedures.videos import PROCEDURES as _VIDEOS
from grokcall_procedures.voice import PROCEDURES as _VOICE

FAMILIES: Mapping[str, tuple[Procedure, ...]] = {
    "Answers": (*_TEXT, *_ANALYSIS, *_ROWS),
    "Searches": _SEARCHES,
    "Images": _IMAGES,
    "Speech": (*_AUDIO, *_VOICE),
    "Videos": _VIDEOS,
    "Texts": (*_CLASSIFICATION, *_SUMMARIZATION),
    "Other interfaces": _CHAT,
    "Stored answers": _STORED_RESPONSES,
    "Tokens and vectors": (*_TOKENS, *_EMBEDDINGS),
    "Files": _FILES,
    "Collections": _COLLECTIONS,
    "Batches": _BATCHES,
    "Models": (*_ACCOUNT, *_PRICE_LIST),
    "Account": _OWN_KEY,
    "Management": _MANAGEMENT,
    "Any request": _RAW,
}
"""What belongs together, under the headings of listings."""
OWN_FAMILY = "Your own"
"""The heading of procedures that users have made."""

CATALOG: Catalog = Catalog(procedure for family in FAMILIES.values() for procedure in family)
"""Every procedure that the package ships."""

_FAMILY_OF = {procedure.name: family for family, procedures in FAMILIES.items() for procedure in procedures}


def family_of(procedure: Procedure) -> str:
    """The heading under which a procedure stands in listings.

    >>> family_of(CATALOG["EditImage"])
    'Images'
    """
    return _FAMILY_OF.get(procedure.name, OWN_FAMILY)
