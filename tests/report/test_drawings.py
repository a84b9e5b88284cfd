"""Drawings say what the numbers say."""

import re

import html5lib
import pytest

from sparkcls.report.drawings.bars import bar, columns
from sparkcls.report.drawings.reliability import reliability
from sparkcls.report.drawings.svg import ceiling
from sparkcls.report.markup import Markup
from sparkcls.report.palette import SHADES
from sparkcls.report.tables import label, matrix


def parts(drawing, name):
    """Elements of a name as dicts of numbers and words."""
    found = [
        e for e in html5lib.parseFragment(drawing, namespaceHTMLElements=False).iter() if str(e.tag).endswith(name)
    ]
    return [{k: float(v) if re.fullmatch(r"-?[\d.]+", v) else v for k, v in e.attrib.items()} for e in found]


@pytest.mark.parametrize(("share", "width"), [(0, 0), (0.001, 0.7), (0.25, 25), (1, 100), (1.7, 100)])
def test_a_bar_is_as_long_as_its_share(share, width):
    track, filled = parts(bar(share, "warn"), "rect")
    assert (track["width"], filled["width"], filled["class"]) == (100, width, "fill warn")


def test_columns_are_as_high_as_their_counts():
    drawn = columns([0, 5, 10, 1], [(0.0, "0"), (4.0, "1")], "title", "what it shows", part=[0, 0, 4, 1])
    rects = parts(drawn, "rect")
    whole, seen, cut, all_cut = rects
    assert whole["height"] == pytest.approx((seen["height"] + cut["height"]) / 2, abs=0.01)
    assert cut["height"] == pytest.approx(0.4 * (seen["height"] + cut["height"]), abs=0.01)
    assert seen["y"] + seen["height"] == pytest.approx(cut["y"], abs=0.02)
    assert [r["class"] for r in rects] == ["fill", "fill", "fill warn", "fill warn"]
    assert cut["y"] + cut["height"] == all_cut["y"] + all_cut["height"] == pytest.approx(108, abs=0.02)
    assert all_cut["height"] == pytest.approx(whole["height"] / 5, abs=0.01)


def test_what_is_there_at_all_is_seen_and_nothing_is_nothing():
    assert [r["height"] for r in parts(columns([1, 1_000_000], [], "t", "d"), "rect")] == [1.5, 100.0]
    assert parts(columns([0, 0], [], "t", "d"), "rect") == parts(columns([], [], "t", "d"), "rect") == []


def test_axes_end_at_round_numbers():
    assert [ceiling(n) for n in (0, 1, 2, 7, 11, 45, 872, 1_001)] == [1, 1, 2, 8, 20, 60, 1_000, 2_000]


def test_reliability_has_its_dots_where_they_belong():
    drawn = reliability([(10, 0.5, 0.25), (40, 1.0, 1.0)], "described")
    low, high = parts(drawn, "circle")
    x0, x1, y0, y1 = 46, 346, 310, 10
    assert (low["cx"], low["cy"]) == ((x0 + x1) / 2, y0 - (y0 - y1) / 4)
    assert (high["cx"], high["cy"]) == (x1, y1)
    # Areas beyond the least dot are as the rows.
    assert high["r"] - 2.5 == pytest.approx(2 * (low["r"] - 2.5))
    gaps = [line for line in parts(drawn, "line") if line["class"] == "gap"]
    assert (gaps[0]["y1"], gaps[0]["y2"]) == ((y0 + y1) / 2, low["cy"])
    assert reliability([], "none")


def test_cells_are_shaded_by_their_share_of_the_row():
    names = [label("a"), label("b")]
    drawn = matrix("m", names, [*names, Markup("<i>no answer</i>")], [[99, 1, 0], [0, 0, 7]])
    assert re.findall(r'<td class="([^"]*)">', drawn) == [
        f"right-{SHADES}",
        "wrong-1",
        "none",
        "none",
        "none",
        f"wrong-{SHADES}",
    ]
    assert re.findall(r"<small>([^<]*)", drawn) == ["99.0 %", "1.0 %", "0.0 %", "0.0 %", "0.0 %", "100.0 %"]
    assert "many" not in drawn
    many = matrix("m", names * 4, names * 4, [[1] * 8] * 8)
    assert "<small>" not in many
    assert 'class="scroll matrix many"' in many
