"""Summaries and evaluations of every shape: few and many labels, no rows, nothing but failures, texts that attack."""

import pandas as pd

import sparkcls
from sparkcls.evaluation.evaluation import Evaluation, MultilabelEvaluation, RegressionEvaluation
from sparkcls.evaluation.figures import Bin, Calibration, ClassFigures, Interval, LabelCounts, Mistake
from sparkcls.summary import About

ATTACK = (
    "<script>document.title='pwned'</script><img src=x onerror=\"document.title='pwned'\"><style>*{display:none}</style>"
    "</svg></title></style></textarea>--><iframe srcdoc='<script>parent.document.title=1</script>'></iframe>"
    "<a href=\"javascript:document.title='pwned'\">x</a> & \" ' ` \x00\x1b[31m\u202etxet denrut\u2066\ud800\ufeff"
)
ABOUT = About(f"model_{ATTACK}", "sha256:" + "ab" * 32, {"sparkcls": ATTACK}, "cpu", "float32", 4_000.5, 12.25)


def labels_of(n):
    return [ATTACK, "", "x" * 300, "عربي", "文字 very long label " * 5, "neg"][:n] + [f"label {i}" for i in range(6, n)]


def summary_of(n, rows=600, text=ATTACK):
    """A summary over `n` labels, of which the first ones are attacks."""
    labels = labels_of(n)
    given = [labels[(i * i) % n] for i in range(rows)]
    frame = pd.DataFrame(
        {
            "text": [f"{text} {i % 97}" * (1 + i % 9 * (i % 5)) for i in range(rows)],
            "label": given,
            "confidence": [0.2 + 0.8 * ((i * 37) % 101) / 100 for i in range(rows)],
            "scores": [{label: 0.3, labels[0]: 0.2} for label in given],
            "error": None,
            "truncated": pd.array([i % 7 if i % 9 > 6 else None for i in range(rows)], dtype="Int64"),
        }
    )
    frame.loc[::50, ["label", "confidence", "scores"]] = None
    frame.loc[::100, "error"] = f"boom {ATTACK}"
    return sparkcls.summarize(frame, "text", about=ABOUT)


def evaluation_of(n, rows=1_000):
    """An evaluation of `n` labels."""
    labels = labels_of(n)
    confusion = [[rows // n if i == j else (i * 3 + j) % 4 * (j < 8) for j in range(n)] for i in range(n)]
    classes = [ClassFigures(label, 0.9, 0.8 - i / n / 2, 0.85 - i / n / 2, rows // n) for i, label in enumerate(labels)]
    bins = tuple(
        Bin(i / 10, (i + 1) / 10, i * 20, i / 10 + 0.05 if i else None, i / 12 if i else None) for i in range(10)
    )
    return Evaluation(
        labels=tuple(labels),
        confusion=tuple(map(tuple, confusion)),
        unanswered=tuple(i % 2 for i in range(n)),
        rows=rows + 5,
        unlabelled=3,
        left_out=2,
        failed=1,
        answered=sum(map(sum, confusion)),
        unanswered_as="wrong",
        accuracy=0.877,
        accuracy_answered=0.88,
        per_class=tuple(classes),
        macro=ClassFigures("macro avg", 0.8, 0.7, 0.75, rows),
        weighted=ClassFigures("weighted avg", 0.8, 0.7, 0.75, rows),
        log_loss=0.31,
        scored=rows,
        calibration=Calibration(bins, 0.034),
        intervals={"accuracy": Interval(0.85, 0.9), "macro f1": Interval(0.7, 0.8)},
        mistakes=tuple(Mistake(f"{ATTACK} {i}", labels[0], labels[-1], 0.99 - i / 100) for i in range(20)),
        card=(("label", "f1"), (ATTACK, "0.9")),
        about=ABOUT,
    )


def multilabel_evaluation():
    classes = tuple(ClassFigures(label, 0.9, 0.8, 0.85, 100) for label in labels_of(6))
    averages = [ClassFigures(f"{name} avg", 0.9, 0.8, 0.85, 600) for name in ("micro", "macro", "weighted", "samples")]
    counts = tuple(LabelCounts(label, 80, 9, 20, 891) for label in labels_of(6))
    names = tuple(labels_of(6))
    return MultilabelEvaluation(
        names, counts, 0, 1_000, 0, 0, 1_000, "skip", 0.7, 0.03, classes, *averages, mistakes=(), about=None
    )


def every_report():
    """By name: all of them."""
    failed = pd.DataFrame({"text": ["a", None], "label": [None, None], "error": [ATTACK, "other"]})
    several = {"text": [ATTACK] * 3, "label": ["a", None, "b"], "labels": [["a", "b"], [], ["b"]]}
    several |= {
        "confidence": [0.9, 0.2, 0.8],
        "scores": [{"a": 0.9, "b": 0.7}, {"a": 0.2, "b": 0.1}, {"a": 0.3, "b": 0.8}],
    }
    return {
        **{f"summary of {n}": summary_of(n) for n in (1, 2, 6, 30, 150)},
        **{f"evaluation of {n}": evaluation_of(n) for n in (1, 2, 6, 30, 150)},
        "no rows": sparkcls.summarize(pd.DataFrame({"text": [], "label": []}), "text"),
        "all failed": sparkcls.summarize(failed, "text"),
        "all empty": sparkcls.summarize(pd.DataFrame({"text": [None], "label": [None]}), "text"),
        "no texts": sparkcls.summarize(pd.DataFrame({"label": ["a"]})),
        "raw scores": sparkcls.summarize(pd.DataFrame({"label": ["a", "b"], "confidence": [7.5, -3.0]})),
        "several labels": sparkcls.summarize(pd.DataFrame(several), "text"),
        "evaluation of several labels": multilabel_evaluation(),
        "regression": RegressionEvaluation(10, 1, 1, 8, 0.42, 0.6, None),
    }
