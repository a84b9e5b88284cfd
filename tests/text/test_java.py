import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkcls.text.java import float_to_string, replace_surrogates, utf16_length, utf16_offsets


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.99857557, "0.99857557"),
        (1.0, "1.0"),
        (0.0, "0.0"),
        (0.001, "0.001"),
        (0.00049583125, "4.9583125E-4"),
        (1e-10, "1.0E-10"),
        (1.4e-45, "1.0E-45"),
        (9999999.0, "9999999.0"),
        (1e7, "1.0E7"),
        (-0.25, "-0.25"),
        (float("nan"), "NaN"),
        (float("inf"), "Infinity"),
        (float("-inf"), "-Infinity"),
    ],
)
def test_float_to_string_is_javas(value, text):
    assert float_to_string(np.float32(value)) == text


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_float_to_string_identifies_the_float32(value):
    assert np.float32(float_to_string(value)) == np.float32(value)


@given(st.text())
def test_utf16_units_agree_with_the_encoding(text):
    units = len(text.encode("utf-16-be")) // 2
    assert utf16_length(text) == units
    assert len(utf16_offsets(text)) == len(text) + 1
    assert utf16_offsets(text)[len(text)] == units


def test_utf16_counts_two_beyond_the_bmp():
    assert list(utf16_offsets("😀a")) == [0, 2, 3]


def test_replace_surrogates_keeps_everything_else():
    assert replace_surrogates("a\ud800b😀é") == "a\ufffdb😀é"
