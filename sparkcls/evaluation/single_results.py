"""From what was counted to an `Evaluation`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sparkcls.errors import ColumnError
from sparkcls.evaluation.averages import averaged, class_figures, f1_of
from sparkcls.evaluation.bootstrap import intervals
from sparkcls.evaluation.evaluation import Evaluation
from sparkcls.evaluation.figures import Bin, Calibration, Interval, Mistake
from sparkcls.evaluation.labels import matched
from sparkcls.evaluation.options import WRONG, Options
from sparkcls.evaluation.single import MAX_LABELS, UNIT, Single


def check_rows(totals: Mapping[str, int], column: str, too_many: list[str]) -> None:
    """Raise ColumnError if a gold column holds no labels."""
    if too_many:
        examples = ", ".join(repr(label[:40]) for label in too_many)
        raise ColumnError(
            f"The column {column!r} holds more than {MAX_LABELS:,} different values, such as {examples}: is it the "
            "column of gold labels? Of numbers that a regression is to find say task='regression'"
        )
    if not totals["rows"]:
        raise ColumnError("There are no rows to evaluate")
    if totals["rows"] == totals["unlabelled"] + totals["left_out"]:
        raise ColumnError(
            f"No row has a gold label that counts: of {totals['rows']:,} rows {totals['unlabelled']:,} have none in "
            f"column {column!r}, and label_map leaves out {totals['left_out']:,}"
        )


def evaluation_of(counted: Single, options: Options, card: tuple[tuple[str, ...], ...], about: Any) -> Evaluation:
    """The evaluation of what was counted.

    Raises
    ------
    ColumnError, ParamError
        The gold labels are not those of the answers, or there are none.
    """
    check_rows(counted.totals, options.label_col, counted.too_many)
    golds, known = counted.golds(), counted.answers()
    names = matched(golds, known, options.label_map, options.label_col, complete=bool(counted.known))
    cells: dict[tuple[str, str | None], int] = {}
    for (gold, answer, _), (count, _) in counted.cells.items():
        key = names[gold], answer
        cells[key] = cells.get(key, 0) + count
    present = {gold for gold, _ in cells} | {answer for _, answer in cells if answer is not None}
    labels = [*(label for label in known if label in present), *sorted(present - {*known})]
    place = {label: i for i, label in enumerate(labels)}
    table = np.zeros((len(labels), len(labels) + 1), dtype=np.int64)
    for (gold, answer), count in cells.items():
        table[place[gold], len(labels) if answer is None else place[answer]] += count
    confusion, unanswered = table[:, :-1], table[:, -1]
    if options.unanswered != WRONG:
        table = np.column_stack([confusion, np.zeros_like(unanswered)])
    hits = np.diag(confusion)
    classes = class_figures(labels, hits, confusion.sum(axis=0), table.sum(axis=1))
    # A label that stands in rows that count nowhere alone counts in no average either.
    averaging = [c for c, rows in zip(classes, confusion.sum(axis=0) + table.sum(axis=1), strict=True) if rows]
    right, answered, all_rows = int(hits.sum()), int(confusion.sum()), int(table.sum())
    distribution = counted.totals["scored"] and not counted.totals["no_distribution"]
    return Evaluation(
        labels=tuple(labels),
        confusion=tuple(tuple(row) for row in confusion.tolist()),
        unanswered=tuple(unanswered.tolist()),
        rows=counted.totals["rows"],
        unlabelled=counted.totals["unlabelled"],
        left_out=counted.totals["left_out"],
        failed=counted.totals["failed"],
        answered=answered,
        unanswered_as=options.unanswered,
        accuracy=right / all_rows if all_rows else 0.0,
        accuracy_answered=right / answered if answered else 0.0,
        per_class=tuple(classes),
        macro=averaged("macro avg", averaging, weighted=False),
        weighted=averaged("weighted avg", averaging, weighted=True),
        log_loss=counted.loss / UNIT / counted.totals["scored"] if distribution else None,
        scored=counted.totals["scored"],
        calibration=_calibration(counted, names, options.bins),
        intervals=_intervals(table, labels, options),
        mistakes=_mistakes(counted, names, options.mistakes),
        card=card,
        about=about,
    )


def _calibration(counted: Single, names: Mapping[str, str], bins: int) -> Calibration | None:
    """Bins as in Guo et al. 2017, arXiv:1706.04599, with their expected calibration error."""
    rows, sums, right = [0] * bins, [0] * bins, [0] * bins
    for (gold, answer, number), (count, total) in counted.cells.items():
        if answer is None:
            continue
        if number < 0:
            # No confidence, or raw scores, which are none.
            return None
        rows[number] += count
        sums[number] += total
        right[number] += count * (names[gold] == answer)
    all_rows = sum(rows)
    if not all_rows:
        return None
    found = tuple(
        Bin(
            lower=i / bins,
            upper=(i + 1) / bins,
            count=rows[i],
            confidence=sums[i] / UNIT / rows[i] if rows[i] else None,
            accuracy=right[i] / rows[i] if rows[i] else None,
        )
        for i in range(bins)
    )
    gaps = sum(
        abs(b.accuracy - b.confidence) * b.count for b in found if b.accuracy is not None and b.confidence is not None
    )
    return Calibration(found, gaps / all_rows)


def _intervals(table: np.ndarray, labels: list[str], options: Options) -> dict[str, Interval]:
    golds, answers = np.nonzero(table)
    hit = np.flatnonzero(golds == answers)
    used = np.unique([*golds, *answers[answers < len(labels)]])

    def figures(drawn: np.ndarray) -> dict[str, np.ndarray]:
        hits, there = np.zeros((len(drawn), len(labels))), np.zeros((len(drawn), len(labels)))
        given = np.zeros((len(drawn), len(labels) + 1))
        hits[:, golds[hit]] = drawn[:, hit]
        np.add.at(there.T, golds, drawn.T)
        np.add.at(given.T, answers, drawn.T)
        total = drawn.sum(axis=1)
        f1 = f1_of(hits, given[:, :-1], there)
        return {
            "accuracy": hits.sum(axis=1) / total,
            "macro f1": f1[:, used].mean(axis=1),
            "weighted f1": (f1 * there).sum(axis=1) / total,
            **{f"f1 {label}": f1[:, i] for i, label in enumerate(labels)},
        }

    return intervals(table[golds, answers], figures, options.resamples, options.seed)


def _mistakes(counted: Single, names: Mapping[str, str], limit: int) -> tuple[Mistake, ...]:
    kept = [*counted.mistakes.items(), *counted.by_case.items()]
    return tuple(
        Mistake(text, names[gold], predicted, confidence, times)
        for (_, _, gold, predicted), (text, confidence), times in sorted(kept)
        if names[gold] != predicted
    )[:limit]
