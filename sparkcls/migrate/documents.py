"""Scripts and notebooks: their Python text, cell by cell, and the file with some of it edited."""

from __future__ import annotations

import ast
import io
import json
import re
import tokenize
import warnings
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate, product
from pathlib import Path
from typing import Any

from sparkcls.errors import SparkclsError

#: Cell magics whose other lines are Python.
_PYTHON_MAGICS = ("%%time", "%%timeit", "%%capture", "%%prun", "%%python", "%%python3", "%%pyspark", "%%spark")
#: What only IPython understands, to the end of its lines, after what it has in common with Python (``x = !ls``).
_MAGIC = re.compile(
    r"(?<!\\\n)(?<!\\\r\n)^([ \t]*(?:[\w.,\[\] \t]+=[ \t]*)?)([%!?](?:[^\r\n]*\\\r?\n)*[^\r\n]*|[\w.]+\?{1,2}[ \t]*$)",
    re.MULTILINE,
)
#: Lines as Python counts them.
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


class UnreadableError(SparkclsError, ValueError):
    """A file is neither a Python script nor a Python notebook that can be read."""


@dataclass(frozen=True)
class Edit:
    """A replacement of the text from one offset to another."""

    start: int
    end: int
    text: str


@dataclass
class Cell:
    """Python text: a whole script, or one cell of a notebook.

    Parameters
    ----------
    text
        As it stands in the file.
    number
        Of the cell in its notebook, all cells counted from 1; None in a script.
    """

    text: str
    number: int | None = None
    edits: list[Edit] = field(default_factory=list)
    #: Empty if the text is not Python.
    tree: ast.Module = field(init=False)
    #: What keeps the text from being read as Python, and its line.
    problem: tuple[str, int] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.lines = _LINE.findall(self.text)
        self.starts = [0, *accumulate(map(len, self.lines))]
        self.tree = ast.Module([], [])
        text = self.text
        if text.startswith("%%"):
            if text.split(None, 1)[0] not in _PYTHON_MAGICS:
                return
            text = "#" + text[1:]
        # Magics are hidden only from a text that is no Python: "%" may begin a line of an expression.
        for attempt in (text, _MAGIC.sub(_hide, text)):
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # invalid escapes
                    self.tree = ast.parse(attempt)
                self.problem = None
                return
            except (SyntaxError, ValueError) as e:
                self.problem = (f"not Python: {getattr(e, 'msg', e)}", getattr(e, "lineno", None) or 1)
            except (RecursionError, MemoryError):
                self.problem = ("nested too deeply to be read", 1)

    def offset(self, line: int, column: int) -> int:
        """The offset of a place as `ast` gives it: its column counts bytes of UTF-8."""
        return self.starts[line - 1] + len(self.lines[line - 1].encode()[:column].decode(errors="ignore"))

    def line(self, offset: int) -> int:
        """The line of an offset."""
        return bisect_right(self.starts, offset, hi=max(1, len(self.lines)))

    def edited(self) -> str:
        """The text with all edits made."""
        text = self.text
        for edit in sorted(self.edits, key=lambda e: e.start, reverse=True):
            text = text[: edit.start] + edit.text + text[edit.end :]
        return text


@dataclass
class Document:
    """A file and its cells."""

    path: Path
    text: str
    cells: list[Cell]
    encoding: str
    notebook: dict[str, Any] | None = None

    def edited(self) -> str:
        """The file's text with the edits of all cells made, in the layout that it has."""
        if not any(cell.edits for cell in self.cells):
            return self.text
        if self.notebook is None:
            return self.cells[0].edited()
        for cell in self.cells:
            raw = self.notebook["cells"][(cell.number or 1) - 1]
            source = cell.edited()
            raw["source"] = lines_of(source) if isinstance(raw["source"], list) else source
        return _dump(self.notebook, like=self.text)


def lines_of(text: str) -> list[str]:
    """Lines with their ends, as files and notebooks count them."""
    return list(io.StringIO(text, newline="\n"))


def read_document(path: Path) -> Document:
    """Read a script or a notebook.

    Raises
    ------
    UnreadableError
        It cannot be read, or is no notebook in Python.
    """
    try:
        content = path.read_bytes()
        encoding = "utf-8" if path.suffix == ".ipynb" else tokenize.detect_encoding(io.BytesIO(content).readline)[0]
        text = content.decode(encoding)
    except (OSError, SyntaxError, UnicodeError) as e:
        raise UnreadableError(f"cannot be read: {e}") from e
    if path.suffix != ".ipynb":
        return Document(path, text, [Cell(text)], encoding)
    try:
        notebook = json.loads(text or "{}")
    except (ValueError, RecursionError) as e:
        raise UnreadableError(f"no notebook: {e}") from e
    return Document(path, text, _cells(notebook), encoding, notebook)


def _cells(notebook: Any) -> list[Cell]:
    if notebook == {}:
        return []  # Jupyter makes notebooks as empty files
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise UnreadableError("no notebook of format 4 (convert an older one: jupyter nbconvert --to notebook)")
    metadata = notebook.get("metadata")
    info = metadata.get("language_info") if isinstance(metadata, dict) else None
    language = info.get("name", "python") if isinstance(info, dict) else "python"
    if language != "python":
        raise UnreadableError(f"a notebook in {language}; only Python moves to sparkcls")
    cells = []
    for number, cell in enumerate(notebook["cells"], 1):
        source = cell.get("source") if isinstance(cell, dict) else None
        lines = [source] if isinstance(source, str) else source
        if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
            raise UnreadableError(f"no notebook: cell {number} has no source")
        if cell.get("cell_type") == "code":
            cells.append(Cell("".join(lines), number))
    return cells


def _hide(match: re.Match[str]) -> str:
    return match[1] + "0" + re.sub(r"[^\r\n]", "#", match[2])[1:]


def _dump(notebook: Any, like: str) -> str:
    """The notebook as JSON, laid out like a text, which is some notebook's JSON."""
    newline = "\r\n" if "\r\n" in like else "\n"
    end = like[len(like.rstrip()) :]
    before = json.loads(like)
    for ascii_only, indent in product((False, True), (1, 2, 4, "\t", None)):
        if json.dumps(before, ensure_ascii=ascii_only, indent=indent).replace("\n", newline) + end == like:
            return json.dumps(notebook, ensure_ascii=ascii_only, indent=indent).replace("\n", newline) + end
    return json.dumps(notebook, indent=1, ensure_ascii=True) + "\n"
