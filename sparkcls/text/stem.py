"""The Porter stemmer with the deviations of Spark NLP's `Stemmer`.

Source: M. F. Porter, "An algorithm for suffix stripping", Program 14 (1980). 141,000 words through the
original showed where it deviates, which is why no stemming library gives the same:

- A suffix whose condition fails gives way to a shorter one (``statement`` loses ``ent``), and there is no
  rule for ``eed`` (``agreed`` loses ``ed``).
- In the condition ``*o`` (consonant, vowel, consonant) the vowel is none of ``y``, and the last consonant
  may be ``w``, ``x`` or ``y`` (``flowing`` becomes ``flowe``).
- Words of one and two letters are stemmed too (``is`` becomes ``i``, and ``s`` nothing at all).
- Words may hold any characters: UTF-16 units that are no vowels are consonants.
"""

from __future__ import annotations

from collections.abc import Callable

from sparkcls.text.remember import remembered

Condition = Callable[[str], bool]
#: A suffix, what it becomes, and the condition on what stands before it.
Rule = tuple[str, str, Condition]


def _shape(stem: str) -> str:
    """``v`` for every vowel of the stem, ``c`` for every consonant; ``y`` is a vowel after a consonant."""
    shape = ""
    for c in stem:
        shape += "v" if c in "aeiou" or (c == "y" and shape.endswith("c")) else "cc" if c > "\uffff" else "c"
    return shape


def _over(measure: int) -> Condition:
    """Whether a stem changes from vowel to consonant more than `measure` times: Porter's ``m > measure``."""
    return lambda stem: _shape(stem).count("vc") > measure


def _has_vowel(stem: str) -> bool:
    return "v" in _shape(stem)


def _is_short(stem: str) -> bool:
    """Porter's ``*o``, as in ``hop``."""
    return _shape(stem).endswith("cvc") and stem[-2] != "y"


def _after_s_or_t(stem: str) -> bool:
    return stem.endswith(("s", "t")) and _over(1)(stem)


def _always(stem: str) -> bool:
    return True


def _rules(pairs: str, condition: Condition) -> list[Rule]:
    """Rules ``old:new``, the longest suffix first."""
    found = [pair.partition(":") for pair in pairs.split()]
    return sorted(((old, new, condition) for old, _, new in found), key=lambda rule: -len(rule[0]))


_PLURAL = _rules("sses:ss ies:i ss:ss s:", _always)
_PAST = _rules("ing: ed:", _has_vowel)
_FINAL_Y = _rules("y:i", _has_vowel)
_DOUBLE_SUFFIX = _rules(
    "ational:ate tional:tion enci:ence anci:ance izer:ize abli:able alli:al entli:ent eli:e ousli:ous ization:ize "
    "ation:ate ator:ate alism:al iveness:ive fulness:ful ousness:ous aliti:al iviti:ive biliti:ble",
    _over(0),
)
_SUFFIX = _rules("icate:ic ative: alize:al iciti:ic ical:ic ful: ness:", _over(0))
_LAST_SUFFIX = [
    *_rules("al: ance: ence: er: ic: able: ible: ant: ement: ment: ent: ou: ism: ate: iti: ous: ive: ize:", _over(1)),
    *_rules("ion:", _after_s_or_t),
]


def _apply(rules: list[Rule], word: str) -> str:
    """The word after the first rule whose suffix it has and whose condition the rest meets."""
    for suffix, new, condition in rules:
        if word.endswith(suffix) and condition(word[: len(word) - len(suffix)]):
            return word[: len(word) - len(suffix)] + new
    return word


def _mend(word: str) -> str:
    """A word that has lost ``ed`` or ``ing``: ``conflat`` gets its ``e``, ``hopp`` loses a ``p``."""
    if word.endswith(("at", "bl", "iz")):
        return word + "e"
    last = word[-1:]
    if last == word[-2:-1] and last not in "lsz" and last <= "\uffff" and _shape(word).endswith("c"):
        return word[:-1]
    return word + "e" if _shape(word).count("vc") == 1 and _is_short(word) else word


def stem(word: str) -> str:
    """The stem of a word, in lower case. It may be empty: that of ``s`` is."""
    return _stems(word)


def _stem(word: str) -> str:
    word = _apply(_PLURAL, word.lower())
    shorter = _apply(_PAST, word)
    word = shorter if shorter == word else _mend(shorter)
    for rules in (_FINAL_Y, _DOUBLE_SUFFIX, _SUFFIX, _LAST_SUFFIX):
        word = _apply(rules, word)
    before = word[:-1]
    if word.endswith("e") and (_over(1)(before) or (_over(0)(before) and not _is_short(before))):
        word = before
    return word[:-1] if word.endswith("ll") and _over(1)(word[:-1]) else word


_stems = remembered(_stem)
