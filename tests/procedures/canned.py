"""Small real media, and replies as the API gives them."""

from __future__ import annotations

import io
import struct

from PIL import Image


def picture(format_name: str, size: tuple[int, int] = (2, 2)) -> bytes:
    """An image in one of Pillow's formats."""
    buffer = io.BytesIO()
    Image.new("RGB", size, "teal").save(buffer, format_name)
    return buffer.getvalue()


JPEG, PNG, WEBP, GIF = (picture(name) for name in ("JPEG", "PNG", "WEBP", "GIF"))


def ftyp(brand: bytes) -> bytes:
    """The first box of a video of a brand."""
    return struct.pack(">I4s4sI", 20, b"ftyp", brand, 512) + brand


MP4 = ftyp(b"isom") + b"\x00\x00\x00\x08free"

ANSWER = {
    "id": "0b6f3c1e-1111-4222-8333-9c0ffee00001",
    "object": "response",
    "created_at": 1790000000,
    "completed_at": 1790000002,
    "status": "completed",
    "model": "grok-4.3",
    "store": True,
    "instructions": None,
    "previous_response_id": None,
    "output": [
        {
            "type": "reasoning",
            "id": "rs_0b6f3c1e-1111-4222-8333-9c0ffee00001",
            "status": "completed",
            "summary": [{"type": "summary_text", "text": "Simple colour question."}],
        },
        {
            "type": "message",
            "id": "msg_0b6f3c1e-1111-4222-8333-9c0ffee00001",
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "output_text", "text": "Yellow", "logprobs": [], "annotations": []}],
        },
    ],
    "reasoning": {"effort": "low", "summary": "detailed"},
    "temperature": 0.7,
    "top_p": 0.95,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "parallel_tool_calls": True,
    "top_logprobs": 0,
    "usage": {
        "input_tokens": 210,
        "input_tokens_details": {"cached_tokens": 128},
        "output_tokens": 41,
        "output_tokens_details": {"reasoning_tokens": 39},
        "total_tokens": 251,
        "num_sources_used": 0,
        "num_server_side_tools_used": 0,
        "cost_in_usd_ticks": 2306000,
        "context_details": {"input_tokens": 210, "output_tokens": 41},
    },
    "service_tier": "default",
    "truncation": "disabled",
    "background": False,
    "metadata": {},
    "user": None,
    "error": None,
    "incomplete_details": None,
    "safety_identifier": None,
    "prompt_cache_key": None,
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
}
"""A response object with every member that the API is known to send."""
