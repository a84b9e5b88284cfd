"""The Params of classifiers that say what becomes of a text that is too long for the model."""

from __future__ import annotations

from typing import Any

from sparkcls.engine.contract import FIRST, LONG_TEXTS, MEAN, POOLINGS, TRUNCATE, Windows
from sparkcls.stages.params import CheckedParams, one_of, param, whole_number

#: Special wordpieces that every family puts around a text at least.
_LEAST_SPECIAL = 2


class LongTextParams(CheckedParams):
    """Whether long texts are cut or read in windows, how these overlap, and how their scores become one."""

    longText = param("longText", "truncate or windows", lambda n: one_of(n, *LONG_TEXTS))
    windowStride = param("windowStride", "wordpieces that two windows share", lambda n: whole_number(n, 0))
    windowPooling = param("windowPooling", "mean, max or first", lambda n: one_of(n, *POOLINGS))

    def _set_long_text_defaults(self) -> None:
        self._setDefault(longText=TRUNCATE, windowPooling=MEAN)

    def setLongText(self, value: str) -> Any:
        """``truncate``: what exceeds `maxSentenceLength` is left out; ``windows``: long texts are read in windows.

        The windows of a text overlap, and their scores are pooled. The second text of a pair, or a zero-shot label, is
        whole in each of them.
        """
        return self._update(longText=value)

    def getLongText(self) -> str:
        """``truncate`` or ``windows``."""
        found: str = self._get("longText")
        return found

    def setWindowStride(self, value: int) -> Any:
        """Wordpieces that a window shares with the one before; unset, a quarter of `maxSentenceLength`.

        This is the ``stride`` of `transformers`' tokenizers. It must be less than the wordpieces of the text in a
        window; where the second text of a pair, or a zero-shot label, leaves room for no more, that is an error.
        """
        return self._update(windowStride=value)

    def getWindowStride(self) -> int:
        """How many wordpieces a window shares with the one before; unset a quarter of `maxSentenceLength`."""
        found: int | None = self._get("windowStride")
        return int(self._get("maxSentenceLength")) // 4 if found is None else found

    def setWindowPooling(self, value: str) -> Any:
        """How scores of windows become those of their text: ``mean``, ``max`` or ``first``.

        ``mean``: the average of each label's probabilities. ``max``: each label's largest probability; with softmax
        divided by their sum. ``first``: only the first window is read, and what follows it is counted as truncated.
        With activation ``none`` raw scores are pooled so.
        """
        return self._update(windowPooling=value)

    def getWindowPooling(self) -> str:
        """``mean``, ``max`` or ``first``."""
        found: str = self._get("windowPooling")
        return found

    def _windows(self) -> Windows | None:
        """How long texts are read; None: cut.

        Raises
        ------
        ParamError
            Windows would not advance.
        """
        if self.getLongText() == TRUNCATE:
            return None
        windows = Windows(self._get("windowStride"), self.getWindowPooling() == FIRST)
        length: int = self._get("maxSentenceLength")
        # Here for all families; where a tokenizer puts more, or there is a second text, when that is known.
        windows.overlap(length - _LEAST_SPECIAL, length)
        return windows
