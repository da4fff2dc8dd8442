"""The commands: what the help of them all says of each, and where each is declared."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CommandEntry:
    """One command, which is loaded when it is used.

    Args:
        name: What it is called by.
        heading: The heading at which the help shows it.
        summary: The first sentence of its help.
        example: A command line that works, with ``--sandbox`` where it calls the service.
        place: Its function, ``module:name``; empty for a group of commands.
        shared: The shared flags that its help shows; it takes them all.
        below: The commands of a group.
    """

    name: str
    heading: str
    summary: str
    example: str
    place: str = ""
    shared: tuple[str, ...] = ()
    below: tuple[CommandEntry, ...] = ()


CALLING = ("sandbox", "profile", "default_model", "concurrency", "max_cost", "max_calls", "quiet")
"""The shared flags that matter most where rows are asked about."""
ASKING = ("sandbox", "profile", "base_url", "timeout")
"""Those where the service is asked something for free."""

RUNS = (
    CommandEntry(
        "list",
        "Commands",
        "List the runs, the oldest first.",
        "grokcall runs list --journal answers.journal",
        "grokcall.cli.runs_command:list_",
    ),
    CommandEntry(
        "show",
        "Commands",
        "Show one run: what it was, how far it came, what it cost.",
        "grokcall runs show last --journal answers.journal",
        "grokcall.cli.runs_command:show",
    ),
    CommandEntry(
        "export",
        "Commands",
        "Write the calls of a run to a file: fingerprint, how each went, what it gave.",
        "grokcall runs export last --journal answers.journal -o calls.parquet",
        "grokcall.cli.runs_command:export",
    ),
    CommandEntry(
        "prune",
        "Commands",
        "Remove runs, with the media that only they use.",
        "grokcall runs prune --journal answers.journal --keep 5",
        "grokcall.cli.runs_command:prune",
    ),
)

COMMANDS = (
    CommandEntry(
        "lookup",
        "Ask",
        "Put the result of a CALL beside each row of a table.",
        'grokcall lookup tickets.csv "CALL GenerateResponse(:body)" -o out.parquet',
        "grokcall.cli.lookup_command:lookup",
        CALLING,
    ),
    CommandEntry(
        "call",
        "Ask",
        "Run one statement: CALL, EXPLAIN CALL, SHOW PROCEDURES, DESCRIBE PROCEDURE.",
        "grokcall call \"CALL GenerateResponse('Say hello')\"",
        "grokcall.cli.call_command:call",
        CALLING,
    ),
    CommandEntry(
        "chat",
        "Ask",
        "Talk with a model: each question goes on from the answers before it.",
        "grokcall chat --instructions 'Answer in one word.'",
        "grokcall.cli.chat_command:chat",
        ("sandbox", "profile", "default_model", "max_cost", "max_calls", "quiet"),
    ),
    CommandEntry(
        "transcribe",
        "Ask",
        "Write down what is said in sound that is piped in, a line for each utterance as soon as it is over.",
        "grokcall transcribe - --sample-rate 16000 --language en",
        "grokcall.cli.transcribe_command:transcribe",
        ("sandbox", "profile", "max_cost", "quiet"),
    ),
    CommandEntry(
        "sql",
        "Ask",
        "Run SQL in DuckDB, where each procedure is a table function.",
        "grokcall sql \"SELECT * FROM 'tickets.csv' t, GenerateResponse(t.body) r\"",
        "grokcall.cli.sql_command:sql",
        (*CALLING, "database"),
    ),
    CommandEntry(
        "procedures",
        "Find out",
        "List the procedures with what they cost, or describe one.",
        "grokcall procedures GenerateResponse",
        "grokcall.cli.procedures_command:procedures",
        ("profile", "catalog", "default_model"),
    ),
    CommandEntry(
        "models",
        "Find out",
        "List the models that the key may use, with prices in USD.",
        "grokcall models",
        "grokcall.cli.procedures_command:models",
        ASKING,
    ),
    CommandEntry(
        "check",
        "Find out",
        "Ask the service for the key's owner and the models; costs nothing.",
        "grokcall check",
        "grokcall.cli.service_commands:check",
        ASKING,
    ),
    CommandEntry(
        "runs",
        "Look back",
        "List, show, export and prune the runs of a journal.",
        "grokcall runs list --journal answers.journal",
        below=RUNS,
    ),
    CommandEntry(
        "costs",
        "Look back",
        "Tell what a journal's calls cost, hour by hour, beside what the service has booked for the same hours.",
        "grokcall costs --compare last --journal answers.journal",
        "grokcall.cli.costs_command:costs",
        ("profile", "quiet"),
    ),
    CommandEntry(
        "demo",
        "Try",
        "Put an answer beside each row of a real CSV, with no key and no network.",
        "grokcall demo",
        "grokcall.cli.demo_command:demo",
    ),
    CommandEntry(
        "sandbox",
        "Try",
        "Serve the API on this machine: no key, no network, the same answers every time.",
        "grokcall sandbox --port 8080",
        "grokcall.cli.service_commands:sandbox",
    ),
)
