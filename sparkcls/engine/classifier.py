"""A model with its tokenizer: sentences in, one outcome each out, whatever happens in between."""

from __future__ import annotations

import logging
import threading
import time
import weakref
from collections.abc import Callable, Collection, Sequence

import numpy as np

from sparkcls.catalogue.locate import locate
from sparkcls.engine.batching import cut_batches, token_budget
from sparkcls.engine.contract import Margins, Outcome, Pair, Reading, Sentence
from sparkcls.engine.encoder import TextEncoder
from sparkcls.engine.figures import Figures
from sparkcls.engine.margins import CloseCalls, Moves, measured
from sparkcls.engine.network import Network
from sparkcls.engine.passes import Batch, NotFiniteError, Passes, Result, one_line
from sparkcls.engine.precision import AUTO, FLOAT32, INT8, MIXED, choose_precision, half_precision
from sparkcls.engine.prepared import Prepared, hypotheses, prepare
from sparkcls.engine.process import give_back_memory
from sparkcls.engine.share import part_of_work
from sparkcls.engine.weights import Held
from sparkcls.engine.zero_shot import Answer, Hypotheses
from sparkcls.errors import InputError
from sparkcls.events import emit
from sparkcls.models.layout import read_model_folder
from sparkcls.models.ref import ModelRef

logger = logging.getLogger(__name__)

#: Networks whose linear layers can be in 8 bits.
_IN_8_BITS = ("post_norm", "deberta")
#: Batches of further windows of long texts that are computed at once.
_PART = 32
#: Seconds after making room for float32 in which it is not made again.
_PAUSE = 2.0


