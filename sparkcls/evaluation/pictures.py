"""The sections of an evaluation's report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sparkcls.evaluation.figures import Calibration, ClassFigures, Interval, LabelCounts, Mistake
from sparkcls.report.drawings.bars import bar
from sparkcls.report.drawings.reliability import reliability
from sparkcls.report.examples import examples, text
from sparkcls.report.markup import Markup, joined, tag
from sparkcls.report.numbers import count, percent, plural, score
from sparkcls.report.page import Figure, Page, Section
from sparkcls.report.tables import LABEL_IN_MATRIX, folded, label, matrix, table, terms
from sparkcls.summary.about import About

#: Labels with a row of their own at first sight, in the matrix, and in a table at all; pairs of labels that are listed.
_ROWS, _IN_MATRIX, _LISTED, _PAIRS = 20, 14, 1_000, 10


def by_label(
    classes: Sequence[ClassFigures], averages: Sequence[ClassFigures], intervals: Mapping[str, Interval]
) -> Section:
    """Precision, recall and F1 of each label; of many labels the weakest at first sight."""
    between = ["95 % of F1"] if intervals else []
    head = ["label", "precision", "recall", "F1", *between, "rows"]

    def row(c: ClassFigures, interval: Interval | None, name: Markup) -> list[str]:
        ends = [span(interval)] if intervals else []
        return [name, score(c.precision), score(c.recall), score(c.f1), *ends, count(c.support)]

    def rows(found: Sequence[ClassFigures], bars: bool) -> list[list[str]]:
        named = ((c, joined((label(c.label), bar(c.f1) if bars else None))) for c in found)
        return [row(c, intervals.get(f"f1 {c.label}"), name) for c, name in named]

    total = [row(c, intervals.get(_interval_of(c)), tag("span", c.label)) for c in averages]
    name = "Precision, recall and F1"
    if len(classes) <= _ROWS:
        return Section("Labels", [table(name, head, rows(classes, True), total)], _HOW)
    weakest = sorted((c for c in classes if c.support), key=lambda c: (c.f1, c.label))[:_ROWS]
    listed = classes[:_LISTED]
    all_labels = (
        "All labels" if len(listed) == len(classes) else f"The first {_LISTED:,} of {count(len(classes))} labels"
    )
    content = [
        tag("h3", f"The weakest {len(weakest)} of {count(len(classes))} labels"),
        table(name, head, rows(weakest, True), total),
        folded(all_labels, table(all_labels, head, rows(listed, False), wide=False)),
    ]
    return Section("Labels", content, _HOW)


_HOW = (
    "Precision: of the rows that were given the label, the share that has it. Recall: of the rows that have it, the "
    "share that was given it. F1 is high only where both are. Bars show F1."
)


def _interval_of(average: ClassFigures) -> str:
    return average.label.replace("avg", "f1").strip()


def span(interval: Interval | None) -> str:
    """The ends of an interval; a dash where there is none."""
    return "-" if interval is None else f"{score(interval.low)}\u2013{score(interval.high)}"


def confusions(labels: Sequence[str], confusion: Sequence[Sequence[int]], unanswered: Sequence[int]) -> Section:
    """Which labels are taken for which."""
    kept = _most(labels, confusion, unanswered)
    rest = [i for i in range(len(labels)) if i not in {*kept}]
    rows = [*([i] for i in kept), *([rest] if rest else [])]
    cells = [[sum(confusion[i][j] for i in down for j in across) for across in rows] for down in rows]
    names = [label(labels[i], LABEL_IN_MATRIX) for i in kept] + (
        [tag("i", f"{count(len(rest))} others")] if rest else []
    )
    columns = names
    if any(unanswered):
        cells = [[*own, sum(unanswered[i] for i in down)] for own, down in zip(cells, rows, strict=True)]
        columns = [*names, tag("i", "no answer")]
    pairs = sorted(
        (-n, labels[i], labels[j], sum(own) + unanswered[i])
        for i, own in enumerate(confusion)
        for j, n in enumerate(own)
        if i != j and n
    )
    listed = [
        [joined((label(gold), " \u2192 ", label(given))), count(-n), percent(-n, whole)]
        for n, gold, given, whole in pairs[:_PAIRS]
    ]
    note = (
        "Rows by their right label, columns by the label given. Blue on the diagonal is right, red is wrong; the "
        "fuller, the more of the row."
    )
    content: list[Markup | None] = [matrix("Confusion matrix", names, columns, cells)]
    if listed and len(labels) > 2:
        head = ["right label \u2192 given", "rows", "of the label"]
        content += [tag("h3", "Most frequent mistakes"), table("Most frequent mistakes", head, listed)]
    return Section("Right and wrong", content, note)


def _most(labels: Sequence[str], confusion: Sequence[Sequence[int]], unanswered: Sequence[int]) -> list[int]:
    """Places of the labels that the matrix shows: all, or those with the most rows; in their own order."""
    if len(labels) <= _IN_MATRIX + 1:
        return list(range(len(labels)))
    sizes = [sum(own) + unanswered[i] + sum(row[i] for row in confusion) for i, own in enumerate(confusion)]
    return sorted(sorted(range(len(labels)), key=lambda i: (-sizes[i], i))[:_IN_MATRIX])


def trust(found: Calibration) -> Section:
    """How far confidence can be taken at its word."""
    bins = [
        (b.count, b.confidence, b.accuracy) for b in found.bins if b.confidence is not None and b.accuracy is not None
    ]
    whole = sum(n for n, _, _ in bins)
    confidence, accuracy = (sum(b[0] * b[i] for b in bins) / whole for i in (1, 2))
    gap = confidence - accuracy
    if abs(gap) < 0.01:
        verdict = f"On average, confidence ({score(confidence)}) and accuracy ({score(accuracy)}) agree."
    else:
        verdict = (
            f"The model is {'too sure' if gap > 0 else 'less sure than it could be'}: on average its confidence is "
        )
        verdict += f"{score(confidence)}, its accuracy {score(accuracy)}."
    verdict += f" Bin by bin they are {score(found.ece)} apart (expected calibration error)."
    described = "; ".join(f"confidence {score(c)}: {percent(a)} right" for _, c, a in bins)
    figure = tag(
        "figure",
        reliability(bins, f"Accuracy by mean confidence of {len(bins)} bins. {described}."),
        tag(
            "p",
            "On the dashed line confidence is what accuracy is; below it the model is too sure. Large dots: many rows.",
            class_="soft key",
        ),
    )
    rows = [
        [f"{b.lower:.3g}\u2013{b.upper:.3g}", count(b.count), score(b.confidence), score(b.accuracy)]
        for b in found.bins
        if b.count
    ]
    head = ["confidence", "rows", "mean", "right"]
    return Section(
        "Can the confidence be trusted?",
        [tag("div", figure, table("Calibration", head, rows, wide=False), class_="pair")],
        verdict,
    )


def mistakes(found: Sequence[Mistake]) -> Section:
    """Wrong answers of which the model was most sure."""
    items = [
        (
            [
                joined((label(m.predicted), "" if m.confidence is None else f" {score(m.confidence)}")),
                joined(("right: ", label(m.gold))),
                f"{count(m.rows)} rows alike" if m.rows > 1 else None,
            ],
            text(m.text),
        )
        for m in found
    ]
    note = "The wrong answers with the highest confidence. Look for gold labels that are wrong themselves."
    return Section("Most confident mistakes", [examples(items, "Most confident mistakes")], note)


def by_label_multilabel(
    classes: Sequence[ClassFigures],
    averages: Sequence[ClassFigures],
    intervals: Mapping[str, Interval],
    counts: Sequence[LabelCounts],
) -> list[Section]:
    """The same of labels of which a row may have several, and what was given, missed and given wrongly."""
    head = ["label", "rightly given", "wrongly given", "missed", "rightly not given"]
    rows = [
        [label(c.label), *map(count, (c.true_positives, c.false_positives, c.false_negatives, c.true_negatives))]
        for c in counts[:_LISTED]
    ]
    note = "" if len(counts) <= _LISTED else f"The first {_LISTED:,} of {plural(len(counts), 'label')}."
    return [
        by_label(classes, averages, intervals),
        Section("Right and wrong", [table("Answers by label", head, rows, wide=False)], note),
    ]


def card_figures(card: Sequence[Sequence[str]]) -> Section:
    """What the model's own card says."""
    head, *rows = card
    return Section("In the model's card", [table("Figures of the model's card", head, rows, wide=False)])


