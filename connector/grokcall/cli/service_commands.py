"""``grokcall check`` and ``grokcall sandbox``: is the service there, and a service of one's own."""

from __future__ import annotations

from typing import Annotated

from typer import Option

from grokcall.cli.flags import Flags

# What the commands run is loaded in them: help and completion need nothing of it.


def check(*, flags: Flags) -> None:
    """Ask the service for the key's owner and the models; costs nothing."""
    from grokcall.cli.service import check_service

    check_service(flags)


def sandbox(
    *,
    port: Annotated[int, Option("--port", metavar="N", help="The port to listen on; 0 for any that is free.")] = 8080,
    latency: Annotated[float, Option("--latency", metavar="SECONDS", min=0, help="Wait before each answer.")] = 0.0,
    chaos: Annotated[str | None, Option("--chaos", metavar="PROFILE", help="Make the faults of a profile.")] = None,
    seed: Annotated[int, Option("--seed", metavar="N", help="Another seed gives other images and ids.")] = 0,
    refuse: Annotated[
        list[str] | None,
        Option(
            "--refuse",
            metavar="NAME",
            help="Refuse background, custom_voices, data_retention or user_location as well; repeatable.",
        ),
    ] = None,
    management_port: Annotated[
        int,
        Option("--management-port", metavar="N", help="The port of the management host; 0 for any that is free."),
    ] = 0,
    flags: Flags,
) -> None:
    """Serve the API on this machine: no key, no network, the same answers every time.

    Once it listens, standard output has one line, its base URL.
    """
    from grokcall.cli.service import serve_sandbox

    serve_sandbox(port, latency, chaos, seed, refuse or (), flags, management_port)