class Classifier:
    """A loaded model; in precision ``mixed`` it loads its float32 weights when they are first needed."""

    def __init__(self, ref: ModelRef, device: str, precision: str):
        started = time.perf_counter()
        self._ref = ref
        self._folder = read_model_folder(locate(ref))
        if precision == INT8 and self._folder.family.network not in _IN_8_BITS:
            precision = choose_precision(AUTO, device)
            logger.warning(
                "Model %s is computed in %s, not int8, which is not there for the type %s",
                ref.name,
                precision,
                self._folder.family.model_type,
            )
        self.name = ref.name
        self.labels = self._folder.labels
        self.device = device
        self.precision = precision
        self.encoder = TextEncoder(self._folder)
        self._probe = self.encoder.probe()
        self._lock, self._lock_of_pairs = threading.Lock(), threading.Lock()
        self._exact: Passes | None = None
        self._moves: Moves | None = None
        self._moves_of_pairs: Moves | None = None
        #: From when on to make room again, see `_predict_mixed`.
        self._next_room = 0.0
        if precision in (MIXED, INT8):
            self._half = half = half_precision(device) if precision == MIXED else INT8
            exact = _weakly(self._in_float32)
            self._passes = self._load(half, exact)
            self._moves = measured(self._folder, ref.digest, self.encoder, self._passes, exact, half)
        else:
            self._passes = self._load(precision)
        #: Until the load has been counted.
        self.is_new = True
        self.load_seconds = time.perf_counter() - started
        emit("load", model=ref.name, device=device, precision=precision, seconds=self.load_seconds)

    @property
    def parts(self) -> list[Held]:
        """The weights in all precisions that are loaded; other models may hold some of them too."""
        return [part for passes in (self._passes, self._exact) if passes is not None for part in passes.parts]

    def _load(self, precision: str, instead: Callable[[], Passes] | None = None) -> Passes:
        network = Network(self._folder, self.device, precision)
        return Passes(network, self.name, self._probe, instead)

    def _in_float32(self) -> Passes:
        with self._lock:
            if self._exact is None:
                started = time.perf_counter()
                # What is in the folder by now may be another model, such as that of a new release.
                self._folder = read_model_folder(locate(self._ref))
                self._exact = self._load(FLOAT32)
                seconds = time.perf_counter() - started
                emit("load", model=self.name, device=self.device, precision=FLOAT32, seconds=seconds)
        return self._exact

    def _moves_of(self, prepared: Prepared) -> Moves | None:
        """How far 16 bits move the scores of such sequences; None where they are not checked."""
        if self._moves is None or not prepared.are_pairs:
            return self._moves
        with self._lock_of_pairs:
            if self._moves_of_pairs is None:
                self._moves_of_pairs = measured(
                    self._folder, self._ref.digest, self.encoder, self._passes, self._in_float32, self._half, pairs=True
                )
        return self._moves_of_pairs

    def classify(
        self,
        sentences: Sequence[Sentence | Pair],
        rows: Sequence[int],
        reading: Reading,
        is_close: CloseCalls | None = None,
        figures: Figures | None = None,
    ) -> list[Outcome]:
        """Outcome of every sentence, in their order. Equal sentences are scored once.

        Parameters
        ----------
        sentences
            Texts, or lists of words, or pairs of these.
        rows
            For each sentence a number of the row it stands in; counted in the log of events.
        is_close
            Sentences for which it is true, in precision ``mixed``, are scored again in float32.
        figures
            What is done is added to these.

        Raises
        ------
        ModelError
            A sentence fails and so does a known-good text: the model, its device or memory is broken.
        """
        return self.score(self.prepare(sentences, rows, reading), is_close, figures)

    def hypotheses(self, texts: Sequence[str], answer: Answer, reading: Reading) -> Hypotheses:
        """Sentences about labels as wordpieces, for `prepare`.

        Raises
        ------
        ParamError
            One of them leaves no room for a text, or the tokenizer does not take it.
        """
        return hypotheses(self.encoder, texts, answer, reading)

    def prepare(
        self,
        sentences: Sequence[Sentence | Pair | InputError],
        rows: Sequence[int],
        reading: Reading,
        hypotheses: Hypotheses | None = None,
    ) -> Prepared:
        """The part of `classify` that needs no model: sentences become wordpieces. Any thread may run it."""
        return prepare(self.encoder, sentences, rows, reading, hypotheses)

    def score(
        self, prepared: Prepared, is_close: CloseCalls | None = None, figures: Figures | None = None
    ) -> list[Outcome]:
        """The rest of `classify`."""
        figures = figures if figures is not None else Figures()
        outcomes = list(prepared.outcomes)
        for error in prepared.refused.values():
            self._passes.check(error)
        moves = self._moves_of(prepared)
        if moves is None:
            found = self._predict(self._passes, prepared, figures)
        elif is_close is not None and not moves.are_small_enough(is_close, prepared.hypotheses):
            if time.monotonic() > self._next_room:
                # Measuring needed the others, and so did texts until they moved further than what was measured.
                self._passes.rest()
                self._next_room = time.monotonic() + _PAUSE
            found = self._predict(self._in_float32(), prepared, figures)
        else:
            found = self._predict_mixed(moves, is_close, prepared, figures)
        results = prepared.refused | prepared.together(found)
        for i, result in results.items():
            if isinstance(result, NotFiniteError):
                self._passes.check(result)
            if isinstance(result, Exception):
                outcomes[i] = Outcome(truncated=outcomes[i].truncated, error=one_line(result))
            else:
                outcomes[i] = Outcome(result, outcomes[i].truncated)
        given = [outcomes[number] for number in prepared.which]
        figures.sentences += len(given)
        figures.truncated += sum(o.truncated > 0 for o in given)
        figures.windowed += sum(o.windows > 1 for o in given)
        self._report_failures(given, figures)
        return given

    def recover(self) -> None:
        """Called at the end of a task, or of a call where there are no tasks: forget what lack of memory changed."""
        for passes in (self._passes, self._exact):
            if passes is not None:
                passes.recover()

    def close(self) -> None:
        """Called at the end of a task: a worker that waits for the next one holds little beside the model."""
        self.recover()
        give_back_memory()

    def _report_failures(self, outcomes: list[Outcome], figures: Figures) -> None:
        failed = [o for o in outcomes if o.error]
        if failed:
            figures.failed += len(failed)
            emit("failed", model=self.name, device=self.device, sequences=len(failed))
            logger.warning(
                "Model %s: %d of %d sentences could not be processed; the first: %s",
                self.name,
                len(failed),
                len(outcomes),
                failed[0].error,
            )

    def _predict_mixed(
        self, moves: Moves, is_close: CloseCalls | None, prepared: Prepared, figures: Figures
    ) -> dict[int, Result]:
        """Scores in 16 bits, and in float32 what they do not decide."""
        half = self._predict(self._passes, prepared, figures)
        exact: dict[int, Result] = {}
        rescored: set[int] = set()
        margins = None
        # Weights of one precision at a time, and no freed buffers, keep the peak low, which is in float32. For base
        # shape that takes some 50 ms, much of a small batch.
        makes_room = time.monotonic() > self._next_room
        while margins is not moves.margins:
            margins = moves.margins
            again = _doubtful(prepared.together(half), is_close, prepared, moves.margins) - rescored
            if not again:
                break
            rescored |= again
            # A long text is judged by all its windows, so all of them are computed again.
            if makes_room:
                self._passes.rest()
                self._passes.give_back(0.0)
            exact_passes = self._in_float32()
            found = self._predict(exact_passes, prepared, figures, again)
            if makes_room:
                exact_passes.rest()
                self._next_room = time.monotonic() + _PAUSE
            exact |= found
            moves.see(_in_both(half, exact))
        return half | exact

    def _predict(
        self, passes: Passes, prepared: Prepared, figures: Figures, numbers: Collection[int] | None = None
    ) -> dict[int, Result]:
        """What the model says of all sequences, or once more of those of some sentences."""
        found: dict[int, Result] = {}
        done, whole = 0, prepared.wordpieces(numbers)
        budget = token_budget(self.device, self._folder.shape.width, again=numbers is not None)
        # A GPU is given up between parts, so that a text of a million words keeps no other task from it.
        for inputs in prepared.parts(_PART * budget, numbers):
            copies = prepared.copies(inputs)
            sequences = [i for i in inputs if i not in copies]
            cut = cut_batches([len(inputs[i]) for i in sequences], budget, prepared.cap)
            chosen = [[sequences[b] for b in batch] for batch in cut]
            batches = [Batch([inputs[i] for i in batch], prepared.rows_of(batch)) for batch in chosen]
            before, done = done, done + sum(map(len, inputs.values()))
            with part_of_work(before / max(1, whole), done / max(1, whole)):
                scores = passes.predict(batches, figures)
            for batch, results in zip(chosen, scores, strict=True):
                found.update(zip(batch, results, strict=True))
            found.update((copy, found[i]) for copy, i in copies.items())
            if numbers is None:
                figures.scored += len(sequences)
            else:
                figures.rescored += len(sequences)
        return found


