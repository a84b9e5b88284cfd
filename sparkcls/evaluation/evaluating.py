"""`sparkcls.evaluate`: from a frame to an evaluation."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sparkcls.catalogue.cards import CARDS
from sparkcls.errors import ParamError, ParamTypeError
from sparkcls.evaluation.columns import LIST, NUMBERS, Found, read_columns
from sparkcls.evaluation.evaluation import Evaluation, MultilabelEvaluation, RegressionEvaluation
from sparkcls.evaluation.multilabel import Multilabel
from sparkcls.evaluation.multilabel_results import multilabel_evaluation_of
from sparkcls.evaluation.options import MULTI, REGRESSION, SINGLE, Options
from sparkcls.evaluation.regression import Regression, regression_evaluation_of
from sparkcls.evaluation.roles import ANNOTATIONS, CONFIDENCE, ERROR, GIVEN, GOLD, LABEL, SCORES, TEXT
from sparkcls.evaluation.single import Single
from sparkcls.evaluation.single_results import evaluation_of
from sparkcls.plain.classifier import make_classifier
from sparkcls.spark.folding import fold
from sparkcls.summary.about import About, versions_here

#: Begins the names of columns that are made here.
_PREFIX = "sparkcls_"
#: What each task reads.
_READ = {
    SINGLE: (GOLD, LABEL, CONFIDENCE, SCORES, ERROR, TEXT, ANNOTATIONS),
    MULTI: (GOLD, LABEL, SCORES, GIVEN, ERROR, TEXT, ANNOTATIONS),
    REGRESSION: (GOLD, LABEL, CONFIDENCE, ERROR, ANNOTATIONS),
}


def evaluate_frame(
    data: Any, prediction: Any, model: Any, options: Options, about: About | None, params: Mapping[str, Any]
) -> Evaluation | MultilabelEvaluation | RegressionEvaluation:
    """See `sparkcls.evaluate`."""
    if about is not None and not isinstance(about, About):
        raise ParamTypeError(f"evaluate(about=) takes an About, got {type(about).__name__}")
    # Where there is no Spark, the answers are made at once.
    start: float | None = time.perf_counter()
    data, prediction, made_here = scored("evaluate", data, prediction, model, options.text_col, params)
    about = about or made_here
    if made_here.model is None:
        start = None
    found = read_columns(data, options.label_col, prediction, options.text_col)
    task = _task(found, options)
    kept = [role for role in _READ[task] if role in found.kinds]
    if task == REGRESSION and CONFIDENCE in kept and LABEL in kept:
        kept.remove(LABEL)
    frame = found.frame.select(kept)
    if task == REGRESSION:
        numbers = fold(frame, Regression())
        return regression_evaluation_of(numbers, options, _timed(about, numbers.totals["rows"], start))
    if task == MULTI:
        multilabel = fold(frame, Multilabel(options.label_map, options.delimiter, options.mistakes))
        return multilabel_evaluation_of(multilabel, options, _timed(about, multilabel.totals["rows"], start))
    single = fold(frame, Single(options.label_map, options.bins, options.mistakes))
    about = _timed(about, single.totals["rows"], start)
    card = CARDS.get(about.model or "")
    benchmark = card.benchmark if card is not None and card.labels == single.known.keys() else ()
    return evaluation_of(single, options, benchmark, about)


def scored(
    caller: str, data: Any, prediction: Any, model: Any, text_col: str | None, params: Mapping[str, Any]
) -> tuple[Any, str | None, About]:
    """The frame with answers, where they stand in it, and what is known of how they were made.

    Raises
    ------
    ParamError
        Both a model and answers are given, a model without its column of texts, or Params without a model.
    """
    if prediction is not None and not isinstance(prediction, str):
        if model is not None:
            raise ParamError(f"{caller}: prediction= is a classifier, and model= is given too; leave one out")
        prediction, model = None, prediction
    if model is None:
        if params:
            raise ParamTypeError(
                f"{caller} has no argument {', '.join(map(repr, params))}; Params of a classifier go with model="
            )
        return data, prediction, About(versions=versions_here())
    if prediction is not None:
        raise ParamError(
            f"{caller}: prediction={prediction!r} are answers that are there, model= makes new ones; leave one out"
        )
    if text_col is None:
        raise ParamError(f"{caller}: a classifier needs the column of texts: text_col=")
    classifier = make_classifier(model, **params)
    return classifier(data, text_col, prefix=_PREFIX), _PREFIX, About.of(classifier)


def _timed(about: About, rows: int, start: float | None) -> About:
    """With the time since `start`; None where the answers were not made here."""
    if start is None or about.seconds is not None:
        return about
    seconds = time.perf_counter() - start
    return replace(about, seconds=seconds, rows_per_second=rows / seconds)


def _task(found: Found, options: Options) -> str:
    """What kind of answers there are.

    Raises
    ------
    ParamError
        The columns do not tell, or are not for the task.
    """
    gold, label = found.kinds[GOLD], found.kinds.get(LABEL)
    if options.task == SINGLE and (gold == LIST or (label is None and ANNOTATIONS not in found.kinds)):
        raise ParamError("evaluate: task='single' is for one label a row, and there is an array of labels; use 'multi'")
    if options.task is not None:
        return options.task
    if options.delimiter is not None or gold == LIST or (label is None and ANNOTATIONS not in found.kinds):
        return MULTI
    if gold == label == NUMBERS:
        raise ParamError(
            f"evaluate: column {options.label_col!r} and the answers are numbers: say task='single' if they stand for "
            "labels, or task='regression'"
        )
    return SINGLE
