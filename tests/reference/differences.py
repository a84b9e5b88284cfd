"""Where sparkcls differs from Spark NLP on purpose: which cases, and why.

Every difference that a golden vector shows must meet an entry here; an entry that none meets fails the tests too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

Condition = Callable[[Any, Any, Any], bool]
#: Largest difference between scores that count as the same.
TOLERANCE = 1e-4
MOMENTS = ["set", "fit", "transform", "collect"]


@dataclass(frozen=True)
class Difference:
    """Cases whose ``stage/group`` matches a pattern and that meet a condition on (row, theirs, ours)."""

    cases: str
    holds: Condition
    reason: str


# --- conditions -----------------------------------------------------------------------------------


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
    if any(a[0] == "category" for column in theirs for a in column):
        return False
    return not slices_back(text_of(row), theirs) and slices_back(text_of(row), ours)


def only_truncation_shown(row: Any, theirs: Any, ours: Any) -> bool:
    if not isinstance(ours, list) or not ours or not any(isinstance(a, list) and "truncated" in a[4] for a in ours[0]):
        return False
    plain = [[*a[:4], {k: v for k, v in a[4].items() if k != "truncated"}, a[5]] for a in ours[0]]
    return len(plain) == len(theirs[0]) and all(
        a[:4] == b[:4] and same_scores(a[4], b[4]) for a, b in zip(theirs[0], plain, strict=True)
    )


def same_scores(theirs: dict[str, str], ours: dict[str, str]) -> bool:
    """Whether all scores of a category lie within `TOLERANCE`."""
    if theirs.keys() != ours.keys() or theirs["sentence"] != ours["sentence"]:
        return False
    return all(abs(float(theirs[k]) - float(ours[k])) <= TOLERANCE for k in theirs if k != "sentence")


def same_scores_elsewhere(row: Any, theirs: Any, ours: Any) -> bool:
    """As many results with the same scores, under other offsets and sentence numbers."""
    pairs = list(zip(theirs[0], ours[0], strict=False))
    return len(theirs[0]) == len(ours[0]) and all(
        a[3] == b[3] and same_scores(a[4], b[4] | {"sentence": a[4]["sentence"]}) for a, b in pairs
    )


def several_of_one_row(row: Any, theirs: Any, ours: Any) -> bool:
    """The original has more results of a coalesced row."""
    return len(theirs[0]) > len(ours[0]) and all(a[1:3] == theirs[0][0][1:3] for a in theirs[0] + ours[0])


def softmax_there(row: Any, theirs: Any, ours: Any) -> bool:
    return len(theirs[0]) == 1 and abs(sum(float(v) for k, v in theirs[0][0][4].items() if k != "sentence") - 1) < 1e-4


def over_half_there(row: Any, theirs: Any, ours: Any) -> bool:
    """The original's labels are those over 0.5, ours those over 0.8."""
    there, here = [[(a[3], float(a[4][a[3]])) for a in side[0]] for side in (theirs, ours)]
    return all(p > 0.5 for _, p in there) and [label for label, p in there if p > 0.8] == [label for label, _ in here]


def with_more_metadata(row: Any, theirs: Any, ours: Any) -> bool:
    """Equal but for keys of the metadata that the original lacks."""
    return len(theirs[0]) == len(ours[0]) and all(
        [*a[:4], a[5]] == [*b[:4], b[5]] and a[4].items() <= b[4].items()
        for a, b in zip(theirs[0], ours[0], strict=True)
    )


def pairs_there(row: Any, theirs: Any, ours: Any) -> bool:
    """Metadata as pairs in the original, with the same keys and values; the schema differs accordingly."""
    if row == "schema":
        return True
    return [*theirs[:2], *({k: v for k, v in pairs} for pairs in theirs[2:])] == ours


def all_empty_there(row: Any, theirs: Any, ours: Any) -> bool:
    """The original's documents have become empty."""
    columns = theirs[1] if is_light(row) else theirs
    return all(a[3] == "" for column in columns for a in column)


def lacks_sentence_key(row: Any, theirs: Any, ours: Any) -> bool:
    def with_sentence(value: Any) -> Any:
        if isinstance(value, list) and len(value) == 6 and value[0] == "document":
            return [*value[:4], {"sentence": "0"} | value[4], value[5]]
        if isinstance(value, dict):
            return {key: with_sentence(v) for key, v in value.items()}
        return list(map(with_sentence, value)) if isinstance(value, (list, tuple)) else value

    return bool(with_sentence(theirs) == with_sentence(ours))


def reorders_columns(row: Any, theirs: Any, ours: Any) -> bool:
    return is_light(row) and sorted(theirs[0]) == sorted(ours[0]) and theirs[1] == ours[1]


def has_private_marks(row: Any, theirs: Any, ours: Any) -> bool:
    return "\\uf050" in ascii(row)


# --- the differences ------------------------------------------------------------------------------

_REFUSED = "a value that cannot be meant is refused where it is set; the original goes on with it"
_EMPTIES = "a value that cannot be meant is refused before the job; there documents become empty"
_DRIFT = "offsets lead to the token or sentence in the text; those of the original have drifted"

