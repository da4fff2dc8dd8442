"""Batches: many requests that the service answers within a day."""

from grokcall_procedures.batches.batch import PROCEDURES as _BATCH
from grokcall_procedures.batches.requests import PROCEDURES as _REQUESTS
from grokcall_procedures.batches.results import PROCEDURES as _RESULTS

PROCEDURES = (*_BATCH, *_REQUESTS, *_RESULTS)
