"""DocumentNormalizer: documents lose tags, or whatever patterns match."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sparkcls.annotation import DOCUMENT, Annotation
from sparkcls.errors import ParamError
from sparkcls.spark.columns import ColumnMetadata, Row, RowFunction
from sparkcls.stages.annotating import RowStage
from sparkcls.stages.params import Converter, boolean, java_patterns, one_of, param, text
from sparkcls.text.documents import CLEAN, ENCODINGS, EXTRACT, LOOKAROUND, POLICIES, DocumentRules
from sparkcls.text.java import utf16_length
from sparkcls.text.javaregex.patterns import JavaRegexError, java_replacement


def _patterns(name: str) -> Converter:
    listed = java_patterns(name)

    def convert(value: Any) -> list[str]:
        patterns: list[str] = listed(value)
        if not patterns:
            raise ParamError(f"{name} must have at least one pattern; leave the stage out to change nothing")
        return patterns

    return convert


def _replacement(name: str) -> Converter:
    single = text(name, empty=True)

    def convert(value: Any) -> str:
        try:
            java_replacement(single(value))
        except JavaRegexError as e:
            raise ParamError(f"{name}: {e}") from e
        return value

    return convert


def _encoding(name: str) -> Converter:
    single = one_of(name, *map(str.lower, ENCODINGS))
    names = {encoding.lower(): encoding for encoding in ENCODINGS}
    return lambda value: names[single(value)]


@dataclass(frozen=True)
class NormalizingDocuments:
    """The row function of a DocumentNormalizer."""

    rules: DocumentRules

    def __call__(self) -> RowFunction:
        """Return the row function; there is nothing to load."""
        return self.annotate

    def annotate(self, rows: Sequence[Row]) -> list[list[Annotation]]:
        """Documents of every row, one for each that comes in."""
        return [[self._document(document) for document in documents] for (documents,) in rows]

    def _document(self, document: Annotation) -> Annotation:
        result = self.rules.normalize(document.result or "")
        if result is None:
            return Annotation(DOCUMENT, 0, -1, "")
        return Annotation(DOCUMENT, document.begin, utf16_length(result) - 1, result, dict(document.metadata))


class DocumentNormalizer(RowStage):
    """Remove tags from documents, replace what patterns match, or take elements out of XML.

    Parameters
    ----------
    inputCols
        One document column. Default ``document``.
    outputCol
        Default ``normalizedDocument``.
    action
        ``clean`` (default): what the patterns match is replaced. ``extract``: the documents are XML and the
        patterns names of elements; what is not XML becomes an empty document. ``lookaround``: there is one pattern,
        with ``(?=`` or ``(?<=`` in it, and what its first group holds is replaced; the text is searched in parts, cut
        at ``;``, ``!`` and ``?``, in which every occurrence of that is replaced. A full stop at the end goes.
    patterns
        Java regexes, joined to one with ``|``. Default ``<[^>]*>``: tags.
    replacement
        What a match becomes, with ``$1`` or ``${name}`` for a group (as it is, for ``lookaround``). Default one
        space.
    lowercase
        Whether the result becomes lower-case. Default False.
    policy
        ``pretty_all`` (default): all matches are replaced, or the text of all elements taken; then runs of white
        space become one space, and those at the end none. ``pretty_first``: only the first match, or the first
        element, as XML. ``all`` and ``first``: white space stays.
    encoding
        ``UTF-8`` (default) or ``disable`` change nothing. With ``ISO-8859-1`` or ``US-ASCII`` the UTF-8 bytes of
        the result are read as such, which garbles all that is not ASCII; Spark NLP does that.

    Notes
    -----
    A result keeps the begin of its document, and its end is the index of the last character of the result *itself*:
    right for documents, and for sentences Spark NLP's own figure, which may be before the begin.

    Examples
    --------
    >>> DocumentNormalizer().setInputCols(["document"]).setLowercase(True).getPolicy()
    'pretty_all'
    """

    action = param("action", "clean, extract or lookaround", lambda name: one_of(name, CLEAN, EXTRACT, LOOKAROUND))
    patterns = param("patterns", "Java regexes, or names of elements", _patterns)
    replacement = param("replacement", "what a match becomes", _replacement)
    lowercase = param("lowercase", "whether documents become lower-case", boolean)
    policy = param("policy", "all or first, with pretty_ before it or not", lambda name: one_of(name, *POLICIES))
    encoding = param("encoding", "what the bytes of the result are read as", _encoding)

    inputAnnotatorTypes = (DOCUMENT,)
    outputAnnotatorType = DOCUMENT
    readsWholeMetadata = True

    def __init__(
        self,
        *,
        inputCols: list[str] | None = None,
        outputCol: str | None = None,
        action: str | None = None,
        patterns: list[str] | None = None,
        replacement: str | None = None,
        lowercase: bool | None = None,
        policy: str | None = None,
        encoding: str | None = None,
        lazyAnnotator: bool | None = None,
    ):
        super().__init__()
        rules = DocumentRules()
        self._setDefault(
            inputCols=["document"],
            outputCol="normalizedDocument",
            action=rules.action,
            patterns=list(rules.patterns),
            replacement=rules.replacement,
            lowercase=rules.lowercase,
            policy=rules.policy,
            encoding=rules.encoding,
        )
        self._update(
            inputCols=inputCols,
            outputCol=outputCol,
            action=action,
            patterns=patterns,
            replacement=replacement,
            lowercase=lowercase,
            policy=policy,
            encoding=encoding,
            lazyAnnotator=lazyAnnotator,
        )

    def setAction(self, value: str) -> DocumentNormalizer:
        """``clean``: replace what matches; ``extract``: take XML elements; ``lookaround``: replace the first group."""
        return self._update(action=value)

    def getAction(self) -> str:
        """``clean``, ``extract`` or ``lookaround``."""
        return self._get("action")

    def setPatterns(self, value: list[str]) -> DocumentNormalizer:
        """Java regexes, joined to one, or names of elements; tags by default."""
        return self._update(patterns=value)

    def getPatterns(self) -> list[str]:
        """Java regexes, or names of elements."""
        return self._get("patterns")

    def setReplacement(self, value: str) -> DocumentNormalizer:
        """What a match becomes, default one space; ``$1`` is its first group, and a backslash makes ``$`` literal."""
        return self._update(replacement=value)

    def getReplacement(self) -> str:
        """What a match becomes."""
        return self._get("replacement")

    def setLowercase(self, value: bool) -> DocumentNormalizer:
        """Whether documents become lower-case, default False."""
        return self._update(lowercase=value)

    def getLowercase(self) -> bool:
        """Whether documents become lower-case."""
        return self._get("lowercase")

    def setPolicy(self, value: str) -> DocumentNormalizer:
        """``all`` or ``first`` match or element; ``pretty_all`` and ``pretty_first`` shrink white space too."""
        return self._update(policy=value)

    def getPolicy(self) -> str:
        """The policy."""
        return self._get("policy")

    def setEncoding(self, value: str) -> DocumentNormalizer:
        """``UTF-8``, ``disable`` (the same), or ``ISO-8859-1`` and ``US-ASCII``, which garble the result."""
        return self._update(encoding=value)

    def getEncoding(self) -> str:
        """The encoding."""
        return self._get("encoding")

    def row_function(self, metadata: ColumnMetadata) -> Callable[[], RowFunction]:
        rules = DocumentRules(
            self.getAction(),
            tuple(self.getPatterns()),
            self.getReplacement(),
            self.getLowercase(),
            self.getPolicy(),
            self.getEncoding(),
        )
        try:
            rules.check()
        except JavaRegexError as e:
            raise ParamError(f"{self.uid}: {e}") from e
        return NormalizingDocuments(rules)
