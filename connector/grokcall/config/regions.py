"""Regions of the service: hosts that keep requests within one, serve text alone, and add to the price of tokens."""

from __future__ import annotations

from collections.abc import Mapping

REGIONS: Mapping[str, str] = {"us": "https://us.api.x.ai/v1"}
"""The address of each region (section 2 of the API reference)."""
SURCHARGE_PERCENT = 10
"""What a region adds to the price of tokens."""
