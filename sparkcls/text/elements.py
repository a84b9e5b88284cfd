"""Elements of an XML document, by name: what the action ``extract`` of the DocumentNormalizer takes out.

The parsing is expat's. A document type declaration, which can include files and explode, is refused, as the
original refuses it.
"""

from __future__ import annotations

from xml.parsers import expat
from xml.sax.saxutils import escape

#: Deepest nesting that is read; the text of nested elements counts once for each of them.
MAX_DEPTH = 256
_QUOTE = {'"': "&quot;"}


class XmlError(ValueError):
    """A text that is no well-formed XML document, has a document type declaration, or is nested too deeply."""


def find_elements(document: str, names: tuple[str, ...]) -> tuple[str, str | None]:
    """The texts of all elements with these names, joined, and the first of these elements as XML.

    The first is None if there are none. An element inside another is in the text of both. Prefixes do not
    count; the name ``_`` is any.

    Raises
    ------
    XmlError
        The document is no XML.
    """
    finder = _Finder(frozenset(names))
    try:
        finder.parser.Parse(document, True)
    except (expat.ExpatError, UnicodeEncodeError) as e:
        raise XmlError(str(e)) from e
    return "".join(map("".join, finder.texts)), "".join(finder.written) if finder.texts else None


class _Finder:
    """Takes the events of the parser: texts of the elements, and the first of them written anew."""

    def __init__(self, names: frozenset[str]):
        self.names = names
        self.texts: list[list[str]] = []
        self.written: list[str] = []
        self.parser = expat.ParserCreate()
        self.parser.ordered_attributes = True
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.StartCdataSectionHandler = self._start_cdata
        self.parser.EndCdataSectionHandler = self._end_cdata
        self.parser.CommentHandler = lambda text: self._write(f"<!--{text}-->")
        self.parser.ProcessingInstructionHandler = self._instruction
        self.parser.StartDoctypeDeclHandler = self._refuse
        # Of every open element: where its text goes (None if it is not wanted), and its namespaces.
        self._open: list[tuple[list[str] | None, dict[str, str]]] = []
        self._writing_from = 0
        self._unfinished_tag = False
        self._cdata: list[str] | None = None

    def _start(self, tag: str, flat: list[str]) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise XmlError(f"nested over {MAX_DEPTH} levels")
        attributes = dict(zip(flat[::2], flat[1::2], strict=True))
        namespaces = {k: v for k, v in attributes.items() if k == "xmlns" or k.startswith("xmlns:")}
        wanted = "_" in self.names or tag.rpartition(":")[2] in self.names
        texts: list[str] | None = [] if wanted else None
        self._open.append((texts, namespaces))
        if texts is not None:
            if not self.texts:
                self._writing_from = len(self._open)
                for _, outer in reversed(self._open):
                    namespaces = namespaces | {k: v for k, v in outer.items() if k not in namespaces}
            self.texts.append(texts)
        plain = {k: v for k, v in attributes.items() if k != "xmlns" and not k.startswith("xmlns:")}
        shown = "".join(f' {k}="{escape(v, _QUOTE)}"' for k, v in (plain | namespaces).items())
        self._write(f"<{tag}{shown}")
        self._unfinished_tag = self._writing_from > 0

    def _end(self, tag: str) -> None:
        if self._unfinished_tag:
            self._unfinished_tag = False
            self._write("/>")
        else:
            self._write(f"</{tag}>")
        if len(self._open) == self._writing_from:
            self._writing_from = -1  # the first is complete
        self._open.pop()

    def _characters(self, text: str) -> None:
        for texts, _ in self._open:
            if texts is not None:
                texts.append(text)
        if self._cdata is not None:
            self._cdata.append(text)
        else:
            self._write(escape(text, _QUOTE))

    def _start_cdata(self) -> None:
        self._cdata = []

    def _end_cdata(self) -> None:
        text, self._cdata = "".join(self._cdata or []), None
        if text:
            self._write(f"<![CDATA[{text}]]>")

    def _instruction(self, target: str, text: str) -> None:
        self._write(f"<?{target} {text}?>" if text else f"<?{target}?>")

    def _refuse(self, *_: object) -> None:
        raise XmlError("it has a document type declaration")

    def _write(self, text: str) -> None:
        """Add to the first element while it is open."""
        if self._writing_from > 0:
            if self._unfinished_tag:
                self.written.append(">")
                self._unfinished_tag = False
            self.written.append(text)
