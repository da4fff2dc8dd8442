"""``grokcall check`` and ``grokcall sandbox``: is the service there, and a service of one's own."""

from __future__ import annotations

import json
import time
from typing import Annotated

import typer

from grokcall.cli.display import show_facts
from grokcall.cli.flags import Flags
from grokcall.core.redaction import redact
from grokcall.dbapi.connection import Connection
from grokcall.errors import InterfaceError


def check(*, flags: Flags) -> None:
    """Ask the service for the key's owner and the models; costs nothing."""
    console = flags.console()
    with flags.connection() as connection:
        facts = [("service", connection.options.base_url), ("key from", connection.key().source)]
        started = time.perf_counter()
        facts += key_facts(connection).items()
        facts.append(("answered in", f"{(time.perf_counter() - started) * 1000:,.0f} ms"))
        table = connection.execute("CALL ListModels()").fetch_arrow_table()
        found = [str(model) for model in table.column("Model_Id").to_pylist()]
        facts.append(("models", f"{len(found)}: {', '.join(found)}"))
    show_facts(console, facts)
    console.print("fine: the service answers and accepts the key")


def key_facts(connection: Connection) -> dict[str, str]:
    """What the service says of the key, without the key."""
    row = connection.execute("CALL RawRequest('/api-key')").fetch_arrow_table().to_pylist()[0]
    facts = json.loads(row["Raw_Body"])
    blocked = [name for name in ("team_blocked", "api_key_blocked", "api_key_disabled") if facts.get(name)]
    found = {
        "key": f"{facts.get('redacted_api_key', '?')} ({facts.get('name', 'no name')})",
        "team": str(facts.get("team_id", "?")),
        "may use": ", ".join(facts.get("acls") or []) or "?",
        "blocked": ", ".join(blocked) or "no",
    }
    return {name: redact(value) for name, value in found.items()}


def sandbox(
    *,
    port: Annotated[int, typer.Option("--port", help="The port to listen on; 0 for any that is free.")] = 8080,
    chaos: Annotated[
        str | None, typer.Option("--chaos", metavar="PROFILE", help="Faults to bring in, by name.")
    ] = None,
    latency: Annotated[float, typer.Option("--latency", help="Seconds before each answer.", min=0)] = 0.0,
    seed: Annotated[int, typer.Option("--seed", help="Another seed gives other pictures and ids.")] = 0,
    refuse: Annotated[
        list[str] | None,
        typer.Option("--refuse", metavar="NAME", help="Refuse background or user_location as well; repeatable."),
    ] = None,
    flags: Flags,
) -> None:
    """Serve the API on this machine: no key, no network, the same answers every time.

    Once it listens, standard output has one line, its base URL.
    """
    from grokcall.sandbox import REFUSALS, SANDBOX_KEY, Sandbox

    for name in refuse or ():
        if name not in REFUSALS:
            raise InterfaceError(f"--refuse: {name!r} is none of {', '.join(sorted(REFUSALS))}")
    try:
        engine = Sandbox(port=port, latency=latency, seed=seed, profile=chaos, refusals=refuse or ())
    except ValueError as error:
        raise InterfaceError(f"--chaos: {error}") from None
    console = flags.console()

    def announce(base_url: str) -> None:
        typer.echo(base_url)
        console.print(f"serving on {base_url} until interrupted; any key is accepted:", soft_wrap=True)
        console.print(f"  export XAI_BASE_URL={base_url} XAI_API_KEY={SANDBOX_KEY}", soft_wrap=True)

    engine.serve(announce)
