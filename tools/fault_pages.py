"""The page of the sandbox's faults, from their table."""

from __future__ import annotations

from grokcall.sandbox import PROFILES

FAULTS = """# Faults of the sandbox

Profiles of faults are there to see what a pipeline does when a service has a bad day. One is brought in by its name,
with options after a colon, more of them after a plus sign:

```text
grokcall sandbox --chaos "server-errors:share=0.2+latency:median=0.05"
```

```python
import grokcall
from grokcall.sandbox import SANDBOX_KEY, Sandbox

with (
    Sandbox(profile="server-errors:share=0.2,times=3") as sandbox,
    grokcall.connect(base_url=sandbox.base_url, api_key=SANDBOX_KEY) as connection,
):
    result = connection.lookup("CALL GenerateResponse(:q)", [{{"q": f"What is {{n}} + {{n}}?"}} for n in range(20)])
    assert result.summary.ok == 20 and len(sandbox.ledger()) == 20
```

Which requests are struck depends on the seed and not on chance.

{profiles}
"""


def fault_pages() -> dict[str, str]:
    """The page below ``docs``, by its path."""
    return {"faults.md": FAULTS.format(profiles="\n".join(section(name) for name in PROFILES))}


def section(name: str) -> str:
    """What one profile does, and its options."""
    kind = PROFILES[name]
    rows = [
        f"| `{option.name}` | {option.allowed} | {'' if option.default is None else word(option.default)} "
        f"| {option.summary} |"
        for option in kind.options
    ]
    table = "\n".join(["| option | value | default | what it does |", "|---|---|---|---|", *rows])
    return f"## {name}\n\n{kind.summary[0].upper()}{kind.summary[1:]}.\n\n{table}\n"


def word(default: object) -> str:
    """A default as it is written in an option."""
    if isinstance(default, bool):
        return "yes" if default else "no"
    return f"{default:g}" if isinstance(default, float | int) else str(default)
