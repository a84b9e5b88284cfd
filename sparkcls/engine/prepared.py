"""Texts, and pairs of texts, as sequences of wordpieces that are ready for a model."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain

import numpy as np

from sparkcls.engine.contract import SPARKNLP, Outcome, Pair, Reading, Sentence
from sparkcls.engine.encoder import TextEncoder
from sparkcls.engine.passes import Result
from sparkcls.engine.windows import LongText, long_text
from sparkcls.engine.zero_shot import Answer, Hypotheses
from sparkcls.errors import InputError, ModelFormatError, ParamError


@dataclass(frozen=True)
class Further:
    """The windows of a long text after its first one, and the numbers of their sequences."""

    numbers: range
    text: LongText


@dataclass(frozen=True)
class Prepared:
    """Sentences as wordpieces; each distinct sentence has a number, and so has each of its sequences.

    A sentence has one sequence, or with hypotheses one for each of them: sentence `n` of `k` hypotheses has the
    sequences `n * k` to `n * k + k - 1`. Those of further windows of a long text are numbered after all these, so that
    all else is computed as if there were none.

    Parameters
    ----------
    which
        The number of every sentence, in their order.
    outcomes
        By number, what is known before the model has run.
    inputs
        Wordpiece ids by number of the sequence, of those that the model is to score; further windows left out.
    refused
        By number, why the tokenizer did not take a sentence.
    rows
        By number, the rows in which it stands, as often as it stands in them.
    cap
        Most sequences of a forward pass, if limited.
    hypotheses
        What is asked of every sentence; None if it is scored as it is.
    further
        By number of the sentence, its further windows.
    """

    which: list[int]
    outcomes: list[Outcome]
    inputs: dict[int, Sequence[int]]
    refused: dict[int, Exception]
    rows: list[list[int]]
    cap: int | None
    hypotheses: Hypotheses | None = None
    further: dict[int, Further] = field(default_factory=dict)

    @property
    def each(self) -> int:
        """Sequences of a window of a sentence."""
        return len(self.hypotheses.seconds) if self.hypotheses else 1

    @property
    def are_pairs(self) -> bool:
        """Whether sequences are of two texts."""
        return not isinstance(next(iter(self.inputs.values()), []), list)

    def rows_of(self, sequences: Sequence[int]) -> int:
        """In how many rows some sequences stand."""
        return len({row for i in sequences for row in self.rows[self._owner(i)]})

    def wordpieces(self, numbers: Collection[int] | None = None) -> int:
        """How many wordpieces all `parts` have."""
        first = sum(len(s) for i, s in self.inputs.items() if numbers is None or i // self.each in numbers)
        chosen = (further for n, further in self.further.items() if numbers is None or n in numbers)
        return first + sum(further.text.other_wordpieces for further in chosen)

    def parts(self, most: int, numbers: Collection[int] | None = None) -> Iterator[dict[int, Sequence[int]]]:
        """Sequences by number, in parts to be computed one after the other.

        First those of all sentences, then further windows, which are made only when their part comes.

        Parameters
        ----------
        most
            About so many wordpieces a part of further windows has.
        numbers
            Of these sentences alone.
        """
        yield self.inputs if numbers is None else {i: s for i, s in self.inputs.items() if i // self.each in numbers}
        part: dict[int, Sequence[int]] = {}
        wordpieces = 0
        for number, further in self.further.items():
            if numbers is not None and number not in numbers:
                continue
            for i, sequence in zip(further.numbers, further.text.others(), strict=True):
                part[i] = sequence
                wordpieces += len(sequence)
                # The hypotheses of a window stay together, see `copies`.
                if wordpieces >= most and (i + 1 - further.numbers.start) % self.each == 0:
                    yield part
                    part, wordpieces = {}, 0
        if part:
            yield part

    def copies(self, part: dict[int, Sequence[int]]) -> dict[int, int]:
        """Sequences that equal an earlier one of their window, and the number of that one.

        Labels of the same wordpieces make them, and in tokenization ``sparknlp`` labels beside a long text. Their
        scores must be equal to the last digit, for then the first label wins; on some processors these digits depend on
        a sequence's place in a batch.
        """
        if self.each == 1:
            return {}
        seen: dict[object, int] = {}
        found = {}
        for i, sequence in part.items():
            first = seen.setdefault((i // self.each, getattr(sequence, "second", None), *sequence), i)
            if first != i:
                found[i] = first
        return found

    def together(self, results: dict[int, Result]) -> dict[int, Result]:
        """What sequences gave, as the scores of sentences, see `Outcome`; one whose sequence failed has its error."""
        if self.hypotheses is None and not self.further:
            return dict(results)
        found: dict[int, Result] = {}
        for number in range(len(self.outcomes)):
            parts = [results[i] for i in self._sequences_of(number) if i in results]
            failed = next((part for part in parts if isinstance(part, Exception)), None)
            if failed is not None:
                found[number] = failed
            elif parts:
                found[number] = self._scores([part for part in parts if isinstance(part, np.ndarray)])
        return found

    def read_on(self, number: int, text: LongText) -> None:
        """Have the further windows of a sentence scored too."""
        last = next(reversed(self.further.values()), None)
        start = len(self.outcomes) * self.each if last is None else last.numbers.stop
        self.further[number] = Further(range(start, start + (len(text.cut) - 1) * self.each), text)

    def _scores(self, logits: list[np.ndarray]) -> np.ndarray:
        if self.hypotheses is None:
            return np.stack(logits) if len(logits) > 1 else logits[0]
        scores = self.hypotheses.answer.scores(np.stack(logits).reshape(-1, self.each, len(logits[0])))
        return scores if len(scores) > 1 else scores[0]

    def _sequences_of(self, number: int) -> Iterable[int]:
        first = range(number * self.each, (number + 1) * self.each)
        return chain(first, self.further[number].numbers) if number in self.further else first

    def _owner(self, sequence: int) -> int:
        if sequence < len(self.outcomes) * self.each:
            return sequence // self.each
        numbers, starts = self._starts
        return numbers[bisect_right(starts, sequence) - 1]

    @cached_property
    def _starts(self) -> tuple[list[int], list[int]]:
        return list(self.further), [further.numbers.start for further in self.further.values()]


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
            text = long_text(encoder, ids, reading, hypotheses)
            found = _in_windows(text, reading) if text else list(_sequences(encoder, ids, reading, hypotheses))
        except (ModelFormatError, ParamError):
            raise
        except ValueError as e:
            prepared.refused[number] = e
            continue
        _take(prepared, number, found, text)
    return prepared


def _in_windows(text: LongText, reading: Reading) -> list[tuple[Sequence[int], int]]:
    """Each sequence of the first window, and how many wordpieces no window has."""
    only_first = reading.windows is not None and reading.windows.only_first
    left_out = text.cut.length - text.cut.room if only_first else 0
    return [(sequence, left_out) for sequence in text.first()]


def _take(prepared: Prepared, number: int, found: Sequence[tuple[Sequence[int], int]], text: LongText | None) -> None:
    """Have a sentence scored: the sequences of its first window, and of all others unless they are left out."""
    cut = max(cut for _, cut in found)
    if cut:
        prepared.outcomes[number] = Outcome(truncated=cut)
    elif text is not None:
        prepared.read_on(number, text)
    prepared.inputs.update((number * prepared.each + j, sequence) for j, (sequence, _) in enumerate(found))


def _prepare_singles(encoder: TextEncoder, keys: list[object], reading: Reading, prepared: Prepared) -> None:
    """The same for texts alone, in a third of the time: with a fast GPU this is what it waits for."""
    sentences: list[Sentence] = [k if isinstance(k, str) else list(k) for k in keys]  # type: ignore[call-overload]
    for number, ids in enumerate(encoder.encode(sentences, reading.tokenization, reading.case_sensitive)):
        if isinstance(ids, Exception):
            prepared.refused[number] = ids
        # Spark NLP classifies a sentence with tokens, even if none of them gives a wordpiece.
        elif ids or (reading.tokenization == SPARKNLP and keys[number]):
            try:
                sequence, cut = encoder.finish(ids, reading.max_length, reading.tokenization)
                text = long_text(encoder, [ids], reading) if cut else None
                if text is not None:
                    _take(prepared, number, _in_windows(text, reading), text)
                    continue
            except ParamError:
                raise
            except ValueError as e:
                prepared.refused[number] = e
                continue
            prepared.inputs[number] = sequence
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
            room = encoder.pair_frame.room(second.length, reading.max_length)
            if reading.windows is not None:
                reading.windows.overlap(room, reading.max_length)
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
