"""The base of all classifier stages: sentences become categories."""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from sparkcls.catalogue.cards import CARDS
from sparkcls.catalogue.imported import import_folder, local_folder
from sparkcls.catalogue.index import ANNOTATORS
from sparkcls.catalogue.paths import is_elsewhere
from sparkcls.catalogue.resolve import resolve
from sparkcls.errors import ModelFormatError, ModelNotFoundError, ParamError, ParamTypeError, first_line
from sparkcls.families.registry import untold_type
from sparkcls.formats.convert import check_heads, is_foreign
from sparkcls.models.bundled import BUNDLED_DEFAULT, BUNDLED_LANGUAGE
from sparkcls.models.layout import read_model_folder
from sparkcls.models.ref import ModelRef
from sparkcls.saving.sparknlp_params import foreign_metadata, with_saved_params
from sparkcls.spark.confs import take_over_confs
from sparkcls.stages.classifier_params import Threshold
from sparkcls.stages.classifying import Classifying

if TYPE_CHECKING:
    from typing_extensions import Self


class SequenceClassifier(Classifying):
    """Classify documents or sentences with a model of the class's family.

    Made by `pretrained` or `loadSavedModel`. Inference runs in an Arrow pandas UDF; every Python worker
    loads the model once and keeps it.

    Parameters
    ----------
    inputCols
        A document (or sentence) column and a token column, in any order; with another document column, pairs.
    pairCol
        A document column with the second text of each row: pairs of texts are classified, see `setPairCol`.
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
        128 (Longformer: 4096). What is cut off is counted under the metadata key ``truncated``.
    longText, windowStride, windowPooling
        What becomes of a longer text. ``truncate`` (default): it is cut. ``windows``: it is read in windows of
        `maxSentenceLength`, which share `windowStride` wordpieces (default: a quarter of it), and the probabilities of
        all windows are pooled: ``mean`` (default), ``max`` or ``first``. The metadata key ``windows`` counts them where
        there are several. See `setWindowPooling`.
    coalesceSentences
        Whether the sentences of a row get one averaged result. Default False.
    activation, multilabel, threshold
        ``softmax``: the best label of each sentence. ``sigmoid``, or multilabel True: every label whose probability
        is over its threshold, possibly none. ``none``: the best label, and the metadata has the raw scores of the
        model, which are not probabilities. Default: the model's, from ``problem_type`` in its config.json, as in
        `transformers`: ``none`` for a regression, ``sigmoid`` for several labels a text, else ``softmax``. A model
        with one output has ``sigmoid``, and gives its one label for every sentence unless a threshold or multilabel
        is set. The threshold is one number for all labels, 0.5 by default, or one a label: a list, or a dict by label.
    tokenization
        ``huggingface`` (default): scores equal those of `transformers`. ``sparknlp``: wordpieces as Spark
        NLP makes them.
    device
        ``auto`` (default), ``cpu``, ``cuda``, ``cuda:<index>`` or ``mps``. Only ``auto`` may end on the CPU.
    precision
        ``auto`` (default): ``mixed`` on CUDA devices and on CPUs that are faster in bfloat16, else
        ``float32``; ``$SPARKCLS_PRECISION`` may say otherwise. ``mixed``: 16 bits, and float32 for the texts whose
        label that could change. ``int8``: 8 bits on CPUs with VNNI or AMX, and float32 as in ``mixed``; faster, and
        probabilities move further; elsewhere it is ``auto``. ``bfloat16``, ``float16``: for all texts.
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
    A class of a family states its `ANNOTATOR` and `DEFAULT_MODEL` and, where they differ, `DEFAULT_LANGUAGE` and
    `DEFAULTS`.

    A null, empty or blank sentence gives no annotation. A failure that a known-good text shares fails the
    task: a broken model never becomes a successful job.
    """

    #: The name and the language that `pretrained` takes where the caller gives none.
    DEFAULT_MODEL: ClassVar[str] = ""
    DEFAULT_LANGUAGE: ClassVar[str] = "en"
    #: Defaults of Params that are not those of all classifiers.
    DEFAULTS: ClassVar[Mapping[str, Any]] = {}

    def __init__(
        self,
        *,
        inputCols: list[str] | None = None,
        pairCol: str | None = None,
        outputCol: str | None = None,
        batchSize: int | None = None,
        caseSensitive: bool | None = None,
        maxSentenceLength: int | None = None,
        longText: str | None = None,
        windowStride: int | None = None,
        windowPooling: str | None = None,
        coalesceSentences: bool | None = None,
        activation: str | None = None,
        multilabel: bool | None = None,
        threshold: Threshold | None = None,
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
        self._setDefault(**self.DEFAULTS)
        self._update(
            inputCols=inputCols,
            pairCol=pairCol,
            outputCol=outputCol,
            batchSize=batchSize,
            caseSensitive=caseSensitive,
            maxSentenceLength=maxSentenceLength,
            longText=longText,
            windowStride=windowStride,
            windowPooling=windowPooling,
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

    @classmethod
    def pretrained(
        cls, name: str | None = None, lang: str | None = None, remote_loc: str | os.PathLike[str] | None = None
    ) -> Self:
        """The stage of a model by name, fetched into the cache unless it is bundled or there already.

        Parameters
        ----------
        name
            A model's name, or ``owner/name`` of a repository of the Hugging Face Hub. Default: `DEFAULT_MODEL`; where
            that cannot be had, the bundled model for its task, with a warning, if the class takes it.
        lang
            Its language. Default: `DEFAULT_LANGUAGE`.
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
        settings = take_over_confs()
        lang = cls.DEFAULT_LANGUAGE if lang is None else lang
        try:
            wanted = cls.DEFAULT_MODEL if name is None else name
            return cls._of_model(resolve(wanted, lang, remote_loc, cls.ANNOTATOR, settings))
        except ModelNotFoundError as e:
            bundled = cls._bundled() if name is None and lang == cls.DEFAULT_LANGUAGE else None
            if bundled is None:
                raise
            warnings.warn(
                f"{cls.__name__}.pretrained(): its default, {cls.DEFAULT_MODEL!r}, cannot be had "
                f"({first_line(e)}), so this is the bundled model {bundled._ref().name!r}: another model, with the "
                f"labels {bundled.getClasses()}. Name the model that you want",
                stacklevel=2,
            )
            return bundled

    @classmethod
    def _bundled(cls) -> Self | None:
        """The stage of a bundled model that the class takes, if there is one: of its default's task, if it can be."""
        card = CARDS.get(cls.DEFAULT_MODEL)
        with contextlib.suppress(ModelFormatError):
            return cls._of_model(resolve(card.mini if card else BUNDLED_DEFAULT, BUNDLED_LANGUAGE))
        return None

    @classmethod
    def loadSavedModel(
        cls, folder: str | os.PathLike[str], spark_session: Any = None, *, heads: int | None = None
    ) -> Self:
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
        settings = take_over_confs()
        location = os.fspath(folder)
        if is_elsewhere(location):
            return cls._of_model(import_folder(location, heads, settings, untold_type(cls.ANNOTATOR)))
        with local_folder(location) as path:
            if is_foreign(path):
                return cls._of_model(import_folder(location, heads, settings, untold_type(cls.ANNOTATOR)))
            check_heads(read_model_folder(path), heads)
            return cls._of_model(ModelRef.of_folder(path.name, str(path)))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a stage that was saved here, or by Spark NLP (which is converted into the cache).

        Raises
        ------
        ModelNotFoundError, ModelFormatError
            The stage holds something else, or its model cannot be used.
        """
        metadata = foreign_metadata(path)
        if metadata is None:
            return super().load(path)
        cls._check_class(metadata["class"], str(path))
        return with_saved_params(cls.loadSavedModel(path), metadata, str(path))

    @classmethod
    def _check_class(cls, saved: str, path: str) -> None:
        """Refuse what Spark NLP saved of another classifier, before it is converted."""
        right = saved.rpartition(".")[2]
        if cls.ANNOTATOR not in ("", right) and right in ANNOTATORS:
            raise ModelFormatError(f"{path} holds a {right} of Spark NLP; read it with {right}.load, not {cls.name}'s")

    @classmethod
    def _of_model(cls, ref: ModelRef) -> Self:
        stage = cls()
        stage._take_model(ref)
        return stage
