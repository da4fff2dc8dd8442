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
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Figures:
    """What the kills did.

    Attributes:
        kills: Processes that were killed at work.
        calm: Requests that an undisturbed run was billed.
        billed: Requests that were billed in all.
        again: Requests that were billed more than once, each counted as often as it was too much.
        in_doubt: Rounds that the journal lists as in flight at a kill: they may have been billed in vain.
        unanswered: Rounds in doubt that the journal does not list as answered later.
        equal: Whether the answers equal those of an undisturbed run byte for byte.
        seconds: How long it took.
    """

    kills: int
    calm: int
    billed: int
    again: int
    in_doubt: int
    unanswered: int
    equal: bool
    seconds: float

    @property
    def unexplained(self) -> int:
        """Rounds that were billed again and were not in flight at a kill."""
        return max(0, self.again - self.in_doubt)

    @property
    def others(self) -> int:
        """Other requests than in an undisturbed run: rounds that go on from an answer that was lost, with its id."""
        return self.billed - self.again - self.calm

    def sound(self, rows: int, rounds: int) -> bool:
        """Whether no round was paid for twice but those in flight, and all is as in an undisturbed run."""
        explained = not self.unexplained and not self.unanswered and 0 <= self.others <= self.again + self.in_doubt
        return self.equal and self.calm == rows * rounds and explained


def killed_rounds(folder: Path, rows: int, rounds: int, kills: int, seed: int, chat: bool = False) -> Figures:
    """Runs a lookup with a tool that is killed so many times, unless it ends before, and one that is not."""
    dice = random.Random(seed)
    source, journal = folder / "in.csv", folder / "run.journal"
    source.write_text("id,body\n" + "".join(f'{n},"{question(n, rounds)}"\n' for n in range(rows)))
    ask, fields = CHAT if chat else RESPONSES
    flags = ["--tool", "halving:half_of", "--fields", fields, "--quiet", "--concurrency", str(CONCURRENCY)]
    begun = time.perf_counter()
    with Sandbox(profile=PROFILE) as sandbox:
        command = [COMMAND, "lookup", str(source), ask, "--base-url", sandbox.base_url]
        finish([*command, "-o", str(folder / "calm.csv"), *flags])
        calm = len(sandbox.ledger())
        sandbox.reset()
        command += ["-o", str(folder / "killed.csv"), "--journal", str(journal), *flags]
        struck = 0
        while struck < kills and killed(command, sandbox, dice, most_requests=calm // kills):
            struck += 1
        finish(command)
        ledger = sandbox.ledger()
    doubts = in_doubt(journal)
    return Figures(
        struck,
        calm,
        len(ledger),
        sum(count - 1 for count in Counter(str(entry["request_hash"]) for entry in ledger).values()),
        len(doubts),
        sum(not call.answered for call in doubts),
        (folder / "killed.csv").read_bytes() == (folder / "calm.csv").read_bytes(),
        time.perf_counter() - begun,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--chat", action="store_true")
    given = parser.parse_args()
    rows, rounds = given.rows, given.rounds
    with tempfile.TemporaryDirectory() as place:
        found = killed_rounds(Path(place), rows, rounds, given.kills, given.seed, given.chat)
    most = found.kills * CONCURRENCY
    print(f"{rows:,} rows of {rounds} rounds, {CONCURRENCY} in flight, {found.kills} kills, {found.seconds:.0f} s")
    print(f"undisturbed: {found.calm:,} requests billed (rows times rounds: {rows * rounds:,})")
    print(f"answers as those of an undisturbed run, byte for byte: {'yes' if found.equal else 'NO'}")
    print(f"killed: {found.billed:,} billed; billed again: {found.again} (at most {most}: in flight at a kill)")
    print(f"in flight at a kill by the journal: {found.in_doubt}; billed again beyond them: {found.unexplained}")
    print(f"in doubt and not listed as answered later: {found.unanswered} (must be 0)")
    print(f"other requests than in an undisturbed run: {found.others} (at most those again, with other ids)")
    sound = found.sound(rows, rounds)
    print(f"verdict: {'sound' if sound else 'NOT SOUND'}")
    raise SystemExit(not sound)


if __name__ == "__main__":
    main()
