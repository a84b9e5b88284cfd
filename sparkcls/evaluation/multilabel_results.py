"""From what was counted of several labels a row to a `MultilabelEvaluation`."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from sparkcls.errors import ColumnError
from sparkcls.evaluation.averages import averaged, class_figures, f1_of, ratio
from sparkcls.evaluation.bootstrap import intervals
from sparkcls.evaluation.evaluation import MultilabelEvaluation
from sparkcls.evaluation.figures import ClassFigures, LabelCounts, Mistake
from sparkcls.evaluation.labels import matched
from sparkcls.evaluation.multilabel import MAX_PATTERNS, Multilabel
from sparkcls.evaluation.options import WRONG, Options
from sparkcls.evaluation.single_results import check_rows


def multilabel_evaluation_of(counted: Multilabel, options: Options, about: Any) -> MultilabelEvaluation:
    """The evaluation of what was counted.

    Raises
    ------
    ColumnError, ParamError
        The gold labels are not those of the answers, or there are none.
    """
    check_rows(counted.totals, options.label_col, counted.too_many)
    if counted.too_varied:
        raise ColumnError(
            f"The gold labels of column {options.label_col!r} and the answers stand together in more than "
            f"{MAX_PATTERNS:,} different ways, which is too many to count: evaluate a sample, such as df.sample(0.1)"
        )
    golds: Counter[str] = Counter()
    for (gold, _), count in counted.patterns.items():
        golds.update(dict.fromkeys(gold, count))
    given = {label for _, answer in counted.patterns for label in answer or ()}
    known = [*counted.known, *sorted(given - counted.known.keys())]
    if not golds:
        raise ColumnError(f"No row has a gold label: the lists in column {options.label_col!r} are empty")
    names = matched(
        dict(sorted(golds.items())), known, options.label_map, options.label_col, complete=bool(counted.known)
    )
    labels = [*known, *sorted({*names.values()} - {*known})]
    place = {label: i for i, label in enumerate(labels)}
    # Of each kind of row: how many there are, and which labels they have and were given.
    kinds = [(gold, answer, count) for (gold, answer), count in sorted(counted.patterns.items(), key=repr)]
    skipped = sum(count for _, answer, count in kinds if answer is None)
    if options.unanswered != WRONG:
        kinds = [kind for kind in kinds if kind[1] is not None]
    counts = np.array([count for _, _, count in kinds], dtype=np.int64)
    there, said = np.zeros((2, len(kinds), len(labels)), dtype=bool)
    for i, (gold, answer, _) in enumerate(kinds):
        there[i, [place[names[label]] for label in gold]] = True
        said[i, [place[label] for label in answer or ()]] = True
    no_answer = np.array([answer is None for _, answer, _ in kinds], dtype=bool)
    hits = there & said
    exact = (there == said).all(axis=1) & ~no_answer
    per_label = [(counts @ table).astype(np.int64) for table in (hits, said, there)]
    classes = class_figures(labels, *per_label)
    total = int(counts.sum())
    of_rows = [
        ratio(hits.sum(axis=1), said.sum(axis=1)),
        ratio(hits.sum(axis=1), there.sum(axis=1)),
        f1_of(hits.sum(axis=1), said.sum(axis=1), there.sum(axis=1)),
    ]
    precision, recall, f1 = (float(counts @ row / total) if total else 0.0 for row in of_rows)
    micro = class_figures(["micro avg"], *(np.array([column.sum()]) for column in per_label))[0]

    def figures(drawn: np.ndarray) -> dict[str, np.ndarray]:
        right, answers, have = (drawn @ table.astype(np.int64) for table in (hits, said, there))
        f1 = f1_of(right, answers, have)
        whole = have.sum(axis=1)
        return {
            "subset accuracy": drawn @ exact / drawn.sum(axis=1),
            "micro f1": f1_of(right.sum(axis=1), answers.sum(axis=1), whole),
            "macro f1": f1.mean(axis=1),
            "weighted f1": ratio((f1 * have).sum(axis=1), whole),
            **{f"f1 {label}": f1[:, i] for i, label in enumerate(labels)},
        }

    return MultilabelEvaluation(
        labels=tuple(labels),
        counts=tuple(
            LabelCounts(label, h, s - h, t - h, total - s - t + h)
            for label, h, s, t in zip(labels, *(column.tolist() for column in per_label), strict=True)
        ),
        unanswered=skipped,
        rows=counted.totals["rows"],
        unlabelled=counted.totals["unlabelled"],
        failed=counted.totals["failed"],
        answered=sum(counted.patterns.values()) - skipped,
        unanswered_as=options.unanswered,
        subset_accuracy=float(counts @ exact / total) if total else 0.0,
        hamming_loss=float(counts @ (there != said).sum(axis=1) / (total * len(labels))) if total else 0.0,
        per_class=tuple(classes),
        micro=micro,
        macro=averaged("macro avg", classes, weighted=False),
        weighted=averaged("weighted avg", classes, weighted=True),
        samples=ClassFigures("samples avg", precision, recall, f1, micro.support),
        intervals=intervals(counts, figures, options.resamples, options.seed),
        mistakes=tuple(
            Mistake(text, ", ".join(names[label] for label in gold), ", ".join(answer), confidence, times)
            for _, (text, gold, answer, confidence), times in counted.mistakes.items()
            if {names[label] for label in gold} != {*answer}
        )[: options.mistakes],
        about=about,
    )
