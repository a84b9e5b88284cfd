"""No text of strangers acts, hides, or turns its neighbours."""

import html
import re
import unicodedata

import html5lib
import pytest

from sparkcls.report.hostile import escaped, marked_up, shortened, visible
from sparkcls.report.markup import Markup, joined, tag
from sparkcls.report.terminal import one_line, table

#: What is shown by its number.
UNSEEN = [
    "\x00",
    "\x1b",
    "\x7f",
    "\x9b",
    "\u202e",
    "\u2066",
    "\u200b",
    "\u200f",
    "\ufeff",
    "\ud800",
    "\udfff",
    "\ufffe",
]
UNSEEN += ["\U0001ffff", "\U000e0041", "\u3164", "\xad", "\U0010fffd"]


@pytest.mark.parametrize("character", UNSEEN, ids=lambda c: f"{ord(c):X}")
def test_what_cannot_be_seen_is_shown_by_its_number(character):
    code = f"U+{ord(character):04X}"
    assert visible(f"a{character}b") == f"a<{code}>b"
    assert escaped(f"a{character}b") == f"a&lt;{code}&gt;b"
    assert marked_up(f"a{character}b") == f'a<span class="code">{code}</span>b'


@pytest.mark.parametrize("text", ["naïve café", "שלום", "می‌خواهم", "👩‍👩‍👧", "日本語", "e\u0301", "a & b < c", "🇩🇪"])
def test_ordinary_texts_stay(text):
    assert visible(text) == text
    assert html.unescape(marked_up(text)) == text


def test_every_control_and_bidi_character_is_caught():
    kept = "\u200c\u200d"
    for i in range(0x110000):
        c = chr(i)
        hidden = unicodedata.category(c) in ("Cc", "Cs") or unicodedata.bidirectional(c) in (
            *("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"),
        )
        if hidden and c not in kept:
            assert c not in visible(f"x{c}y"), hex(i)


def test_blanks_are_drawn_together_and_marks_are_few():
    assert visible(" a \n\n\t b\u2028c\x85 ") == "a b c"
    assert visible("e" + "\u0301" * 50 + "x") == "e" + "\u0301" * 4 + "x"
    assert shortened("abc def", 5) == "abc…"
    assert shortened("abcde", 5) == "abcde"


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", "</title><b>", '" onload="x', "' a='", "&lt;", "]]>", "<!--", "{{x}}", "\x00<b>"],
)
def test_elements_hold_text_and_attributes_hold_values(text):
    made = tag("div", text, tag("svg", tag("title", text), tag("desc", text)), aria_label=text, class_="x")
    parsed = html5lib.parseFragment(made, namespaceHTMLElements=False)
    (div,) = list(parsed)
    assert "".join(div.itertext()).replace("\n", "").startswith(visible(text).replace("<U+0000>", "U+0000"))
    assert div.attrib == {"aria-label": visible(text), "class": "x"}
    names = {re.sub("{.*}", "", str(e.tag)) for e in div.iter()}
    assert names <= {"div", "svg", "title", "desc", "span"}


def test_markup_is_what_was_made_as_such():
    assert tag("p", "a<b", Markup("<i></i>"), None, tag("wbr"), hidden=True, start=None, x=1.23456) == (
        '<p hidden x="1.23">a&lt;b<i></i><wbr></p>'
    )
    assert joined(("<", tag("b", "x"))) == "&lt;<b>x</b>"


def test_terminals_get_no_escapes_and_straight_columns():
    assert one_line("\x1b[2J\x1b]0;pwned\x07a\nb") == "<U+001B>[2J<U+001B>]0;pwned<U+0007>a b"
    assert (one_line("x" * 100, 10), one_line(" \n ")) == ("x" * 9 + "…", "(blank)")
    assert table([["label", "n"], ["a", "1"], ["文字", "20"]], numbers=1) == ["label   n", "a       1", "文字   20"]
