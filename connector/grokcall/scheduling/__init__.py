"""How many requests are in flight, how fast and in which order they go."""
