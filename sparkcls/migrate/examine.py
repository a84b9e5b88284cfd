"""All that is to be said about one document, and all edits of it."""

from __future__ import annotations

import re

from sparkcls.migrate.documents import Cell, Document
from sparkcls.migrate.findings import UNREADABLE, Finding, Say
from sparkcls.migrate.imports import rewrite_attributes, rewrite_imports
from sparkcls.migrate.lines import check_lines
from sparkcls.migrate.scope import Scope
from sparkcls.migrate.uses import Uses

#: What a file that has to do with Spark NLP holds somewhere.
_MENTION = re.compile(r"spark[-_]?nlp|johnsnowlabs|sparkcls|\bnlu\b", re.IGNORECASE)


def examine(document: Document) -> list[Finding]:
    """Edit the cells of a document; everything that is to be reported, in the order of the text."""
    findings: set[Finding] = set()
    if not _MENTION.search(document.text):
        return []

    def sayer(cell: Cell) -> Say:
        return lambda line, kind, text: findings.add(Finding(document.path, cell.number or 0, line, kind, text))

    scope = Scope.of(cell.tree for cell in document.cells)
    needed = set()
    for cell in document.cells:
        say = sayer(cell)
        if cell.problem:
            say(cell.problem[1], UNREADABLE, cell.problem[0])
        check_lines(cell, say)
        needed |= rewrite_attributes(cell, scope, say)
    for cell in document.cells:
        rewrite_imports(cell, needed, sayer(cell))
        try:
            Uses(scope, sayer(cell)).visit(cell.tree)
        except RecursionError:
            sayer(cell)(1, UNREADABLE, "nested too deeply to be looked through")
    return sorted(findings)
