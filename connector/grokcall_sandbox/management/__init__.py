"""The management host: keys that open and close the API, usage and credit from the ledger, and the audit log."""
