"""Forward passes that survive a sentence: halving, health checks, and the count of them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from sparkcls.engine.figures import Figures
from sparkcls.engine.network import Network, free_cached_memory, is_out_of_memory
from sparkcls.engine.process import give_back_now_and_then, leave_pages
from sparkcls.engine.share import tell
from sparkcls.engine.turn import turn
from sparkcls.engine.weights import Held
from sparkcls.errors import ModelError
from sparkcls.events import emit

logger = logging.getLogger(__name__)

#: Between two times that freed buffers are returned while a worker computes, which takes 20 ms with what it then takes
#: anew.
_SECONDS = 5.0

#: Logits of a sequence, or why there are none.
Result = np.ndarray | Exception
#: What waits for the logits of a batch, or why there are none; and the seconds that starting it took.
Started = tuple[Callable[[], np.ndarray] | Exception, float]


@dataclass(frozen=True)
class Batch:
    """Sequences of one forward pass, and in how many rows they stand, for the log of events."""

    sequences: list[Sequence[int]]
    rows: int

    def halves(self) -> list[Batch]:
        """Two batches; a row whose sentences fall into both is counted once, in the first."""
        half = len(self.sequences) // 2
        first = min(self.rows, half)
        return [Batch(self.sequences[:half], first), Batch(self.sequences[half:], max(0, self.rows - first))]


class Passes:
    """A network with what every use of it needs.

    Parameters
    ----------
    probe
        Ids of a text that every healthy model takes.
    instead
        Gives the passes that decide whether a model is broken where these cannot: those in float32.
    """

    def __init__(self, network: Network, name: str, probe: Sequence[int], instead: Callable[[], Passes] | None = None):
        self._network = network
        self._instead = instead
        self.name = name
        self.device = str(network.device)
        self._probe = probe

    @property
    def parts(self) -> list[Held]:
        """See `Network.parts`."""
        return self._network.parts

    def recover(self) -> None:
        """See `Network.recover`."""
        self._network.recover()

    def rest(self) -> None:
        """Leave the pages of the weights until the next pass; where there are two precisions, memory is for one."""
        for part in self.parts:
            if part.mapped is not None:
                leave_pages(part.mapped)

    def give_back(self, seconds: float) -> None:
        """Return freed buffers of a CPU to the system if so many seconds have passed since the last time."""
        if self._network.device.type == "cpu":
            give_back_now_and_then(seconds)

    def scores(self, batches: Sequence[Sequence[Sequence[int]]]) -> list[np.ndarray]:
        """Logits of batches that users know nothing of: no events, no figures, and what fails is raised."""
        with turn(self._network.device):
            return [self._network.start(batch)() for batch in batches]

    def predict(self, batches: Sequence[Batch], figures: Figures) -> list[list[Result]]:
        """Logits of every batch; where one fails, of its halves, down to the sentence that fails.

        While a GPU computes a batch, the next one is prepared and sent.

        Raises
        ------
        ModelError
            A sentence fails and so does the probe, or there is no memory for a single sentence.
        """
        with turn(self._network.device):
            return self._predict(batches, figures, tells=True)

    def _predict(self, batches: Sequence[Batch], figures: Figures, tells: bool = False) -> list[list[Result]]:
        results: list[list[Result]] = []
        under_way: tuple[Batch, Started] | None = None
        ends = [*accumulate(sum(map(len, batch.sequences)) for batch in batches)] if tells else []

        def finish(batch: Batch, started: Started) -> None:
            results.append(self._finish(batch, started, figures))
            self.give_back(_SECONDS)
            if tells:
                tell(ends[len(results) - 1], ends[-1])

        for batch in batches:
            started = self._start(batch)
            if under_way:
                finish(*under_way)
            under_way = batch, started
        if under_way:
            finish(*under_way)
        return results

    def _start(self, batch: Batch) -> Started:
        begin = time.perf_counter()
        try:
            return self._network.start(batch.sequences), time.perf_counter() - begin
        except Exception as e:
            # Its frames hold the batch's memory, which the halves will need.
            return e.with_traceback(None), 0.0

    def _finish(self, batch: Batch, started: Started, figures: Figures, last: bool = False) -> list[Result]:
        begin = time.perf_counter()
        scores, seconds = started
        try:
            logits = scores if isinstance(scores, Exception) else scores()
        except Exception as e:
            logits = e.with_traceback(None)
        if isinstance(logits, Exception):
            return self._halve(batch, logits, figures, last)
        seconds += time.perf_counter() - begin
        lengths = [len(s) for s in batch.sequences]
        figures.wordpieces += sum(lengths)
        if self._network.pads:
            figures.padding += max(lengths) * len(lengths) - sum(lengths)
        figures.model_seconds += seconds
        emit(
            "forward",
            model=self.name,
            device=self.device,
            rows=batch.rows,
            sequences=len(lengths),
            wordpieces=sum(lengths),
            seconds=seconds,
        )
        results: list[Result] = list(logits)
        for i in np.flatnonzero(~np.isfinite(logits).all(axis=1)):
            # Sequences of a batch do not touch each other, so the others keep their scores.
            results[i] = NotFiniteError("the model's scores are not finite numbers")
        return results

    def _halve(self, batch: Batch, error: Exception, figures: Figures, last: bool) -> list[Result]:
        no_memory = is_out_of_memory(error)
        if no_memory:
            free_cached_memory(self._network.device)
        if len(batch.sequences) > 1:
            logger.warning(
                "Model %s on %s: a batch of %d sequences failed (%s); its halves are tried",
                self.name,
                self.device,
                len(batch.sequences),
                one_line(error),
            )
            return [result for half in self._predict(batch.halves(), figures) for result in half]
        if not no_memory:
            self.check(error)
            return [error]
        if last:
            # Sentences are cut to a length that the model takes, so it is not this one's fault.
            raise ModelError(
                f"Model {self.name!r} on {self.device} has not enough memory for a single sentence of "
                f"{len(batch.sequences[0])} wordpieces: {one_line(error)}. Give Python workers more (on a CPU "
                "spark.executor.pyspark.memory or spark.executor.memoryOverhead; on a GPU fewer tasks that share it), "
                "or set a smaller maxSentenceLength"
            ) from error
        # Alone now, without the batch that may have been under way beside it.
        return self._finish(batch, self._start(batch), figures, last=True)

    def check(self, error: Exception) -> None:
        """Raise ModelError unless the probe still gets finite scores: then the sentence is at fault."""
        started = time.perf_counter()
        try:
            healthy = bool(np.isfinite(self._network.start([self._probe])()).all())
        except Exception as e:
            raise ModelError(self._broken(e)) from e
        emit("probe", model=self.name, device=self.device, seconds=time.perf_counter() - started)
        if not healthy and self._instead is not None:
            self._instead().check(error)
        elif not healthy:
            raise ModelError(self._broken(error)) from error

    def _broken(self, error: Exception) -> str:
        return (
            f"Model {self.name!r} on {self.device} fails on known-good text too, so no row is at fault: "
            f"{one_line(error)}. Check the weights, the device and its free memory"
        )


class NotFiniteError(ArithmeticError):
    """Scores are NaN or infinite."""


def one_line(error: Exception) -> str:
    """The kind of an error and the beginning of its message."""
    text = " ".join(str(error).split()) or "no message"
    kind = "ArithmeticError" if isinstance(error, NotFiniteError) else type(error).__name__
    return f"{kind}: {text[:300]}"
