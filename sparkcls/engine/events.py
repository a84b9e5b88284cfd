"""A log of model loads and forward passes, for tests and for users who count.

With ``SPARKCLS_EVENTS=FILE`` in a process's environment every event appends one JSON line to FILE:
``event`` ("load", "forward" or "failed"), ``pid``, ``model``, ``device``, ``rows``, ``sequences``,
``wordpieces``, ``seconds``. Without the variable nothing is done.
"""

from __future__ import annotations

import json
import os
from typing import Any

VARIABLE = "SPARKCLS_EVENTS"


def emit(event: str, **fields: Any) -> None:
    """Append one event. One write of one line, so that several processes can share the file."""
    file = os.environ.get(VARIABLE)
    if not file:
        return
    line = json.dumps({"event": event, "pid": os.getpid(), **fields}) + "\n"
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)
