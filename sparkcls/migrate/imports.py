"""Imports of `sparknlp` and `nlu`, rewritten in place."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from sparkcls.migrate.documents import Cell, Edit
from sparkcls.migrate.findings import UNSUPPORTED, Say
from sparkcls.migrate.names import ANNOTATORS, COUNTERPARTS, TOP, exports, is_here, known_module, missing, translated
from sparkcls.migrate.scope import ROOTS, Module, Scope

#: Import roots of the same makers that have no counterpart at all.
_OTHERS = ("sparknlp_jsl", "sparkocr", "johnsnowlabs")


def rewrite_attributes(cell: Cell, scope: Scope, say: Say) -> set[str]:
    """Edit ``sparknlp.Name`` to ``sparknlp.base.Name``; the modules of sparkcls that such attributes need loaded."""
    needed = set()
    for node in ast.walk(cell.tree):
        if not isinstance(node, ast.Attribute) or scope.meaning(node.value) != Module("sparknlp") or node.attr in TOP:
            continue
        if f"sparknlp.{node.attr}" in COUNTERPARTS:
            needed.add(COUNTERPARTS[f"sparknlp.{node.attr}"])
        elif node.attr == ANNOTATORS or node.attr in exports("sparknlp"):
            replacement = "annotator" if node.attr == ANNOTATORS else f"base.{node.attr}"
            needed.add(f"sparkcls.{replacement.partition('.')[0]}")
            end = cell.offset(node.end_lineno or 1, node.end_col_offset or 0)
            start = end - len(node.attr)
            if cell.text[start:end] == node.attr:
                cell.edits.append(Edit(start, end, replacement))
            else:  # inside an f-string, whose places Python tells from 3.12 on
                say(node.lineno, UNSUPPORTED, f"sparknlp.{node.attr}: write sparknlp.{replacement}")
    return needed


def rewrite_imports(cell: Cell, needed: Iterable[str], say: Say) -> None:
    """Edit the cell's imports, and report the names that have no counterpart; those are left as they are.

    Parameters
    ----------
    needed
        Modules of sparkcls that every ``import sparknlp`` must load too.
    """
    for node in ast.walk(cell.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                _import(cell, node, alias, needed, say)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            _import_from(cell, node, node.module, say)


def _import(cell: Cell, node: ast.Import, alias: ast.alias, needed: Iterable[str], say: Say) -> None:
    root = alias.name.partition(".")[0]
    known = known_module(alias.name) if root in ROOTS else None
    if known is None:
        if root in ROOTS or root in _OTHERS:
            say(alias.lineno, UNSUPPORTED, missing(alias.name))
        return
    target = COUNTERPARTS[known]
    if known == "nlu" and len(node.names) == 1:
        name = f" as {alias.asname}" if alias.asname else ""
        cell.edits.append(_whole(cell, node, f"from sparkcls import nlu{name}"))
        return
    if known == "nlu" or (alias.asname and known != "sparknlp"):
        modules = [f"{target} as {alias.asname or alias.name}"]
    else:  # the whole package, in which a module is there if anyone has imported it
        modules = [f"sparkcls as {alias.asname or 'sparknlp'}", *sorted({target, *needed} - {"sparkcls"})]
    cell.edits.append(_whole(cell, alias, ", ".join(modules)))


def _import_from(cell: Cell, node: ast.ImportFrom, module: str, say: Say) -> None:
    root = module.partition(".")[0]
    if root in _OTHERS:
        say(node.lineno, UNSUPPORTED, missing(module))
    if root == "sparkcls":  # moved before
        for alias in node.names:
            if alias.name != "*" and not is_here(translated(module), alias.name):
                say(alias.lineno, UNSUPPORTED, missing(f"{translated(module)}.{alias.name}"))
    if root not in ROOTS:
        return
    known = known_module(module)
    homes: dict[str, list[str]] = {}
    renamed = False
    for alias in node.names:
        name = "annotator" if f"{module}.{alias.name}" == f"sparknlp.{ANNOTATORS}" else alias.name
        home = _home(module, name)
        if home is None:
            say(alias.lineno, UNSUPPORTED, missing(f"{module}.{name}" if name != "*" else module))
            home = COUNTERPARTS[known] if known else module
        shown = f"{name} as {alias.asname or alias.name}" if alias.asname or name != alias.name else name
        renamed = renamed or name != alias.name
        homes.setdefault(home, []).append(shown)
    if known == "sparknlp" and node.names[0].name == "*":
        homes["sparkcls.base"] = ["*"]
    start = cell.offset(node.lineno, node.col_offset)
    found = re.compile(r"from\s+([\w.]+)").match(cell.text, start)
    if len(homes) == 1 and not renamed and found:
        cell.edits.append(Edit(found.start(1), found.end(1), next(iter(homes))))
        return
    line_start = cell.starts[node.lineno - 1]
    before = cell.text[line_start:start]
    between = "; " if before.strip() else f"\n{before}"
    statements = [f"from {home} import {', '.join(names)}" for home, names in homes.items()]
    cell.edits.append(_whole(cell, node, between.join(statements)))


def _home(module: str, name: str) -> str | None:
    """The module of sparkcls from which to import what a module of Spark NLP calls by a name."""
    known = known_module(module)
    if f"{module}.{name}" in COUNTERPARTS or (known == "sparknlp" and name in TOP):
        return "sparkcls"
    if known is None or name == "*":
        return COUNTERPARTS.get(known or "")
    first = [] if known == "sparknlp" else [known]
    others = [m for m in COUNTERPARTS if m.startswith("sparknlp.")] if known != "nlu" else []
    # What a module of Spark NLP merely imports is elsewhere here.
    return next((COUNTERPARTS[m] for m in [*first, "sparknlp.base", *others] if name in exports(m)), None)


def _whole(cell: Cell, node: ast.Import | ast.ImportFrom | ast.alias, text: str) -> Edit:
    end = cell.offset(node.end_lineno or node.lineno, node.end_col_offset or 0)
    return Edit(cell.offset(node.lineno, node.col_offset), end, text)
