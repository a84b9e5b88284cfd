"""Texts of strangers: what of them is shown, and how. Nothing that they hold may act, hide, or turn its neighbours."""

from __future__ import annotations

import html
import re
import unicodedata

#: What is shown by its number: control characters other than blanks, lone surrogates, what turns or hides text (bidi
#: controls, zero width, tags, fillers), and what is no character at all. The joiners U+200C and U+200D stay: words of
#: Persian and emojis need them.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    + "".join(chr(plane * 0x10000 + 0xFFFE) + chr(plane * 0x10000 + 0xFFFF) for plane in range(1, 15))
    + "\U000e0000-\U000e00ff\U000f0000-\U0010ffff]"
)
_BLANKS = re.compile(r"\s+")
#: Marks upon one letter; more would reach into the lines above.
_MARKS = 4


def shortened(text: str, limit: int) -> str:
    """The text, or its beginning and an ellipsis, `limit` characters together."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "\u2026"


def visible(text: str) -> str:
    """The text in one line, with what cannot be seen in it written like ``<U+202E>``."""
    return _UNSEEN.sub(lambda found: f"<{_code(found)}>", _one_line(text).strip())


def escaped(text: str) -> str:
    """`visible`, for an element or an attribute of HTML."""
    return html.escape(visible(text), quote=True)


def marked_up(text: str) -> str:
    """The same for an element of HTML, but what cannot be seen is set off in elements of the class ``code``."""
    return _UNSEEN.sub(lambda found: f'<span class="code">{_code(found)}</span>', html.escape(_one_line(text)))


def _code(found: re.Match[str]) -> str:
    return f"U+{ord(found[0]):04X}"


def _one_line(text: str) -> str:
    """The text with blanks drawn together, and at most `_MARKS` combining marks upon one letter."""
    text = _BLANKS.sub(" ", text)
    if text.isascii():
        return text
    kept, run = [], 0
    for character in text:
        run = run + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        if run <= _MARKS:
            kept.append(character)
    return "".join(kept)
