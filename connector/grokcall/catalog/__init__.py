"""Users' procedures, in memory and in a file."""
