"""The arithmetic of BERT and its like in double precision, right or in a known way otherwise.

The encoder is that of Vaswani et al. 2017, arXiv:1706.03762, with the norm after each part; MPNet's buckets are
those of Raffel et al. 2020, arXiv:1910.10683.
"""

from __future__ import annotations

import math

import numpy as np

from sparkcls.formats.arithmetic import softmax
from sparkcls.formats.evaluate import Array
from sparkcls.formats.reference.reading import (
    FUNCTIONS,
    Reading,
    Weights,
    by_head,
    classified,
    embedded,
    linear,
    norm,
    seen,
)


@np.errstate(all="ignore")
def post_norm(w: Weights, ids: Array, mask: Array, reading: Reading) -> Array:
    """Scores before softmax of ids and attention mask ``(texts, wordpieces)``: ``(texts, labels)``."""
    shape = reading.shape
    x = norm(w, embedded(w, ids, reading), "embeddings.norm", shape.epsilon)
    if "embeddings.projection.weight" in w:
        x = linear(w, x, "embeddings.projection")
    keys, bias = seen(mask, reading), _relative_bias(w, ids.shape[1])
    for i in shape.order:
        layer = f"layer.{i}"
        q, k, v = (by_head(linear(w, x, f"{layer}.{part}"), shape.heads) for part in ("query", "key", "value"))
        scores = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1]) + bias
        found = softmax(np.where(keys, scores, -np.inf)) @ v
        attended = found.swapaxes(1, 2).reshape(x.shape)
        x = norm(w, x + linear(w, attended, f"{layer}.attended"), f"{layer}.attention_norm", shape.epsilon)
        hidden = FUNCTIONS[reading.activation](linear(w, x, f"{layer}.inner"))
        x = norm(w, x + linear(w, hidden, f"{layer}.outer"), f"{layer}.output_norm", shape.epsilon)
    return classified(w, x, reading)


def _relative_bias(w: Weights, length: int) -> Array:
    """What MPNet adds to attention's scores, by how far a wordpiece is away: ``(heads, wordpieces, wordpieces)``."""
    table = w.get("relative.embeddings.weight")
    if table is None:
        return np.zeros(())
    # Half of the buckets are for what stands after, and of each half the first half for single distances.
    half, most = 32 // 2, 128
    exact = half // 2
    distance = np.arange(length)[:, None] - np.arange(length)
    away = np.maximum(np.abs(distance), 1)
    far = exact + (np.log(away / exact) / math.log(most / exact) * (half - exact)).astype(np.int64)
    bucket = np.where(np.abs(distance) < exact, np.abs(distance), np.minimum(far, half - 1))
    return np.asarray(table[bucket + np.where(distance < 0, half, 0)].astype(np.float64).transpose(2, 0, 1))
