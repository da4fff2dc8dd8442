"""Lookups through the service's batches: sent together, answered within a day, for some models at a lower price."""
