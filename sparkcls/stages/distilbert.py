"""DistilBertForSequenceClassification: sentences become categories."""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame

from sparkcls.annotation import CATEGORY, DOCUMENT, TOKEN
from sparkcls.catalogue.imported import import_folder, local_folder
from sparkcls.catalogue.locate import keep, locate
from sparkcls.catalogue.paths import is_elsewhere
from sparkcls.catalogue.resolve import resolve
from sparkcls.engine.contract import SPARKNLP
from sparkcls.errors import ModelFormatError, ModelNotFoundError, ParamError, ParamTypeError
from sparkcls.formats.convert import check_heads, is_foreign
from sparkcls.models.cards import CARDS
from sparkcls.models.heads import SOFTMAX
from sparkcls.models.layout import PARAMS, ModelFolder, decisive_files, read_model_folder
from sparkcls.models.ref import ModelRef
from sparkcls.rows.delivery import delivered
from sparkcls.rows.scoring import Scoring
from sparkcls.saving.sparknlp_params import foreign_metadata, with_saved_params
from sparkcls.spark.columns import ColumnMetadata, RowFunction, column_metadata, put_column, restored
from sparkcls.spark.confs import take_over_confs
from sparkcls.spark.observing import Observed
from sparkcls.spark.udf import annotate_column
from sparkcls.stages.classifier_params import ONCE, PUBLISHED, ClassifierParams
from sparkcls.stages.params import param, text
from sparkcls.stages.stage import AnnotatorStage
from sparkcls.stages.tokenizer import LOSSLESS_KEY, SOURCE_KEY

DEFAULT_MODEL = "distilbert_base_sequence_classifier_imdb"


