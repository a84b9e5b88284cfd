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


LONG = (
    "Hello, I won't be from New York in the U.S.A. (and you know it héroe). Give me my horse! or $100 bucks 'He said', "
    "I'll defeat markus-crassus. You understand. Goodbye George E. Bush. www.google.com."
)
LONG_TOKENS = (
    "Hello|,|I|won't|be|from|New York|in|the|U.S.A|.|(|and|you|know|it|héroe|).|Give|me|my|horse|!|or|$100|bucks|'|He|"
    "said|',|I'll|defeat|markus-crassus|.|You|understand|.|Goodbye|George|E|.|Bush|.|www.google.com|."
)
SPACED = "I'd      like to say\nwe didn't\n\n expect\nthat. \n\n Jane's\\nboyfriend\tsaid.\n\n"
CITY = "Hello big-city-of-lights welcome to the ground###earth."
CITY_TOKENS = "Hello|big|city|of|lights|welcome|to|the|ground|earth|."
LOOK_AROUND = r"\s+|(?=[-.:;*+,\(\)\/$&%\\[\\]])|(?<=[-.:;*+,\(\)\/$&%\\[\\]])"


# Expected values: Spark NLP's own tests of its Tokenizer.
@pytest.mark.parametrize(
    ("rules", "text", "tokens"),
    [
        ({"exceptions": ("New York",)}, LONG, LONG_TOKENS),
        ({"exceptions": ("new york",), "case_sensitive_exceptions": False}, LONG, LONG_TOKENS),
        (
            {"exceptions": ("New York",), "split_chars": ("-",)},
            LONG,
            LONG_TOKENS.replace("markus-crassus", "markus|crassus"),
        ),
        (
            {"exceptions": ("Jane's \\w+", "that.")},
            "I'd like to say we didn't expect that. Jane's boyfriend said.",
            "I'd|like|to|say|we|didn't|expect|that.|Jane's boyfriend|said|.",
        ),
        (
            {"infixes": (r"([\p{L}\w]+'{1})([\p{L}\w]+)",)},
            "l'une d'un l'un, des l'extrême des l'extreme",
            "l'|une|d'|un|l'|un|,|des|l'|extrême|des|l'|extreme",
        ),
        ({"target": r"\w+", "exceptions": ("New York",)}, "Hello New York and Goodbye", "Hello|New York|and|Goodbye"),
        ({"min_length": 4, "max_length": 5}, "Hello New York and Goodbye", "Hello|York"),
        (
            {"exceptions": ("Are you",)},
            "Are you kidding me ?!?! what is this for !?",
            "Are you|kidding|me|?!?!|what|is|this|for|!?",
        ),
        ({"split_chars": ("-", "#")}, CITY, CITY_TOKENS),
        ({"split_chars": ("-", "#", r"\*")}, CITY.replace("to the", "to*the"), CITY_TOKENS),
        ({"split_pattern": "-|#"}, CITY, CITY_TOKENS),
        ({"split_pattern": "(?=.)"}, "abcdef", "a|b|c|d|e|f"),
        (
            {"split_pattern": "-|#"},
            "Tokens in this-text will#be#split on hashtags-and#dashes",
            "Tokens|in|this|text|will|be|split|on|hashtags|and|dashes",
        ),
        (
            {"target": "a-z-0-7"},
            "I only consider lowercase characters and NOT UPPERCASED and only the numbers 0,1, to 7 as tokens but not 8 or 9",
            "only|consider|lowercase|characters|and|and|only|the|numbers|0|1|to|7|as|tokens|but|not|or",
        ),
    ],
)
def test_custom_rules(rules, text, tokens):
    assert [token for token, _, _ in split_tokens(text, TokenRules(**rules))] == tokens.split("|")


def test_offsets_of_exceptions_in_sentences():
    sentence = "Frank visited New York, and didn't like it."
    assert ("New York,", 14, 22) in split_tokens(sentence, TokenRules(exceptions=("New York",)))


TEXTS = st.lists(
    st.sampled_from(["New York", "e-mail", "(a)", "won't", "...", "\u2187", "\u2188", "x\n", "😀", "é.", "-", "#", " "])
).map(" ".join) | st.text(max_size=40)
SETTINGS = st.sampled_from(
    [
        TokenRules(),
        TokenRules(exceptions=("New York", "\\w+-\\w+", "a b?")),
        TokenRules(exceptions=("x",), case_sensitive_exceptions=False, split_chars=("-",)),
        TokenRules(target="\\w+"),
        TokenRules(split_pattern=LOOK_AROUND),
        TokenRules(split_pattern="(?=.)", split_chars=("\\.", "#")),
        TokenRules(prefix="\\A([^\\w]?)", suffix="([^\\s\\w]?)([^\\s\\w]*)\\z"),
        TokenRules(infixes=("([\\p{L}]+)('\\w+)", "([^.]+)")),
        TokenRules(context_chars=("]", "^", "\\", "-")),
    ]
)


@given(TEXTS, SETTINGS)
def test_tokens_of_any_rules_slice_back_and_never_overlap(text, rules):
    encoded = text.encode("utf-16-be", "surrogatepass")
    last = -1
    for token, begin, end in split_tokens(text, rules):
        assert encoded[2 * begin : 2 * end + 2].decode("utf-16-be", "surrogatepass") == token
        assert begin > last
        last = end


@given(TEXTS)
def test_the_short_way_of_the_default_rules_is_the_long_way(text):
    long_way = TokenRules(rules=TokenRules().patterns)
    assert not long_way.default
    assert split_tokens(text, long_way) == split_tokens(text)
