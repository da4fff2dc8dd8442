"""What is said of a value that does not fit."""

from __future__ import annotations

from decimal import Decimal

LONGEST_SHOWN_BITS = 200


class UnfitValue(ValueError):  # noqa: N818 - a private signal; the binder turns it into a DataError
    """A value does not fit; the text says why, without the procedure's name.

    Args:
        reason: What is wrong and what would do.
        parameter: The parameter at fault, where a rule looks at several; its name is then no part of ``reason``.
    """

    def __init__(self, reason: str, parameter: str | None = None) -> None:
        self.parameter = parameter
        super().__init__(reason)


def described(value: object) -> str:
    """A short name for a value in a message; never more than its first characters, never bytes."""
    if isinstance(value, str):
        return repr(value if len(value) <= 40 else value[:37] + "…")
    if isinstance(value, bytes | bytearray | memoryview):
        return f"{len(value):,} bytes"
    if isinstance(value, int | float | Decimal):
        bits = value.bit_length() if isinstance(value, int) else 0
        return str(value) if bits <= LONGEST_SHOWN_BITS else f"a whole number of {bits:,} bits"
    return f"a value of type {type(value).__name__}"
