"""ModernBERT against `transformers`, key by key of config.json."""

import json

import numpy as np
import pytest
from transformers import AutoConfig

from sparkcls.engine.packing import Layout
from sparkcls.errors import ModelFormatError
from sparkcls.models.layout import read_model_folder
from tests.engine.networks.parity import moves, network, reference, sequences
from tests.families import save_tiny_family
from tests.models.test_layout import change_config

pytestmark = pytest.mark.newest

ALL, NEAR = "full_attention", "sliding_attention"
CHANGES = {
    "usual": {},
    "mean": {"classifier_pooling": "mean"},
    "biases": {"attention_bias": True, "mlp_bias": True, "norm_bias": True, "classifier_bias": True},
    "every second": {"global_attn_every_n_layers": 2},
    "kinds of layers": {"layer_types": [NEAR, ALL, ALL, NEAR]},
    "all see all": {"layer_types": [ALL] * 4},
    "odd window": {"local_attention": 33},
    "wide window": {"local_attention": 290},
    "smallest window": {"local_attention": 1, "layer_types": [NEAR] * 3 + [ALL]},
    "angles": {"rope_parameters": {ALL: {"rope_type": "default", "rope_theta": 99.0}, NEAR: {"rope_theta": 50.0}}},
    "activations": {"hidden_activation": "silu", "classifier_activation": "tanh"},
    "epsilon": {"norm_eps": 0.01, "classifier_pooling": "mean"},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_parity(tmp_path, change):
    folder = save_tiny_family(tmp_path / "m", "modernbert", ["a", "b", "c"], **change)
    batch = sequences(folder)
    expected = reference(folder, batch)
    assert expected.std() > 0.1
    for layout in (None, Layout.PADDED):
        assert np.abs(network(folder, layout=layout).start(batch)() - expected).max() <= 1e-5


@pytest.mark.parametrize(
    "old",
    [
        {"global_rope_theta": 77.0, "local_rope_theta": 33.0, "global_attn_every_n_layers": 2},
        {"global_rope_theta": 77.0},
        {"sliding_window": 8},
        {"rope_parameters": {NEAR: {"type": "default", "rope_theta": 5.0}}},
    ],
)
def test_keys_of_older_folders(tmp_path, old):
    folder = save_tiny_family(tmp_path / "m", "modernbert", ["a", "b"])
    config = json.loads((folder / "config.json").read_text())
    for name in ("layer_types", "rope_parameters"):
        config.pop(name, None)
    (folder / "config.json").write_text(json.dumps(config | old))
    assert moves(folder, sequences(folder)) <= 1e-5


def test_a_long_text(tmp_path):
    folder = save_tiny_family(
        tmp_path / "m", "modernbert", ["a", "b"], max_position_embeddings=8192, local_attention=128, num_hidden_layers=2
    )
    assert read_model_folder(folder).positions == 8192
    assert moves(folder, sequences(folder, [3000])) <= 1e-5


@pytest.mark.parametrize("pooling", ["cls", "mean"])
def test_a_text_alone_scores_as_among_others(tmp_path, pooling):
    folder = save_tiny_family(tmp_path / "m", "modernbert", ["a", "b"], classifier_pooling=pooling)
    batch = sequences(folder)
    found = network(folder)
    alone = np.concatenate([found.start([ids])() for ids in batch])
    assert np.abs(found.start(batch)() - alone).max() <= 2e-6


@pytest.mark.parametrize("pooling", ["cls", "mean"])
@pytest.mark.parametrize("layout", [None, Layout.PADDED])
def test_16_bits_move_scores_a_little(tmp_path, layout, pooling):
    folder = save_tiny_family(tmp_path / "m", "modernbert", ["a", "b"], classifier_pooling=pooling, attention_bias=True)
    batch = sequences(folder)
    exact = network(folder).start(batch)()
    moved = np.abs(network(folder, "bfloat16", layout).start(batch)() - exact)
    assert 0 < moved.max() < 0.2 * exact.std()


@pytest.mark.parametrize("layout", [None, Layout.PADDED])
def test_a_text_of_nan_takes_no_other_along(tmp_path, layout):
    def poisoned(model):
        model.model.embeddings.tok_embeddings.weight.data[50] = float("nan")

    folder = save_tiny_family(
        tmp_path / "m", "modernbert", ["a", "b"], change=poisoned, local_attention=4, classifier_pooling="mean"
    )
    batch = [[50, 9], [8, 9], [8, 9, 50], [9, 9, 9], [8, 50, 9, 9, 8]]
    for precision in ("float32", "bfloat16"):
        scores = network(folder, precision, layout).start(batch)()
        assert np.isfinite(scores).all(1).tolist() == [False, True, False, True, False]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"head_dim": 4}, "head_dim is 4; expected 8"),
        ({"sliding_window": 4}, "sliding_window is 4 and local_attention, which is twice that, 16"),
        ({"layer_types": [ALL]}, "layer_types is"),
        ({"layer_types": [ALL] * 3 + ["chunked_attention"]}, "layer_types is"),
        ({"rope_scaling": {"rope_type": "linear", "factor": 2.0}}, "rope_scaling is .* which stretches positions"),
        ({"rope_parameters": {ALL: {"rope_type": "linear", "rope_theta": 9.0}}}, "another rope_type"),
        ({"rope_parameters": {ALL: {"rope_theta": 9.0, "factor": 2.0}}}, "expected rope_type and rope_theta alone"),
        ({"rope_parameters": {"rope_theta": 9.0}}, "expected an object with full_attention and sliding_attention"),
        ({"rope_parameters": {ALL: {"rope_theta": 0}}}, "rope_theta of full_attention is 0; expected a positive"),
        ({"classifier_pooling": "max"}, "classifier_pooling is 'max'; expected one of cls, mean"),
        ({"hidden_activation": "selu"}, "hidden_activation is 'selu'; expected one of"),
        ({"attention_bias": True}, "lacks 8 weights of a ModernBertForSequenceClassification"),
    ],
)
def test_what_cannot_be_is_refused_by_name(tmp_path, change, message):
    folder = save_tiny_family(tmp_path / "m", "modernbert", ["a", "b"])
    change_config(folder, **change)
    with pytest.raises(ModelFormatError, match=message):
        read_model_folder(folder)


def test_the_window_of_an_older_key_is_twice_it_for_transformers(tmp_path):
    folder = save_tiny_family(tmp_path / "m", "modernbert", ["a", "b"])
    change_config(folder, sliding_window=4)
    assert AutoConfig.from_pretrained(folder).local_attention == 8
