"""What a classifier stage has of its model: which one it is, its files, its labels, and the defaults that it brings."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

from sparkcls.catalogue.cards import CARDS
from sparkcls.catalogue.locate import keep, locate
from sparkcls.catalogue.located import located
from sparkcls.catalogue.resolve import resolve
from sparkcls.engine.contract import HUGGINGFACE, SPARKNLP
from sparkcls.errors import ModelFormatError, ModelNotFoundError, ParamError, ParamTypeError
from sparkcls.families.family import ANY_FAMILY, Family
from sparkcls.models.bundled import BUNDLED_LANGUAGE
from sparkcls.models.former import SUCCESSORS
from sparkcls.models.heads import SOFTMAX
from sparkcls.models.layout import PARAMS, ModelFolder, decisive_files, read_model_folder
from sparkcls.models.ref import ModelRef
from sparkcls.spark.confs import take_over_confs
from sparkcls.stages.classifier_params import PUBLISHED, ClassifierParams
from sparkcls.stages.params import param, text


class HasModel(ClassifierParams):
    """A stage with the Param `model`, and all that follows from it."""

    #: The class of Spark NLP whose models it takes; empty: those of every class.
    ANNOTATOR: ClassVar[str] = ""
    #: The Params that a model may be published with.
    PUBLISHED: ClassVar[tuple[str, ...]] = PUBLISHED
    #: The class that takes models of every family.
    FOR_ANY: ClassVar[str] = ANY_FAMILY

    model = param("model", "the model's name, digest and places, as JSON", text)

    def _take_model(self, ref: ModelRef) -> None:
        """Work with a model: defaults are then the model's own, then its card's, then the general ones."""
        self._update(model=ref.to_json())
        folder = self._folder()
        self._check_family(folder)
        card = CARDS.get(ref.name)
        if card and card.labels != set(folder.labels):
            warnings.warn(
                f"Model {ref.name!r} in {folder.path} has the labels {sorted(folder.labels)}; its card says "
                f"{sorted(card.labels)}. Is it the right model? What the card says of Params is not taken over",
                stacklevel=4,
            )
            # Another model that is called like the card's.
            card = None
        length = {"maxSentenceLength": folder.stated_length} if folder.stated_length else {}
        published = length | (card.params if card else {}) | folder.params | {"activation": self._model_activation()}
        strange = [name for name in folder.params if self.hasParam(name) and name not in self.PUBLISHED]
        if strange:
            raise ModelFormatError(
                f"{folder.path / PARAMS} sets {', '.join(strange)}; a model may be published with "
                f"{', '.join(self.PUBLISHED)} only. Remove the others there, and set them on the stage"
            )
        known = {name: value for name, value in published.items() if self.hasParam(name)}
        try:
            self._setDefault(**{name: self.getParam(name).typeConverter(value) for name, value in known.items()})
        except (ParamError, ParamTypeError) as e:
            raise ModelFormatError(f"{folder.path / PARAMS}: {e}") from e
        # A default must be usable; only a value that the user sets may be refused.
        refusal = folder.family.original
        if isinstance(refusal, str) and self.getTokenization() == SPARKNLP:
            warnings.warn(f"{ref.name!r} is read as transformers reads it, because {refusal}", stacklevel=4)
            self._setDefault(tokenization=HUGGINGFACE)
        self._setDefault(maxSentenceLength=min(self.getMaxSentenceLength(), folder.positions))

    def _check_family(self, folder: ModelFolder) -> None:
        """Refuse the model of another class's family."""
        right = self._class_for(folder.family)
        if self.ANNOTATOR not in ("", right):
            raise ModelFormatError(
                f"{folder.path} holds a model of the type {folder.family.model_type!r}, which is none of "
                f"{type(self).__name__}; use {right}"
                + (f", or {self.FOR_ANY}, which takes every type" if right != self.FOR_ANY else "")
            )

    @staticmethod
    def _class_for(family: Family) -> str:
        """The name of the stage class for models of a family."""
        return family.stage

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
        return _read_once(located(ref), ref.digest)

    def works_with(self) -> ModelFolder:
        """The model's folder; another object if its files have changed.

        Raises
        ------
        ModelNotFoundError, ModelFormatError
            It is not here any more, or is another model now.
        """
        return self._folder()

    def _ref(self) -> ModelRef:
        if not self.isDefined("model"):
            raise ParamError(f"{self.uid} has no model; make it with pretrained(...) or loadSavedModel(...)")
        return _read_ref(self._get("model"))

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

    def has_no_files(self) -> None:
        """Take the successor of a model that a former release had inside the package, if nothing here has that one."""
        ref = self._ref() if self.isDefined("model") else None
        successor = SUCCESSORS.get(ref.digest) if ref else None
        if ref is None or successor is None:
            return
        try:
            locate(ref)
        except (ModelNotFoundError, ModelFormatError):
            self._update(model=resolve(successor, BUNDLED_LANGUAGE).to_json())
            warnings.warn(
                f"{self.uid} was saved without its model, {ref.name!r} as an earlier sparkcls had it inside; this "
                f"sparkcls has another model for the same task, {successor!r}, which takes its place: its scores "
                "differ. Save the stage anew, with its model, to keep this one",
                stacklevel=4,
            )

    def getClasses(self) -> list[str]:
        """The model's labels, in the order of its outputs."""
        return list(self._folder().labels)

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

    def _check_tokenization(self, folder: ModelFolder) -> None:
        refusal = folder.family.original
        if isinstance(refusal, str) and self.getTokenization() == SPARKNLP:
            raise ParamError(
                f"{self.uid}: tokenization 'sparknlp' is not there for model {self._ref().name!r}: {refusal}. Call "
                "setTokenization('huggingface')"
            )

    def _check_length(self, length: int, folder: ModelFolder) -> None:
        if length > folder.positions:
            raise ParamError(
                f"{self.uid}: maxSentenceLength is {length}, but model {self._ref().name!r} has {folder.positions} "
                f"positions; call setMaxSentenceLength({folder.positions}) or less; "
                "setLongText('windows') splits long texts into windows"
            )


_read_ref = lru_cache(maxsize=256)(ModelRef.from_json)


@lru_cache(maxsize=64)
def _read_once(path: Path, digest: str) -> ModelFolder:
    """The folder at a path while it has this content: LightPipeline asks for every text."""
    return read_model_folder(path)
