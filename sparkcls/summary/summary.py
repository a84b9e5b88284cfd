"""`Summary`: what a classifier has answered."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sparkcls.report.hostile import shortened, visible
from sparkcls.report.numbers import count, percent, plural, score
from sparkcls.report.page import Figure, Page, Section
from sparkcls.report.reportable import Reportable
from sparkcls.report.tables import terms
from sparkcls.report.terminal import one_line, table
from sparkcls.summary import pictures
from sparkcls.summary.about import About
from sparkcls.summary.figures import CONFIDENCE_BINS, LENGTHS, Example, LabelCount, Lengths, Reason

if TYPE_CHECKING:
    from sparkcls.summary.counting import Counting

#: Labels and reasons that are printed.
_SHOWN_LABELS, _SHOWN_REASONS = 20, 5
#: Confidence under which an answer is doubtful at first sight, and the share of rows from which a fault is told first.
_DOUBT, _MANY = 0.8, 0.05


@dataclass(frozen=True)
class Summary(Reportable):
    """What a classifier has answered, see `sparkcls.summarize`.

    Parameters
    ----------
    rows
        All rows, which are `answered` or `failed` or `empty`.
    answered
        Rows that the model has scored.
    failed
        Rows with an error.
    empty
        Rows with neither: the text is null, blank, or has no wordpiece.
    truncated
        Rows that the model saw only a part of; None where the column is not there.
    wordpieces_left_out
        What it did not see of them, in all.
    multilabel
        Whether a row may have several labels; then the rows of `labels` may be more than `answered`.
    without_label
        With `multilabel`, answered rows none of whose labels is over its threshold.
    labels
        By rows, most first; of as many, by label. Those without any row are here as far as scores name them.
    has_confidence
        Whether there is a column of confidence with values between 0 and 1.
    reasons
        Why rows failed, most frequent first; up to 200 that differ.
    doubtful
        The 20 texts with the least confident answers, least first.
    most_truncated
        The 5 texts of which most was left out.
    typical
        By label the 3 texts with the most confident answers; empty if there are more than 200 labels.
    lengths
        None where no column of texts was given.
    about
        How the answers were made.
    """

    rows: int
    answered: int
    failed: int
    empty: int
    truncated: int | None
    wordpieces_left_out: int
    multilabel: bool
    without_label: int
    labels: tuple[LabelCount, ...]
    has_confidence: bool
    reasons: tuple[Reason, ...]
    doubtful: tuple[Example, ...]
    most_truncated: tuple[Example, ...]
    typical: dict[str, tuple[Example, ...]]
    lengths: Lengths | None
    about: About

    def less_confident(self, than: float) -> int:
        """Answers whose confidence is under `than`, a whole number of hundredths such as 0.8."""
        end = round(than * CONFIDENCE_BINS)
        return sum(sum(label.histogram[:end]) for label in self.labels)

    def __str__(self) -> str:
        """For a terminal: the counts, the labels, why rows failed, and how the answers were made."""
        parts = [f"{plural(self.rows, 'row')}: {count(self.answered)} answered, {count(self.empty)} empty, "]
        parts[0] += f"{count(self.failed)} failed"
        if self.truncated:
            left_out = plural(self.wordpieces_left_out, "wordpiece")
            parts.append(f"{count(self.truncated)} truncated ({left_out} left out)")
        if self.multilabel:
            parts.append(f"{count(self.without_label)} with no label over its threshold")
        return "\n".join(
            ["; ".join(parts), *self._lines_of_labels(), *self._lines_of_failures(), *self._lines_of_about()]
        )

    def page(self) -> Page:
        """What its report holds."""
        return Page(
            "Classification report",
            self.about.title(),
            self._lead(),
            self.about.facts(),
            self._figures(),
            self._notices(),
            self._sections(),
        )

    def _lead(self) -> str:
        if not self.rows:
            return "There were no rows."
        if not self.answered:
            return f"None of {plural(self.rows, 'row')} has an answer."
        shares = [
            f"{visible(shortened(found.label, 60)) or '(blank)'} ({percent(found.rows, self.answered)})"
            for found in self.labels[:3]
            if found.rows
        ]
        listed = " and ".join([", ".join(shares[:-1]), shares[-1]] if len(shares) > 1 else shares)
        given = sum(found.rows > 0 for found in self.labels)
        if not given:
            return f"None of {plural(self.answered, 'answered row')} has a label."
        how = "Most frequent of" if given > len(shares) else "Of"
        return f"{how} {plural(self.answered, 'answered row')}: {listed}."

    def _figures(self) -> list[Figure]:
        figures = [
            Figure("Rows", count(self.rows)),
            Figure("Answered", percent(self.answered, self.rows), f"{plural(self.answered, 'row')}"),
        ]
        if self.has_confidence:
            low = self.less_confident(_DOUBT)
            given = sum(sum(label.histogram) for label in self.labels)
            figures.append(Figure(f"Confidence < {_DOUBT}", percent(low, given), f"{count(low)} of {count(given)}"))
        if self.multilabel:
            none = percent(self.without_label, self.answered)
            figures.append(
                Figure("No label", none, f"{plural(self.without_label, 'row')} with nothing over the threshold")
            )
        if self.truncated is not None:
            cut = percent(self.truncated, self.rows)
            figures.append(Figure("Truncated", cut, plural(self.truncated, "row"), "warn" if self.truncated else ""))
        figures.append(Figure("Empty", percent(self.empty, self.rows), f"{plural(self.empty, 'row')} without text"))
        bad = "bad" if self.failed else ""
        figures.append(Figure("Failed", percent(self.failed, self.rows), plural(self.failed, "row"), bad))
        return figures

    def _notices(self) -> list[tuple[str, str]]:
        notices = []
        if self.failed:
            reason = f": most often \u201c{shortened(self.reasons[0].error, 120)}\u201d" if self.reasons else ""
            notices.append((f"{plural(self.failed, 'row')} failed and have no answer{reason}.", "bad"))
        if self.truncated and self.truncated > self.rows * _MANY:
            share = percent(self.truncated, self.rows)
            notices.append((f"Of {share} of the texts the model saw only the beginning.", "warn"))
        if self.empty > self.rows * _MANY:
            notices.append((f"{percent(self.empty, self.rows)} of the rows have no text.", "warn"))
        return notices

    def _sections(self) -> list[Section]:
        sections = []
        if self.labels:
            sections.append(pictures.balance(self.labels, self.answered, self.multilabel))
        if self.has_confidence:
            sections.append(pictures.confidences(self.labels, self.multilabel))
        if self.doubtful:
            sections.append(pictures.doubtful(self.doubtful, self.multilabel))
        if self.reasons:
            sections.append(pictures.failures(self.reasons, self.failed))
        if self.lengths is not None and self.lengths.texts:
            sections.append(
                pictures.text_lengths(self.lengths, self.truncated, self.wordpieces_left_out, self.most_truncated)
            )
        if any(example.text is not None for found in self.typical.values() for example in found):
            sections.append(pictures.typical(self.typical, self.labels))
        if lines := self.about.lines():
            sections.append(Section("How it was made", [terms(lines)]))
        return sections

    def _lines_of_labels(self) -> list[str]:
        if not self.labels:
            return []
        head = ["label", "rows", "share", "mean confidence"]
        rows = [
            [one_line(label.label), count(label.rows), percent(label.rows, self.answered), score(label.confidence)]
            for label in self.labels[:_SHOWN_LABELS]
        ]
        lines = table([head, *rows], numbers=3)
        rest = self.labels[_SHOWN_LABELS:]
        if rest:
            more = sum(label.rows for label in rest)
            lines.append(f"... and {plural(len(rest), 'more label')}: {plural(more, 'row')}")
        return ["", *lines]

    def _lines_of_failures(self) -> list[str]:
        if not self.reasons:
            return []
        lines = [f"  {count(r.rows)} x {one_line(r.error, 160)}" for r in self.reasons[:_SHOWN_REASONS]]
        more = self.failed - sum(reason.rows for reason in self.reasons[:_SHOWN_REASONS])
        return ["", "failed:", *lines, *([f"  {plural(more, 'row')} for other reasons"] if more else [])]

    def _lines_of_about(self) -> list[str]:
        lines = [f"{name}: {one_line(value, 160)}" for name, value in self.about.lines()]
        return ["", *lines] if lines else []


def summary_of(counted: Counting, columns: set[str], about: About) -> Summary:
    """The summary of what was counted.

    Parameters
    ----------
    columns
        Names of the columns that were there, as in `sparkcls.summary.counting`.
    """
    totals = counted.totals
    labels = [
        LabelCount(
            label,
            rows,
            counted.mean_confidence(label),
            tuple(counted.bins.get(label, Counter())[i] for i in range(CONFIDENCE_BINS)),
        )
        for label, rows in sorted(counted.labels.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    reasons = []
    for (reason,), message, times in counted.reasons.items():
        examples = [
            _example(key, error=error, truncated=cut if cut > 0 else None, rows=n)
            for key, (error, cut), n in counted.of_reason[reason].items()
        ]
        reasons.append(Reason(message, times, tuple(examples)))
    return Summary(
        rows=totals["rows"],
        answered=totals["answered"],
        failed=totals["failed"],
        empty=totals["rows"] - totals["answered"] - totals["failed"],
        truncated=totals["cut"] if "cut" in columns else None,
        wordpieces_left_out=totals["wordpieces_cut"],
        multilabel="given" in columns,
        without_label=totals["without_label"],
        labels=tuple(labels),
        has_confidence=any(label.confidence is not None for label in labels),
        reasons=tuple(sorted(reasons, key=lambda r: (-r.rows, r.error))),
        doubtful=tuple(_answered(key, answer, n) for key, answer, n in counted.doubtful.items()),
        most_truncated=tuple(_answered(key, answer, n) for key, answer, n in counted.most_cut.items()),
        typical={
            label: tuple(_answered(key, answer, n) for key, answer, n in kept.items())
            for label, kept in sorted(counted.of_label.items())
        },
        lengths=_lengths(counted) if "characters" in columns else None,
        about=about,
    )


def _example(key: tuple[str, int, str], **more: Any) -> Example:
    text, characters, label = key
    known = characters >= 0
    return Example(text if known else None, characters if known else None, label or None, **more)


def _answered(key: tuple[Any, ...], answer: list[Any], rows: int) -> Example:
    confidence, runner_up, runner_up_score, cut = answer
    return _example(
        key[1:], confidence=confidence, runner_up=runner_up, runner_up_score=runner_up_score, truncated=cut, rows=rows
    )


def _lengths(counted: Counting) -> Lengths:
    texts = counted.totals["texts"]
    return Lengths(
        texts,
        counted.totals["characters"] / texts if texts else None,
        counted.shortest,
        counted.longest,
        tuple(counted.lengths[i] for i in range(len(LENGTHS))),
        tuple(counted.lengths_cut[i] for i in range(len(LENGTHS))),
    )
