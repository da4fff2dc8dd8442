"""Limits of money, calls, tokens and time, and what was used of them."""
