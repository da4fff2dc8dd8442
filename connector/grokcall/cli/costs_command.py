"""``grokcall costs``: what a journal's calls cost, beside what the service has booked."""

from __future__ import annotations

from typing import Annotated

from typer import Option

from grokcall.cli.flags import Flags
from grokcall.cli.runs_command import JournalFile
from grokcall.cli.shared_options import ResultFormat


def costs(
    *,
    compare: Annotated[
        str | None,
        Option(
            "--compare",
            metavar="RUN",
            help="Set a run beside the service's own figures, which needs the management key: a run's name, its "
            "beginning, or last.",
        ),
    ] = None,
    journal: JournalFile,
    form: ResultFormat = None,
    flags: Flags,
) -> None:
    """Tell what a journal's calls cost, hour by hour, beside what the service has booked for the same hours.

    Without --compare the service is not asked, and the calls of all runs count.
    """
    # Loaded when it runs: help and completion need nothing of it.
    from grokcall.cli.hourly_reports import compare_costs, list_costs

    if compare is None:
        list_costs(journal, form, flags)
    else:
        compare_costs(compare, journal, form, flags)
