"""The procedures of grokcall: typed definitions, the binder, and the steps that each call takes.

This package knows the API's requests and replies and does no input or output. The package ``grokcall`` above it does.
"""

from grokcall_procedures.account import PROCEDURES as _ACCOUNT
from grokcall_procedures.analysis import PROCEDURES as _ANALYSIS
from grokcall_procedures.audio import PROCEDURES as _AUDIO
from grokcall_procedures.binding import BadValueError, Binder
from grokcall_procedures.catalog import Catalog
from grokcall_procedures.chat import PROCEDURES as _CHAT
from grokcall_procedures.classification import PROCEDURES as _CLASSIFICATION
from grokcall_procedures.definition import BoundCall, Parameter, Procedure, ResultField, Rule, Values
from grokcall_procedures.images import PROCEDURES as _IMAGES
from grokcall_procedures.media import MediaType, sniff
from grokcall_procedures.raw import PROCEDURES as _RAW
from grokcall_procedures.settings import DEFAULT_MODELS, Settings
from grokcall_procedures.steps import (
    FailedReplyError,
    Kind,
    MalformedReplyError,
    NotReadyError,
    Pause,
    Reply,
    Request,
    Row,
    Step,
    Steps,
)
from grokcall_procedures.summarization import PROCEDURES as _SUMMARIZATION
from grokcall_procedures.text import PROCEDURES as _TEXT
from grokcall_procedures.types import ParameterType, UnfitValue, coerce
from grokcall_procedures.videos import PROCEDURES as _VIDEOS

CATALOG = Catalog(
    (
        *_TEXT,
        *_ANALYSIS,
        *_IMAGES,
        *_AUDIO,
        *_VIDEOS,
        *_CLASSIFICATION,
        *_SUMMARIZATION,
        *_CHAT,
        *_ACCOUNT,
        *_RAW,
    )
)
"""Every procedure that the package ships."""

__all__ = [
    "CATALOG",
    "DEFAULT_MODELS",
    "BadValueError",
    "Binder",
    "BoundCall",
    "Catalog",
    "FailedReplyError",
    "Kind",
    "MalformedReplyError",
    "MediaType",
    "NotReadyError",
    "Parameter",
    "ParameterType",
    "Pause",
    "Procedure",
    "Reply",
    "Request",
    "ResultField",
    "Row",
    "Rule",
    "Settings",
    "Step",
    "Steps",
    "UnfitValue",
    "Values",
    "coerce",
    "sniff",
]
