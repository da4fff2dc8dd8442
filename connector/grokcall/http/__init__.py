"""Bytes to and from the service, and what they mean: transports, errors, retries."""
