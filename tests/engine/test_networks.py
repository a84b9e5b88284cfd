"""Networks of all families against `transformers`, from ids on."""

import numpy as np
import pytest
import torch
from transformers import AutoModelForSequenceClassification

from sparkcls.engine import weights
from sparkcls.engine.network import Network
from sparkcls.engine.packing import Layout
from sparkcls.models.layout import read_model_folder
from tests.families import WRITTEN_OUT, save_tiny_family
from tests.reference_models import FLOAT32

LABELS = ["red", "green", "blue"]


def network_of(folder, precision="float32", device="cpu"):
    return Network(read_model_folder(folder), device, precision)


def reference(folder, sequences):
    """Plain `transformers`, one sequence at a time."""
    model = AutoModelForSequenceClassification.from_pretrained(folder, **FLOAT32).eval()
    with torch.inference_mode():
        return np.stack([model(input_ids=torch.tensor([s])).logits[0].numpy() for s in sequences])


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def sequences_of(shape, lengths, seed=1):
    """Ids of the whole vocabulary, pads among them."""
    generator = np.random.default_rng(seed)
    return [generator.integers(0, min(shape.vocabulary, 200), n).tolist() for n in lengths]


@pytest.fixture(scope="module", params=WRITTEN_OUT)
def family(request, tmp_path_factory):
    return request.param, save_tiny_family(tmp_path_factory.mktemp("families") / request.param, request.param, LABELS)


def test_scores_equal_those_of_transformers(family):
    _, folder = family
    read = read_model_folder(folder)
    sequences = sequences_of(read.shape, [1, 2, 3, 7, 7, 17, 16, 33, 64, 130, 5, 7, read.positions])
    found = network_of(folder).start(sequences)()
    assert found.shape == (len(sequences), len(LABELS))
    assert np.abs(softmax(found) - softmax(reference(folder, sequences))).max() < 1e-5


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_sequences_of_a_batch_do_not_touch_each_other(family, precision):
    _, folder = family
    network = network_of(folder, precision)
    sequences = sequences_of(read_model_folder(folder).shape, [3, 9, 9, 21, 40])
    together = network.start(sequences)()
    alone = np.concatenate([network.start([s])() for s in sequences])
    assert np.abs(softmax(together) - softmax(alone)).max() < (1e-6 if precision == "float32" else 0.03)


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_sixteen_bits_are_close(family, precision):
    _, folder = family
    sequences = sequences_of(read_model_folder(folder).shape, [3, 9, 21, 40])
    half = network_of(folder, precision).start(sequences)()
    assert np.abs(softmax(half) - softmax(reference(folder, sequences))).max() < 0.1


def test_without_onednn_the_scores_are_the_same(family):
    _, folder = family
    sequences = sequences_of(read_model_folder(folder).shape, [3, 9, 21])
    for precision, near in (("float32", 5e-6), ("bfloat16", 0.1)):
        network = network_of(folder, precision)
        expected = network.start(sequences)()
        network._frugal = True
        assert np.abs(softmax(network.start(sequences)()) - softmax(expected)).max() < near


def test_padded_as_on_a_gpu_the_scores_are_the_same(family):
    """And in 16 bits throughout, as there."""
    _, folder = family
    sequences = sequences_of(read_model_folder(folder).shape, [3, 9, 9, 21, 40, 1])
    expected = softmax(network_of(folder).start(sequences)())
    for lengths in (sequences, sequences[1:3]):
        network = network_of(folder)
        network._layout = Layout.PADDED
        found = softmax(network.start(lengths)())
        assert np.abs(found - expected[[sequences.index(s) for s in lengths]]).max() < 1e-5
    network = network_of(folder, "bfloat16")
    network._layout = Layout.PADDED
    (part,) = weights._parts(read_model_folder(folder), "bfloat16", everywhere=True)
    network._weights = part.read()
    assert np.abs(softmax(network.start(sequences)()) - expected).max() < 0.15
