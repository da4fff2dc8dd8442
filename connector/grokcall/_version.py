"""The version, kept where the build reads it."""

__version__ = "0.2.0"
"""The version of the package."""