class DistilBertForSequenceClassification(AnnotatorStage, ClassifierParams):
    """Classify documents or sentences with a DistilBERT model.

    Made by `pretrained` or `loadSavedModel`. Inference runs in an Arrow pandas UDF; every Python worker
    loads the model once and keeps it.

    Parameters
    ----------
    inputCols
        A document (or sentence) column and a token column, in any order.
    outputCol
        Default ``class``.
    batchSize
        Set explicitly, the most sequences of one forward pass. Never changes results. Default 8, which
        as a default limits nothing: batches are cut by wordpieces.
    caseSensitive
        Acts in ``sparknlp`` tokenization only; in ``huggingface`` the model's tokenizer decides. Default:
        the model's, else its card's, else True.
    maxSentenceLength
        Most wordpieces of a sentence, ``[CLS]`` and ``[SEP]`` counted, from 3 to the model's positions, mostly 512.
        Default: the model's Params', else its card's, else ``model_max_length`` in its tokenizer_config.json, else
        128. What is cut off is counted under the metadata key ``truncated``.
    coalesceSentences
        Whether the sentences of a row get one averaged result. Default False.
    activation, multilabel, threshold
        ``softmax``: the best label of each sentence. ``sigmoid``, or multilabel True: every label whose probability
        is over the threshold (0.5), possibly none. ``none``: the best label, and the metadata has the raw scores of
        the model, which are not probabilities. Default: the model's, from ``problem_type`` in its config.json, as in
        `transformers`: ``none`` for a regression, ``sigmoid`` for several labels a text, else ``softmax``. A model
        with one output has ``sigmoid``, and gives its one label for every sentence unless a threshold or multilabel
        is set.
    tokenization
        ``huggingface`` (default): scores equal those of `transformers`. ``sparknlp``: wordpieces as Spark
        NLP makes them.
    device
        ``auto`` (default), ``cpu``, ``cuda``, ``cuda:<index>`` or ``mps``. Only ``auto`` may end on the CPU.
    precision
        ``auto`` (default): ``mixed`` on CUDA devices and on CPUs that are faster in bfloat16, else
        ``float32``; ``$SPARKCLS_PRECISION`` may say otherwise. ``mixed``: 16 bits, and float32 for the texts whose
        label that could change. ``bfloat16``, ``float16``: for all texts.
    scoring
        ``lazy`` (default): `show` scores what it shows, and from Spark 4.2 no query scores a row twice.
        ``once``: no query scores a row twice on any Spark, but `show` scores some hundred rows more.
    onError
        ``annotate`` (default): a sentence that cannot be processed gets an empty result with the metadata
        key ``error``. ``raise``: it fails the job.
    metrics
        Whether Spark counts what is done, for `sparkcls.metrics`. Default False: the counts are taken beside the
        output, so that no filter or limit is pushed below the classifier.
    saveWeights
        Whether `save` writes the model's files too. Default True: the saved stage loads anywhere, without a network.
        False: its name, digest and places alone; where it is loaded, one of the places or the cache must have it.

    Notes
    -----
    A null, empty or blank sentence gives no annotation. A failure that a known-good text shares fails the
    task: a broken model never becomes a successful job.

    Examples
    --------
    >>> c = DistilBertForSequenceClassification.pretrained("distilbert_mini_sequence_classifier_sst2", "en")
    >>> c.setInputCols(["token", "document"]).setOutputCol("class").getClasses()
    ['NEGATIVE', 'POSITIVE']
    """

    model = param("model", "the model's name, digest and places, as JSON", text)

    #: Figures of the DataFrame that was transformed last, with metrics on.
    observed: Observed | None = None

    inputAnnotatorTypes = (DOCUMENT, TOKEN)
    outputAnnotatorType = CATEGORY

    def __init__(
        self,
        *,
        inputCols: list[str] | None = None,
        outputCol: str | None = None,
        batchSize: int | None = None,
        caseSensitive: bool | None = None,
        maxSentenceLength: int | None = None,
        coalesceSentences: bool | None = None,
        activation: str | None = None,
        multilabel: bool | None = None,
        threshold: float | None = None,
        tokenization: str | None = None,
        device: str | None = None,
        precision: str | None = None,
        scoring: str | None = None,
        onError: str | None = None,
        metrics: bool | None = None,
        saveWeights: bool | None = None,
        lazyAnnotator: bool | None = None,
        model: str | None = None,
    ):
        super().__init__()
        self._setDefault(outputCol="class")
        self._set_classifier_defaults()
        self._update(
            inputCols=inputCols,
            outputCol=outputCol,
            batchSize=batchSize,
            caseSensitive=caseSensitive,
            maxSentenceLength=maxSentenceLength,
            coalesceSentences=coalesceSentences,
            activation=activation,
            multilabel=multilabel,
            threshold=threshold,
            tokenization=tokenization,
            device=device,
            precision=precision,
            scoring=scoring,
            onError=onError,
            metrics=metrics,
            saveWeights=saveWeights,
            lazyAnnotator=lazyAnnotator,
            model=model,
        )

    # --- making one -------------------------------------------------------------------------------

    @classmethod
    def pretrained(
        cls, name: str = DEFAULT_MODEL, lang: str = "en", remote_loc: str | os.PathLike[str] | None = None
    ) -> DistilBertForSequenceClassification:
        """The stage of a model by name, fetched into the cache unless it is bundled or there already.

        Parameters
        ----------
        name
            A model's name, or ``owner/name`` of a repository of the Hugging Face Hub.
        remote_loc
            The store to fetch it from, a URL or a folder. Default: the mirror in force
            (`sparkcls.configure`), else the public store.

        Raises
        ------
        ModelNotFoundError
            Nothing has it, or what may have it cannot be reached; lists the nearest names and the ways out.
        ModelFormatError
            The model cannot be used.
        """
        take_over_confs()
        return cls._of_model(resolve(name, lang, remote_loc))

    @classmethod
    def loadSavedModel(
        cls, folder: str | os.PathLike[str], spark_session: Any = None, *, heads: int | None = None
    ) -> DistilBertForSequenceClassification:
        """The stage of a model folder: Hugging Face's, an exporter's, or one that Spark NLP saved.

        Parameters
        ----------
        folder
            A Hugging Face folder with safetensors is used in place. Others (``saved_model.pb`` or ``model.onnx``
            with ``assets/vocab.txt`` and ``assets/labels.txt``; a stage that Spark NLP saved) and folders given
            as a URI are converted into the cache. Every machine that runs tasks must see the folder under the
            same path or URI.
        spark_session
            Not used; Spark NLP's callers pass it.
        heads
            Attention heads that the network must have. Default: those that its graph or its ``config.json`` tells.

        Raises
        ------
        ModelNotFoundError, ModelFormatError
            There is no such folder, or it cannot be used.
        """
        if not isinstance(folder, (str, os.PathLike)):
            raise ParamTypeError(f"loadSavedModel(folder) takes a path as str, got {folder!r}")
        if heads is not None and (isinstance(heads, bool) or not isinstance(heads, int) or heads < 1):
            raise ParamError(f"loadSavedModel(heads=) takes a whole number from 1, got {heads!r}")
        take_over_confs()
        location = os.fspath(folder)
        if is_elsewhere(location):
            return cls._of_model(import_folder(location, heads))
        with local_folder(location) as path:
            if is_foreign(path):
                return cls._of_model(import_folder(location, heads))
            check_heads(read_model_folder(path), heads)
            return cls._of_model(ModelRef.of_folder(path.name, str(path)))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> DistilBertForSequenceClassification:
        """Read a stage that was saved here, or by Spark NLP (which is converted into the cache).

        Raises
        ------
        ModelNotFoundError, ModelFormatError
            The stage holds something else, or its model cannot be used.
        """
        metadata = foreign_metadata(path)
        if metadata is None:
            return super().load(path)
        return with_saved_params(cls.loadSavedModel(path), metadata, str(path))

    @classmethod
    def _of_model(cls, ref: ModelRef) -> DistilBertForSequenceClassification:
        """A stage whose defaults are the model's own, then its card's, then the general ones."""
        stage = cls()
        stage._update(model=ref.to_json())
        folder = stage._folder()
        card = CARDS.get(ref.name)
        if card and card.labels != set(folder.labels):
            warnings.warn(
                f"Model {ref.name!r} in {folder.path} has the labels {sorted(folder.labels)}; its card says "
                f"{sorted(card.labels)}. Is it the right model? What the card says of Params is not taken over",
                stacklevel=3,
            )
            # Another model that is called like the card's.
            card = None
        length = {"maxSentenceLength": folder.stated_length} if folder.stated_length else {}
        published = length | (card.params if card else {}) | folder.params | {"activation": stage._model_activation()}
        strange = [name for name in folder.params if stage.hasParam(name) and name not in PUBLISHED]
        if strange:
            raise ModelFormatError(
                f"{folder.path / PARAMS} sets {', '.join(strange)}; a model may be published with "
                f"{', '.join(PUBLISHED)} only. Remove the others there, and set them on the stage"
            )
        known = {name: value for name, value in published.items() if stage.hasParam(name)}
        try:
            stage._setDefault(**{name: stage.getParam(name).typeConverter(value) for name, value in known.items()})
        except (ParamError, ParamTypeError) as e:
            raise ModelFormatError(f"{folder.path / PARAMS}: {e}") from e
        # A default must be usable; only a value that the user sets may be refused.
        stage._setDefault(maxSentenceLength=min(stage.getMaxSentenceLength(), folder.positions))
        return stage

    def _model_activation(self) -> str:
        """Asked of the model: a stage that an older sparkcls saved holds ``softmax`` as the default of all."""
        if not self.isDefined("model"):
            return super()._model_activation()
        try:
            folder = self._folder()
        except ModelNotFoundError:
            # Only to tell it: what scores has the model, or fails.
            return super()._model_activation()
        return self._activation_of(folder)

    def _activation_of(self, folder: ModelFolder) -> str:
        """The activation that a model was published with, else its configuration's."""
        try:
            published: str = self.getParam("activation").typeConverter(
                folder.params.get("activation", folder.activation)
            )
        except (ParamError, ParamTypeError) as e:
            raise ModelFormatError(f"{folder.path / PARAMS}: {e}") from e
        # Spark NLP saves its default, softmax, whatever the model is.
        return folder.activation if published == SOFTMAX and len(folder.labels) == 1 else published

    def _folder(self) -> ModelFolder:
        ref = self._ref()
        return _read_once(locate(ref), ref.digest)

    def _ref(self) -> ModelRef:
        if not self.isDefined("model"):
            raise ParamError(f"{self.uid} has no model; make it with pretrained(...) or loadSavedModel(...)")
        return ModelRef.from_json(self._get("model"))

    def saved_files(self) -> dict[str, Path]:
        """The model's files, unless ``saveWeights`` is False."""
        if not self.getSaveWeights() or not self.isDefined("model"):
            return {}
        return decisive_files(self._folder().path)

    def take_over_files(self, write: Callable[[Path], None]) -> None:
        """Put the model's files into this machine's cache, unless it has the model already."""
        take_over_confs()
        keep(self._ref(), write)
        self._setDefault(activation=self._model_activation())

    def getClasses(self) -> list[str]:
        """The model's labels, in the order of its outputs."""
        return list(self._folder().labels)

    # --- working ----------------------------------------------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        # Figures are those of a DataFrame of this process's session.
        return super().__getstate__() | {"observed": None}

    def row_function(self, metadata: ColumnMetadata) -> Callable[[], RowFunction]:
        """A factory that loads the model where it is called, once per process."""
        return self._scoring(metadata)

    def _scoring(self, metadata: ColumnMetadata) -> Scoring:
        documents, tokens = self.match_columns(metadata)
        ref = self._ref()
        folder = self._folder()
        self._check_length(self.getMaxSentenceLength(), folder)
        if self.getCaseSensitive():
            if self.getTokenization() == SPARKNLP:
                _warn_of_case(ref, _CASE_HURTS)
            elif self.isSet("caseSensitive"):
                _warn_of_case(ref, _CASE_IDLE)
        return Scoring(
            model=ref,
            device=self.getDevice(),
            precision=self.getPrecision(),
            reading=self._reading(),
            decision=self._decision(len(folder.labels), lambda: self._activation_of(folder)),
            on_error=self.getOnError(),
            reads_tokens=not self._text_is_enough(documents, tokens, metadata),
        )

    def setMaxSentenceLength(self, value: int) -> Any:
        """Most wordpieces of a sentence, special ones counted: at least 3, at most the model's positions.

        Raises
        ------
        ParamError, ParamTypeError
            The model takes no such length.
        """
        checked = self.getParam("maxSentenceLength").typeConverter(value) if value is not None else None
        if checked is not None and self.isDefined("model"):
            # Where the model is not here, what uses it will check.
            with contextlib.suppress(ModelNotFoundError):
                self._check_length(checked, self._folder())
        return super().setMaxSentenceLength(value)

    def _check_length(self, length: int, folder: ModelFolder) -> None:
        if length > folder.positions:
            raise ParamError(
                f"{self.uid}: maxSentenceLength is {length}, but model {self._ref().name!r} has {folder.positions} "
                f"positions; call setMaxSentenceLength({folder.positions}) or less, and split long texts into "
                "sentences or parts"
            )

    def _text_is_enough(self, documents: str, tokens: str, metadata: ColumnMetadata) -> bool:
        """Whether a sentence's text says all that the token column says of it.

        In Spark NLP's way of reading, tokens of another column than the sentences may stand across their ends.
        """
        facts = metadata[tokens]
        from_them = self.getTokenization() != SPARKNLP or metadata.same(facts.get(SOURCE_KEY, ""), documents)
        return bool(facts.get(LOSSLESS_KEY, False)) and from_them

    def _transform(self, dataset: DataFrame) -> DataFrame:
        take_over_confs(dataset.sparkSession)
        metadata = column_metadata(dataset)
        columns = self.match_columns(metadata)
        types: tuple[str, ...] = self.inputAnnotatorTypes
        dataset = restored(dataset, metadata, columns, types)
        scoring = delivered(self._scoring(metadata), dataset.sparkSession)
        if not scoring.reads_tokens:
            # Leaving the token column out lets Spark leave out the UDF that makes it.
            columns, types = columns[:1], types[:1]
        output, written = self.getOutputCol(), self.output_metadata()
        once = self.getScoring() == ONCE
        if not self.getMetrics():
            return put_column(dataset, output, annotate_column(scoring, columns, types, once=once), written, self.uid)
        self.observed = Observed(output)
        counted = annotate_column(scoring, columns, types, once=once, counted=True)
        return self.observed.put(dataset, output, counted, written, self.uid)


@lru_cache(maxsize=64)
def _read_once(path: Path, digest: str) -> ModelFolder:
    """The folder at a path while it has this content: LightPipeline asks for every text."""
    return read_model_folder(path)


_CASE_IDLE = (
    "setCaseSensitive(True) has no effect: the vocabulary of {name!r} is lower-case, and the model's own tokenizer "
    "lower-cases. It acts with setTokenization('sparknlp') only"
)
_CASE_HURTS = (
    "caseSensitive is True, but the vocabulary of {name!r} is lower-case: with tokenization 'sparknlp' every "
    "capitalised word is read as [UNK]. Spark NLP does the same; setCaseSensitive(False) reads the words"
)


@lru_cache(maxsize=64)
def _warn_of_case(ref: ModelRef, message: str) -> None:
    """Warn, once per model in a process, if the model's vocabulary is lower-case."""
    from sparkcls.engine.encoder import TextEncoder

    if not TextEncoder(read_model_folder(locate(ref))).cased:
        warnings.warn(message.format(name=ref.name), stacklevel=4)
