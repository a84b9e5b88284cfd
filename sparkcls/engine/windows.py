"""Long texts in windows that overlap, cut as the library `tokenizers` cuts them (`return_overflowing_tokens`)."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sparkcls.engine.contract import Reading
from sparkcls.engine.encoder import TextEncoder
from sparkcls.engine.zero_shot import Hypotheses
from sparkcls.errors import InputError, ParamError

#: The sequences of a window: one, or one for each hypothesis.
Frame = Callable[[list[int]], Sequence[Sequence[int]]]


@dataclass(frozen=True)
class Cut:
    """Where the windows of a text lie.

    Parameters
    ----------
    length
        Wordpieces of the text, more than `room`.
    room
        Wordpieces of the text in a window; the last window may have fewer.
    overlap
        How many of them the window before has too; less than `room`.
    from_end
        Whether the first window is the end of the text.
    """

    length: int
    room: int
    overlap: int
    from_end: bool = False

    def __len__(self) -> int:
        return 1 - (self.room - self.length) // (self.room - self.overlap)

    def __getitem__(self, index: int) -> slice:
        passed = index * (self.room - self.overlap)
        if self.from_end:
            stop = self.length - passed
            return slice(max(0, stop - self.room), stop)
        return slice(passed, min(passed + self.room, self.length))


class LongText:
    """A text that does not fit into one window. Sequences are made when they are asked for, so that it stays small."""

    def __init__(self, ids: list[int], cut: Cut, frame: Frame):
        # Four bytes a wordpiece, where a list has some forty.
        self._ids = array("i", ids)
        self._frame = frame
        self.cut = cut

    def first(self) -> Sequence[Sequence[int]]:
        """The sequences of the first window."""
        return self._frame(self._ids[self.cut[0]].tolist())

    @property
    def other_wordpieces(self) -> int:
        """How many wordpieces the sequences of all further windows have."""
        cut, windows = self.cut, len(self.cut) - 1
        # All but the first room of the text, and once more what each window shares with the one before.
        of_text = cut.length - cut.room + windows * cut.overlap
        return sum(of_text + windows * (len(sequence) - cut.room) for sequence in self.first())

    def others(self) -> Iterator[Sequence[int]]:
        """The sequences of all further windows, one window after the other."""
        for window in range(1, len(self.cut)):
            yield from self._frame(self._ids[self.cut[window]].tolist())


def long_text(
    encoder: TextEncoder, ids: list[list[int]], reading: Reading, hypotheses: Hypotheses | None = None
) -> LongText | None:
    """A text in windows; None if one is enough, or if it is not to be read in windows.

    A second text, or the longest hypothesis, is whole in each of them.

    Parameters
    ----------
    ids
        Wordpieces of the text, and of the second text of a pair.

    Raises
    ------
    ParamError
        ``max_length`` leaves no room for a text, or no more than the windows overlap.
    InputError
        A second text leaves no such room.
    ValueError
        An id is beyond the model's embeddings.
    """
    windows, length = reading.windows, reading.max_length
    if windows is None:
        return None
    first, *others = ids
    if hypotheses is not None:
        seconds = hypotheses.seconds
        room = encoder.pair_frame.room(max(second.length for second in seconds), length)
    elif others:
        seconds = (encoder.second(others[0]),)
        try:
            room = encoder.pair_frame.room(seconds[0].length, length)
            windows.overlap(room, length)
        except ParamError as e:
            raise InputError(str(e)) from e
    else:
        seconds, room = (), encoder.room(length)
    if len(first) <= room:
        return None
    encoder.check_ids(first)

    def frame(part: list[int]) -> Sequence[Sequence[int]]:
        return encoder.join(part, seconds) if seconds else [encoder.frame(part, reading.tokenization)]

    cut = Cut(len(first), room, windows.overlap(room, length), encoder.cuts_left(reading.tokenization))
    return LongText(first, cut, frame)
