"""Whether a pattern in a tokenizer's file can make a matcher run away."""

from __future__ import annotations

import re

LONGEST = 1_000
#: Unbounded repetitions in one alternative: with two the time grows with the square of a run of characters.
MOST_REPEATS = 2
MOST_COUNTED = 1_000

_UNIT = re.compile(
    r"""
    (?P<escape>\\[pP]\{[^}]*\}|\\x\{[^}]*\}|\\.)
  | (?P<open>\((?:\?(?:[a-zA-Z-]*:|<?[=!]|>|<\w+>|\#))?)
  | (?P<close>\))
  | (?P<or>\|)
  | (?P<class>\[)
  | (?P<repeat>(?:[*+]|\{(?P<least>\d*)(?P<comma>,?)(?P<most>\d*)\})[?+]?)
  | (?P<optional>\?[?+]?)
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)


def flaw_of(pattern: str) -> str | None:
    """What is wrong with a pattern, as the end of a sentence; None if it is harmless.

    Harmless are patterns without a repetition of a repetition, without references to groups, and with
    at most two unbounded repetitions in an alternative.
    """
    if len(pattern) > LONGEST:
        return f"has {len(pattern):,} characters; expected at most {LONGEST:,}"
    at = 0
    repeats = start = most = 0  # unbounded ones: up to here, before this group, in its longest alternative
    inside = closed = False  # any repetition in this group; the same in the group that has just ended
    outer: list[tuple[int, int, bool]] = []
    while at < len(pattern):
        unit = _UNIT.match(pattern, at)
        assert unit is not None, "the last branch takes any character"
        at = unit.end()
        kind = unit.lastgroup
        was_closed, closed = closed, False
        if kind == "escape" and (unit["escape"][1:2].isdigit() or unit["escape"][1:2] in ("k", "g")):
            return "refers to a group"
        if kind == "class":
            at = _end_of_class(pattern, at)
        elif kind == "open":
            outer.append((start, most, inside))
            start, most, inside = repeats, repeats, False
        elif kind == "close" and outer:
            repeats, closed = max(most, repeats), inside
            start, most, before = outer.pop()
            inside = inside or before
        elif kind == "or":
            most, repeats = max(most, repeats), start
        elif kind == "repeat":
            if was_closed:
                return "repeats a repetition"
            counts = [int(unit[name]) for name in ("least", "most") if unit[name]]
            if any(count > MOST_COUNTED for count in counts):
                return f"repeats over {MOST_COUNTED:,} times"
            exact = unit["least"] and not unit["comma"]
            inside = inside or not exact or counts[0] > 9
            if not unit["least"] or (unit["comma"] and not unit["most"]):
                repeats += 1
                if repeats > MOST_REPEATS:
                    return f"has more than {MOST_REPEATS} unbounded repetitions in a row"
    return None


def _end_of_class(pattern: str, at: int) -> int:
    """Where the character class ends that has begun before `at`; classes may hold classes."""
    depth = 1
    if pattern.startswith("^", at):
        at += 1
    if pattern.startswith("]", at):
        at += 1
    while at < len(pattern) and depth:
        if pattern[at] == "\\":
            at += 1
        elif pattern[at] == "[":
            depth += 1
        elif pattern[at] == "]":
            depth -= 1
        at += 1
    return at
