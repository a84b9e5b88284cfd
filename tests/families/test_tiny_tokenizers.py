"""Every family of `tests.families` against `transformers`."""

import pytest

from tests.families import FAMILIES, tiny_tokenizer


@pytest.mark.parametrize("family", FAMILIES)
def test_tiny_tokenizers_know_the_words(family):
    tokenizer = tiny_tokenizer(family)
    ids = tokenizer("the plot was boring")["input_ids"]
    assert tokenizer.unk_token_id not in ids
    assert 6 <= len(ids) <= 8
