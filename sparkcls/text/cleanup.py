"""The eight cleanup modes of DocumentAssembler, as data.

A mode is: trim first or not, a Java regex (or None), and what its matches become. Spark runs the
regexes itself; `clean` is the twin in plain Python for the light path. Source: Spark NLP's documented
modes; `\\\\n` in a regex is the two characters backslash and n in the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from sparkcls.text.java import TRIMMED


@dataclass(frozen=True)
class Cleanup:
    """One mode. The pattern means the same in Java and, with re.ASCII, in Python."""

    trim: bool = False
    pattern: str | None = None
    replacement: str = " "

    @cached_property
    def regex(self) -> re.Pattern[str] | None:
        """The compiled pattern."""
        return re.compile(self.pattern, re.ASCII) if self.pattern else None


MODES = {
    "disabled": Cleanup(),
    "inplace": Cleanup(pattern=r"\s"),
    "inplace_full": Cleanup(pattern=r"\s|(?:\\r)?(?:\\n)|(?:\\t)"),
    "shrink": Cleanup(trim=True, pattern=r"\s+"),
    "shrink_full": Cleanup(trim=True, pattern=r"\s+|(?:\\r)*(?:\\n)+|(?:\\t)+"),
    "each": Cleanup(pattern=r"\s[\n\t]"),
    "each_full": Cleanup(pattern=r"\s(?:\n|\t|(?:\\r)?(?:\\n)|(?:\\t))"),
    "delete_full": Cleanup(trim=True, pattern=r"(?:\\r)?(?:\\n)|(?:\\t)", replacement=""),
}


def clean(text: str, mode: str) -> str:
    """The text after the cleanup of `mode`, a key of `MODES`."""
    cleanup = MODES[mode]
    if cleanup.trim:
        text = text.strip(TRIMMED)
    return cleanup.regex.sub(cleanup.replacement, text) if cleanup.regex else text
