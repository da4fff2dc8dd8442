"""Go on where a lookup stopped, without paying twice.

A journal holds every finished call. Whatever stopped a lookup (a budget, Ctrl-C, an error, a kill), the same lookup
with the same journal takes from it what was answered, sends the rest, and gives all rows. Here the first try may make
only 20 calls; on the command line the same is ``--journal tickets.journal --max-calls 20``.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from service import TICKETS, service

import grokcall

COMMAND = "CALL GenerateResponse(:body, 'Summarize the ticket in at most 12 words.', MaxOutputTokens => 60)"


def shown(name: str, summary: grokcall.Summary) -> str:
    """The counts of a try in a line."""
    return f"{name}: {summary.ok} answered now, {summary.cached} from the journal, {summary.calls} requests"


with service(), TemporaryDirectory() as folder, grokcall.connect() as connection:
    journal = Path(folder) / "tickets.journal"

    # What it will cost, before anything is sent.
    with connection.lookup_stream(COMMAND, TICKETS) as stream:
        costs = stream.dry_run().costs
        print(f"{costs.calls} calls, {costs.low_usd:.4f} to {costs.high_usd:.4f} USD; reserve {costs.reserve_usd:.4f}")
    with connection.lookup_stream(COMMAND, TICKETS, max_cost=1) as stream:
        print(stream.guarantee)

    try:
        connection.lookup(COMMAND, TICKETS, journal=journal, max_calls=20)
    except grokcall.OperationalError as stopped:
        print(stopped)
        print(shown("first try", stopped.result.summary))

    result = connection.lookup(COMMAND, TICKETS, journal=journal)
    print(shown("second try", result.summary))
    print(f"{result.rows.num_rows} rows, in the order of the input: {result.rows['id'].to_pylist()[:5]} …")

    print(shown("once more", connection.lookup(COMMAND, TICKETS, journal=journal).summary))
