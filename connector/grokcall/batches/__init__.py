"""Lookups through the service's batches: sent together, answered within a day, for some models at a lower price."""

from grokcall.batches.faults import BatchPendingError, UnansweredError
from grokcall.batches.looks import BatchCounts
from grokcall.batches.prices import batch_prices
from grokcall.batches.requests import TEXT_PROCEDURES, refuse_unfit
from grokcall.batches.run import BatchPass

__all__ = [
    "TEXT_PROCEDURES",
    "BatchCounts",
    "BatchPass",
    "BatchPendingError",
    "UnansweredError",
    "batch_prices",
    "refuse_unfit",
]