def _weakly(method: Callable[[], Passes]) -> Callable[[], Passes]:
    """The method, without keeping its object: whoever gets it is a part of that object, which could not be freed."""
    reference = weakref.WeakMethod(method)

    def call() -> Passes:
        found = reference()
        assert found is not None, "an object whose part works is in use"
        return found()

    return call


def _in_both(half: dict[int, Result], exact: dict[int, Result]) -> list[tuple[np.ndarray, np.ndarray]]:
    """The scores in both precisions, where there are any."""
    both = [(half[i], exact[i]) for i in exact]
    return [(a, b) for a, b in both if isinstance(a, np.ndarray) and isinstance(b, np.ndarray)]


def _doubtful(
    results: dict[int, Result], is_close: CloseCalls | None, prepared: Prepared, margins: Margins
) -> set[int]:
    """Sentences that 16 bits do not decide: close calls, and what exceeds their range."""
    doubtful = {i for i, result in results.items() if isinstance(result, NotFiniteError)}
    scored = {i: result for i, result in results.items() if not isinstance(result, Exception)}
    if is_close is not None and scored:
        if prepared.hypotheses is not None:
            margins = prepared.hypotheses.answer.margins(margins)
        windows = [result.reshape(-1, result.shape[-1]) for result in scored.values()]
        rows = [prepared.rows[i] for i in scored]
        counts = [len(logits) for logits in windows]
        close = is_close(np.concatenate(windows), rows, margins, counts if max(counts) > 1 else None)
        doubtful |= {i for i, doubt in zip(scored, close, strict=True) if doubt}
    return doubtful
