import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkcls.text.sentences import SentenceRules, split_sentences


def spans(text, **rules):
    return [(begin, end) for _, begin, end in split_sentences(text, SentenceRules(**rules))]


def texts(text, **rules):
    return [sentence for sentence, _, _ in split_sentences(text, SentenceRules(**rules))]


# Expected values: Spark NLP's own tests of its SentenceDetector.
@pytest.mark.parametrize(
    ("rules", "text", "expected"),
    [
        (
            {"use_abbreviations": False, "detect_lists": False},
            "His age is 34. He is visiting hospital.",
            [(0, 13), (15, 38)],
        ),
        ({"use_abbreviations": False}, "Hello World!! New Sentence", [(0, 12), (14, 25)]),
        ({"use_abbreviations": False}, " Hello World!! .  New Sentence  ", [(1, 13), (15, 15), (18, 29)]),
        (
            {"use_abbreviations": False, "custom_bounds": ("\n\n",)},
            " Hello World.\n\nNew Sentence\n\nThird",
            [(1, 12), (15, 26), (29, 33)],
        ),
        (
            {"split_length": 12},
            "Hello world, this is a long sentence longerThanSplitLength",
            [(0, 11), (13, 21), (23, 26), (28, 35), (37, 57)],
        ),
        (
            {"min_length": 16, "max_length": 26},
            "Small sentence. This is a normal sentence. This is a long sentence (longer than the maxLength).",
            [(16, 41)],
        ),
        ({}, "His age is 34. He is visiting hospital.", [(0, 9), (11, 38)]),
    ],
)
def test_offsets(rules, text, expected):
    assert spans(text, **rules) == expected


BOUNDS = "This is a sentence. This one uses custom bounds; As is this one;"


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (
            {"custom_bounds": (r"\.", ";"), "custom_only": True},
            ["This is a sentence", "This one uses custom bounds", "As is this one"],
        ),
        ({"custom_bounds": (";",)}, ["This is a sentence.", "This one uses custom bounds", "As is this one"]),
        (
            {"custom_bounds": (r"\.", ";"), "custom_only": True, "strategy": "append"},
            ["This is a sentence.", "This one uses custom bounds;", "As is this one;"],
        ),
        (
            {"custom_bounds": (";",), "strategy": "append"},
            ["This is a sentence.", "This one uses custom bounds;", "As is this one;"],
        ),
    ],
)
def test_custom_bounds(rules, expected):
    assert texts(BOUNDS, **rules) == expected


def test_prepend():
    text = "\n1. This is a list\n1.1 This is a subpoint\n2. Second thing\n2.2 Second subthing"
    rules = {"custom_bounds": (r"\n[\d\.]+",), "custom_only": True, "strategy": "prepend"}
    assert texts(text, **rules) == text.strip().split("\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("My friend moved to New York. She likes it. Frank visited New York, and didn't like it.", 3),
        ("Dr. Smith met Mr. Jones. They talked.", 2),
        ("It was 3.5 stars at www.example.com today.", 1),
        ('He said "Stop now. Please." and left.', 1),
        ("The U.S. won. See p. 12 for more.", 2),
        ("Wait... What happened", 2),
        ("", 0),
        (" \n\t", 0),
    ],
)
def test_counts(text, expected):
    assert len(texts(text)) == expected


def test_offsets_are_utf16_units():
    assert spans("😀 yes. No 😀.") == [(0, 6), (8, 13)]


def test_only_without_bounds_means_the_default_rules():
    assert len(texts("One. Two.", custom_only=True)) == 2


WORDS = st.sampled_from(
    ["One", "two.", "Dr.", "3.5", "(a)", "1.", "\n", '"', "Yes!", "...", "😀", "a;b", "'s", "[x.]", "é.", "U.S."]
)


RULES = st.builds(
    SentenceRules,
    use_abbreviations=st.booleans(),
    detect_lists=st.booleans(),
    custom_bounds=st.sampled_from([(), (";",), ("[a.]", "\n"), ("(?<=e)",)]),
    strategy=st.sampled_from(["none", "prepend", "append"]),
    custom_only=st.booleans(),
    split_length=st.none() | st.integers(1, 12),
    min_length=st.integers(0, 3),
)
MARKS = st.text(st.sampled_from([*map(chr, range(0xF050, 0xF05E)), *"aB.;'\" "]))


@given(st.lists(WORDS, max_size=30).map(" ".join) | st.text(max_size=60) | MARKS, RULES)
def test_sentences_of_any_rules_slice_back_in_order(text, rules):
    encoded = text.encode("utf-16-be")
    last = -1
    for sentence, begin, end in split_sentences(text, rules):
        assert encoded[2 * begin : 2 * end + 2].decode("utf-16-be") == sentence
        assert begin > last
        last = end
