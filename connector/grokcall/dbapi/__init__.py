"""PEP 249 over Arrow."""
