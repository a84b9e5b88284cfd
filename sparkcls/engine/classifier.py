"""A model with its tokenizer: sentences in, one outcome each out, whatever happens in between."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

import numpy as np

from sparkcls.catalogue.locate import locate
from sparkcls.engine import network
from sparkcls.engine.batching import cut_batches
from sparkcls.engine.contract import SPARKNLP, Outcome, Reading, Sentence
from sparkcls.engine.encoder import TextEncoder
from sparkcls.engine.events import emit
from sparkcls.errors import ModelError
from sparkcls.models.layout import read_model_folder
from sparkcls.models.ref import ModelRef

logger = logging.getLogger(__name__)


class Classifier:
    """A loaded model. Not for several threads at once on a GPU short of memory; otherwise stateless."""

    def __init__(self, ref: ModelRef, device: str, precision: str):
        started = time.perf_counter()
        folder = read_model_folder(locate(ref))
        self.name = ref.name
        self.labels = folder.labels
        self.device = device
        self.encoder = TextEncoder(folder)
        self._network = network.Network(folder, device, precision)
        emit("load", model=ref.name, device=device, seconds=time.perf_counter() - started)

    def classify(self, sentences: Sequence[Sentence], rows: Sequence[int], reading: Reading) -> list[Outcome]:
        """Outcome of every sentence, in their order.

        Parameters
        ----------
        sentences
            Texts, or lists of words.
        rows
            For each sentence a number of the row it stands in; counted in the log of events.

        Raises
        ------
        ModelError
            A sentence fails and so does a known-good text: the model, its device or memory is broken.
        """
        outcomes: list[Outcome | None] = [None] * len(sentences)
        inputs: list[list[int]] = []
        owners: list[int] = []
        encoded = self.encoder.encode(sentences, reading.tokenization, reading.case_sensitive) if sentences else []
        for i, ids in enumerate(encoded):
            if isinstance(ids, Exception):
                self._check_model(ids)
                outcomes[i] = Outcome(error=_one_line(ids))
            elif not ids and not (reading.tokenization == SPARKNLP and sentences[i]):
                # Spark NLP classifies a sentence with tokens, even if none of them gives a wordpiece.
                outcomes[i] = Outcome()
            else:
                cut, left_out = self.encoder.finish(ids, reading.max_length)
                outcomes[i] = Outcome(truncated=left_out)
                inputs.append(cut)
                owners.append(i)
        for batch in cut_batches([len(s) for s in inputs], cap=reading.cap):
            logits = self._predict([inputs[b] for b in batch], len({rows[owners[b]] for b in batch}))
            for b, result in zip(batch, logits, strict=True):
                before = outcomes[owners[b]]
                assert before is not None
                if isinstance(result, Exception):
                    outcomes[owners[b]] = Outcome(truncated=before.truncated, error=_one_line(result))
                else:
                    outcomes[owners[b]] = Outcome(result, before.truncated)
        failed = [o for o in outcomes if o is not None and o.error]
        if failed:
            emit("failed", model=self.name, device=self.device, sequences=len(failed))
            logger.warning(
                "Model %s: %d of %d sentences could not be processed; the first: %s",
                self.name,
                len(failed),
                len(sentences),
                failed[0].error,
            )
        return [o for o in outcomes if o is not None]

    def _predict(self, batch: list[list[int]], rows: int) -> list[np.ndarray | Exception]:
        """Logits of a batch; where the batch fails, of its halves, down to the sentence that fails."""
        started = time.perf_counter()
        try:
            logits = self._network.logits(batch)
        except Exception as e:
            if network.is_out_of_memory(e):
                network.free_cached_memory(self._network.device)
            if len(batch) == 1:
                self._check_model(e)
                return [e]
            half = len(batch) // 2
            # A row whose sentences fall into both halves is counted once, in the first.
            return self._predict(batch[:half], min(rows, half)) + self._predict(batch[half:], max(0, rows - half))
        emit(
            "forward",
            model=self.name,
            device=self.device,
            rows=rows,
            sequences=len(batch),
            wordpieces=sum(map(len, batch)),
            seconds=time.perf_counter() - started,
        )
        results: list[np.ndarray | Exception] = list(logits)
        for i in np.flatnonzero(~np.isfinite(logits).all(axis=1)):
            # Rows of a batch do not touch each other, so the others keep their scores.
            error = ArithmeticError("the model's scores are not finite numbers")
            self._check_model(error)
            results[i] = error
        return results

    def _check_model(self, error: Exception) -> None:
        """Raise unless a known-good text still gets finite scores: then the sentence is at fault."""
        started = time.perf_counter()
        try:
            healthy = bool(np.isfinite(self._network.logits([self.encoder.probe()])).all())
        except Exception as e:
            raise ModelError(self._broken(e)) from e
        emit("probe", model=self.name, device=self.device, seconds=time.perf_counter() - started)
        if not healthy:
            raise ModelError(self._broken(error)) from error

    def _broken(self, error: Exception) -> str:
        return (
            f"Model {self.name!r} on {self.device} fails on known-good text too, so no row is at fault: "
            f"{_one_line(error)}. Check the weights, the device and its free memory"
        )


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split()) or "no message"
    return f"{type(error).__name__}: {text[:300]}"
