"""Where sparkcls differs from Spark NLP on purpose: which cases, and why.

Every difference that a golden vector shows must meet an entry here; an entry that none meets fails the tests too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

Condition = Callable[[Any, Any, Any], bool]
MOMENTS = ["set", "fit", "transform", "collect"]


@dataclass(frozen=True)
class Difference:
    """Cases whose ``stage/group`` matches a pattern and that meet a condition on (row, theirs, ours)."""

    cases: str
    holds: Condition
    reason: str


# --- conditions -----------------------------------------------------------------------------------


def always(row: Any, theirs: Any, ours: Any) -> bool:
    return True


def is_light(row: Any, theirs: Any = None, ours: Any = None) -> bool:
    return isinstance(row, list) and row[:1] == ["light"]


def is_error(value: Any) -> bool:
    return isinstance(value, dict) and "moment" in value


def fails_earlier(row: Any, theirs: Any, ours: Any) -> bool:
    return is_error(theirs) and is_error(ours) and MOMENTS.index(ours["moment"]) < MOMENTS.index(theirs["moment"])


def fails_clearer(row: Any, theirs: Any, ours: Any) -> bool:
    return is_error(theirs) and is_error(ours) and theirs["moment"] == ours["moment"]


def only_ours_fails(row: Any, theirs: Any, ours: Any) -> bool:
    return not is_error(theirs) and is_error(ours)


def only_theirs_fails(row: Any, theirs: Any, ours: Any) -> bool:
    return not is_error(ours) and (is_error(theirs) or (isinstance(theirs, dict) and "error" in theirs))


def text_of(row: Any) -> str:
    return str(row[-1])


def slices_back(text: str, columns: Any) -> bool:
    """Whether every annotation's result stands in the text at its offsets."""
    units = text.encode("utf-16-le", "surrogatepass")
    return all(
        units[2 * max(a[1], 0) : 2 * (a[2] + 1)] == a[3].encode("utf-16-le", "surrogatepass") and a[1] >= 0
        for column in columns
        for a in column
    )


def drifts(row: Any, theirs: Any, ours: Any) -> bool:
    """The original's offsets do not lead to its results in the text, and ours do."""
    if is_light(row):
        theirs, ours = theirs[1], ours[1]
    if any(not isinstance(value, list) for value in (theirs, ours)):
        return False
    return not slices_back(text_of(row), theirs) and slices_back(text_of(row), ours)


def lacks_sentence_key(row: Any, theirs: Any, ours: Any) -> bool:
    def with_sentence(output: Any) -> Any:
        keys, columns = output
        return keys, [[[*a[:4], {"sentence": "0"} | a[4], a[5]] for a in column] for column in columns]

    return is_light(row) and with_sentence(theirs) == with_sentence(ours)


# --- the differences ------------------------------------------------------------------------------

_REFUSED = "a value that cannot be meant is refused where it is set; the original goes on with it"
_DRIFT = "offsets lead to the token or sentence in the text; those of the original have drifted"

DIFFERENCES = [
    Difference("*", fails_earlier, "a bad value is refused where it is set, not when the first row is read"),
    Difference("*", drifts, _DRIFT),
    Difference(
        "Document*/*",
        lacks_sentence_key,
        "LightPipeline: documents carry the metadata key `sentence`, as they do in a DataFrame; there they carry none",
    ),
    Difference(
        "DocumentAssembler/metadataCol null", only_theirs_fails, "a null map is an empty one; there it ends the job"
    ),
    Difference(
        "DocumentAssembler/cleanupMode in capitals",
        only_theirs_fails,
        "case and blanks around the mode do not count; there Python accepts it and the first row fails",
    ),
    Difference(
        "SentenceDetector/id in metadata",
        always,
        "sentences keep the document's metadata, as releases after the recorded one do",
    ),
    Difference("SentenceDetector/strategy unknown", only_ours_fails, _REFUSED),
    Difference("SentenceDetector/negative min length", only_ours_fails, _REFUSED),
    Difference("SentenceDetector/max under min", only_ours_fails, _REFUSED),
    Difference("SentenceDetector/empty bound", only_ours_fails, _REFUSED),
    Difference("Tokenizer/negative min length", only_ours_fails, _REFUSED),
    Difference("Tokenizer/max under min", only_ours_fails, _REFUSED),
    Difference("Finisher/no columns", only_ours_fails, "nothing to finish is a mistake; there nothing happens"),
    Difference("Finisher/no annotations", only_ours_fails, "refused before the job; there the first row fails"),
    Difference("Finisher/missing column", fails_clearer, "an error of ours that lists the columns; there Spark's own"),
]


def reason_for(name: str, row: Any, theirs: Any, ours: Any) -> str | None:
    """The reason why a row may differ, None if there is none."""
    for difference in DIFFERENCES:
        if fnmatchcase(name, difference.cases) and difference.holds(row, theirs, ours):
            return difference.reason
    return None
