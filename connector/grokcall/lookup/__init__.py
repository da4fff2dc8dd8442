"""A lookup: one call for each row of a table, its result beside the row."""
