"""Text classifiers inside Spark, drop-in for Spark NLP's model cards, in pure Python.

    import sparkcls
    from sparkcls.base import *
    from sparkcls.annotator import *

    spark = sparkcls.start()

Importing this package imports neither torch nor transformers and starts no session.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TextIO

from sparkcls._version import __version__
from sparkcls.settings import configure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import SparkSession

    from sparkcls.evaluation.evaluation import Evaluation, MultilabelEvaluation, RegressionEvaluation
    from sparkcls.evaluation.thresholds import Thresholds
    from sparkcls.meter.progress import Progress
    from sparkcls.plain.classifier import TextClassifier
    from sparkcls.summary.about import About
    from sparkcls.summary.summary import Summary

__all__ = [
    "__version__",
    "classifier",
    "classify",
    "configure",
    "evaluate",
    "metrics",
    "progress",
    "start",
    "summarize",
    "tune_thresholds",
    "version",
]


def version() -> str:
    """The version of sparkcls."""
    return __version__


def start(
    gpu: bool = False,
    apple_silicon: bool = False,
    memory: str = "4G",
    params: dict[str, str] | None = None,
    **ignored: Any,
) -> SparkSession:
    """Start, or get, a local Spark session that fits sparkcls. Not needed on a cluster that has one.

    A session that it starts prints Spark's warnings and errors, without those that every start has, unless someone has
    set up Spark's log: by a file of log4j in Spark's conf folder, or its name in a conf or a variable.

    Parameters
    ----------
    gpu
        Fail now if torch sees no GPU. Nothing else depends on it: stages choose the device.
    apple_silicon
        Accepted for Spark NLP's callers; nothing depends on it.
    memory
        ``spark.driver.memory``. Models live in Python workers, outside of it, so less than Spark NLP's
        16G is enough.
    params
        Spark confs by name; they win over the ones set here.
    ignored
        Other arguments of `sparknlp.start` (``aarch64``, ``spark32``, ``real_time_output``, ...).

    Raises
    ------
    JavaError
        Java is missing or too old for the installed pyspark.
    DeviceError
        `gpu` is True and there is none.
    ParamTypeError
        `params` is not a dict.
    """
    from sparkcls.session import start_session

    return start_session(gpu=gpu, memory=memory, params=params)


def classifier(
    model: Any = None, *, candidate_labels: Sequence[str] | None = None, lang: str = "en", **params: Any
) -> TextClassifier:
    """A classifier to call with texts, or with tables and their column of texts; see `classify` for its arguments.

    Any number of threads may share it. The model is found and checked now, and loaded with the first text.

    Examples
    --------
    >>> import sparkcls
    >>> sparkcls.classifier()("I really liked that movie!")["label"]
    'POSITIVE'
    """
    from sparkcls.plain.classifier import make_classifier

    return make_classifier(model, candidate_labels=candidate_labels, lang=lang, **params)


def classify(
    data: Any,
    column: Any = None,
    model: Any = None,
    *,
    candidate_labels: Sequence[str] | None = None,
    lang: str = "en",
    prefix: str = "",
    output: str | None = None,
    overwrite: bool = False,
    **params: Any,
) -> Any:
    """Classify texts: a Spark DataFrame in Spark (classic, Connect, streaming), all else here, without Spark.

    Parameters
    ----------
    data
        A Spark DataFrame; a pandas DataFrame or an Arrow table; a list, array, pandas Series or Arrow column of str;
        or a str.
    column
        Of a table: the name of its column of texts; for a model of pairs of texts two of them, ``("a", "b")``. Of a
        Spark DataFrame a Column too, or a field of a struct, as in ``review.text``.
    model
        A model's name (bundled, in the cache or in the store), ``owner/name`` of the Hugging Face Hub, a model's
        folder, a saved pipeline or stage (ours or Spark NLP's), a classifier stage, a fitted PipelineModel that ends in
        one, or what `classifier` gave. Default: a bundled model, which tells positive from negative.
    candidate_labels
        Labels of your own: a zero-shot model then chooses among them.
    lang
        The language of the model of a name.
    prefix
        Begins the name of each column that is added.
    output
        The name of one struct column (in pandas, of dicts) that is added in place of several.
    overwrite
        Whether columns that are there already under these names make way.
    params
        Params of the classifier by name, such as ``maxSentenceLength=256``, ``multilabel=True``, ``threshold=0.3``,
        ``device="cuda"``, ``precision="float32"``, ``onError="raise"``, ``metrics=True``.

    Returns
    -------
    The table with these columns added (an Arrow table as a pandas one; of a list or column the columns alone; of a str
    a dict of one row). A row has one answer, or nulls if it has no text or the text could not be processed.

    ==============  ======================  =====================================================================
    ``label``       ``string``              the label with the largest score; with `multilabel` null if no label
                                            is over the threshold
    ``confidence``  ``double``              that label's score
    ``scores``      ``map<string,double>``  every label's score
    ``labels``      ``array<string>``       with `multilabel` only: all labels over the threshold
    ``error``       ``string``              why the text could not be processed; absent with ``onError="raise"``
    ``truncated``   ``int``                 wordpieces that were left out; null where none was; absent where none
                                            can be, with ``longText="windows"``
    ==============  ======================  =====================================================================

    Raises
    ------
    ModelNotFoundError, ModelFormatError
        There is no such model, or it cannot be used.
    ColumnError
        There is no such column, or one that would be added is there already.
    ParamError, ParamTypeError
        An argument or a value in the data has the wrong type; a Param is unknown or has a bad value.

    Examples
    --------
    >>> import sparkcls
    >>> sparkcls.classify(["I really liked that movie!", None])["label"].tolist()
    ['POSITIVE', None]
    >>> sparkcls.classify(df, "review", model="distilbert_base_sequence_classifier_imdb")  # doctest: +SKIP
    """
    called = classifier(model, candidate_labels=candidate_labels, lang=lang, **params)
    return called(data, column, prefix=prefix, output=output, overwrite=overwrite)


def summarize(data: Any, column: str | None = None, prefix: str = "", about: About | None = None) -> Summary:
    """What a classifier has answered, on one page: counts, confidence, lengths, doubtful and failed texts.

    Reads the columns that `sparkcls.classify` adds, in one pass: ``label``, and as far as they are there
    ``confidence``, ``scores``, ``labels``, ``error`` and ``truncated``. Memory is bounded, and the result does not
    depend on the order of the rows.

    Parameters
    ----------
    data
        A Spark DataFrame (classic or Connect; no stream) or a pandas DataFrame.
    column
        The column of texts. Default: none, and then no lengths and no examples with text.
    prefix
        That of the columns, as `sparkcls.classify` was given it.
    about
        How the answers were made, for the report. Default: the versions installed here.

    Returns
    -------
    A `Summary`, which prints as a few lines, shows itself in notebooks, and writes a report: ``summary.report(path)``.

    Raises
    ------
    ColumnError
        There is no such column, or the column of labels does not hold strings.
    ParamTypeError
        Another argument has the wrong type.
    """
    from sparkcls.summary.summarizing import summary_of_frame

    return summary_of_frame(data, column, prefix, about)


def evaluate(
    data: Any,
    label_col: str,
    prediction: Any = None,
    *,
    model: Any = None,
    text_col: str | None = None,
    label_map: Mapping[Any, Any] | None = None,
    delimiter: str | None = None,
    task: str | None = None,
    unanswered: str = "wrong",
    bins: int = 15,
    mistakes: int = 20,
    bootstrap: int = 1000,
    seed: int = 0,
    about: About | None = None,
    **params: Any,
) -> Evaluation | MultilabelEvaluation | RegressionEvaluation:
    """How good answers are, against gold labels, in one pass: accuracy, figures by class, calibration, mistakes.

    Parameters
    ----------
    data
        A Spark DataFrame (classic or Connect; no stream) or a pandas DataFrame.
    label_col
        The column of gold labels: texts or numbers; arrays of labels, or texts with a `delimiter`, where a row may have
        several. Rows where it is null or blank do not count. A difference in case alone is none.
    prediction
        Where the answers are: the prefix of the columns that `classify` added (default: none), a column of labels or of
        arrays of labels, a category column of a pipeline; or a classifier, which is run first.
    model
        In its place what `classify` takes as a model, which is run on `text_col` first, with `params`.
    text_col
        The column of texts: for mistakes, and for a classifier.
    label_map
        From gold labels to the model's, where they are called differently: ``{"neg": "NEGATIVE", 1: "POSITIVE"}``. Rows
        of a label that is mapped to None are left out; one mapped to itself is a class that the model does not know.
    delimiter
        Between the labels of a row: ``";"``.
    task
        ``single`` (one label a row), ``multi`` or ``regression``. Default: what the columns say.
    unanswered
        What a row without an answer is (its text is null or blank, or could not be processed): ``wrong``, or ``skip``
        to leave it out. Both accuracies are in the result.
    bins
        Of confidence, for calibration.
    mistakes
        How many are kept, the most confident ones.
    bootstrap
        Resamples for the 95 % intervals; 0 for none.
    seed
        Of the resamples.
    about
        How the answers were made, for reports.

    Returns
    -------
    An `Evaluation`, a `MultilabelEvaluation` or a `RegressionEvaluation`: it prints as a table, has `to_dict` and
    `to_pandas`. Figures equal those of scikit-learn, with 0 for 0 / 0.

    Raises
    ------
    ColumnError
        A column is missing or cannot be read; or the gold labels are not those of the answers, and the message has a
        map.
    ParamError, ParamTypeError
        An argument has a wrong value or type.

    Examples
    --------
    >>> import pandas as pd, sparkcls
    >>> data = pd.DataFrame({"review": ["A great film!", "Awful.", "I loved it."], "gold": ["pos", "neg", "pos"]})
    >>> names = {"pos": "POSITIVE", "neg": "NEGATIVE"}
    >>> sparkcls.evaluate(data, "gold", sparkcls.classifier(), text_col="review", label_map=names).accuracy
    1.0
    """
    from sparkcls.evaluation.evaluating import evaluate_frame
    from sparkcls.evaluation.options import checked_options

    options = checked_options(
        label_col, text_col, label_map, delimiter, task, unanswered, bins, mistakes, bootstrap, seed
    )
    return evaluate_frame(data, prediction, model, options, about, params)


def tune_thresholds(
    data: Any,
    label_col: str,
    prediction: Any = None,
    *,
    precision: float | None = None,
    recall: float | None = None,
    model: Any = None,
    text_col: str | None = None,
    label_map: Mapping[Any, Any] | None = None,
    delimiter: str | None = None,
    **params: Any,
) -> Thresholds:
    """A threshold for each label, chosen by gold labels and scores in one pass: for `setThreshold` and ``threshold=``.

    Choose them by other rows than those that you evaluate on: figures of the same rows are too good.

    Parameters
    ----------
    data, label_col, prediction, model, text_col, label_map, delimiter, params
        As in `evaluate`; scores are needed, and they must be those of a sigmoid, as with ``multilabel=True``, which a
        classifier that is run here gets unless `params` say otherwise. Rows without gold labels or scores do not count.
    precision
        For each label the threshold with the largest recall among those that reach this precision.
    recall
        For each label the threshold with the largest precision among those that reach this recall. With neither the one
        with the best F1 is chosen.

    Returns
    -------
    `Thresholds`, a mapping from label to number, which prints with what each threshold does. Figures are exact. The
    choice is among all that differ by these rows as long as a label has at most 2,048 different scores; beyond that
    among 1,000 to 2,048 steps of about equal width in ln(p / (1 - p)).

    Raises
    ------
    ColumnError, ParamError, ParamTypeError
        As in `evaluate`; or there are no scores, or they are no probabilities.

    Examples
    --------
    >>> thresholds = sparkcls.tune_thresholds(df, "topics", model=folder, text_col="text")  # doctest: +SKIP
    >>> sparkcls.classify(new, "text", folder, multilabel=True, threshold=thresholds)  # doctest: +SKIP
    """
    from sparkcls.evaluation.tuning import tune

    return tune(data, label_col, prediction, model, text_col, label_map, delimiter, precision, recall, params)


def metrics(model: Any, output: str | None = None, timeout: float = 10.0) -> dict[str, Any]:
    """What a classifier did in the first action on the DataFrame that it transformed last.

    The stage must have been set to count before `transform`: ``classifier.setMetrics(True)``. Works on classic Spark
    and Spark Connect.

    Parameters
    ----------
    model
        The classifier stage, or a PipelineModel that holds it; or a streaming query, for its last micro-batch.
    output
        The stage's output column, if there are several classifiers.
    timeout
        Seconds to wait for an action that is still running.

    Returns
    -------
    Counts ``rows``, ``sentences``, ``scored`` (distinct sentences that went through the model, and their windows),
    ``rescored`` (again in float32), ``wordpieces``, ``padding`` (positions computed beyond them), ``truncated``,
    ``windowed`` (sentences read in several windows), ``empty`` (rows without a result), ``failed``, ``loads``;
    ``load_seconds`` and ``model_seconds``, summed over workers; ``padding_share`` (0 to 1), ``device`` and
    ``precision``.

    Raises
    ------
    MetricsError
        Nothing was counted: metrics are off, or no action has ended.
    """
    from sparkcls.observed import metrics_of

    return metrics_of(model, output, timeout)


def progress(
    model: Any = None,
    total: int | None = None,
    *,
    session: SparkSession | None = None,
    show: bool = True,
    file: TextIO | None = None,
) -> Progress:
    """Show how far the classifiers of a session are, while the with block's actions run.

        with sparkcls.progress(total=100_000):
            model.transform(reviews).write.parquet("labels")

    On a terminal one line is written anew on standard error, elsewhere a line every 10 seconds; in a notebook an output
    changes: rows done (of all, with `total`), rows a second, time left. Works on classic Spark and on Spark Connect.

    Parameters
    ----------
    model
        What the line begins with: a model, a classifier, or a str. All classifiers of the session are counted.
    total
        Rows in all, where they are known; without it no time left is told.
    session
        Default: the one that is active.
    show
        Whether anything is shown. The figures are there in any case.
    file
        Where to write to, in place of standard error or a notebook's output.

    Returns
    -------
    A context manager with ``rows``, ``seconds``, ``rows_per_second``, ``seconds_left`` and ``tasks`` (done and in all),
    during the block and after it; None for what is not known.

    Raises
    ------
    ParamError, ParamTypeError
        There is no session; `total` is not a number of rows.

    Notes
    -----
    Workers send their counts to this process, in signed datagrams, and wait for no answer. Where none arrive, tasks
    that are done are shown instead. A row that is scored in two actions counts twice. See ``docs/progress.md``.
    """
    from sparkcls.meter.progress import Progress

    return Progress(model, total, session, show, file)
