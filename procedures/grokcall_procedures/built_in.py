"""The catalog of the procedures that the package ships."""

from __future__ import annotations

from grokcall_procedures.account import PROCEDURES as _ACCOUNT
from grokcall_procedures.analysis import PROCEDURES as _ANALYSIS
from grokcall_procedures.audio import PROCEDURES as _AUDIO
from grokcall_procedures.batches import PROCEDURES as _BATCHES
from grokcall_procedures.catalog import Catalog
from grokcall_procedures.chat import PROCEDURES as _CHAT
from grokcall_procedures.classification import PROCEDURES as _CLASSIFICATION
from grokcall_procedures.deferred import PROCEDURES as _DEFERRED
from grokcall_procedures.embeddings import PROCEDURES as _EMBEDDINGS
from grokcall_procedures.files import PROCEDURES as _FILES
from grokcall_procedures.identity import PROCEDURES as _IDENTITY
from grokcall_procedures.images import PROCEDURES as _IMAGES
from grokcall_procedures.raw import PROCEDURES as _RAW
from grokcall_procedures.stored_responses import PROCEDURES as _STORED_RESPONSES
from grokcall_procedures.summarization import PROCEDURES as _SUMMARIZATION
from grokcall_procedures.text import PROCEDURES as _TEXT
from grokcall_procedures.tokens import PROCEDURES as _TOKENS
from grokcall_procedures.videos import PROCEDURES as _VIDEOS

CATALOG: Catalog = Catalog(
    (
        *_TEXT,
        *_ANALYSIS,
        *_IMAGES,
        *_AUDIO,
        *_VIDEOS,
        *_CLASSIFICATION,
        *_SUMMARIZATION,
        *_CHAT,
        *_DEFERRED,
        *_STORED_RESPONSES,
        *_TOKENS,
        *_EMBEDDINGS,
        *_FILES,
        *_BATCHES,
        *_ACCOUNT,
        *_IDENTITY,
        *_RAW,
    )
)
"""Every procedure that the package ships."""
