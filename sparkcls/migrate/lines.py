"""What is seen line by line: installations, JARs, confs and classes of the JVM."""

from __future__ import annotations

import re

from sparkcls.migrate.documents import Cell, Edit
from sparkcls.migrate.findings import NOTE, UNSUPPORTED, Say

#: The oldest pyspark that sparkcls works with.
_PYSPARK = (3, 5)

#: ``pip install`` in a magic, in a shell cell, or in Databricks' export of either.
_INSTALL = re.compile(
    r"[ \t]*(?:#[ \t]*MAGIC[ \t]+)?(?:[%!][ \t]*)*(?:python[\d.]*[ \t]+-m[ \t]+)?(?:uv[ \t]+)?pip[\d.]*[ \t]+install\b"
)
_REQUIREMENT = re.compile(
    r"""(?<![^\s])(?P<quote>["']?)(?:spark[-_]nlp|nlu)(?:\[[^\]\s]*\])?(?:[ ]*[=<>!~]=?[^\s"';&|]+)?(?P=quote)"""
    r"(?=[\s;&|]|$)"
)
_PINNED = re.compile(r"\bpyspark(?:\[[^\]]*\])?(?:==|~=|<=)(\d+)\.(\d+)")
#: The script that Spark NLP's notebooks fetch on Colab and Kaggle.
_SETUP = re.compile(
    r"(?<=[!%])[ \t]*(?:wget|curl)\b[^|\r\n]*johnsnowlabs[^|\r\n]*\.sh\b[^|\r\n]*\|[ \t]*(?:ba)?sh\b[^\r\n]*"
)

_RULES = (
    (
        r"com\.johnsnowlabs\.nlp:[\w.:-]+|[\w/.:-]*spark-nlp[\w.-]*\.jar",
        NOTE,
        "sparkcls has no JAR; take this out, or it is fetched for nothing",
    ),
    (r"spark\.jsl\.settings\.pretrained\.cache_folder", NOTE, "has no effect; the conf here is spark.sparkcls.cache"),
    (r"spark\.jsl\.(?!settings\.pretrained\.cache_folder)[\w.]+", NOTE, "has no effect"),
    (r"com\.johnsnowlabs\.(?!nlp:)[\w.]+", UNSUPPORTED, "there are no JVM classes; use the Python class"),
)


def check_lines(cell: Cell, say: Say) -> None:
    """Edit installations, and report what the lines show."""
    for start, line in zip(cell.starts, cell.lines, strict=False):
        if re.match(r"[ \t]*#(?![ \t]*MAGIC\b)", line):
            continue
        number = cell.line(start)
        for pattern, kind, text in _RULES:
            for match in re.finditer(pattern, line):
                say(number, kind, f"{match[0]}: {text}")
        setup = _SETUP.search(line)
        if setup:
            cell.edits.append(Edit(start + setup.start(), start + setup.end(), 'pip install "sparkcls[spark]"'))
        elif _INSTALL.match(line):
            for name in re.findall(r"\b(?:johnsnowlabs|spark-nlp-jsl|spark-ocr)\b", line):
                say(number, UNSUPPORTED, f"{name}: nothing of it is here")
            pinned = _PINNED.search(line)
            if _edit_requirements(cell, start, line) and pinned and (int(pinned[1]), int(pinned[2])) < _PYSPARK:
                say(number, UNSUPPORTED, f"{pinned[0]}: sparkcls needs pyspark {'.'.join(map(str, _PYSPARK))} or newer")


def _edit_requirements(cell: Cell, start: int, line: str) -> bool:
    found = list(_REQUIREMENT.finditer(line))
    for match in found[:1]:
        cell.edits.append(Edit(start + match.start(), start + match.end(), "sparkcls"))
    for match in found[1:]:  # each with the blank before it
        cell.edits.append(Edit(start + match.start() - 1, start + match.end(), ""))
    return bool(found)
