"""The command as it is installed."""

import sys
from pathlib import Path

COMMAND: str = str(Path(sys.executable).with_name("grokcall"))
