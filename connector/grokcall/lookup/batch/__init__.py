"""Lookups through the service's batches: sent together, answered within a day, for some models at a lower price."""

from grokcall.lookup.batch.batch_lookup import BatchPass
from grokcall.lookup.batch.errors import BatchPendingError, UnansweredError
from grokcall.lookup.batch.looks import BatchCounts
from grokcall.lookup.batch.prices import batch_prices
from grokcall.lookup.batch.requests import TEXT_PROCEDURES, refuse_unfit

__all__ = [
    "TEXT_PROCEDURES",
    "BatchCounts",
    "BatchPass",
    "BatchPendingError",
    "UnansweredError",
    "batch_prices",
    "refuse_unfit",
]
