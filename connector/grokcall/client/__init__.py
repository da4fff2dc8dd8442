"""The resources of the API: requests, prices, batches."""
