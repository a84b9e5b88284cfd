"""Stop words: tokens that are dropped, and the English list that is the default.

Source of the list: `StopWordsRemover.loadDefaultStopWords("english")` of Apache Spark ML (Apache License 2.0), in
its order. It is kept here because only classic Spark has a JVM to ask.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from sparkcls.text.java import lower_case

_ENGLISH = """
    i me my myself we our ours ourselves you your yours yourself yourselves he him his himself she her hers herself
    it its itself they them their theirs themselves what which who whom this that these those am is are was were be
    been being have has had having do does did doing a an the and but if or because as until while of at by for
    with about against between into through during before after above below to from up down in out on off over
    under again further then once here there when where why how all any both each few more most other some such no
    nor not only own same so than too very s t can will just don should now i'll you'll he'll she'll we'll they'll
    i'd you'd he'd she'd we'd they'd i'm you're he's she's it's we're they're i've we've you've they've isn't
    aren't wasn't weren't haven't hasn't hadn't don't doesn't didn't won't wouldn't shan't shouldn't mustn't can't
    couldn't cannot could here's how's let's ought that's there's what's when's where's who's why's would
"""
ENGLISH: tuple[str, ...] = tuple(_ENGLISH.split())

_LOCALE = re.compile("(?:[a-z]{2,3}(?:_[A-Za-z0-9_#-]*)?)?")


def is_locale(name: str) -> bool:
    """Whether a name has the form of a Java locale's: language, country, variant with underscores between; or ""."""
    return _LOCALE.fullmatch(name) is not None


@dataclass(frozen=True)
class StopWords:
    """Params of the StopWordsCleaner; `locale` is a Java locale's name, ``tr`` and ``az`` have their own i."""

    words: tuple[str, ...] = ENGLISH
    case_sensitive: bool = False
    locale: str = "en"

    def __contains__(self, token: str) -> bool:
        return self._form(token) in self._forms

    def _form(self, word: str) -> str:
        return word if self.case_sensitive else lower_case(word, self.locale)

    @cached_property
    def _forms(self) -> frozenset[str]:
        return frozenset(map(self._form, self.words))
