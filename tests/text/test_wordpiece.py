import pytest

from sparkcls.text.wordpiece import encode_tokens, first_piece, wordpieces


# Expected values: the examples of Spark NLP's rules in docs/tokenization.md.
@pytest.mark.parametrize(
    ("token", "kept"),
    [
        ("won't", "won"),
        ("I'll", "I"),
        ("U.S.A", "U"),
        ("$100", "$"),
        ("3.5/5", "3"),
        ("markus-crassus", "markus"),
        ("www.google.com", "www"),
        (").", ")"),
        ("...", "."),
        ("!!!", "!"),
        ("héroe", "heroe"),
        ("café", "cafe"),
        ("“Hello", "“Hello"),
        ("a—b", "a—b"),
        ("我喜欢", "我"),
        ("\u0000\ufffd", ""),
        # Controls part words, as the running original shows.
        ("in\u0000side", "in"),
        ("\u001fx\u0085y", "x"),
        ("", ""),
    ],
)
def test_first_piece(token, kept):
    assert first_piece(token, case_sensitive=True) == kept
    assert first_piece(token, case_sensitive=False) == kept.lower()


VOCABULARY = {"[UNK]": 0, "play": 1, "##ing": 2, "##s": 3, "p": 4}


@pytest.mark.parametrize(
    ("word", "ids"),
    [("playing", [1, 2]), ("plays", [1, 3]), ("p", [4]), ("playx", [0]), ("", []), ("p" * 201, [0])],
)
def test_wordpieces_take_the_longest_match(word, ids):
    assert wordpieces(word, VOCABULARY) == ids


def test_encode_tokens_joins_the_pieces_of_all_tokens():
    assert encode_tokens(["Playing", "\u0000", "p's"], VOCABULARY, case_sensitive=False) == [1, 2, 4]
