"""A look at the service, and a sandbox that is served."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence

from grokcall.cli.display import show_facts
from grokcall.cli.flags import Flags
from grokcall.core.redaction import redact
from grokcall.dbapi.connection import Connection
from grokcall.errors import Error, InterfaceError, MalformedReplyError, MissingManagementKeyError, ServiceError
from grokcall_procedures.management.team import WHOSE


def check_service(flags: Flags) -> None:
    """Prints what the service says of the key, and the models."""
    console = flags.console()
    with flags.connection() as connection:
        facts = [("service", connection.options.base_url), ("key from", connection.key().source)]
        started = time.perf_counter()
        facts += key_facts(connection).items()
        facts.append(("answered in", f"{(time.perf_counter() - started) * 1000:,.0f} ms"))
        facts.append(("zero data retention", retention(connection)))
        management, refusal = management_facts(connection)
        facts.append(("management key", management))
        table = connection.execute("CALL ListModels()").fetch_arrow_table()
        found = [str(model) for model in table.column("Model_Id").to_pylist()]
        facts.append(("models", f"{len(found)}: {', '.join(found)}"))
    show_facts(console, facts)
    if refusal is not None:
        raise refusal
    console.print("fine: the service answers and accepts the key")


def retention(connection: Connection) -> str:
    """Whether the service keeps nothing of what the team asks, in its own words."""
    try:
        told = connection.execute("CALL GetAccount()").fetch_arrow_table()["Account_ZeroDataRetention"][0].as_py()
    except (ServiceError, MalformedReplyError):  # what stands between may know the key's page and not this one
        told = None
    return "not told" if told is None else redact(str(told))


def management_facts(connection: Connection) -> tuple[str, Error | None]:
    """What there is to say of the management key, without it; and the error of one that is refused."""
    try:
        source = connection.runtime.management_key().source
    except MissingManagementKeyError:
        return "none, which only management procedures need", None
    try:
        row = connection.execute(f"CALL RawRequest('{WHOSE.path}', Host => 'management')").fetchone()
    except InterfaceError as error:  # nobody said where that host is
        return f"from {source}; {redact(str(error))}", None
    except ServiceError as error:
        return f"from {source}; refused", error
    facts = json.loads(str(row[3])) if row is not None else {}
    return redact(f"from {source}; {facts.get('apiKeyId', '?')}, team {facts.get('teamId', '?')}"), None


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


def serve_sandbox(
    port: int,
    latency: float,
    chaos: str | None,
    seed: int,
    refuse: Sequence[str],
    flags: Flags,
    management_port: int = 0,
) -> None:
    """Serves the API and the management host until it is interrupted."""
    from grokcall.sandbox import MANAGEMENT_KEY, REFUSALS, SANDBOX_KEY, Sandbox

    for name in refuse:
        if name not in REFUSALS:
            raise InterfaceError(f"--refuse: {name!r} is none of {', '.join(sorted(REFUSALS))}")
    try:
        server = Sandbox(
            port=port,
            latency=latency,
            seed=seed,
            profile=chaos,
            refusals=refuse,
            management_port=management_port,
        )
    except ValueError as error:
        raise InterfaceError(f"--chaos: {error}") from None
    console = flags.console()

    def announce(base_url: str) -> None:
        if sys.stdout is not None:
            sys.stdout.write(f"{base_url}\n")
            sys.stdout.flush()
        console.print(f"serving on {base_url} until interrupted; any key is accepted:", soft_wrap=True)
        console.print(f"  export XAI_BASE_URL={base_url} XAI_API_KEY={SANDBOX_KEY}", soft_wrap=True)
        second = f"XAI_MANAGEMENT_BASE_URL={server.management_base_url} XAI_MANAGEMENT_API_KEY={MANAGEMENT_KEY}"
        console.print(f"  export {second}", soft_wrap=True)

    server.serve(announce)
