from hypothesis import given
from hypothesis import strategies as st

from sparkcls.engine.batching import cut_batches, token_budget

LENGTHS = st.lists(st.integers(1, 512), max_size=200)


@given(LENGTHS, st.integers(1, 4096), st.none() | st.integers(1, 16))
def test_every_sequence_is_in_exactly_one_batch_within_limits(lengths, budget, cap):
    batches = cut_batches(lengths, budget, cap)
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(lengths[i] for i in batch) <= budget
        assert cap is None or len(batch) <= cap


def test_nothing_gives_no_batch():
    assert cut_batches([], 1000) == []


def test_similar_lengths_share_a_batch():
    lengths = [500, 3, 500, 4, 3]
    assert [sorted(lengths[i] for i in b) for b in cut_batches(lengths, 1000)] == [[3, 3, 4], [500, 500]]


def test_narrow_models_take_more_wordpieces():
    assert [token_budget("cpu", width) for width in (768, 384, 10**7)] == [1024, 2048, 1]
    assert [token_budget("cpu", width, again=True) for width in (768, 384, 10**7)] == [512, 1024, 1]
    assert token_budget("cuda:0", 768, again=True) == token_budget("cuda:0", 768)
    assert token_budget("cuda:0", 768) > token_budget("cpu", 768)
