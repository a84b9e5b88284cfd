"""Operators against torch's plain ones, in both layouts."""

import pytest
import torch
import torch.nn.functional as F
from transformers.activations import ACT2FN

from sparkcls.engine import kernels
from sparkcls.engine.kernels import attention, fused_linear, plain_linear, varlen_attention
from sparkcls.engine.networks.padded import padded
from sparkcls.engine.networks.windowed import local_attention
from sparkcls.engine.packing import Layout, Packing, round_up
from sparkcls.families.activations import ACTIVATIONS

HEADS, WIDTH = 4, 32
CPU = torch.device("cpu")
BATCHES = [[5], [1, 1, 1], [7, 7, 7, 7, 7], [3, 3, 16, 17, 17, 40], [64] * 9 + [65], [130, 2]]


def expected(q, k, v, lengths, first_only):
    """One sequence after the other."""
    parts, at = [], 0
    for number, length in enumerate(lengths):
        rows = slice(at, at + length)
        queries = slice(number, number + 1) if first_only else rows
        one, two, three = (x.unflatten(1, (HEADS, -1)).transpose(0, 1) for x in (q[queries], k[rows], v[rows]))
        parts.append(F.scaled_dot_product_attention(one, two, three).transpose(0, 1).flatten(1))
        at += length
    return torch.cat(parts)


def varlen_attn(q, k, v, q_ends, k_ends, most_q, most_k, *, window_size=(-1, -1)):
    """What `torch.nn.attention.varlen.varlen_attn` computes, which only GPUs can."""
    assert q.dtype == k.dtype == v.dtype
    assert q_ends.dtype == k_ends.dtype == torch.int32
    pairs = list(zip(q_ends.diff().tolist(), k_ends.diff().tolist(), strict=True))
    assert (most_q, most_k) == (max(n for n, _ in pairs), max(n for _, n in pairs))
    parts = []
    for i in range(len(pairs)):
        rows, keys = slice(q_ends[i], q_ends[i + 1]), slice(k_ends[i], k_ends[i + 1])
        one, two, three = (x.transpose(0, 1) for x in (q[rows], k[keys], v[keys]))
        mask = None
        if window_size != (-1, -1):
            assert len(q) == len(k)
            places = torch.arange(one.shape[1])
            mask = (places[:, None] - places).abs() <= window_size[0]
        parts.append(F.scaled_dot_product_attention(one, two, three, mask).transpose(0, 1))
    return torch.cat(parts)


@pytest.fixture(autouse=True)
def with_varlen_attention(monkeypatch):
    monkeypatch.setattr(kernels, "_varlen_function", lambda: varlen_attn)


@pytest.mark.parametrize("lengths", BATCHES)
@pytest.mark.parametrize("layout", list(Layout))
@pytest.mark.parametrize("first_only", [False, True])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.bfloat16, 2e-2)])
def test_attention(lengths, layout, first_only, dtype, tolerance):
    torch.manual_seed(0)
    packing = Packing.of([[1] * n for n in lengths], CPU, layout)
    k, v = (torch.randn(len(packing.ids), WIDTH).to(dtype) for _ in range(2))
    q = torch.randn(len(lengths) if first_only else len(packing.ids), WIDTH).to(dtype)
    found = attention(q, k, v, packing, HEADS)
    assert found.shape == q.shape
    rows = len(lengths) if first_only else sum(lengths)
    plain = expected(q.float(), k.float(), v.float(), lengths, first_only)
    assert torch.allclose(found[:rows].float(), plain, atol=tolerance)
    assert torch.isfinite(found).all()


def test_long_sequences_go_a_few_at_a_time(monkeypatch):
    packing = Packing.of([[1] * 100] * 7, CPU, Layout.RUNS)
    assert packing.runs(10**9) == [(0, 4, 100), (400, 2, 100), (600, 1, 100)]
    assert packing.runs(20_000) == [(0, 2, 100), (200, 2, 100), (400, 2, 100), (600, 1, 100)]
    assert packing.runs(1) == [(at, 1, 100) for at in range(0, 700, 100)]


