"""From text to wordpiece ids, in the model's own way or in Spark NLP's."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property

from tokenizers import models

from sparkcls.engine.contract import HUGGINGFACE, SPARKNLP, Sentence
from sparkcls.engine.original import Encode, HiddenFirst, original_encode
from sparkcls.engine.pairs import PairFrame, PairIds, Second
from sparkcls.engine.tokenizer import load_tokenizer
from sparkcls.errors import ModelFormatError
from sparkcls.families.generic import GENERIC
from sparkcls.families.original import Original
from sparkcls.models.layout import ModelFolder
from sparkcls.models.tokenizer_settings import usual_pieces
from sparkcls.models.vocabulary import is_cased
from sparkcls.text.wordpiece import UNKNOWN, basic_pieces, wordpieces

logger = logging.getLogger(__name__)

_PROBE = "a good film"

#: Special wordpieces around a text; a BERT has two.
_MOST_SPECIAL = 8

#: Sentences tokenised at once. The tokenizer's own results hold some 110 bytes a wordpiece besides the ids.
_CHUNK = 256


class TextEncoder:
    """The tokenizer of a model folder.

    Raises
    ------
    ModelFormatError
        The tokenizer's files are corrupt or refused, or belong to another model, or nothing adds special
        wordpieces such as ``[CLS]`` and ``[SEP]``.
    """

    def __init__(self, folder: ModelFolder):
        self._folder = folder
        self._tokenizer, self._settings = load_tokenizer(folder)
        self._hides_first = isinstance(folder.family.original, Original) and folder.family.original.hides_first
        #: Byte pairs know a word's beginning by the space before it.
        self._joins_words = isinstance(self._tokenizer.model, models.BPE)
        try:
            # A head that reads the first wordpiece needs a special one there; XLNet's reads the last.
            leads = not usual_pieces(folder.config).single.startswith("$A")
            self._prefix, self._suffix = self._special_ids(int(leads))
            self._of_type_0 = self._count_type_0()
        except (KeyboardInterrupt, SystemExit, ModelFormatError):
            raise
        except BaseException as e:  # tokenizers' panics are not Exceptions, and it raises bare ones
            raise ModelFormatError(f"The tokenizer in {folder.path} cannot read {_PROBE!r}: {e}") from e
        self._embedded = folder.shape.vocabulary
        self._largest = max(self._tokenizer.get_vocab().values(), default=0)
        if self._largest >= self._embedded:
            sizes = (
                f"The tokenizer in {folder.path} has ids up to {self._largest}, the model's embeddings end at "
                f"{self._embedded - 1}"
            )
            try:
                self.probe()
            except ValueError as e:
                raise ModelFormatError(f"{sizes}; tokenizer and weights belong to different models ({e})") from e
            logger.warning("%s; a text that needs a larger id fails", sizes)

    @property
    def special_length(self) -> int:
        """How many ids `finish` adds: 2 for ``[CLS] ... [SEP]``."""
        return len(self._prefix) + len(self._suffix)

    @cached_property
    def vocabulary(self) -> dict[str, int]:
        """Id of every wordpiece, added tokens aside."""
        return self._tokenizer.get_vocab(with_added_tokens=False)

    @cached_property
    def _original(self) -> Encode:
        return original_encode(self._folder, self._tokenizer)

    @cached_property
    def _around(self) -> tuple[list[int], list[int]]:
        """Special ids before and after a text as Spark NLP puts them, as many as the tokenizer puts."""
        original = self._folder.family.original
        if not isinstance(original, Original) or original.around is None:
            return self._prefix, self._suffix
        before, after = (self._tokenizer.token_to_id(piece) for piece in original.around)
        if before is None or after is None or self.special_length != 2:
            raise ModelFormatError(
                f"The tokenizer in {self._folder.path} lacks {' or '.join(original.around)}, which Spark NLP puts "
                "around a text, or puts more there itself. Use setTokenization('huggingface')"
            )
        return [before], [after]

    @property
    def cased(self) -> bool:
        """Whether any wordpiece has an upper-case letter (``[CLS]`` and its like aside)."""
        return is_cased(self.vocabulary)

    def encode(
        self, sentences: Sequence[Sentence], tokenization: str, case_sensitive: bool
    ) -> list[list[int] | Exception]:
        """Wordpiece ids of each sentence, uncut and without special ids; one entry in, one out.

        A sentence that the tokenizer cannot take gives its exception. Strings in ``sparknlp`` mode
        must have been split into words before.

        Raises
        ------
        ModelFormatError
            The model cannot be read in ``sparknlp`` mode.
        """
        if tokenization == SPARKNLP:
            _ = self._original, self._around
        ids: list[list[int] | Exception] = []
        for start in range(0, len(sentences), _CHUNK):
            chunk = sentences[start : start + _CHUNK]
            try:
                ids += self._encode(chunk, tokenization, case_sensitive)
            except (KeyboardInterrupt, SystemExit):
                raise
            except BaseException:  # tokenizers' panics are no Exception
                ids += [self._encode_one(s, tokenization, case_sensitive) for s in chunk]
        return ids

    def _encode_one(self, sentence: Sentence, tokenization: str, case_sensitive: bool) -> list[int] | Exception:
        try:
            return self._encode([sentence], tokenization, case_sensitive)[0]
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as e:
            return e if isinstance(e, Exception) else ValueError(f"the tokenizer gave up: {e}")

    def _encode(self, sentences: Sequence[Sentence], tokenization: str, case_sensitive: bool) -> list[list[int]]:
        if tokenization == SPARKNLP:
            return [self._original(list(s), case_sensitive) for s in sentences]
        if self._joins_words:
            sentences = [s if isinstance(s, str) else " ".join(s) for s in sentences]
        split = [isinstance(s, list) for s in sentences]
        if not any(split) or all(split):
            return self._encode_alike(sentences, any(split))
        return [self._encode_alike([s], one)[0] for s, one in zip(sentences, split, strict=True)]

    def _encode_alike(self, sentences: Sequence[Sentence], split: bool) -> list[list[int]]:
        """Of texts alone, or of lists of words alone. Without offsets, which take time and are not needed."""
        for sentence in sentences:
            # Raises at half a character, which some versions of tokenizers read as another one.
            "".join(sentence).encode()
        found = self._tokenizer.encode_batch_fast(list(sentences), is_pretokenized=split, add_special_tokens=False)
        return [encoding.ids for encoding in found]

    def finish(self, ids: list[int], max_length: int, tokenization: str = HUGGINGFACE) -> tuple[Sequence[int], int]:
        """Ids cut to `max_length` and framed by special ids; and how many were cut.

        They are cut on the tokenizer's side; in ``sparknlp`` mode always on the right, as Spark NLP does.

        Raises
        ------
        ValueError
            One of them is beyond the model's embeddings.
        """
        room = min(self.room(max_length), len(ids))
        return self.frame(self._cut(ids, room, tokenization), tokenization), len(ids) - room

    def room(self, max_length: int) -> int:
        """How many wordpieces of a text fit into a sequence of `max_length`."""
        return max(0, max_length - self.special_length)

    def frame(self, ids: list[int], tokenization: str) -> Sequence[int]:
        """Ids framed by special ids.

        Raises
        ------
        ValueError
            One of them is beyond the model's embeddings.
        """
        before, after = self._around if tokenization == SPARKNLP else (self._prefix, self._suffix)
        kept = [*before, *ids]
        framed = [*kept, *after]
        self.check_ids(framed)
        if tokenization == SPARKNLP and self._hides_first:
            return HiddenFirst(framed)
        if tokenization == HUGGINGFACE and self._of_type_0 is not None:
            return PairIds(framed, [], len(kept) + self._of_type_0)
        return framed

    @cached_property
    def pair_frame(self) -> PairFrame:
        """What stands around and between the texts of a pair.

        Raises
        ------
        ModelFormatError
            The tokenizer takes no pairs, or gives token types that the model does not have.
        """
        frame = PairFrame.of(self._tokenizer, self._folder.path, self._settings.has_types)
        if frame.typed is not None and self._folder.shape.types == 1:
            raise ModelFormatError(
                f"The tokenizer in {self._folder.path} gives the texts of a pair the token types 0 and 1, the model "
                "has one; take token_type_ids out of model_input_names in tokenizer_config.json if that is right"
            )
        return frame

    def finish_pair(self, first: list[int], second: list[int], max_length: int) -> tuple[PairIds, int]:
        """The ids of two texts, framed; and how many were cut. The longer one is cut first, on the tokenizer's side.

        Raises
        ------
        ParamError
            `max_length` is too short for the frame.
        ValueError
            An id is beyond the model's embeddings.
        """
        frame = self.pair_frame
        lengths = frame.longest_first(len(first), len(second), max_length)
        cut = len(first) + len(second) - sum(lengths)
        first, second = (self._cut(*part, HUGGINGFACE) for part in zip((first, second), lengths, strict=True))
        pair = frame.join(frame.head(first), frame.second(second))
        self.check_ids(pair)
        return pair, cut

    def second(self, ids: list[int]) -> Second:
        """The second text of many pairs, which is never cut, for `finish_pairs`.

        Raises
        ------
        ValueError
            An id is beyond the model's embeddings.
        """
        self.check_ids(ids)
        return self.pair_frame.second(ids)

    def label(self, text: str, case_sensitive: bool) -> Second:
        """A candidate label as Spark NLP reads it: all wordpieces of its words, without a sentence around it.

        Raises
        ------
        ModelFormatError
            The model cannot be read in ``sparknlp`` mode.
        """
        _ = self._original
        unknown = getattr(self._tokenizer.model, "unk_token", UNKNOWN)
        pieces = basic_pieces(text, case_sensitive)
        ids = [i for piece in pieces for i in wordpieces(piece, self.vocabulary, unknown)]
        # Spark NLP counts the first [SEP] to the second text.
        return replace(self.pair_frame.second(ids), typed=0)

    def finish_with_labels(
        self, first: list[int], labels: Iterable[Second], max_length: int
    ) -> Iterator[tuple[PairIds, int]]:
        """The pairs of a text with candidate labels as Spark NLP makes them; and how many wordpieces were cut of it.

        The text has all the room that there is, and the label what it leaves: beside a long text all labels are empty,
        and score equally. The last ``[SEP]`` may be one more than `max_length`.

        Raises
        ------
        ValueError
            The model has no position for that one.
        """
        frame = self.pair_frame
        kept = first[: max_length - 2]
        head = frame.head(kept)
        for label in labels:
            ids = label.tail[len(frame.between) :][: label.length]
            second = replace(frame.second(ids[: max(0, max_length - len(head) - 2)]), typed=0)
            pair = frame.join(head, second)
            if len(pair) > self._folder.positions:
                raise ValueError(
                    f"with a text of this length Spark NLP gives the model {len(pair)} wordpieces, and it takes "
                    f"{self._folder.positions}; set a smaller maxSentenceLength"
                )
            yield pair, len(first) - len(kept)

    def finish_pairs(
        self, first: list[int], seconds: Iterable[Second], max_length: int
    ) -> Iterator[tuple[PairIds, int]]:
        """The pairs of a text with others, which share its ids; and how many were cut of it, each time.

        Raises
        ------
        ParamError
            `max_length` is too short for one of the others.
        ValueError
            An id is beyond the model's embeddings.
        """
        frame = self.pair_frame
        self.check_ids(first)
        heads: dict[int, list[int]] = {}
        for second in seconds:
            length = frame.only_first(len(first), second.length, max_length)
            if length not in heads:
                heads[length] = frame.head(self._cut(first, length, HUGGINGFACE))
            yield frame.join(heads[length], second), len(first) - length

    def join(self, first: list[int], seconds: Iterable[Second]) -> list[PairIds]:
        """The pairs of a text, or of a window of it, with others, uncut."""
        frame = self.pair_frame
        head = frame.head(first)
        return [frame.join(head, second) for second in seconds]

    def cuts_left(self, tokenization: str) -> bool:
        """Whether the end of a text is what is kept of it."""
        return self._settings.truncation_side == "left" and tokenization == HUGGINGFACE

    def _cut(self, ids: list[int], length: int, tokenization: str) -> list[int]:
        if length == len(ids):
            return ids
        return ids[len(ids) - length :] if self.cuts_left(tokenization) else ids[:length]

    def check_ids(self, ids: Sequence[int]) -> None:
        """Raise ValueError if one of them is beyond the model's embeddings."""
        if self._largest >= self._embedded and (beyond := [i for i in ids if i >= self._embedded]):
            raise ValueError(
                f"the tokenizer gives {self._tokenizer.id_to_token(beyond[0])!r} the id {beyond[0]}, the model's "
                f"embeddings end at {self._embedded - 1}"
            )

    def probe(self) -> Sequence[int]:
        """A short input that every healthy model takes."""
        return self.finish(self._encode([_PROBE], HUGGINGFACE, False)[0], 16)[0]

    def _special_ids(self, least: int) -> tuple[list[int], list[int]]:
        bare = self._tokenizer.encode(_PROBE, add_special_tokens=False).ids
        framed = self._tokenizer.encode(_PROBE).ids
        for start in range(len(framed) - len(bare) + 1):
            if len(framed) - len(bare) > _MOST_SPECIAL:
                break
            if framed[start : start + len(bare)] == bare and least <= start < len(framed) - len(bare):
                return framed[:start], framed[start + len(bare) :]
        raise ModelFormatError(
            f"The tokenizer adds no special wordpieces around a text, or more than {_MOST_SPECIAL} (it gives "
            f"{framed[:40]} for {_PROBE!r}); a classifier needs such as [CLS] and [SEP]: check post_processor in "
            "tokenizer.json"
        )

    def _count_type_0(self) -> int | None:
        """How many special wordpieces after a text have the token type 0, if the last ones have another; else None.

        An XLNet whose tokenizer sends token types has type 2 at its last wordpiece. It only compares types.

        Raises
        ------
        ModelFormatError
            The tokenizer sends other types that are not 0.
        """
        types = self._tokenizer.encode(_PROBE).type_ids if self._settings.has_types else []
        compared = self._folder.shape.special.get("compares_types")
        if not any(types) or not (self._folder.shape.types or self._folder.family.network == GENERIC):
            return None
        zeros = types.index(next(t for t in types if t))
        after = zeros - (len(types) - len(self._suffix))
        others = {*types[zeros:]}
        known = len(others) == 1 and (compared or (others == {1} and self._folder.shape.types != 1))
        if after < 0 or not known:
            raise ModelFormatError(
                f"The tokenizer in {self._folder.path} gives a single text the token types {types[:40]}; expected 0: "
                "check post_processor in tokenizer.json"
            )
        return after
