import pytest

from sparkcls.text.cleanup import MODES, clean

TEXT = "  a\n\tb \r\n c\\n\\td\u00a0e  "


@pytest.mark.parametrize(
    ("mode", "cleaned"),
    [
        ("disabled", TEXT),
        ("inplace", "  a  b    c\\n\\td\u00a0e  "),
        ("inplace_full", "  a  b    c  d\u00a0e  "),
        ("shrink", "a b c\\n\\td\u00a0e"),
        ("shrink_full", "a b c  d\u00a0e"),
        ("each", "  a b \r\n c\\n\\td\u00a0e  ".replace("\r\n", " ")),
        ("each_full", "  a b   c\\n\\td\u00a0e  "),
        ("delete_full", "a\n\tb \r\n cd\u00a0e"),
    ],
)
def test_modes(mode, cleaned):
    assert clean(TEXT, mode) == cleaned


def test_each_needs_white_space_before_the_line_end():
    assert clean("a\nb", "each") == "a\nb"


def test_no_mode_is_slow_on_a_megabyte_of_blanks():
    text = "a" + " " * 1_000_000 + "b"
    for mode in MODES:
        clean(text, mode)
