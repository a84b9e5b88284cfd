"""The Params of the Tokenizer, with their setters and getters."""

from __future__ import annotations

import os
from typing import Any

from sparkcls.errors import ParamError
from sparkcls.stages.files import read_lines
from sparkcls.stages.params import (
    CheckedParams,
    Converter,
    boolean,
    java_pattern,
    java_patterns,
    param,
    text,
    texts,
    whole_number,
)
from sparkcls.text.javaregex.patterns import JavaRegexError
from sparkcls.text.tokens import CONTEXT_CHARS, TARGET, TokenRules


def _starts(name: str) -> Converter:
    return _bounded(name, lambda pattern: pattern.startswith(r"\A"), r"begin with \A")


def _ends(name: str) -> Converter:
    return _bounded(name, lambda pattern: pattern.endswith(r"\z"), r"end with \z")


def _infixes(name: str) -> Converter:
    return _bounded(name, lambda pattern: "(" in pattern and ")" in pattern, "have a group; every group is a token")


def _bounded(name: str, holds: Any, what: str) -> Converter:
    checked = java_patterns(name)

    def convert(value: Any) -> Any:
        patterns = checked(value)
        wrong = [pattern for pattern in patterns if not holds(pattern)]
        if wrong:
            raise ParamError(f"{name} must {what}; got {wrong[0]!r}")
        return patterns[0] if isinstance(value, str) else patterns

    return convert


def _target(name: str) -> Converter:
    checked = text(name)

    def convert(value: Any) -> str:
        try:
            TokenRules(target=checked(value)).check()
        except JavaRegexError as e:
            raise ParamError(f"{name} is read as the inside of a class of characters: {e}") from e
        return value

    return convert


def _split_chars(name: str) -> Converter:
    checked = java_patterns(name)

    def convert(value: Any) -> list[str]:
        chars = checked(value)
        for c in chars:
            if not (len(c) == 1 or (len(c) == 2 and c[0] == "\\")):
                raise ParamError(f"{name} takes single characters, or a backslash and a character; got {c!r}")
        return chars

    return convert