@pytest.mark.parametrize("activation", ["none", *dict.fromkeys(ACTIVATIONS.values())])
@pytest.mark.parametrize("rows", [1, 2, 33])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-4), (torch.bfloat16, 5e-2)])
def test_linear(activation, rows, dtype, tolerance):
    fused = fused_linear(activation, dtype)
    if fused is None:
        fused = plain_linear(activation)  # this torch has no oneDNN: what the network then takes
    x, weight, bias = torch.randn(rows, 24), torch.randn(40, 24), torch.randn(40)
    of_transformers = {ours: name for name, ours in reversed(ACTIVATIONS.items())}
    function = (lambda y: y) if activation == "none" else ACT2FN[of_transformers[activation]]
    plain = function(F.linear(x, weight, bias))
    with torch.inference_mode():
        assert torch.allclose(
            fused(x.to(dtype), weight.to(dtype), bias.to(dtype)).float(), plain, atol=tolerance * 10, rtol=tolerance
        )


def test_attention_of_few_exact_queries_over_keys_of_16_bits():
    packing = Packing.of([[1] * n for n in (3, 9)], CPU, Layout.VARLEN)
    k, v = (torch.randn(12, WIDTH).half() for _ in range(2))
    q = torch.randn(2, WIDTH)
    found = attention(q, k, v, packing, HEADS)
    assert found.dtype == torch.float32
    assert torch.allclose(found, expected(q, k.float(), v.float(), [3, 9], True), atol=2e-3)


@pytest.mark.parametrize("lengths", BATCHES)
def test_local_attention_by_windows(lengths):
    assert kernels.has_varlen_windows()
    packing = Packing.of([[1] * n for n in lengths], CPU, Layout.VARLEN)
    q, k, v = (torch.randn(sum(lengths), WIDTH) for _ in range(3))
    by_blocks = local_attention(q, k, v, padded(packing, 1 << 20, 16), HEADS, 5)
    assert torch.allclose(varlen_attention(q, k, v, packing, HEADS, 5), by_blocks, atol=1e-5)


def test_varlen_attention_is_for_gpus_in_16_bits(monkeypatch):
    gpu = torch.device("cuda:0")
    capability = (8, 0)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    assert kernels.has_varlen_attention(gpu, torch.float16, 64)
    assert not kernels.has_varlen_attention(CPU, torch.float16, 64)
    assert not kernels.has_varlen_attention(gpu, torch.float32, 64)
    assert not kernels.has_varlen_attention(gpu, torch.float16, 33)
    capability = (7, 5)
    assert not kernels.has_varlen_attention(gpu, torch.float16, 64)
    capability = (9, 0)
    monkeypatch.setattr(kernels, "_varlen_function", lambda: None)
    assert not kernels.has_varlen_attention(gpu, torch.bfloat16, 64)


def test_without_the_operator_the_plain_one_is_used(monkeypatch):
    def missing(*args):
        raise AttributeError("no such operator")

    monkeypatch.setattr(torch.ops.mkldnn, "_linear_pointwise", missing, raising=False)
    assert fused_linear("gelu", torch.float32) is None
    monkeypatch.undo()
    monkeypatch.setattr(kernels.platform, "machine", lambda: "arm64")
    assert fused_linear("gelu", torch.float32) is None


def test_an_operator_that_errs_is_not_used(monkeypatch):
    monkeypatch.setattr(torch.ops.mkldnn, "_linear_pointwise", lambda x, w, b, *rest: F.linear(x, w), raising=False)
    assert fused_linear("none", torch.float32) is None


def test_rounding_up():
    assert [round_up(n) for n in (1, 10, 63, 64, 65, 1000, 1008, 1024)] == [1, 10, 63, 64, 66, 1008, 1008, 1024]
    assert all(n <= round_up(n) <= n * 33 / 32 for n in range(1, 5000))
    assert len({round_up(n) for n in range(1, 4097)}) < 300


@pytest.mark.parametrize("lengths", [[5, 7], [5, 5, 5, 7], [17, 18, 40]])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("layout", list(Layout))
def test_a_sequence_of_nan_takes_no_other_along(lengths, dtype, layout):
    packing = Packing.of([[1] * n for n in lengths], CPU, layout)
    q, k, v = (torch.randn(len(packing.ids), WIDTH).to(dtype) for _ in range(3))
    healthy = sum(lengths[:-1])
    for x in (q, k, v):
        x[healthy : sum(lengths)] = float("nan")
    assert torch.isfinite(attention(q, k, v, packing, HEADS)[:healthy]).all()
