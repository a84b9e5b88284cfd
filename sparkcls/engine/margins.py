"""How far 16 or 8 bits move a model's scores, and which texts that leaves undecided.

It is measured over `sparkcls.engine.probes`, once per model and machine, and kept as `sparkcls.engine.kept` tells: the
moves, and what these bits give for the natural texts among the probes.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from sparkcls.engine.batching import cut_batches
from sparkcls.engine.contract import Margins
from sparkcls.engine.encoder import TextEncoder
from sparkcls.engine.kept import made_once
from sparkcls.engine.passes import Passes, one_line
from sparkcls.engine.probes import probe_pairs, probe_sequences
from sparkcls.engine.zero_shot import Answer, Hypotheses
from sparkcls.errors import ParamError
from sparkcls.events import emit
from sparkcls.models.layout import ModelFolder

logger = logging.getLogger(__name__)


class CloseCalls(Protocol):
    """Whether rounding might change the labels of sentences. Equal ones answer equally."""

    def __call__(
        self,
        logits: np.ndarray,
        rows: Sequence[Sequence[int]],
        margins: Margins,
        windows: Sequence[int] | None = None,
        /,
    ) -> np.ndarray:
        """Of logits, shape ``(windows of all sentences, labels)``; each sentence's rows, and how many windows it has.

        Returns
        -------
        bool, shape ``(sentences,)``.
        """
        ...


#: To be counted up when what is measured changes.
_LAYOUT = "v1"
#: Moves up to so many times the largest that was measured are allowed for; the second where that stands far out of the
#: others, over `_FAR` times their root mean square, because larger ones are then to be expected.
_SAFETY, _MORE_SAFETY, _FAR = 1.5, 2.0, 4.0
#: Where more of the natural texts than this are close calls, float32 alone is less work than both.
_MOST_CLOSE = 0.5
#: Most wordpieces of a batch, and of a probe.
_BUDGET, _LONGEST = 512, 128


class Moves:
    """How far fewer bits have been seen to move a model's logits.

    Parameters
    ----------
    moves
        Of each measured text, in the order of `Margins`, shape ``(texts, 2)``.
    natural
        What they give for natural texts, shape ``(texts, labels)``.
    precision
        Their type.
    """

    def __init__(self, name: str, moves: np.ndarray, natural: np.ndarray, precision: str):
        self._name = name
        self._precision = precision
        self._natural = natural
        self._worth: dict[tuple[CloseCalls, Margins, int, Answer | None], bool] = {}
        largest = moves.max(axis=0, initial=0.0)
        usual = np.sqrt(np.square(moves).mean(axis=0)) if len(moves) else largest
        self.margins = Margins(*(np.where(largest > _FAR * usual, _MORE_SAFETY, _SAFETY) * largest).tolist())

    def are_small_enough(self, is_close: CloseCalls, hypotheses: Hypotheses | None = None) -> bool:
        """Whether fewer bits decide most texts, so that they save time.

        Parameters
        ----------
        hypotheses
            What is asked of each text, which then stands for as many pairs.
        """
        each, answer = (len(hypotheses.seconds), hypotheses.answer) if hypotheses else (0, None)
        key = is_close, self.margins, each, answer
        if key not in self._worth:
            finite = np.isfinite(self._natural).all(axis=1)
            decided, margins = self._natural[finite], self.margins
            if answer is not None and len(decided):
                # Pairs that follow each other stand for those of one text.
                decided = answer.scores(decided[np.add.outer(np.arange(len(decided)), np.arange(each)) % len(decided)])
                margins = answer.margins(margins)
            close = int(is_close(decided, [[i] for i in range(len(decided))], margins).sum()) if len(decided) else 0
            share = 1 - (len(decided) - close) / len(finite)
            self._worth[key] = share <= _MOST_CLOSE
            if not self._worth[key]:
                logger.warning(
                    "Model %s is computed in float32 alone: %s may move the difference of two labels' logits by %.3g, "
                    "so that %d %% of texts would have to be computed again",
                    self._name,
                    self._precision,
                    self.margins.difference,
                    round(100 * share),
                )
        return self._worth[key]

    def see(self, both: Sequence[tuple[np.ndarray, np.ndarray]]) -> None:
        """Allow for more, if texts that were computed again have moved by more than the margins.

        Parameters
        ----------
        both
            The scores of each text in fewer bits and in float32.
        """
        if not both:
            return
        difference, score = _moves(*(np.stack(scores) for scores in zip(*both, strict=True))).max(axis=0).tolist()
        if difference > self.margins.difference or score > self.margins.score:
            logger.warning(
                "Model %s: %s has moved a difference of logits by %.3g, more than the margin for close calls, which is "
                "widened in this process",
                self._name,
                self._precision,
                difference,
            )
            self.margins = Margins(
                max(_MORE_SAFETY * difference, self.margins.difference), max(_MORE_SAFETY * score, self.margins.score)
            )


def measured(
    folder: ModelFolder,
    digest: str,
    encoder: TextEncoder,
    half: Passes,
    exact: Callable[[], Passes],
    precision: str,
    pairs: bool = False,
) -> Moves:
    """What was measured on this machine, with this kind of device; measured now if it was not.

    Parameters
    ----------
    half, exact
        The model in fewer bits; gives it in float32.
    precision
        Their type.
    pairs
        Whether on pairs of texts.
    """
    made: list[dict[str, np.ndarray]] = []

    def measure() -> dict[str, np.ndarray]:
        started = time.perf_counter()
        probes = probe_pairs if pairs else probe_sequences
        sequences, natural = probes(encoder, min(folder.positions, _LONGEST))
        scores = [_scores(passes, sequences) for passes in (half, exact())]
        moves = _moves(*scores)
        difference, score = moves.max(axis=0, initial=0.0).tolist()
        seconds = time.perf_counter() - started
        emit("margins", model=half.name, device=half.device, difference=difference, score=score, seconds=seconds)
        made.append({"moves": moves, "natural": scores[0][:natural]})
        return made[-1]

    try:
        try:
            kind = f"{precision}-{'pair-' if pairs else ''}margins_{_kind(half.device)}_{_LAYOUT}"
            found = load_file(made_once(digest, kind, lambda file: save_file(measure(), file)))
        except (OSError, ParamError, SafetensorError) as e:
            # safetensors has an error of its own for a full disk.
            logger.warning(
                "The cache cannot be written (%s), so this process measures for itself what %s moves", e, precision
            )
            found = made[-1] if made else measure()
    except (RuntimeError, MemoryError) as e:
        # No memory, or a broken model. What is not known is computed in float32.
        logger.warning("Model %s: what %s moves could not be measured: %s", half.name, precision, one_line(e))
        found = {"moves": np.zeros((0, 2)), "natural": np.full((1, len(folder.labels)), np.nan)}
    return Moves(half.name, found["moves"], found["natural"], precision)


def _moves(half: np.ndarray, exact: np.ndarray) -> np.ndarray:
    """How far logits have moved, see `Moves`; what is not finite is left out."""
    both = np.isfinite(half).all(axis=1) & np.isfinite(exact).all(axis=1)
    moved = half[both].astype(np.float64) - exact[both]
    return np.stack([np.ptp(moved, axis=1), np.abs(moved).max(axis=1)], axis=1)


def _scores(passes: Passes, sequences: Sequence[Sequence[int]]) -> np.ndarray:
    batches = cut_batches([len(s) for s in sequences], _BUDGET)
    found = np.concatenate(passes.scores([[sequences[i] for i in batch] for batch in batches]))
    passes.rest()
    passes.give_back(0.0)
    scores = np.empty_like(found)
    scores[np.concatenate(batches)] = found
    return scores


def _kind(device: str) -> str:
    """What computes: kernels and their rounding differ between kinds of processors and versions of torch."""
    if device.startswith("cuda"):
        name = torch.cuda.get_device_name(device)
    else:
        name = f"cpu {torch.backends.cpu.get_cpu_capability()}" if device == "cpu" else device
    return re.sub("[^a-z0-9.]+", "_", f"{name} torch {torch.__version__}".lower())
