"""Colours that can be told apart (WCAG 2.2 AA), and rules that stay in their place."""

import re

import pytest

from sparkcls.report.palette import DARK, LIGHT, SHADES, contrast, shades
from sparkcls.report.style import SCOPE, style_sheet


def test_contrast_of_the_standard():
    assert contrast("#000000", "#ffffff") == contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=1e-3)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_text_and_drawings_can_be_read(colours):
    for ground in ("page", "card"):
        for text in ("ink", "soft", "accent", "warn", "bad"):
            assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    for hue in ("accent", "bad"):
        found = shades(colours, hue)
        assert len(found) == SHADES
        assert all(contrast(*pair) >= 4.5 for pair in found)
        # Fuller cells differ more from the page.
        seen = [contrast(ground, colours["page"]) for ground, _ in found]
        assert seen == sorted(seen)
    # Drawn parts are told from the bars' tracks (3:1 is asked of drawings).
    for tone in ("accent", "warn", "bad"):
        assert contrast(colours[tone], colours["line"]) >= 3


def test_all_colours_come_from_the_palette():
    rest = style_sheet(page=True)
    for colours in (LIGHT, DARK):
        known = {*colours.values(), *(c for hue in ("accent", "bad") for pair in shades(colours, hue) for c in pair)}
        for colour in known:
            rest = rest.replace(colour, "")
    assert not re.search(r"#[0-9a-f]{3}|rgb|hsl", rest)
    used = set(re.findall(r"var\(--([a-z]+)\)", style_sheet()))
    assert used <= LIGHT.keys() == DARK.keys()


def test_in_a_notebook_every_rule_is_for_the_scope():
    rules = re.sub(r"@media[^{]*\{", "", style_sheet())
    selectors = [s for group in re.findall(r"([^{}]+)\{[^{}]*\}", rules) for s in group.strip("}").split(",")]
    assert len(selectors) > 50
    for selector in selectors:
        assert re.search(rf"\.{SCOPE}(?![\w-])", selector), selector
    assert "body{" not in style_sheet()
    assert "url(" not in style_sheet(page=True)
    assert "@import" not in style_sheet(page=True)
