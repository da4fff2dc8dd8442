"""How fast and how many at a time: what the service allows, learned from its replies and kept by all calls together."""
