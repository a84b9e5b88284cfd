"""The base of zero-shot classifiers: the labels are the user's, the model one of natural language inference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from string import Formatter
from typing import Any

from sparkcls.classification import Decision
from sparkcls.engine.contract import SPARKNLP, WINDOWS
from sparkcls.engine.zero_shot import Answer
from sparkcls.errors import ModelNotFoundError, ParamError
from sparkcls.families.family import ANY_FAMILY_ZERO_SHOT, Family
from sparkcls.families.original import Original
from sparkcls.families.registry import FAMILIES
from sparkcls.models.entailment import contradiction_of, entailment_of
from sparkcls.models.heads import SIGMOID, SOFTMAX
from sparkcls.models.layout import ModelFolder
from sparkcls.rows.scoring import Scoring
from sparkcls.rows.zero_shot import Candidate, ZeroShotScoring
from sparkcls.spark.columns import ColumnMetadata
from sparkcls.stages.params import Converter, listed, param, texts, whole_number
from sparkcls.stages.sequence_classifier import SequenceClassifier
from sparkcls.stages.stage import AnnotatorStage

TEMPLATE = "This example is {}."


def _is_as_spark_nlp(family: Family) -> bool:
    return isinstance(family.original, Original) and family.original.zero_shot


def _labels(name: str) -> Converter:
    of_texts = texts(name)

    def convert(value: Any) -> list[str]:
        labels: list[str] = of_texts(value)
        if not labels or any(not label.strip() for label in labels):
            raise ParamError(f"{name} takes labels, none of them blank; got {labels}")
        twice = sorted({label for label in labels if labels.count(label) > 1})
        if twice:
            raise ParamError(f"{name} names a label twice: {', '.join(twice)}")
        return labels

    return convert


def _template(name: str) -> Converter:
    def convert(value: Any) -> str:
        try:
            places = [part[1:] for part in Formatter().parse(value) if part[1] is not None]
        except (TypeError, ValueError) as e:
            raise ParamError(f"{name} takes a sentence with {{}} where the label goes; got {value!r}: {e}") from e
        if places != [("", "", None)]:
            raise ParamError(f"{name} takes a sentence with one {{}}, where the label goes; got {value!r}")
        return str(value)

    return convert


class ZeroShotClassifier(SequenceClassifier):
    """Classify documents or sentences among labels of your own, without training.

    A model of natural language inference (NLI) reads each sentence together with a sentence about each label, "This
    example is sports.", and says whether the one follows from the other. Yin et al. 2019, arXiv:1909.00161.

    Parameters
    ----------
    candidateLabels
        The labels, in the order of the scores. They must be set.
    hypothesisTemplate
        The sentence about a label, with ``{}`` in its place. Default: that of `transformers`, "This example is {}.".
        In ``sparknlp`` tokenization there is none, as in Spark NLP: the label itself is the second text.
    multilabel
        False (default): labels compete; their scores are the softmax over their entailments, and the result is the best
        label. True: each label is judged by itself, by the softmax over its entailment and contradiction, and all over
        the threshold are results, possibly none. A single label is always judged by itself.
    threshold
        Default 0.5. Acts with multilabel, and with a single label if it is set.
    activation
        ``softmax`` (default); ``sigmoid`` is multilabel. ``none`` gives the logits of entailment.
    entailmentIdParam, contradictionIdParam
        The model's outputs for entailment and contradiction. Default: those whose labels in config.json begin with
        ``entail`` and ``contradict``, in any case, as far as that is what `transformers` takes; it is an error if they
        are not there. Contradiction is needed where labels are judged by themselves.
    maxSentenceLength
        Most wordpieces of a sentence with a label's. Only the sentence is cut; a label that leaves it no room is an
        error.
    Other Params are those of `SequenceClassifier`.

    Notes
    -----
    In ``huggingface`` tokenization scores are those of `transformers`' zero-shot-classification pipeline. An
    annotation's metadata has the score of each label. `getClasses` gives the model's own labels, as in Spark NLP.
    """

    #: Not a Param here: the second text is a label's.
    pairCol = None  # type: ignore[assignment]

    PUBLISHED = (
        *SequenceClassifier.PUBLISHED,
        *("candidateLabels", "hypothesisTemplate", "entailmentIdParam", "contradictionIdParam"),
    )
    FOR_ANY = ANY_FAMILY_ZERO_SHOT

    candidateLabels = param("candidateLabels", "the labels to choose from", _labels)
    hypothesisTemplate = param("hypothesisTemplate", "the sentence about a label, with {} in its place", _template)
    entailmentIdParam = param("entailmentIdParam", "the output for entailment", lambda n: whole_number(n, 0))
    contradictionIdParam = param("contradictionIdParam", "the output for contradiction", lambda n: whole_number(n, 0))

    def __init__(
        self,
        *,
        candidateLabels: list[str] | None = None,
        hypothesisTemplate: str | None = None,
        entailmentIdParam: int | None = None,
        contradictionIdParam: int | None = None,
        **params: Any,
    ):
        super().__init__(**params)
        self._setDefault(hypothesisTemplate=TEMPLATE)
        self._update(
            candidateLabels=candidateLabels,
            hypothesisTemplate=hypothesisTemplate,
            entailmentIdParam=entailmentIdParam,
            contradictionIdParam=contradictionIdParam,
        )

    def setPairCol(self, value: str) -> Any:
        """Refused: the second text is a label's."""
        raise ParamError(f"{self.uid}: a zero-shot classifier reads one text a row; the other is the label's")

    def getPairCol(self) -> None:
        """None."""

    def _check_number(self, columns: list[str]) -> None:
        AnnotatorStage._check_number(self, columns)

    def setCandidateLabels(self, *value: Any) -> Any:
        """The labels to choose from, as a list: none blank, none twice."""
        return self._update(candidateLabels=listed(value))

    def getCandidateLabels(self) -> list[str] | None:
        """The labels to choose from; None before they are set."""
        found: list[str] | None = self._get("candidateLabels")
        return found

    def setHypothesisTemplate(self, value: str) -> Any:
        """The sentence about a label, with one ``{}`` in its place."""
        return self._update(hypothesisTemplate=value)

    def getHypothesisTemplate(self) -> str:
        """The sentence about a label."""
        found: str = self._get("hypothesisTemplate")
        return found

    def setEntailmentIdParam(self, value: int) -> Any:
        """The model's output for entailment, in place of what its labels say."""
        return self._update(entailmentIdParam=value)

    def getEntailmentIdParam(self) -> int | None:
        """The output for entailment that was set, else the model's; None where that is not known."""
        return self._or_of_model("entailmentIdParam", self._entailment)

    def setContradictionIdParam(self, value: int) -> Any:
        """The model's output for contradiction, in place of what its labels say."""
        return self._update(contradictionIdParam=value)

    def getContradictionIdParam(self) -> int | None:
        """The output for contradiction that was set, else the model's; None where that is not known."""
        return self._or_of_model("contradictionIdParam", self._contradiction)

    def score_labels(self) -> list[str]:
        """The candidate labels."""
        return list(self._require("candidateLabels"))

    def _or_of_model(self, name: str, find: Callable[[ModelFolder], int]) -> int | None:
        if self.isDefined(name) or not self.isDefined("model"):
            found: int | None = self._get(name)
            return found
        try:
            return find(self._folder())
        except (ModelNotFoundError, ParamError):
            # Only to tell it: what needs it says why it is not known.
            return None

    def _entailment(self, folder: ModelFolder) -> int:
        if self.isDefined("entailmentIdParam"):
            return self._output("entailmentIdParam", folder)
        return entailment_of(folder.labels, folder.config)

    def _contradiction(self, folder: ModelFolder) -> int:
        if self.isDefined("contradictionIdParam"):
            return self._output("contradictionIdParam", folder)
        return contradiction_of(folder.labels, self._entailment(folder))

    def _output(self, name: str, folder: ModelFolder) -> int:
        found = int(self._get(name))
        if found >= len(folder.labels):
            raise ParamError(
                f"{self.uid}: {name} is {found}, but the model has the outputs 0 to {len(folder.labels) - 1}: "
                f"{', '.join(folder.labels)}"
            )
        return found

    @classmethod
    def _bundled(cls) -> None:
        """None: no bundled model is one of natural language inference."""

    @staticmethod
    def _class_for(family: Family) -> str:
        return family.zero_shot_stage

    def _activation_of(self, folder: ModelFolder) -> str:
        # What the model is made for is another question than how its answers are read.
        return SOFTMAX

    def _answer(self, folder: ModelFolder, decision: Decision) -> Answer:
        entailment = self._entailment(folder)
        if decision.activation != SIGMOID:
            return Answer(entailment)
        if self.getTokenization() == SPARKNLP and entailment != 0:
            # Spark NLP asks for contradictionIdParam only where entailment is the first output.
            return Answer(entailment, 0)
        contradiction = self._contradiction(folder)
        if contradiction == entailment:
            raise ParamError(
                f"{self.uid}: entailment and contradiction are both output {entailment}, "
                f"{folder.labels[entailment]!r}; correct setEntailmentIdParam or setContradictionIdParam"
            )
        return Answer(entailment, contradiction)

    def _scoring(self, metadata: ColumnMetadata) -> Scoring:
        family = self._folder().family
        if self.getTokenization() == SPARKNLP and not _is_as_spark_nlp(family):
            there = ", ".join(known.model_type for known in FAMILIES.values() if _is_as_spark_nlp(known))
            raise ParamError(
                f"{self.uid}: tokenization 'sparknlp' of zero-shot classifiers is there for the families {there}; this "
                f"model is a {family.model_type}. Call setTokenization('huggingface')"
            )
        if self.getTokenization() == SPARKNLP and self.getLongText() == WINDOWS:
            raise ParamError(
                f"{self.uid}: in tokenization 'sparknlp' a text leaves its label what room it does not need, so there "
                "are no windows; call setLongText('truncate') or setTokenization('huggingface')"
            )
        template = "{}" if self.getTokenization() == SPARKNLP else self.getHypothesisTemplate()
        candidates = tuple(Candidate(label, template.format(label)) for label in self.score_labels())
        scoring = super()._scoring(metadata)
        answer = self._answer(self._folder(), scoring.decision)
        return ZeroShotScoring(**vars(scoring), candidates=candidates, answer=answer)

    def _decision(self, labels: Sequence[str], of_model: Callable[[], str]) -> Decision:
        """How scores of the candidate labels become results, whatever the model's own are."""
        activation = self._activation_in_force(of_model)
        threshold: float | tuple[float, ...] | None = self._threshold_over(self.score_labels(), self.getThreshold())
        if activation == SOFTMAX and len(self.score_labels()) == 1 and self.getTokenization() != SPARKNLP:
            # Judged by itself, and given for every text unless a threshold was asked for. Spark NLP says 1.
            activation, threshold = SIGMOID, threshold if self.isSet("threshold") else None
        return Decision(activation, threshold, self.getCoalesceSentences(), self.getWindowPooling())
