"""What other programs reach grokcall through."""
