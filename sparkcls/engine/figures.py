"""What an engine has done, in numbers that add up."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass
class Figures:
    """Counts over some rows. All start at zero.

    Parameters
    ----------
    rows
        Rows given, whether or not they hold a text.
    sentences
        Sentences that stand in these rows, blank ones left out.
    scored
        Sequences that went through the model: sentences without duplicates, and without those that have no wordpiece.
        Of a long text each window is one, and of a zero-shot classifier each pair that is like no other of its window.
    rescored
        Of these, how many went through it again in float32 (precision ``mixed``).
    wordpieces
        Wordpieces of the scored sequences, ``[CLS]`` and ``[SEP]`` counted.
    padding
        Positions of attention beyond them, on a GPU. On a CPU sequences are not padded.
    truncated, windowed, empty, failed
        Sentences that were cut, and that were read in several windows; rows without a result; sentences that could not
        be processed.
    loads, load_seconds
        Models loaded, and the time that took.
    model_seconds
        Time in the model.
    """

    rows: int = 0
    sentences: int = 0
    scored: int = 0
    rescored: int = 0
    wordpieces: int = 0
    padding: int = 0
    truncated: int = 0
    windowed: int = 0
    empty: int = 0
    failed: int = 0
    loads: int = 0
    load_seconds: float = 0.0
    model_seconds: float = 0.0

    def take(self) -> Figures:
        """A copy; what it counted starts again at zero."""
        taken = Figures(**{f.name: getattr(self, f.name) for f in fields(self)})
        for f in fields(self):
            setattr(self, f.name, f.default)
        return taken
