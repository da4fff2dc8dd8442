"""Files on this machine that results are written to as they come, in the place of bytes in a row."""

from __future__ import annotations

from collections.abc import Callable

from grokcall_procedures.definition import Parameter, Values
from grokcall_procedures.nouns import read_id
from grokcall_procedures.settings import Settings
from grokcall_procedures.steps import DownloadTo
from grokcall_procedures.types import ParameterType, UnfitValue

NAME = "To"


def target_parameter(what: str) -> Parameter:
    """The parameter that names such a file.

    Args:
        what: What is written, with its article.
    """
    return Parameter(
        NAME,
        ParameterType.STRING,
        f"The file to write {what} to as it comes, one that is there is replaced; with the option `allow_files` only.",
        named_only=True,
        reader=read_id,
    )


def target_may_be_written(values: Values, settings: Settings) -> tuple[str, ...]:
    """Makes a whole path of the file to write; refuses one where text may name no files, or that cannot be written."""
    if NAME not in values:
        return ()
    if not settings.allow_files or settings.files is None:
        raise UnfitValue("names a file to write, which needs the option allow_files; set it, or leave To out", NAME)
    try:
        values[NAME] = settings.files.target(str(values[NAME]))
    except UnfitValue as error:
        raise UnfitValue(str(error), NAME) from None
    return ()


def target_of(values: Values, check: Callable[[bytes], object] | None = None) -> DownloadTo | None:
    """Where the result of a call is written; None where it stands in the row.

    Args:
        values: The call's values.
        check: Looks at the first bytes, and raises where they are something else; None for any.
    """
    path = values.get(NAME)
    return None if path is None else DownloadTo(str(path), check)
