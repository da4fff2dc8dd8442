"""One call with its budget, its journal and the answers of equal calls."""
