"""The rules of the DocumentNormalizer: what patterns match is replaced, or elements of XML are taken out.

Learnt by experiment from Spark NLP 5.5.3. Its patterns are one regex, joined with ``|``. Names of elements are
joined with it too there, so that two names find nothing; here they find the elements of both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import regex

from sparkcls.text.elements import XmlError, find_elements
from sparkcls.text.java import TRIMMED, lower_case
from sparkcls.text.javaregex.patterns import JavaRegexError, compile_java, java_replacement, java_sub, split_spans
from sparkcls.text.lookaround import check_lookaround, look_around

CLEAN, EXTRACT, LOOKAROUND = "clean", "extract", "lookaround"
POLICIES = ("all", "pretty_all", "first", "pretty_first")
#: Encodings by their name in Java, and what bytes of the text are read as; None changes nothing.
ENCODINGS: dict[str, str | None] = {"UTF-8": None, "disable": None, "ISO-8859-1": "latin-1", "US-ASCII": "ascii"}

_BLANKS = compile_java(r"\s+")
_REFERENCE = re.compile(r"\\.|\$(?P<number>[0-9])|\$\{(?P<name>\w+)\}", re.DOTALL)


@dataclass(frozen=True)
class DocumentRules:
    """Params of the DocumentNormalizer.

    Parameters
    ----------
    action
        ``clean``: matches are replaced. ``extract``: elements are taken out of XML. ``lookaround``: one group of a
        match is replaced, see `look_around`; the policy's ``first`` then changes nothing.
    patterns
        Java regexes, or names of elements.
    replacement
        What a match becomes, with ``$1`` and ``${name}`` for its groups.
    lowercase
        Whether the result becomes lower-case.
    policy
        ``all`` or ``first``: which matches are replaced, or whether the text of all elements or the first element
        as XML is taken. ``pretty_``: runs of white space become one space, and none is left at the end.
    encoding
        The UTF-8 bytes of the result are read as this; a key of `ENCODINGS`.
    """

    action: str = CLEAN
    patterns: tuple[str, ...] = ("<[^>]*>",)
    replacement: str = " "
    lowercase: bool = False
    policy: str = "pretty_all"
    encoding: str = "UTF-8"

    def check(self) -> None:
        """Raise JavaRegexError if the patterns make no regex together, or the replacement has groups they lack."""
        if self.action == LOOKAROUND:
            check_lookaround(self.patterns)
        if self.action != CLEAN:
            return
        java_replacement(self.replacement)
        for reference in _REFERENCE.finditer(self.replacement):
            number, name = reference["number"], reference["name"]
            if (number and int(number) > self._pattern.groups) or (name and name not in self._pattern.groupindex):
                raise JavaRegexError(
                    f"the replacement {self.replacement!r} refers to a group {number or name} that the patterns "
                    f"{list(self.patterns)} do not have"
                )

    def normalize(self, text: str) -> str | None:
        """The text after the action; None if there is nothing to extract from: it is no XML, or has no such element."""
        if self.action == LOOKAROUND:
            done: str | None = look_around(text, self._pattern, self.replacement)
        else:
            done = self._extract(text) if self.action == EXTRACT else self._clean(text)
        if done is None:
            return None
        if self.policy.startswith("pretty"):
            done = " ".join(done[start:end].strip(TRIMMED) for start, end in split_spans(done, _BLANKS))
        if self.lowercase:
            done = lower_case(done)
        codec = ENCODINGS[self.encoding]
        return done.encode("utf-8", "replace").decode(codec, "replace") if codec else done

    @property
    def _only_first(self) -> bool:
        return self.policy.endswith("first")

    def _clean(self, text: str) -> str:
        replace = java_replacement(self.replacement)
        return self._pattern.sub(replace, text, count=1) if self._only_first else java_sub(self._pattern, replace, text)

    def _extract(self, text: str) -> str | None:
        try:
            texts, first = find_elements(text, self.patterns)
        except XmlError:
            return None
        return first if self._only_first else texts

    @cached_property
    def _pattern(self) -> regex.Pattern[str]:
        return compile_java("|".join(self.patterns))
