"""One value for one parameter: its type and its range."""

from __future__ import annotations

from decimal import Decimal

from grokcall_parser.suggestions import hint
from grokcall_procedures.definition import Parameter
from grokcall_procedures.local_files import read_content, size_of
from grokcall_procedures.settings import Settings
from grokcall_procedures.types import COERCIONS, ParameterType, UnfitValue, described, number_text, plain

PLAIN = Settings()
DIGITS = ".12g"
"""How the ends of a range are written: a billion without an exponent."""


def fit_value(value: object, parameter: Parameter, settings: Settings = PLAIN) -> tuple[object, str | None]:
    """``value`` as the parameter wants it, and a warning or None; NULL in any guise becomes None.

    Args:
        value: What was given.
        parameter: What it is for.
        settings: Whether a value that an Enum does not list is refused, and which files may be named.

    Raises:
        UnfitValue: The value does not fit.
    """
    if parameter.type is ParameterType.FILE:
        return file_value(value, parameter, settings), None
    value = plain(value)
    if value is None:
        return None, None
    fitted = parameter.reader(value) if parameter.reader else COERCIONS[parameter.type](value)
    check_range(fitted, parameter)
    if parameter.type is not ParameterType.ENUM or not parameter.values:
        return fitted, None
    listed, known = listed_value(str(fitted), parameter)
    if known:
        return listed, None
    told = hint(listed, parameter.values, f"known: {', '.join(parameter.values)}")
    if settings.strict_enums:
        raise UnfitValue(f"{described(listed)} is not one of its values; {told}")
    return listed, f"{parameter.name} {described(listed)} is not a listed value; {told}"


def file_value(value: object, parameter: Parameter, settings: Settings) -> object:
    """A value of the type File, which is not read when it is a file on this machine."""
    content = read_content(value, settings.files, allowed=settings.allow_files, largest=settings.max_media_bytes)
    if content is None or isinstance(content, bytes):
        check_range(content, parameter)
        return content
    most, size = parameter.max_length, size_of(content)
    if most is not None and size > most:
        raise UnfitValue(f"is the file {content.path!r} of {size:,} bytes; at most {most:,} are allowed")
    if parameter.required and not size:
        raise UnfitValue(f"is the file {content.path!r}, which is empty")
    return content


def listed_value(value: str, parameter: Parameter) -> tuple[str, bool]:
    """The listed spelling of an Enum's value and whether it is listed; case is ignored."""
    if value in parameter.values:
        return value, True
    for known in parameter.values:
        if known.lower() == value.lower():
            return known, True
    return value, False


def check_range(value: object, parameter: Parameter) -> None:
    """Raises UnfitValue when a number is out of range, a text or binary too long, or a required one empty."""
    low, high = parameter.low, parameter.high
    if (low is not None or high is not None) and isinstance(value, int | float | Decimal):
        under = low is not None and (value <= low if parameter.low_excluded else value < low)
        if under or (high is not None and value > high):
            raise UnfitValue(f"must be {range_text(parameter)}, got {number_text(value)}")
    if parameter.max_length is not None and isinstance(value, str | bytes) and len(value) > parameter.max_length:
        unit = "characters" if isinstance(value, str) else "bytes"
        raise UnfitValue(f"is {len(value):,} {unit} long; at most {parameter.max_length:,} are allowed")
    if parameter.required and isinstance(value, str | bytes) and not value:
        raise UnfitValue("must not be empty")


def range_text(parameter: Parameter) -> str:
    """A parameter's range in words: ``0 to 2``, ``greater than 0 and at most 1``, ``at least 1``."""
    low, high = parameter.low, parameter.high
    if low is None:
        return f"at most {high:{DIGITS}}" if high is not None else "any number"
    least = f"greater than {low:{DIGITS}}" if parameter.low_excluded else f"{low:{DIGITS}}"
    if high is None:
        return least if parameter.low_excluded else f"at least {least}"
    return f"{least} and at most {high:{DIGITS}}" if parameter.low_excluded else f"{least} to {high:{DIGITS}}"
