"""A Dagster asset: an answer for each ticket, with what that cost as the asset's metadata.

The resource hands out connections; ``EnvVar`` keeps the key out of Dagster's pages. ``lookup_metadata`` turns the
summary of a lookup into numbers that Dagster draws over time. Here the asset is materialized in this process; under
``dagster dev`` the same definitions serve as they stand.
"""

import logging

import pyarrow.parquet as pq
from dagster import EnvVar, MaterializeResult, asset, materialize
from service import TICKETS, service

from grokcall.dagster import GrokcallResource, lookup_metadata

logging.disable(logging.INFO)


@asset
def classified_tickets(grok: GrokcallResource) -> MaterializeResult:
    """The tickets with a category each, as Parquet."""
    with grok.get_connection() as connection:
        result = connection.lookup(
            "CALL ClassifyText(:body, ['billing', 'delivery', 'praise', 'other'])",
            TICKETS,
            fields=["Result_Category"],
        )
    pq.write_table(result.rows, "classified_tickets.parquet")
    return MaterializeResult(metadata=lookup_metadata(result.summary))


with service():
    run = materialize([classified_tickets], resources={"grok": GrokcallResource(api_key=EnvVar("XAI_API_KEY"))})
    (event,) = run.asset_materializations_for_node("classified_tickets")
    for name in ("rows", "ok", "failed", "calls"):
        print(f"{name}: {event.metadata[name].value}")

categories = pq.read_table("classified_tickets.parquet")["Result_Category"].to_pylist()
print({category: categories.count(category) for category in sorted(set(categories))})
