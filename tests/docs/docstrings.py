"""Docstrings, prose first and numpydoc sections after it, as Markdown."""

from __future__ import annotations

import inspect
import re
import textwrap

_SECTION = re.compile(r"^(?P<title>[A-Z]\w+(?: \w+)?)\n-{3,}\n", re.MULTILINE)
#: Sections of names with texts; the others are prose.
_LISTS = ("Parameters", "Raises", "Attributes")


def summary(doc: str | None) -> str:
    """The first paragraph, in one line."""
    return inline(" ".join(inspect.cleandoc(doc or "").split("\n\n")[0].split()))


def markdown(doc: str | None) -> str:
    """All of a docstring."""
    parts = _SECTION.split(inspect.cleandoc(doc or ""))
    found = [_prose(parts[0])]
    for title, text in zip(parts[1::2], parts[2::2], strict=True):
        body = _listed(text) if title in _LISTS else _prose(text)
        found.append(f"**{title}**\n\n{body}")
    return "\n\n".join(part for part in found if part)


def inline(text: str) -> str:
    """Literals as code, and nothing else as markup."""
    pieces = re.split(r"(`+[^`]+`+)", text)
    return "".join(_literal(p) if p.startswith("`") else re.sub(r"([<|])", r"\\\1", p) for p in pieces)


def _literal(text: str) -> str:
    return f"`{text.strip('`')}`"


def _listed(text: str) -> str:
    """``name`` lines, each with an indented text below it, as a list."""
    found = []
    for item in re.split(r"\n(?=\S)", text.strip("\n")):
        name, _, told = item.partition("\n")
        if name.endswith("."):
            found.append(f"\n{inline(' '.join(item.split()))}")
            continue
        names = ", ".join(f"`{n}`" for n in name.replace(" : ", ", ").split(", "))
        found.append(f"- {names}: {inline(' '.join(told.split()))}" if told.strip() else f"- {names}")
    return "\n".join(found)


def _prose(text: str) -> str:
    """Paragraphs; indented lines and examples as code, tables as tables."""
    found: list[str] = []
    for block in re.split(r"\n{2,}", text.strip("\n")):
        if re.match(r"=+  +=", block):
            found.append(_table(block))
        elif re.match(r" {4}|>>> ", block):
            code = textwrap.dedent(block)
            if found and found[-1].startswith("```python"):
                found[-1] = f"{found[-1].removesuffix('```')}\n{code}\n```"
            else:
                found.append(f"```python\n{code}\n```")
        elif re.match(r"[-*] |\d+\. ", block):
            found.append("\n".join(inline(line) for line in block.splitlines()))
        else:
            found.append(inline(" ".join(block.split())))
    return "\n\n".join(found)


def _table(text: str) -> str:
    """A simple table of reStructuredText, without a head."""
    border, *lines = text.splitlines()
    starts = [m.start() for m in re.finditer("=+", border)]
    rows: list[list[str]] = []
    for line in lines[:-1]:
        cells = [line[a:b].strip() for a, b in zip(starts, [*starts[1:], None], strict=True)]
        if cells[0]:
            rows.append(cells)
        else:  # goes on with the row above
            rows[-1] = [f"{above} {cell}".strip() for above, cell in zip(rows[-1], cells, strict=True)]
    head = f"|{' |' * len(starts)}\n|{'---|' * len(starts)}"
    return "\n".join([head, *(f"| {' | '.join(map(inline, row))} |" for row in rows)])
