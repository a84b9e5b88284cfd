"""A report: what is told first, then its sections; as a page of its own or within a notebook."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sparkcls._version import __version__
from sparkcls.report.hostile import shortened
from sparkcls.report.markup import Markup, joined, tag
from sparkcls.report.style import SCOPE, style_sheet

#: Characters of a title that are shown.
_TITLE = 120


@dataclass(frozen=True)
class Figure:
    """A number that is told first.

    Parameters
    ----------
    note
        What it means, or is part of.
    tone
        ``warn`` or ``bad`` where it needs attention.
    """

    name: str
    value: str
    note: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Section:
    """A part of a report.

    Parameters
    ----------
    note
        A sentence on how to read it.
    """

    title: str
    content: Sequence[Markup | None]
    note: str = ""


@dataclass(frozen=True)
class Page:
    """A report.

    Parameters
    ----------
    kind
        Of report.
    title
        What it is about, such as the model.
    lead
        A sentence with what matters most.
    facts
        What says at a glance how answers were made.
    notices
        Sentences on what needs attention, each with its tone, ``warn`` or ``bad``.
    """

    kind: str
    title: str
    lead: str
    facts: Sequence[str]
    figures: Sequence[Figure]
    notices: Sequence[tuple[str, str]]
    sections: Sequence[Section]


def document(page: Page) -> str:
    """The page as one file of HTML, which needs nothing else and runs nothing.

    A policy within it forbids all that its own style sheet is not, should a text ever get through the escaping.
    """
    style = style_sheet(page=True)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="generator", content=f"sparkcls {__version__}"),
        tag("title", f"{shortened(page.title, _TITLE)} \u2013 {page.kind}"),
        tag("style", Markup(style)),
    )
    links = [tag("li", tag("a", s.title, href=f"#part-{i}")) for i, s in enumerate(page.sections, start=1)]
    nav = tag("nav", tag("ul", *links), aria_label="Sections") if len(links) > 2 else None
    footer = tag("footer", tag("p", f"Made by sparkcls {__version__}. This file loads nothing and runs no script."))
    body = tag(
        "main", _header(page, "h1"), _first(page), nav, *_sections(page, "h2", linked=True), footer, class_=SCOPE
    )
    return f"<!DOCTYPE html>\n{tag('html', head, tag('body', body), lang='en')}\n"


def fragment(page: Page) -> str:
    """The page for a cell of a notebook, whose own look it leaves alone."""
    style = tag("style", Markup(style_sheet()))
    return tag("div", style, _header(page, "h2"), _first(page), *_sections(page, "h3"), class_=SCOPE)


def _header(page: Page, heading: str) -> Markup:
    facts = [tag("li", fact) for fact in page.facts]
    return tag(
        "header",
        tag("p", page.kind, class_="kind"),
        tag(heading, *_breakable(shortened(page.title, _TITLE))),
        tag("p", page.lead, class_="lead"),
        tag("ul", *facts, class_="facts") if facts else None,
    )


def _breakable(name: str) -> list[str]:
    """A long name, which may go on in a new line after each of its parts."""
    return [piece for part in name.split("_") for piece in ("_", tag("wbr"), part)][2:]


def _first(page: Page) -> Markup:
    notices = [tag("li", sentence, class_=tone) for sentence, tone in page.notices]
    figures = [
        tag(
            "div",
            tag("dt", f.name),
            tag("dd", f.value, class_=f.tone or None),
            tag("dd", f.note, class_="soft") if f.note else None,
        )
        for f in page.figures
    ]
    return joined(
        (
            tag("ul", *notices, class_="notices") if notices else None,
            tag("dl", *figures, class_="figures") if figures else None,
        )
    )


def _sections(page: Page, heading: str, linked: bool = False) -> list[Markup]:
    return [
        tag(
            "section",
            tag(heading, section.title),
            tag("p", section.note, class_="note") if section.note else None,
            *section.content,
            id=f"part-{i}" if linked else None,
        )
        for i, section in enumerate(page.sections, start=1)
    ]
