"""Linear layers in 8 bits against the same arithmetic in float64."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from sparkcls.engine.eight_bits import Quantized, Rows, eight_bit_linear, has_eight_bit_products, widened
from sparkcls.engine.kernels import plain_linear
from sparkcls.engine.network import Network
from sparkcls.families import registry
from sparkcls.models.layout import read_model_folder
from tests.engine.networks.parity import sequences
from tests.families import WRITTEN_OUT, save_tiny_family

pytestmark = [
    pytest.mark.newest,
    pytest.mark.skipif(not has_eight_bit_products(), reason="this torch does not multiply 8 bits on a CPU"),
]

LINEAR = eight_bit_linear("none", plain_linear("none"))


def rows(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("scale", [1e-15, 1e-3, 1.0, 1e4, 1e15])
@pytest.mark.parametrize("kind", ["even", "positive", "negative", "shifted", "one", "zero", "gelu"])
def test_rows_are_rounded_to_the_nearest_step(kind, scale):
    x = rows(700, 64)
    x = {
        "even": x,
        "positive": x.abs(),
        "negative": -x.abs(),
        "shifted": x + 100,
        "one": F.one_hot(torch.arange(700) % 64, 64).float(),
        "zero": torch.zeros(700, 64),
        "gelu": F.gelu(3 * x),
    }[kind] * scale
    found = Rows.of(x)
    error = (found.float() - x).abs().amax(1, keepdim=True)
    assert (error <= found.step * 0.501).all()
    spread = x.amax(1, keepdim=True).clamp(min=0) - x.amin(1, keepdim=True).clamp(max=0)
    assert (found.step <= spread / 253 + 1e-20).all(), "no step is wider than it must be"


def test_ends_that_fall_between_two_steps_do_not_turn_over():
    """An overflow by one would turn the highest value into the lowest."""
    ends = torch.linspace(0.1, 3, 4001)[:, None]
    x = torch.cat([-ends, ends.flip(0), ends * 0.5], dim=1)
    found = Rows.of(x)
    assert ((found.float() - x).abs() <= found.step * 0.501).all()


@pytest.mark.parametrize("outputs", [1, 8, 64, 65, 200])
def test_weights_are_rounded_for_each_output(outputs):
    weight = rows(outputs, 64) * torch.logspace(-6, 6, outputs)[:, None]
    weight[outputs // 2] = 0
    found = Quantized.of(weight)
    assert ((found.float() - weight).abs() <= found.step[:, None] * 0.501).all()
    assert torch.equal(found.sums, found.values.long().sum(1) * found.step)
    assert torch.equal(found.step, (weight.abs().amax(1) / 127).clamp(min=1e-20))


def test_rounding_a_weight_takes_no_more_memory_than_parts_of_it():
    """Beside what it gives, 2.4 MB. A copy of this weight is 9 MB, one in whole numbers of 64 bits 19 MB."""
    weight = rows(3072, 768)
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as profiler:
        Quantized.of(weight)
    taken = max(event.cpu_memory_usage for event in profiler.events())
    assert weight.numel() <= taken < 1.1 * weight.numel(), "the result is the largest"


@pytest.mark.parametrize("has_bias", [True, False])
@pytest.mark.parametrize("activation", ["none", "gelu", "relu"])
@pytest.mark.parametrize("tokens", [1, 2, 255, 256, 257, 600])
def test_outputs_are_those_of_the_rounded_numbers(tokens, activation, has_bias):
    x, weight, bias = rows(tokens, 96), Quantized.of(rows(48, 96, seed=1)), rows(48, seed=2) if has_bias else None
    found = eight_bit_linear(activation, plain_linear(activation))(x, weight, bias)
    read = Rows.of(x)
    inputs = read.values.double() * read.step.double() + read.offset.double()
    exact = F.linear(
        inputs, weight.values.double() * weight.step.double()[:, None], None if bias is None else bias.double()
    )
    exact = {"none": exact, "gelu": F.gelu(exact), "relu": exact.relu()}[activation]
    assert (found - exact).abs().max() < 1e-5 * exact.abs().max()
    wide = widened(plain_linear(activation))
    assert (wide(read, weight, bias) - exact).abs().max() < 1e-4 * exact.abs().max()


def test_a_token_does_not_depend_on_its_batch():
    x, weight, bias = rows(700, 96), Quantized.of(rows(48, 96, seed=1)), rows(48, seed=2)
    together = LINEAR(x, weight, bias)
    for i in (0, 1, 255, 256, 699):
        assert torch.equal(LINEAR(x[i : i + 1], weight, bias)[0], together[i])


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_not_finite_stays_so_and_touches_no_other_token(value):
    x, weight = rows(5, 96), Quantized.of(rows(48, 96, seed=1))
    before = LINEAR(x, weight, None)
    x[2, 7] = value
    found = LINEAR(x, weight, None)
    assert not found[2].isfinite().any()
    others = [0, 1, 3, 4]
    assert torch.equal(found[others], before[others])


@pytest.mark.parametrize("family", [f for f in WRITTEN_OUT if registry.FAMILIES[f].network in ("post_norm", "deberta")])
def test_networks(family, tmp_path):
    folder = save_tiny_family(tmp_path / family, family, ["red", "green", "blue"])
    read = read_model_folder(folder)
    ids = sequences(folder, (1, 3, 9, 9, 40, 128))
    exact = Network(read, "cpu", "float32").start(ids)()
    network = Network(read, "cpu", "int8")
    found = network.start(ids)()
    assert 0 < np.abs(found - exact).max() < 0.1 * np.ptp(exact)
    alone = np.concatenate([network.start([i])() for i in ids])
    assert np.abs(alone - found).max() < 1e-5
    network._frugal = True
    assert np.abs(network.start(ids)() - found).max() < 0.05 * np.ptp(exact)
