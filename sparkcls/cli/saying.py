"""Messages of commands, on standard error."""

from __future__ import annotations

import sys


def say(text: str) -> None:
    """Tell whoever waits what is going on."""
    print(f"sparkcls: {text}", file=sys.stderr, flush=True)
