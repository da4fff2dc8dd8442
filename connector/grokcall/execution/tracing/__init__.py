"""Calls as spans of OpenTelemetry, for connections with the option ``traces``."""
