"""The procedures of grokcall: typed definitions, the binder, and the steps that each call takes.

This package knows the API's requests and replies and does no input or output. The package ``grokcall`` above it does.
"""

from typing import TYPE_CHECKING

from grokcall_parser.lazy_names import lazy_names

if TYPE_CHECKING:
    from grokcall_procedures.binding import Binder as Binder
    from grokcall_procedures.built_in import CATALOG as CATALOG
    from grokcall_procedures.catalog import Catalog as Catalog
    from grokcall_procedures.definition import BoundCall as BoundCall
    from grokcall_procedures.definition import Parameter as Parameter
    from grokcall_procedures.definition import Procedure as Procedure
    from grokcall_procedures.definition import ResultField as ResultField
    from grokcall_procedures.definition import Rule as Rule
    from grokcall_procedures.definition import Values as Values
    from grokcall_procedures.errors import BadValueError as BadValueError
    from grokcall_procedures.errors import FailedReplyError as FailedReplyError
    from grokcall_procedures.errors import MalformedReplyError as MalformedReplyError
    from grokcall_procedures.errors import NotReadyError as NotReadyError
    from grokcall_procedures.media import MediaType as MediaType
    from grokcall_procedures.media import sniff as sniff
    from grokcall_procedures.pieces import Fold as Fold
    from grokcall_procedures.pieces import Piece as Piece
    from grokcall_procedures.pieces import PieceKind as PieceKind
    from grokcall_procedures.settings import DEFAULT_MODELS as DEFAULT_MODELS
    from grokcall_procedures.settings import Settings as Settings
    from grokcall_procedures.steps import Host as Host
    from grokcall_procedures.steps import Kind as Kind
    from grokcall_procedures.steps import Notice as Notice
    from grokcall_procedures.steps import Pause as Pause
    from grokcall_procedures.steps import Reply as Reply
    from grokcall_procedures.steps import Request as Request
    from grokcall_procedures.steps import Row as Row
    from grokcall_procedures.steps import Rows as Rows
    from grokcall_procedures.steps import Step as Step
    from grokcall_procedures.steps import Steps as Steps
    from grokcall_procedures.steps import ToolUse as ToolUse
    from grokcall_procedures.steps import Use as Use
    from grokcall_procedures.types import ParameterType as ParameterType
    from grokcall_procedures.types import UnfitValue as UnfitValue
    from grokcall_procedures.types import coerce as coerce

__all__ = [
    "CATALOG",
    "DEFAULT_MODELS",
    "BadValueError",
    "Binder",
    "BoundCall",
    "Catalog",
    "FailedReplyError",
    "Fold",
    "Host",
    "Kind",
    "MalformedReplyError",
    "MediaType",
    "NotReadyError",
    "Notice",
    "Parameter",
    "ParameterType",
    "Pause",
    "Piece",
    "PieceKind",
    "Procedure",
    "Reply",
    "Request",
    "ResultField",
    "Row",
    "Rows",
    "Rule",
    "Settings",
    "Step",
    "Steps",
    "ToolUse",
    "UnfitValue",
    "Use",
    "Values",
    "coerce",
    "sniff",
]

lazy_names(
    __name__,
    {
        "CATALOG": "grokcall_procedures.built_in",
        "DEFAULT_MODELS": "grokcall_procedures.settings",
        "BadValueError": "grokcall_procedures.errors",
        "Binder": "grokcall_procedures.binding",
        "BoundCall": "grokcall_procedures.definition",
        "Catalog": "grokcall_procedures.catalog",
        "FailedReplyError": "grokcall_procedures.errors",
        "Fold": "grokcall_procedures.pieces",
        "Host": "grokcall_procedures.steps",
        "Kind": "grokcall_procedures.steps",
        "MalformedReplyError": "grokcall_procedures.errors",
        "MediaType": "grokcall_procedures.media",
        "NotReadyError": "grokcall_procedures.errors",
        "Parameter": "grokcall_procedures.definition",
        "ParameterType": "grokcall_procedures.types",
        "Notice": "grokcall_procedures.steps",
        "Pause": "grokcall_procedures.steps",
        "Piece": "grokcall_procedures.pieces",
        "PieceKind": "grokcall_procedures.pieces",
        "Procedure": "grokcall_procedures.definition",
        "Reply": "grokcall_procedures.steps",
        "Request": "grokcall_procedures.steps",
        "ResultField": "grokcall_procedures.definition",
        "Row": "grokcall_procedures.steps",
        "Rows": "grokcall_procedures.steps",
        "Rule": "grokcall_procedures.definition",
        "Settings": "grokcall_procedures.settings",
        "Step": "grokcall_procedures.steps",
        "Steps": "grokcall_procedures.steps",
        "ToolUse": "grokcall_procedures.steps",
        "UnfitValue": "grokcall_procedures.types",
        "Use": "grokcall_procedures.steps",
        "Values": "grokcall_procedures.definition",
        "coerce": "grokcall_procedures.types",
        "sniff": "grokcall_procedures.media",
    },
)
