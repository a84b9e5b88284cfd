"""Texts, and pairs of texts, as sequences of wordpieces that are ready for a model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from sparkcls.engine.contract import SPARKNLP, Outcome, Pair, Reading, Sentence
from sparkcls.engine.encoder import TextEncoder
from sparkcls.engine.passes import Result
from sparkcls.engine.zero_shot import Answer, Hypotheses
from sparkcls.errors import InputError, ModelFormatError, ParamError


@dataclass(frozen=True)
class Prepared:
    """Sentences as wordpieces; each distinct sentence has a number, and so has each of its sequences.

    A sentence has one sequence, or with hypotheses one for each of them: sentence `n` of `k` hypotheses has the
    sequences `n * k` to `n * k + k - 1`.

    Parameters
    ----------
    which
        The number of every sentence, in their order.
    outcomes
        By number, what is known before the model has run.
    inputs
        Wordpiece ids by number of the sequence, of those that the model is to score.
    refused
        By number, why the tokenizer did not take a sentence.
    rows
        By number, the rows in which it stands, as often as it stands in them.
    cap
        Most sequences of a forward pass, if limited.
    hypotheses
        What is asked of every sentence; None if it is scored as it is.
    """

    which: list[int]
    outcomes: list[Outcome]
    inputs: dict[int, Sequence[int]]
    refused: dict[int, Exception]
    rows: list[list[int]]
    cap: int | None
    hypotheses: Hypotheses | None = None

    @property
    def each(self) -> int:
        """Sequences of a sentence."""
        return len(self.hypotheses.seconds) if self.hypotheses else 1

    @property
    def are_pairs(self) -> bool:
        """Whether sequences are of two texts."""
        return not isinstance(next(iter(self.inputs.values()), []), list)

    def rows_of(self, sequences: Sequence[int]) -> int:
        """In how many rows some sequences stand."""
        return len({row for i in sequences for row in self.rows[i // self.each]})

    def sequences_of(self, numbers: set[int]) -> Iterator[int]:
        """The sequences of sentences, in their order."""
        return (i for i in self.inputs if i // self.each in numbers)

    def together(self, results: dict[int, Result]) -> dict[int, Result]:
        """What sequences gave, as the scores of sentences; one whose sequence failed has its error."""
        if self.hypotheses is None:
            return dict(results)
        found: dict[int, Result] = {}
        for start in range(0, len(self.outcomes) * self.each, self.each):
            parts = [results[i] for i in range(start, start + self.each) if i in results]
            failed = next((part for part in parts if isinstance(part, Exception)), None)
            if failed is not None:
                found[start // self.each] = failed
            elif parts:
                logits = np.stack([part for part in parts if isinstance(part, np.ndarray)])
                found[start // self.each] = self.hypotheses.answer.scores(logits)
        return found


def prepare(
    encoder: TextEncoder,
    sentences: Sequence[Sentence | Pair | InputError],
    rows: Sequence[int],
    reading: Reading,
    hypotheses: Hypotheses | None = None,
) -> Prepared:
    """Sentences as wordpieces. Equal ones have one number, and the wordpieces of each text are made once.

    Parameters
    ----------
    sentences
        An error stands for a sentence that cannot be read.
    rows
        For each sentence a number of the row it stands in.
    hypotheses
        Each sentence, which must be no pair, is paired with all of these.

    Raises
    ------
    ModelFormatError
        The tokenizer takes no pairs.
    ParamError
        ``max_length`` leaves no room for a text.
    """
    numbers: dict[object, int] = {}
    which = [numbers.setdefault(_key(s), len(numbers)) for s in sentences]
    of_rows: list[list[int]] = [[] for _ in numbers]
    for number, row in zip(which, rows, strict=True):
        of_rows[number].append(row)
    prepared = Prepared(which, [Outcome()] * len(numbers), {}, {}, of_rows, reading.cap, hypotheses)
    if hypotheses is None and all(isinstance(key, (str, tuple)) for key in numbers):
        _prepare_singles(encoder, list(numbers), reading, prepared)
        return prepared
    texts = dict.fromkeys(text for key in numbers for text in _texts(key))
    distinct: list[Sentence] = [t if isinstance(t, str) else list(t) for t in texts]  # type: ignore[call-overload]
    wordpieces = dict(zip(texts, encoder.encode(distinct, reading.tokenization, reading.case_sensitive), strict=True))
    for number, key in enumerate(numbers):
        parts = [key] if isinstance(key, InputError) else [wordpieces[text] for text in _texts(key)]
        failed = next((part for part in parts if isinstance(part, Exception)), None)
        if failed is not None:
            prepared.refused[number] = failed
            continue
        ids = [part for part in parts if isinstance(part, list)]
        # Spark NLP classifies a sentence with tokens, even if none of them gives a wordpiece.
        if not all(ids) and not (reading.tokenization == SPARKNLP and key):
            continue
        try:
            found = list(_sequences(encoder, ids, reading, hypotheses))
        except (ModelFormatError, ParamError):
            raise
        except ValueError as e:
            prepared.refused[number] = e
            continue
        prepared.outcomes[number] = Outcome(truncated=max(cut for _, cut in found))
        prepared.inputs.update((number * prepared.each + j, sequence) for j, (sequence, _) in enumerate(found))
    return prepared


def _prepare_singles(encoder: TextEncoder, keys: list[object], reading: Reading, prepared: Prepared) -> None:
    """The same for texts alone, in a third of the time: with a fast GPU this is what it waits for."""
    sentences: list[Sentence] = [k if isinstance(k, str) else list(k) for k in keys]  # type: ignore[call-overload]
    for number, ids in enumerate(encoder.encode(sentences, reading.tokenization, reading.case_sensitive)):
        if isinstance(ids, Exception):
            prepared.refused[number] = ids
        # Spark NLP classifies a sentence with tokens, even if none of them gives a wordpiece.
        elif ids or (reading.tokenization == SPARKNLP and keys[number]):
            try:
                prepared.inputs[number], cut = encoder.finish(ids, reading.max_length, reading.tokenization)
            except ValueError as e:
                prepared.refused[number] = e
                continue
            if cut:
                prepared.outcomes[number] = Outcome(truncated=cut)


def hypotheses(encoder: TextEncoder, texts: Sequence[str], answer: Answer, reading: Reading) -> Hypotheses:
    """See `Classifier.hypotheses`."""
    if reading.tokenization == SPARKNLP:
        return Hypotheses(tuple(encoder.label(text, reading.case_sensitive) for text in texts), answer)
    found = []
    for text, ids in zip(texts, encoder.encode(texts, reading.tokenization, reading.case_sensitive), strict=True):
        try:
            if isinstance(ids, Exception):
                raise ids
            second = encoder.second(ids)
            # A text of one wordpiece at least must fit beside it.
            encoder.pair_frame.only_first(reading.max_length, second.length, reading.max_length)
        except ParamError as e:
            raise ParamError(f"Candidate label as {text[:80]!r}: {e}") from e
        except Exception as e:
            raise ParamError(f"The tokenizer does not take the candidate label as {text[:80]!r}: {e}") from e
        found.append(second)
    return Hypotheses(tuple(found), answer)


def _key(sentence: Sentence | Pair | InputError) -> object:
    if isinstance(sentence, Pair):
        return Pair(_key(sentence.first), _key(sentence.second))  # type: ignore[arg-type]
    return tuple(sentence) if isinstance(sentence, list) else sentence


def _texts(key: object) -> tuple[object, ...]:
    if isinstance(key, Pair):
        return key.first, key.second
    return () if isinstance(key, InputError) else (key,)


def _sequences(
    encoder: TextEncoder, ids: list[list[int]], reading: Reading, hypotheses: Hypotheses | None
) -> Iterator[tuple[Sequence[int], int]]:
    """Each sequence of a sentence, and how many of its wordpieces were left out."""
    if hypotheses is not None:
        finish = encoder.finish_with_labels if reading.tokenization == SPARKNLP else encoder.finish_pairs
        yield from finish(ids[0], hypotheses.seconds, reading.max_length)
    elif len(ids) == 1:
        yield encoder.finish(ids[0], reading.max_length, reading.tokenization)
    else:
        yield encoder.finish_pair(ids[0], ids[1], reading.max_length)
