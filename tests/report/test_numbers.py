import pytest

from sparkcls.report.numbers import count, duration, number, percent, plural, score, short


@pytest.mark.parametrize(
    ("function", "arguments", "text"),
    [
        (count, (1_234_567,), "1,234,567"),
        (number, (0,), "0"),
        (number, (0.12345,), "0.123"),
        (number, (1.2345,), "1.23"),
        (number, (71.26,), "71.3"),
        (number, (12_345.6,), "12,346"),
        (number, (1.5e-7,), "1.50e-07"),
        (number, (float("inf"),), "inf"),
        (score, (None,), "-"),
        (score, (float("nan"),), "-"),
        (score, (0.0,), "0.000"),
        (score, (0.0001,), "<0.001"),
        (score, (0.9999,), ">0.999"),
        (score, (1.0,), "1.000"),
        (score, (0.5,), "0.500"),
        (percent, (1, 3), "33.3 %"),
        (percent, (0, 3), "0.0 %"),
        (percent, (3, 3), "100.0 %"),
        (percent, (1, 100_000), "<0.1 %"),
        (percent, (99_999, 100_000), ">99.9 %"),
        (percent, (0, 0), "-"),
        (percent, (0.5,), "50.0 %"),
        (duration, (12.21,), "12.2 s"),
        (duration, (80,), "1 min 20 s"),
        (duration, (7_320,), "2 h 2 min"),
        (duration, (59.97,), "60.0 s"),
        (plural, (1, "row"), "1 row"),
        (plural, (2_000, "row"), "2,000 rows"),
        (plural, (0, "row"), "0 rows"),
        (short, (950,), "950"),
        (short, (1_500,), "1.5k"),
        (short, (3e6,), "3M"),
    ],
)
def test_numbers_as_people_read_them(function, arguments, text):
    assert function(*arguments) == text
