"""The values of literals: what sqlglot's expression says it is, read from the token that it was made of."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal

from sqlglot import exp

from grokcall_parser.spans import printable
from grokcall_parser.statements import Scalar

LONGEST_NUMBER = 640
"""Characters of a number; Python refuses to read far longer ones, and no service takes one."""
LARGEST_EXPONENT = 999

NUMBER = re.compile(r"(?P<whole>\d+)(?P<point>\.\d*)?(?:[eE](?P<power>[+-]?\d+))?|\.\d+(?:[eE](?P<power2>[+-]?\d+))?")
HEXADECIMAL = re.compile(r"(?:[0-9A-Fa-f]{2})*")
ESCAPE = re.compile(
    r"''|\\(?:(?P<byte>x[0-9A-Fa-f]{2})|(?P<point>u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8})|(?P<sign>.)|$)", re.DOTALL
)
SIGNS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "0": "\0", "\\": "\\", "'": "'", '"': '"', "/": "/"}


class UnfitLiteral(ValueError):  # noqa: N818 - a private signal; the reader of values turns it into a CallSyntaxError
    """A literal that cannot be read.

    Args:
        message: What is wrong and what to write instead.
        start: Where in the literal's source the fault begins.
        end: Where it ends; None for the end of the literal.
    """

    def __init__(self, message: str, start: int = 0, end: int | None = None) -> None:
        super().__init__(message)
        self.start = start
        self.end = end


def number(source: str, sign: str = "") -> int | Decimal:
    """A whole number as an int, one with a point or an exponent as a Decimal; ``sign`` stands before it."""
    if len(source) > LONGEST_NUMBER:
        raise UnfitLiteral(f"a number has at most {LONGEST_NUMBER} characters, this one has {len(source):,}")
    match = NUMBER.fullmatch(source)
    if match is None:
        raise UnfitLiteral(f"{shortened(source)} is not a number; write 42, 0.5 or 1e-3, or quote it as text")
    power = match["power"] or match["power2"]
    if power is not None and abs(int(power)) > LARGEST_EXPONENT:
        raise UnfitLiteral(f"an exponent is at most {LARGEST_EXPONENT}, here it is {shortened(power)}")
    is_whole = match["whole"] is not None and match["point"] is None and power is None
    return int(sign + source) if is_whole else Decimal(sign + source)


def negative(source: str) -> int | Decimal:
    """The number that stands after a minus."""
    return number(source, "-")


def plain(source: str) -> str | int | Decimal:
    """A string in plain quotes, or a number."""
    return quoted(source) if source.startswith("'") else number(source)


def quoted(source: str) -> str:
    """The text of ``'…'`` and ``N'…'``; a backslash is a backslash."""
    return source[source.index("'") + 1 : -1].replace("''", "'")


def dollar_quoted(source: str) -> str:
    """The text of ``$$…$$``, as it stands."""
    return source[2:-2]


def hexadecimal(source: str) -> bytes:
    """The bytes of ``X'ff00'``."""
    if source[0] not in "xX":
        raise UnfitLiteral(f"write {shortened(source)} as a decimal number, or as X'…' for bytes")
    digits = source[2:-1]
    if HEXADECIMAL.fullmatch(digits) is None:
        raise UnfitLiteral("X'…' takes hexadecimal digits only, two for each byte: X'ff00'")
    return bytes.fromhex(digits)


def unescaped(source: str) -> str:
    r"""The text of ``E'…'``: ``\n \t \r \b \f \0 \\ \' \" \/ \uXXXX \UXXXXXXXX`` and ``\xXX``, a byte of UTF-8."""
    body = source[2:-1]
    pieces: list[bytes] = []
    end = 0
    for match in ESCAPE.finditer(body):
        pieces.append(encoded(body[end : match.start()]))
        pieces.append(escape_value(match))
        end = match.end()
    pieces.append(encoded(body[end:]))
    try:
        text = b"".join(pieces).decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        raise UnfitLiteral("the \\x escapes of this string are not UTF-8; write \\u00e9, or X'…' for bytes") from None
    # Two escapes may stand for one character: \ud83d\ude00.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def escape_value(match: re.Match[str]) -> bytes:
    """What one escape stands for, in UTF-8."""
    if match.group() == "''":
        return b"'"
    if match["byte"]:
        return bytes([int(match["byte"][1:], 16)])
    if match["point"] and int(match["point"][1:], 16) <= 0x10FFFF:
        return encoded(chr(int(match["point"][1:], 16)))
    if match["sign"] in SIGNS:
        return encoded(SIGNS[match["sign"]])
    message = "there is no such escape in E'…'; write \\\\ for a backslash, or leave the E out"
    raise UnfitLiteral(message, 2 + match.start(), 2 + match.end())


def encoded(text: str) -> bytes:
    """``text`` in UTF-8; lone halves of a pair are kept until the pairs are joined."""
    return text.encode("utf-8", "surrogatepass")


def truth(source: str) -> bool:
    """TRUE or FALSE."""
    return source.upper() == "TRUE"


def nothing(source: str) -> None:
    """NULL."""


def shortened(source: str, width: int = 40) -> str:
    """``source`` on one line and no longer than ``width``, for a message."""
    line = printable(" ".join(source[: 2 * width].split()))
    return line if len(line) <= width and len(source) <= 2 * width else line[: width - 1] + "…"


READERS: Mapping[type[exp.Expr], Callable[[str], Scalar]] = {
    exp.Literal: plain,
    exp.National: quoted,
    exp.RawString: dollar_quoted,
    exp.ByteString: unescaped,
    exp.HexString: hexadecimal,
    exp.Boolean: truth,
    exp.Null: nothing,
}
"""How to read the value, by the class of the expression that sqlglot made of it."""
