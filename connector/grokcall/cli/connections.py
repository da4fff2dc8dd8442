"""The connection of a command, to the service or to a sandbox, and what is told of it meanwhile."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from grokcall.cli.screens import Screen, shown
from grokcall.config.options import load_options
from grokcall.core.terminals import visible
from grokcall.dbapi.connection import Connection, connect
from grokcall.errors import InterfaceError
from grokcall.scheduling import event_loop as background
from grokcall.tools.named_functions import function_named


@contextmanager
def opened(
    given: Mapping[str, Any],
    console: Screen,
    *,
    sandbox: bool,
    verbose: bool,
    files: bool,
    tools: Iterable[str] = (),
) -> Iterator[Connection]:
    """A connection for the block.

    Args:
        given: The arguments of :func:`grokcall.connect`.
        console: Where it is said what is waited for.
        sandbox: Whether it goes to a sandbox, which lives as long as the block.
        verbose: Whether requests and retries are logged.
        files: Whether text may name files unless a flag, the environment or the profile says otherwise.
        tools: Functions that models may call, as ``module:function``; modules of the working directory are found.

    Raises:
        InterfaceError: An address was given for the sandbox, which has its own.
    """
    if files and given.get("allow_files") is None:
        told = load_options(given.get("profile")).model_fields_set
        given = given if "allow_files" in told else {**given, "allow_files": True}
    if verbose:
        log_to_standard_error()
    with waits_shown(console), exported_where_traced(given):
        if not sandbox:
            with connect(**given) as connection:
                add_tools(connection, tools)
                yield connection
            return
        if given.get("base_url"):
            raise InterfaceError("--sandbox starts a sandbox of its own; leave out --base-url")
        from grokcall.sandbox import MANAGEMENT_KEY, SANDBOX_KEY, Sandbox  # an extra that others need not have

        with Sandbox() as started:
            hosts = {
                "api_key": SANDBOX_KEY,
                "base_url": started.base_url,
                "management_key": MANAGEMENT_KEY,
                "management_base_url": started.management_base_url,
            }
            with connect(**{"poll_interval": 0.1, **given, **hosts}) as connection:
                add_tools(connection, tools)
                yield connection


@contextmanager
def exported_where_traced(given: Mapping[str, Any]) -> Iterator[None]:
    """Has the spans of the block exported, if the option ``traces`` is in force."""
    traces = given.get("traces")
    if traces or (traces is None and load_options(given.get("profile")).traces):
        from grokcall.cli.exported_spans import spans_exported

        with spans_exported():
            yield
    else:
        yield


def add_tools(connection: Connection, names: Iterable[str]) -> None:
    """Makes functions tools of a connection."""
    if names and "" not in sys.path:
        sys.path.insert(0, "")
    for name in names:
        connection.tool(function_named(name))


class ConsoleHandler(logging.Handler):
    """Shows what is logged as plain sentences."""

    def __init__(self, console: Screen) -> None:
        super().__init__(logging.WARNING)
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        """Prints the sentence."""
        self._console.print(shown(record.getMessage()), soft_wrap=True)


@contextmanager
def waits_shown(console: Screen) -> Iterator[None]:
    """Says in the block for what a command still waits after an interrupt."""
    logger, handler = logging.getLogger(background.__name__), ConsoleHandler(console)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


class VisibleFormatter(logging.Formatter):
    """Writes out control characters."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        return visible(super().format(record))


def log_to_standard_error() -> None:
    """Shows the library's log; its filter has taken every secret out."""
    logger = logging.getLogger("grokcall")
    handler = logging.StreamHandler()
    handler.setFormatter(VisibleFormatter("%(asctime)s %(name)s %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
