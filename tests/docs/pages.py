"""The pages of the documentation: their links, their anchors, and where they stand in the navigation."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"
#: Every page, those of the repository too.
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])

_FENCE = re.compile(r"^( *)(`{3,}|~{3,}).*?^\1\2", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"`+[^`\n]+`+")
_LINK = re.compile(r"\]\(\s*<?(?P<inline>[^)\s>]+)>?[^)]*\)|(?:href|src|srcset)=\"(?P<html>[^\"]+)\"")
_HEADING = re.compile(r"^#{1,6} +(?P<text>.+?)(?: \{#(?P<named>[\w-]+)\})? *$", re.MULTILINE)
_ELSEWHERE = re.compile(r"[a-z][a-z+.-]*:", re.IGNORECASE)


def prose(page: Path) -> str:
    """A page without its blocks of code."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def links(page: Path) -> list[str]:
    """Where a page leads to inside of the repository: files, anchors, pictures."""
    found = (m["inline"] or m["html"] for m in _LINK.finditer(_CODE.sub("", prose(page))))
    return [target for target in found if not _ELSEWHERE.match(target)]


def anchors(page: Path) -> set[str]:
    """Anchors of a page's headings, those alone that GitHub and the site's builder give alike."""
    named = [(m["named"], m["text"]) for m in _HEADING.finditer(prose(page))]
    slugs = [name or slug(text) for name, text in named]
    return {s for s in slugs if slugs.count(s) == 1 and "--" not in s}


def slug(heading: str) -> str:
    """The anchor of a heading."""
    shown = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[^\w\- ]", "", shown).strip().lower().replace(" ", "-")


def fault(page: Path, link: str) -> str:
    """What is wrong with a link, empty if nothing is."""
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.exists() or (path and target.name not in {f.name for f in target.parent.iterdir()}):
        return "there is no such file"
    if page.is_relative_to(DOCS) and not target.is_relative_to(DOCS):
        return "a page of the site cannot lead out of docs/; name the file in backquotes"
    if anchor and anchor not in anchors(target):
        return f"{target.name} has no heading of that anchor (or two)"
    return ""


def navigation() -> list[str]:
    """The pages that mkdocs.yml names, relative to docs/."""
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    return re.findall(r"^ +- (?:.+: )?(\S+\.md)$", text[text.index("\nnav:") :], flags=re.MULTILINE)
