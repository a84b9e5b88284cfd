"""The Params of every classifier stage, with their setters and getters."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from sparkcls.classification import Decision, threshold_of
from sparkcls.engine.contract import HUGGINGFACE, TOKENIZATIONS, Reading
from sparkcls.engine.device import DEVICE_PATTERN
from sparkcls.engine.precision import PRECISIONS
from sparkcls.errors import ParamError
from sparkcls.models.heads import ACTIVATIONS, SIGMOID, SOFTMAX
from sparkcls.rows.scoring import ANNOTATE, ON_ERROR
from sparkcls.settings import default_tokenization
from sparkcls.stages.long_text import LongTextParams
from sparkcls.stages.params import boolean, fractions, matching, one_of, param, whole_number

logger = logging.getLogger(__name__)

DEFAULT_LENGTH = 128
THRESHOLD = 0.5
#: The Params that a model may be published with. Where and how it runs, and what becomes of errors, its users choose.
PUBLISHED = (
    *("caseSensitive", "maxSentenceLength", "coalesceSentences", "activation", "multilabel", "threshold"),
    "tokenization",
)
#: For all labels; or one a label, in their order or by label.
Threshold = float | list[float] | dict[str, float]
LAZY = "lazy"
ONCE = "once"


class ClassifierParams(LongTextParams):
    """How texts are read, where the model runs, and how scores become labels."""

    batchSize = param("batchSize", "most sequences of a forward pass, if set", lambda n: whole_number(n, 1))
    caseSensitive = param("caseSensitive", "whether case is kept in sparknlp tokenization", boolean)
    maxSentenceLength = param(
        "maxSentenceLength",
        "most wordpieces of a sentence",
        lambda n: whole_number(n, 3),
    )
    coalesceSentences = param("coalesceSentences", "whether a row gets one averaged result", boolean)
    activation = param("activation", "softmax, sigmoid or none", lambda n: one_of(n, *ACTIVATIONS))
    multilabel = param("multilabel", "whether a sentence may have several labels", boolean)
    threshold = param("threshold", "probability that a label must exceed (sigmoid)", fractions)
    tokenization = param("tokenization", "huggingface or sparknlp", lambda n: one_of(n, *TOKENIZATIONS))
    device = param(
        "device", "where the model runs", lambda n: matching(n, DEVICE_PATTERN, "auto, cpu, cuda, cuda:<index>, mps")
    )
    precision = param("precision", "what the model computes in", lambda n: one_of(n, *PRECISIONS))
    scoring = param("scoring", "lazy or once", lambda n: one_of(n, LAZY, ONCE))
    metrics = param("metrics", "whether Spark counts what is done", boolean)
    saveWeights = param("saveWeights", "whether the model's files are saved with the stage", boolean)
    onError = param("onError", "what a bad sentence does", lambda n: one_of(n, *ON_ERROR))

    def _set_classifier_defaults(self) -> None:
        self._setDefault(
            batchSize=8,
            caseSensitive=True,
            maxSentenceLength=DEFAULT_LENGTH,
            coalesceSentences=False,
            activation=SOFTMAX,
            multilabel=False,
            threshold=THRESHOLD,
            tokenization=default_tokenization() or HUGGINGFACE,
            device="auto",
            precision="auto",
            scoring=LAZY,
            onError=ANNOTATE,
            metrics=False,
            saveWeights=True,
        )
        self._set_long_text_defaults()

    def setBatchSize(self, value: int) -> Any:
        """Most sequences of one forward pass, if set; unset, nothing is limited."""
        return self._update(batchSize=value)

    def getBatchSize(self) -> int:
        """Most sequences of one forward pass; 8 when unset, which limits nothing."""
        return self._get("batchSize")

    def setCaseSensitive(self, value: bool) -> Any:
        """Whether case is kept; acts in ``sparknlp`` tokenization only."""
        return self._update(caseSensitive=value)

    def getCaseSensitive(self) -> bool:
        """Whether case is kept in ``sparknlp`` tokenization."""
        return self._get("caseSensitive")

    def setMaxSentenceLength(self, value: int) -> Any:
        """Most wordpieces of a sentence, special ones counted: at least 3, at most the model's positions."""
        return self._update(maxSentenceLength=value)

    def getMaxSentenceLength(self) -> int:
        """Most wordpieces of a sentence, special ones counted."""
        return self._get("maxSentenceLength")

    def setCoalesceSentences(self, value: bool) -> Any:
        """Whether the sentences of a row get one averaged result."""
        return self._update(coalesceSentences=value)

    def getCoalesceSentences(self) -> bool:
        """Whether the sentences of a row get one averaged result."""
        return self._get("coalesceSentences")

    def setActivation(self, value: str) -> Any:
        """``softmax``, ``sigmoid``, or ``none`` for raw scores, which are not probabilities.

        In place of what the model's configuration says. A model with one output takes no softmax.
        """
        return self._update(activation=value)

    def getActivation(self) -> str:
        """The activation in force: ``sigmoid`` whenever multilabel is True, else what was set, else the model's."""
        return self._activation_in_force(self._model_activation)

    def _activation_in_force(self, of_model: Callable[[], str]) -> str:
        if self.getMultilabel():
            return SIGMOID
        return self._get("activation") if self.isSet("activation") else of_model()

    def _model_activation(self) -> str:
        """The activation of a stage that was given none."""
        return self._get("activation")

    def setMultilabel(self, value: bool) -> Any:
        """Whether a sentence may have several labels; True means sigmoid."""
        return self._update(multilabel=value)

    def getMultilabel(self) -> bool:
        """Whether a sentence may have several labels."""
        return self._get("multilabel")

    def setThreshold(self, value: Threshold) -> Any:
        """Probability that a label must exceed, with sigmoid: one for all labels, or one a label."""
        return self._update(threshold=value)

    def getThreshold(self) -> Threshold:
        """Probability that a label must exceed, with sigmoid: a number, a list or a dict, as it was set."""
        return self._get("threshold")

    def setTokenization(self, value: str) -> Any:
        """``huggingface``: the model's own tokenizer reads the sentence; ``sparknlp``: each token by itself."""
        return self._update(tokenization=value)

    def getTokenization(self) -> str:
        """How text becomes wordpieces."""
        return self._get("tokenization")

    def setDevice(self, value: str) -> Any:
        """``cpu``, ``cuda``, ``cuda:<index>``, ``mps`` or ``auto``: the task's GPU, else any, else the CPU."""
        return self._update(device=value)

    def getDevice(self) -> str:
        """The device asked for."""
        return self._get("device")

    def setPrecision(self, value: str) -> Any:
        """``mixed``, ``int8``, ``float32``, ``bfloat16``, ``float16``, or ``auto``: ``mixed`` where that is faster."""
        return self._update(precision=value)

    def getPrecision(self) -> str:
        """The precision asked for."""
        return self._get("precision")

    def setScoring(self, value: str) -> Any:
        """``lazy``: only rows that are asked for are scored; ``once``: none twice, on Spark before 4.2 too."""
        return self._update(scoring=value)

    def getScoring(self) -> str:
        """``lazy`` or ``once``."""
        return self._get("scoring")

    def setOnError(self, value: str) -> Any:
        """A sentence that cannot be processed gets the reason instead (``annotate``), or fails the job (``raise``)."""
        return self._update(onError=value)

    def getOnError(self) -> str:
        """What a bad sentence does."""
        return self._get("onError")

    def setMetrics(self, value: bool) -> Any:
        """Whether Spark counts what is done, for `sparkcls.metrics`."""
        return self._update(metrics=value)

    def getMetrics(self) -> bool:
        """Whether Spark counts what is done."""
        return self._get("metrics")

    def setSaveWeights(self, value: bool) -> Any:
        """Whether `save` writes the model's files too."""
        return self._update(saveWeights=value)

    def getSaveWeights(self) -> bool:
        """Whether `save` writes the model's files too; True for stages that were saved before there was a choice."""
        return self._get("saveWeights")

    def getEngine(self) -> str:
        """Always ``pytorch``."""
        return "pytorch"

    def setEngine(self, value: str) -> Any:
        """Accepted and ignored: the engine is torch, whichever one a model was made for."""
        logger.info("setEngine(%r) has no effect: sparkcls runs on torch", value)
        return self

    def getConfigProtoBytes(self) -> None:
        """Always None: there is no TensorFlow session to configure."""

    def setConfigProtoBytes(self, value: list[int]) -> Any:
        """Accepted and ignored: there is no TensorFlow session to configure."""
        logger.info("setConfigProtoBytes has no effect: sparkcls runs on torch")
        return self

    def _reading(self) -> Reading:
        return Reading(
            tokenization=self.getTokenization(),
            case_sensitive=self.getCaseSensitive(),
            max_length=self.getMaxSentenceLength(),
            cap=self.getBatchSize() if self.isSet("batchSize") else None,
            windows=self._windows(),
        )

    def _decision(self, labels: Sequence[str], of_model: Callable[[], str]) -> Decision:
        """How scores of a model's labels become results; `of_model` gives the model's activation.

        Raises
        ------
        ParamError
            A softmax over one output was asked for, or the threshold is not one of these labels.
        """
        activation, outputs = self._activation_in_force(of_model), len(labels)
        threshold: float | tuple[float, ...] | None = self._threshold_over(labels, self.getThreshold())
        if outputs == 1 and activation == SOFTMAX:
            raise ParamError(
                f"{self.uid}: activation is softmax, but the model has one output, for which that is always 1; call "
                "setActivation('sigmoid'), setActivation('none') for the raw score, or neither"
            )
        if outputs == 1 and not self.getMultilabel() and threshold == THRESHOLD and not self.isSet("threshold"):
            # Nobody asked for a threshold, and there is no other label to give.
            threshold = None
        return Decision(activation, threshold, self.getCoalesceSentences(), self.getWindowPooling())

    def _threshold_over(self, labels: Sequence[str], value: Threshold) -> float | tuple[float, ...]:
        """The threshold of a `Decision` over labels."""
        try:
            return threshold_of(value, labels, THRESHOLD)
        except ParamError as e:
            raise ParamError(f"{self.uid}: {e}") from None