def within(interval: Interval | None, shares: bool = False) -> str:
    """The ends of an interval beside its figure; as shares of a hundred if wanted."""
    if interval is None:
        return ""
    return (
        f"95 %: {percent(interval.low).removesuffix(' %')}\u2013{percent(interval.high)}"
        if shares
        else f"95 %: {span(interval)}"
    )


def notices(unanswered: int, failed: int, counted_as: str, unlabelled: int, left_out: int) -> list[tuple[str, str]]:
    """Sentences on rows that do not count as others."""
    notices = []
    if unanswered:
        how = "count as wrong" if counted_as == "wrong" else "do not count"
        why = f", {count(failed)} of them because they failed" if failed else ""
        notices.append((f"{plural(unanswered, 'row')} without an answer {how}{why}.", "bad" if failed else "warn"))
    if unlabelled:
        notices.append((f"{plural(unlabelled, 'row')} without a gold label do not count.", "warn"))
    if left_out:
        notices.append((f"{plural(left_out, 'row')} whose gold label the map leaves out do not count.", "warn"))
    return notices


def page(
    lead: str,
    figures: Sequence[Figure],
    notices: Sequence[tuple[str, str]],
    sections: Sequence[Section],
    about: About | None,
) -> Page:
    """The report."""
    known = about or About()
    made = [Section("How it was made", [terms(known.lines())])] if known.lines() else []
    return Page("Evaluation", known.title(), lead, known.facts(), figures, notices, [*sections, *made])
