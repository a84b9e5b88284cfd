import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkcls.text.tokens import TokenRules, split_tokens


def words(text, **lengths):
    return [token for token, _, _ in split_tokens(text, TokenRules(**lengths))]


# Expected values: Spark NLP's own tests of its Tokenizer with default Params.
def test_offsets_of_contractions():
    assert split_tokens("I'd like to say we didn't expect that. Jane's boyfriend.") == [
        ("I'd", 0, 2),
        ("like", 4, 7),
        ("to", 9, 10),
        ("say", 12, 14),
        ("we", 16, 17),
        ("didn't", 19, 24),
        ("expect", 26, 31),
        ("that", 33, 36),
        (".", 37, 37),
        ("Jane's", 39, 44),
        ("boyfriend", 46, 54),
        (".", 55, 55),
    ]


def test_runs_of_white_space():
    text = "I'd      like to say\nwe didn't\n\n expect\nthat. \n\n Jane's\\nboyfriend\tsaid.\n\n"
    assert split_tokens(text)[-4:] == [(".", 44, 44), ("Jane's\\nboyfriend", 49, 65), ("said", 67, 70), (".", 71, 71)]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("movie... (really)", ["movie", "...", "(", "really", ")"]),
        ('-- 3.5/5 "wow!"', ["--", "3.5/5", '"', "wow", '!"']),
        ("a. .a .", ["a", ".", ".", "a", "."]),
        ("e-mail", ["e-mail"]),
        ("?!?!", ["?!?!"]),
        ("or $100 bucks 'He said', I'll", ["or", "$100", "bucks", "'", "He", "said", "',", "I'll"]),
        (
            "in the U.S.A. (and you know it héroe).",
            ["in", "the", "U.S.A", ".", "(", "and", "you", "know", "it", "héroe", ")."],
        ),
        ("", []),
        (" \t\r\n", []),
        ("no\u00a0break", ["no\u00a0break"]),
        ("\u0000", ["\u0000"]),
    ],
)
def test_default_rules(text, tokens):
    assert words(text) == tokens


def test_offsets_are_utf16_units():
    assert split_tokens("😀a 😀 b.") == [("😀a", 0, 2), ("😀", 4, 5), ("b", 7, 7), (".", 8, 8)]


def test_lengths_are_limits_in_utf16_units():
    assert words("Hello New York and Goodbye", min_length=4, max_length=5) == ["Hello", "York"]
    assert words("😀 ab c", min_length=2) == ["😀", "ab"]


def test_lossless_only_with_default_rules():
    assert TokenRules().lossless
    assert not TokenRules(min_length=2).lossless


@given(st.text())
def test_tokens_cover_all_but_white_space_and_slice_back(text):
    encoded = text.encode("utf-16-be")
    last = -1
    for token, begin, end in split_tokens(text):
        assert encoded[2 * begin : 2 * end + 2].decode("utf-16-be") == token
        assert begin > last
        last = end
    joined = "".join(token for token, _, _ in split_tokens(text))
    assert joined == "".join(c for c in text if c not in " \t\n\x0b\f\r\u2187")
