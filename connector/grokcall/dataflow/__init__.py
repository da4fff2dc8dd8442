"""Actions and steps for data flows and pipelines of other programs."""