class TokenizerParams(CheckedParams):
    """What is a token."""

    targetPattern = param("targetPattern", "characters of tokens", _target)
    prefixPattern = param("prefixPattern", "what is cut off in front, if set", _starts)
    suffixPattern = param("suffixPattern", "what is cut off behind, if set", _ends)
    infixPatterns = param("infixPatterns", "how the middle is cut, if set", _infixes)
    rules = param(
        "rules", "whole patterns of an imported tokenizer, in place of prefix, infixes and suffix", java_patterns
    )
    contextChars = param("contextChars", "characters of the default prefix and suffix", texts)
    exceptions = param("exceptions", "patterns that are not cut up", java_patterns)
    exceptionsPath = param("exceptionsPath", "file with one exception a line", text)
    exceptionsOfFile = param(
        "exceptionsOfFile", "lines of that file, so that a saved stage needs it no more", java_patterns
    )
    caseSensitiveExceptions = param("caseSensitiveExceptions", "whether case counts in exceptions", boolean)
    splitPattern = param("splitPattern", "what tokens are split at, if set", java_pattern)
    splitChars = param("splitChars", "characters that tokens are split at, if set", _split_chars)
    minLength = param("minLength", "shortest token that is kept", lambda n: whole_number(n, 0))
    maxLength = param("maxLength", "longest token that is kept", lambda n: whole_number(n, 0))

    def _set_tokenizer_defaults(self) -> None:
        rules = TokenRules()
        self._setDefault(
            targetPattern=TARGET,
            contextChars=list(CONTEXT_CHARS),
            caseSensitiveExceptions=True,
            minLength=rules.min_length,
            maxLength=rules.max_length,
        )

    def setTargetPattern(self, value: str) -> Any:
        r"""Characters that tokens are made of, default ``\S+``; read as the inside of a class, as Spark NLP does."""
        return self._update(targetPattern=value)

    def getTargetPattern(self) -> str:
        """Characters that tokens are made of."""
        return self._get("targetPattern")

    def setPrefixPattern(self, value: str) -> Any:
        r"""What is cut off in front; begins with ``\A``, and its groups are tokens. Default: context characters."""
        return self._update(prefixPattern=value)

    def getPrefixPattern(self) -> str | None:
        """What is cut off in front, None if unset."""
        return self._get("prefixPattern")

    def setSuffixPattern(self, value: str) -> Any:
        r"""What is cut off behind; ends with ``\z``, and its groups are tokens. Default: context characters."""
        return self._update(suffixPattern=value)

    def getSuffixPattern(self) -> str | None:
        """What is cut off behind, None if unset."""
        return self._get("suffixPattern")

    def setInfixPatterns(self, value: list[str]) -> Any:
        """How the middle is cut: the first pattern that matches is taken, its groups are tokens."""
        return self._update(infixPatterns=value)

    def addInfixPattern(self, value: str) -> Any:
        """One more infix pattern, tried before the others."""
        return self._update(infixPatterns=[value, *(self._get("infixPatterns") or [])])

    def getInfixPatterns(self) -> list[str] | None:
        """How the middle is cut, None if unset."""
        return self._get("infixPatterns")

    def setContextChars(self, value: list[str]) -> Any:
        """Characters that are cut off at both ends of words. Default: twelve marks of punctuation."""
        return self._update(contextChars=value)

    def addContextChars(self, value: str) -> Any:
        """One more context character."""
        return self._update(contextChars=[*self._get("contextChars"), value])

    def getContextChars(self) -> list[str]:
        """Characters that are cut off at both ends of words."""
        return self._get("contextChars")

    def setExceptions(self, value: list[str]) -> Any:
        """Patterns of what stays in one token, blanks included."""
        return self._update(exceptions=value)

    def addException(self, value: str) -> Any:
        """One more exception."""
        return self._update(exceptions=[*(self._get("exceptions") or []), value])

    def getExceptions(self) -> list[str] | None:
        """Patterns of what stays in one token, None if unset."""
        return self._get("exceptions")

    def setExceptionsPath(self, path: str | os.PathLike[str], read_as: str = "TEXT", options: Any = None) -> Any:
        """A UTF-8 file with one exception a line, read now. Not used if exceptions are set too, as in Spark NLP.

        `read_as` and `options` are accepted for Spark NLP's callers.

        Raises
        ------
        ParamFileError
            The file cannot be read.
        """
        lines = read_lines("exceptionsPath", path)
        return self._update(exceptionsPath=os.fspath(path), exceptionsOfFile=lines)

    def getExceptionsPath(self) -> str | None:
        """The file with exceptions, None if unset."""
        return self._get("exceptionsPath")

    def setCaseSensitiveExceptions(self, value: bool) -> Any:
        """Whether case counts in exceptions. Default True."""
        return self._update(caseSensitiveExceptions=value)

    def getCaseSensitiveExceptions(self) -> bool:
        """Whether case counts in exceptions."""
        return self._get("caseSensitiveExceptions")

    def setSplitPattern(self, value: str) -> Any:
        """A pattern at which tokens are split in the end; it wins over `setSplitChars`."""
        return self._update(splitPattern=value)

    def getSplitPattern(self) -> str | None:
        """A pattern at which tokens are split, None if unset."""
        return self._get("splitPattern")

    def setSplitChars(self, value: list[str]) -> Any:
        r"""Characters at which tokens are split in the end; one with a meaning in patterns has a ``\`` before it."""
        return self._update(splitChars=value)

    def addSplitChars(self, value: str) -> Any:
        """One more character at which tokens are split."""
        return self._update(splitChars=[*(self._get("splitChars") or []), value])

    def getSplitChars(self) -> list[str] | None:
        """Characters at which tokens are split, None if unset."""
        return self._get("splitChars")

    def setMinLength(self, value: int) -> Any:
        """Length of the shortest token that is kept, default 0."""
        return self._update(minLength=value)

    def getMinLength(self) -> int:
        """Length of the shortest token that is kept."""
        return self._get("minLength")

    def setMaxLength(self, value: int) -> Any:
        """Length of the longest token that is kept, default 99999."""
        return self._update(maxLength=value)

    def getMaxLength(self) -> int:
        """Length of the longest token that is kept."""
        return self._get("maxLength")

    def _rules(self) -> TokenRules:
        """What the Params say, checked together.

        Raises
        ------
        ParamError
            They contradict each other, or the patterns make none together.
        """

        def several(name: str) -> tuple[str, ...]:
            return tuple(self._get(name) or ())

        rules = TokenRules(
            target=self._get("targetPattern"),
            prefix=self._get("prefixPattern"),
            suffix=self._get("suffixPattern"),
            infixes=several("infixPatterns"),
            rules=several("rules"),
            context_chars=several("contextChars"),
            exceptions=several("exceptions") or several("exceptionsOfFile"),
            case_sensitive_exceptions=self._get("caseSensitiveExceptions"),
            split_pattern=self._get("splitPattern"),
            split_chars=several("splitChars"),
            min_length=self._get("minLength"),
            max_length=self._get("maxLength"),
        )
        if rules.min_length > rules.max_length:
            raise ParamError(
                f"{self.uid}: minLength {rules.min_length} is over maxLength {rules.max_length}; no token could be kept"
            )
        try:
            rules.check()
        except JavaRegexError as e:
            raise ParamError(f"{self.uid}: {e}") from e
        return rules
