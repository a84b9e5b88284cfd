"""Pairs of texts as sequences: how a tokenizer frames them, and how they are cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import overload

from tokenizers import Tokenizer

from sparkcls.errors import ModelFormatError, ParamError

#: Two texts on which the frame is tried.
_FIRST, _SECOND = "a good film", "the plot"
#: Special wordpieces around and between two texts; a RoBERTa has four.
_MOST_SPECIAL = 16


class PairIds(Sequence[int]):
    """Wordpiece ids of a pair, in two parts, which many pairs may share.

    Parameters
    ----------
    head, tail
        The ids of the pair are those of both.
    second
        Where token types change from 0 to 1; the length of the pair where they do not.
    """

    __slots__ = ("head", "second", "tail")

    def __init__(self, head: list[int], tail: list[int], second: int):
        self.head, self.tail, self.second = head, tail, second

    def __len__(self) -> int:
        return len(self.head) + len(self.tail)

    def __iter__(self) -> Iterator[int]:
        return chain(self.head, self.tail)

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> list[int]: ...
    def __getitem__(self, index: int | slice) -> int | list[int]:
        return (self.head + self.tail)[index]


@dataclass(frozen=True)
class Second:
    """The end of a sequence, from the special ids after the first text on.

    Parameters
    ----------
    tail
        Its ids.
    length
        How many of them are the second text.
    typed
        How many have the token type of the first text.
    """

    tail: list[int]
    length: int
    typed: int


@dataclass(frozen=True)
class PairFrame:
    """What a tokenizer puts around and between two texts: ``[CLS] a [SEP] b [SEP]``, ``<s> a </s></s> b </s>``.

    Parameters
    ----------
    before, between, after
        Special ids, in the order of the pair.
    typed
        How many of `between` have the token type 0; None where the tokenizer sends no types.
    """

    before: list[int]
    between: list[int]
    after: list[int]
    typed: int | None

    @staticmethod
    def of(tokenizer: Tokenizer, path: Path, sends_types: bool) -> PairFrame:
        """The frame that a tokenizer's post-processor makes.

        Raises
        ------
        ModelFormatError
            It makes none, or one that is not understood.
        """
        try:
            first, second = (tokenizer.encode(text, add_special_tokens=False).ids for text in (_FIRST, _SECOND))
            framed = tokenizer.encode(_FIRST, _SECOND)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as e:  # tokenizers' panics are not Exceptions
            raise ModelFormatError(f"The tokenizer in {path} does not take pairs of texts: {e}") from e
        found = _split(framed.ids, first, second)
        if found is None or len(framed.ids) - len(first) - len(second) > _MOST_SPECIAL:
            raise ModelFormatError(
                f"The tokenizer in {path} gives {framed.ids[:40]} for the pair {_FIRST!r}, {_SECOND!r}; expected both "
                "texts with special wordpieces around them: check post_processor in tokenizer.json, which needs a "
                "template for pairs"
            )
        start, at = found
        ends = start + len(first)
        frame = PairFrame(framed.ids[:start], framed.ids[ends:at], framed.ids[at + len(second) :], None)
        if not sends_types or not any(framed.type_ids):
            return frame
        types, change = list(framed.type_ids), next(i for i, t in enumerate(framed.type_ids) if t)
        if types != [0] * change + [1] * (len(types) - change) or not ends <= change <= at:
            raise ModelFormatError(
                f"The tokenizer in {path} gives a pair the token types {types[:40]}; expected 0 for the first text and "
                "then 1: check post_processor in tokenizer.json"
            )
        return replace(frame, typed=change - ends)

    @property
    def special_length(self) -> int:
        """How many ids the frame adds."""
        return len(self.before) + len(self.between) + len(self.after)

    def head(self, first: list[int]) -> list[int]:
        """A sequence up to the end of its first text."""
        return [*self.before, *first]

    def second(self, ids: list[int]) -> Second:
        """The rest of a sequence."""
        tail = [*self.between, *ids, *self.after]
        return Second(tail, len(ids), len(tail) if self.typed is None else self.typed)

    def join(self, head: list[int], second: Second) -> PairIds:
        """The sequence of both parts."""
        return PairIds(head, second.tail, len(head) + second.typed)

    def longest_first(self, first: int, second: int, max_length: int) -> tuple[int, int]:
        """How many wordpieces of two texts remain: those of the library `tokenizers` with ``longest_first``.

        The longer text is cut to the room that the other leaves, or both to half of the room, the longer to the more.

        Raises
        ------
        ParamError
            `max_length` is less than the frame.
        """
        room = self._room(max_length)
        if first + second <= room:
            return first, second
        shorter = min(first, second, room // 2)
        return (room - shorter, shorter) if first > second else (shorter, room - shorter)

    def only_first(self, first: int, second: int, max_length: int) -> int:
        """How many wordpieces of the first text remain where only that is cut (``only_first``).

        Raises
        ------
        ParamError
            The second text leaves it no room.
        """
        room = self._room(max_length) - second
        return first if first <= room else self.room(second, max_length)

    def room(self, second: int, max_length: int) -> int:
        """How many wordpieces of a first text fit beside a second text of so many, at least 1.

        Raises
        ------
        ParamError
            The second text leaves it no room.
        """
        room = self._room(max_length) - second
        if room < 1:
            raise ParamError(
                f"maxSentenceLength is {max_length}; a second text of {second} wordpieces and {self.special_length} "
                "special ones leave no room for the first. Set more, or shorten the second"
            )
        return room

    def _room(self, max_length: int) -> int:
        if max_length < self.special_length:
            raise ParamError(
                f"maxSentenceLength is {max_length}; the special wordpieces of a pair alone are {self.special_length}"
            )
        return max_length - self.special_length


def _split(framed: list[int], first: list[int], second: list[int]) -> tuple[int, int] | None:
    """Where the two texts begin in a sequence; None if they are not there, one after the other, framed."""
    start = _find(framed, first, 0)
    if start is None:
        return None
    at = _find(framed, second, start + len(first))
    # Something must stand between them, or nobody could tell where one ends.
    return (start, at) if at is not None and start + len(first) < at else None


def _find(ids: list[int], part: list[int], start: int) -> int | None:
    for i in range(start, len(ids) - len(part) + 1):
        if ids[i : i + len(part)] == part:
            return i
    return None