DIFFERENCES = [
    Difference("*", fails_earlier, "a bad value is refused where it is set, not when the first row is read"),
    Difference("SentenceDetector/*", drifts, _DRIFT),
    Difference("Tokenizer/*", drifts, _DRIFT),
    Difference(
        "[DL][oi]*/*",
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
        with_more_metadata,
        "sentences keep the document's metadata, as releases after the recorded one do",
    ),
    Difference("SentenceDetector/strategy unknown", only_ours_fails, _REFUSED),
    Difference("SentenceDetector/negative min length", only_ours_fails, _REFUSED),
    Difference("SentenceDetector/max under min", only_ours_fails, _REFUSED),
    Difference("SentenceDetector/empty bound", only_ours_fails, _REFUSED),
    Difference("Tokenizer/negative min length", only_ours_fails, _REFUSED),
    Difference("Tokenizer/max under min", only_ours_fails, _REFUSED),
    Difference(
        "TokenAssembler/*",
        reorders_columns,
        "LightPipeline: columns stand in the order of the stages; there, over four of them, in that of a hash table",
    ),
    Difference(
        "TokenAssembler/sentences", has_private_marks, "the sentences that come in differ, see the SentenceDetector"
    ),
    Difference("DocumentNormalizer/unknown *", only_ours_fails, _EMPTIES),
    Difference("DocumentNormalizer/broken pattern", only_ours_fails, _EMPTIES),
    Difference(
        "DocumentNormalizer/encoding in lower case",
        all_empty_there,
        "case does not count in the name of the encoding; there every document becomes empty",
    ),
    Difference(
        "DocumentNormalizer/extract, *",
        all_empty_there,
        "several names find the elements of each; there they are joined to one name, and every document becomes empty",
    ),
    Difference(
        "DistilBertForSequenceClassification/*",
        only_truncation_shown,
        "the metadata key `truncated` says how much of a text was not read; there nothing shows it",
    ),
    Difference(
        "DistilBertForSequenceClassification/*multilabel",
        softmax_there,
        "multilabel means sigmoid; there setMultilabel from Python has no effect",
    ),
    Difference(
        "DistilBertForSequenceClassification/*threshold",
        over_half_there,
        "the threshold that was set is used; there the one that was in force when the model was loaded",
    ),
    Difference(
        "DistilBertForSequenceClassification/*, sentences by 2",
        same_scores_elsewhere,
        "every sentence has its own scores; there those beyond batchSize repeat the offsets of the first",
    ),
    Difference(
        "DistilBertForSequenceClassification/*, sentences*coalesced*",
        several_of_one_row,
        "a row's sentences are averaged over the row; there over groups of batchSize, which gives several results",
    ),
    Difference(
        "DistilBertForSequenceClassification/*, sentences by 8",
        same_scores_elsewhere,
        "every sentence has its own scores; there those beyond batchSize repeat the offsets of the first",
    ),
    Difference(
        "DistilBertForSequenceClassification/*, sentences, tokens of the document",
        same_scores_elsewhere,
        "a sentence without tokens gets no result and the others keep theirs; there the results move up by one",
    ),
    Difference(
        "DistilBertForSequenceClassification/documents of an array",
        lambda row, theirs, ours: [a[4]["sentence"] for a in ours[0]] == ["0", "2"],
        "every document of an array has its own tokens; there those of the others leak in",
    ),
    Difference(
        "DistilBertForSequenceClassification/three columns",
        lambda row, theirs, ours: is_error(theirs) and is_error(ours),
        "a third column is a second text here, and an error names it if it is none; there two columns are all",
    ),
    Difference("DistilBertForSequenceClassification/[01] piece*", only_ours_fails, _REFUSED),
    Difference("DistilBertForSequenceClassification/threshold over 1", only_ours_fails, _REFUSED),
    Difference("LightPipeline/*", only_theirs_fails, "an empty list has an empty answer, None is an empty text"),
    Difference(
        "Finisher/metadata", pairs_there, "metadata are a map, as in releases after the recorded one; there pairs"
    ),
    Difference("Finisher/no columns", only_ours_fails, "nothing to finish is a mistake; there nothing happens"),
    Difference("Finisher/no annotations", only_ours_fails, "refused before the job; there the first row fails"),
    Difference("Finisher/missing column", fails_clearer, "an error of ours that lists the columns; there Spark's own"),
]


#: What no case shows, and why.
NOT_COVERED = {
    "Spark NLP 6 and 7": "their JARs are not on Maven Central; where their documentation differs, that is said above",
    "TensorFlow and OpenVINO engines": "the recorded release ran models as ONNX; TensorFlow's are in tests/data/sparknlp",
    "pretrained models": "stand-ins with random weights, since the public ones cannot be had where this was recorded",
}


def reason_for(name: str, row: Any, theirs: Any, ours: Any) -> str | None:
    """The reason why a row may differ, None if there is none."""
    for difference in DIFFERENCES:
        if fnmatchcase(name, difference.cases) and difference.holds(row, theirs, ours):
            return difference.reason
    return None
