"""DeBERTa-v2 and v3 against `transformers`, key by key of config.json."""

import numpy as np
import pytest
import torch
from transformers.models.deberta_v2.modeling_deberta_v2 import build_relative_position

from sparkcls.engine.networks.distances import Distances
from sparkcls.engine.packing import Layout
from sparkcls.errors import ModelFormatError
from sparkcls.models.layout import read_model_folder
from tests.engine.networks.parity import moves, network, reference, sequences
from tests.families import save_tiny_family
from tests.models.test_layout import change_config

#: Of a v3 model, see `tests.families`.
CHANGES = {
    "v3": {},
    "own matrices": {"share_att_key": False},
    "c2p": {"pos_att_type": ["c2p"]},
    "p2c, own matrix": {"pos_att_type": "P2C", "share_att_key": False},
    "one string": {"pos_att_type": "p2c | c2p"},
    "no terms": {"pos_att_type": None},
    "no distances, yet their scale": {"relative_attention": False},
    "no buckets": {"position_buckets": -1},
    "few distances": {"position_buckets": -1, "max_relative_positions": 20},
    "few distances in buckets": {"max_relative_positions": 20},
    "many buckets": {"position_buckets": 256},
    "embeddings of distances as they are": {"norm_rel_ebd": "none"},
    "convolution": {"conv_kernel_size": 3},
    "wide convolution": {"conv_kernel_size": 5, "conv_groups": 4, "conv_act": "gelu", "num_hidden_layers": 1},
    "narrow embeddings": {"embedding_size": 16},
    "positions and types": {"position_biased_input": True, "type_vocab_size": 2},
    "activations": {"hidden_act": "gelu_new", "pooler_hidden_act": "tanh"},
    "epsilon": {"layer_norm_eps": 0.01},
    "sizes in words": {"pooler_hidden_size": 32, "attention_head_size": 8},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_parity(tmp_path, change):
    folder = save_tiny_family(tmp_path / "m", "deberta-v2", ["a", "b", "c"], **change)
    batch = sequences(folder)
    expected = reference(folder, batch)
    assert expected.std() > 0.1
    for layout in (None, Layout.PADDED):
        assert np.abs(network(folder, layout=layout).start(batch)() - expected).max() <= 1e-5


def test_the_longest_text(tmp_path):
    folder = save_tiny_family(tmp_path / "m", "deberta-v2", ["a", "b"], position_buckets=256)
    assert moves(folder, sequences(folder, [512, 511])) <= 1e-5


@pytest.mark.newest
def test_a_text_alone_scores_as_among_others(tmp_path):
    folder = save_tiny_family(tmp_path / "m", "deberta-v2", ["a", "b"], conv_kernel_size=3)
    batch = sequences(folder)
    found = network(folder)
    alone = np.concatenate([found.start([ids])() for ids in batch])
    assert np.abs(found.start(batch)() - alone).max() <= 2e-6


@pytest.mark.parametrize("layout", [None, Layout.PADDED])
def test_16_bits_move_scores_a_little(tmp_path, layout):
    folder = save_tiny_family(tmp_path / "m", "deberta-v2", ["a", "b"], conv_kernel_size=3, share_att_key=False)
    batch = sequences(folder)
    exact = network(folder).start(batch)()
    moved = np.abs(network(folder, "bfloat16", layout).start(batch)() - exact)
    assert 0 < moved.max() < 0.2 * exact.std()


@pytest.mark.parametrize("layout", [None, Layout.PADDED])
def test_a_text_of_nan_takes_no_other_along(tmp_path, layout):
    def poisoned(model):
        model.deberta.embeddings.word_embeddings.weight.data[50] = float("nan")

    folder = save_tiny_family(tmp_path / "m", "deberta-v2", ["a", "b"], change=poisoned, conv_kernel_size=3)
    batch = [[50, 9], [8, 9], [8, 9, 50], [9, 9, 9], [8, 50, 9, 9, 8]]
    for precision in ("float32", "bfloat16"):
        scores = network(folder, precision, layout).start(batch)()
        assert np.isfinite(scores).all(1).tolist() == [False, True, False, True, False]


@pytest.mark.newest
@pytest.mark.parametrize(("buckets", "largest"), [(0, 512), (0, 20), (16, 512), (256, 512), (32, 300), (2, 8)])
def test_distances_are_those_of_transformers(buckets, largest):
    length = 300
    some = torch.zeros(1, length, 4)
    expected = build_relative_position(some, some, buckets or -1, largest)[0]
    distances = Distances(buckets, largest)
    rows = distances.rows(length)
    for query in (0, 1, 150, length - 1):
        of_query = rows[length - 1 - query :][:length]
        assert torch.equal(of_query, (expected[query] + distances.span).clamp(0, 2 * distances.span - 1))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pooler_hidden_size": 16}, "pooler_hidden_size is 16; expected 32"),
        ({"attention_head_size": 4}, "attention_head_size is 4; expected 8"),
        ({"embedding_size": 0}, "embedding_size is 0; expected a positive integer"),
        ({"conv_kernel_size": 4}, "conv_kernel_size is 4; expected an odd number"),
        ({"conv_kernel_size": 3, "conv_groups": 5}, "conv_groups is 5, which does not divide 32"),
        ({"conv_kernel_size": 3, "conv_act": "selu"}, "conv_act is 'selu'; expected one of"),
        ({"position_buckets": 1}, "expected at least 2 buckets"),
        ({"pos_att_type": 3}, "pos_att_type is 3; expected a list"),
        ({"norm_rel_ebd": None}, "norm_rel_ebd is None; expected"),
        ({"share_att_key": "yes"}, "share_att_key is 'yes'; expected true or false"),
        ({"share_att_key": False}, "lacks 8 weights of a DebertaV2ForSequenceClassification"),
        ({"position_buckets": 32}, r"rel_embeddings.weight has shape \[32, 32\]"),
    ],
)
def test_what_cannot_be_is_refused_by_name(tmp_path, change, message):
    folder = save_tiny_family(tmp_path / "m", "deberta-v2", ["a", "b"])
    change_config(folder, **change)
    with pytest.raises(ModelFormatError, match=message):
        read_model_folder(folder)
