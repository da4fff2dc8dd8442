"""A lookup whose model calls a tool round by round, killed again and again: is a round paid for twice?

    python benchmarks/tool_kill.py [--rows 1000] [--rounds 5] [--kills 30] [--seed 0] [--chat]

With ``--chat`` it calls CreateChatCompletion, whose rounds send all that was said.

The command runs with a journal against the sandbox, which stays up and keeps the ledger. SIGKILL strikes after a random
number of requests, or after a random time if that is sooner; then the same command is run again. In the end the answers
are compared with those of an undisturbed run, and what was billed more than once with what was in flight at a kill.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections import Counter
from pathlib import Path

from kill import COMMAND, FIELDS, PROFILE, finish, in_doubt, killed

from grokcall.sandbox import Sandbox

CONCURRENCY = 16
RESPONSES = "CALL GenerateResponse(:body, Tools => ['half_of'])", f"{FIELDS},Response_Rounds"
CHAT = (
    "CALL CreateChatCompletion('grok-4.3', :body, Tools => ['half_of'])",
    "Completion_Content,Completion_Model,Completion_UsageTotalTokens,Completion_CostInUsdTicks,Completion_Rounds",
)
"""The statement, and the fields that depend on the question alone."""


def question(number: int, rounds: int) -> str:
    """What a row asks for, which takes so many rounds with the last."""
    return f"Call half_of {rounds - 1} times for the number {number}, then say what it gave."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--chat", action="store_true")
    given = parser.parse_args()
    dice, rows, rounds = random.Random(given.seed), given.rows, given.rounds
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        source, journal = folder / "in.csv", folder / "run.journal"
        source.write_text("id,body\n" + "".join(f'{n},"{question(n, rounds)}"\n' for n in range(rows)))
        ask, fields = CHAT if given.chat else RESPONSES
        flags = ["--tool", "halving:half_of", "--fields", fields, "--quiet"]
        flags += ["--concurrency", str(CONCURRENCY)]
        begun = time.perf_counter()
        with Sandbox(profile=PROFILE) as sandbox:
            command = [COMMAND, "lookup", str(source), ask, "--base-url", sandbox.base_url]
            finish([*command, "-o", str(folder / "calm.csv"), *flags])
            calm = len(sandbox.ledger())
            sandbox.reset()
            command += ["-o", str(folder / "killed.csv"), "--journal", str(journal), *flags]
            struck = 0
            while struck < given.kills and killed(command, sandbox, dice, most_requests=calm // given.kills):
                struck += 1
            finish(command)
            ledger = sandbox.ledger()
        seconds = time.perf_counter() - begun
        equal = (folder / "killed.csv").read_bytes() == (folder / "calm.csv").read_bytes()
        doubts = in_doubt(journal)
    again = sum(count - 1 for count in Counter(str(entry["request_hash"]) for entry in ledger).values())
    unexplained = max(0, again - len(doubts))
    print(f"{rows:,} rows of {rounds} rounds, {CONCURRENCY} in flight, {struck} kills, {seconds:.0f} s")
    print(f"undisturbed: {calm:,} requests billed (rows times rounds: {rows * rounds:,})")
    print(f"answers as those of an undisturbed run, byte for byte: {'yes' if equal else 'NO'}")
    print(
        f"killed: {len(ledger):,} billed; billed again: {again} (at most {struck * CONCURRENCY}: in flight at a kill)"
    )
    print(f"listed in the journal as in flight at a kill: {len(doubts)}; billed again beyond them: {unexplained}")
    unanswered = sum(not call.answered for call in doubts)
    print(f"in doubt and not listed as answered later: {unanswered} (must be 0)")
    lost = len(ledger) - again - calm
    print(f"other requests than in an undisturbed run: {lost} (at most those again, with other ids)")
    sound = equal and calm == rows * rounds and not unexplained and not unanswered and 0 <= lost <= again + len(doubts)
    print(f"verdict: {'sound' if sound else 'NOT SOUND'}")
    raise SystemExit(not sound)


if __name__ == "__main__":
    main()
