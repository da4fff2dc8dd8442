"""Images, speech and videos made on the spot, of the size and length that was asked for."""
