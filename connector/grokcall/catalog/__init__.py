"""Users' procedures and tools, in memory and in a file."""
