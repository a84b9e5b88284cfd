"""A log of model copies, loads and forward passes, for tests and for users who count.

With ``SPARKCLS_EVENTS=FILE`` in a process's environment every event appends one JSON line to FILE:
``event``, ``pid``, ``model``, but for copies ``device``, and

- "load": ``seconds``, ``precision``; ``mixed`` and ``int8`` load float32 too when it is first needed;
- "drop": a model is no longer in memory: ``precision``;
- "margins": it was measured how far 16 or 8 bits move the scores of a model, which ``mixed`` and ``int8`` do once a
  machine: ``difference``, ``score`` (the largest moves of logits), ``seconds``;
- "forward", for every forward pass that succeeded, those again in float32 included: ``rows`` (that have a sentence
  in it), ``sequences``, ``wordpieces`` (padding aside), ``seconds``;
- "probe", for a pass over the known-good text: ``seconds``;
- "failed": ``sequences`` that could not be processed;
- "copy": a model was copied from a network mount or out of a saved stage into this machine's cache: ``bytes``,
  ``source``.

Without the variable nothing is done. A file that cannot be written to is said once and then ignored.
"""

from __future__ import annotations

import json
import logging
import os
from functools import lru_cache
from typing import Any

logger = logging.getLogger(__name__)

VARIABLE = "SPARKCLS_EVENTS"


def emit(event: str, **fields: Any) -> None:
    """Append one event. One write of one line, so that several processes can share the file."""
    file = os.environ.get(VARIABLE)
    if not file:
        return
    line = json.dumps({"event": event, "pid": os.getpid(), **fields}) + "\n"
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(descriptor, line.encode())
        finally:
            os.close(descriptor)
    except OSError as e:
        _say_once(file, str(e))


@lru_cache(maxsize=16)
def _say_once(file: str, reason: str) -> None:
    logger.warning("%s=%s: events are not recorded: %s", VARIABLE, file, reason)
