"""The arithmetic of DeBERTa-v2 and v3 in double precision; see `sparkcls.formats.reference.reading`.

Source: He et al. 2020, arXiv:2006.03654, and for the buckets of distances `transformers`' DebertaV2.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from sparkcls.errors import ModelFormatError
from sparkcls.formats.arithmetic import softmax
from sparkcls.formats.evaluate import Array
from sparkcls.formats.reference.reading import FUNCTIONS, Reading, Weights, by_head, classified, embedded, linear, norm


@np.errstate(all="ignore")
def scores(w: Weights, ids: Array, mask: Array, reading: Reading) -> Array:
    """Scores before softmax of ids and attention mask ``(texts, wordpieces)``: ``(texts, labels)``."""
    shape = reading.shape
    x = embedded(w, ids, reading)
    if "embeddings.projection.weight" in w:
        x = x @ w["embeddings.projection.weight"].T.astype(np.float64)
    x = norm(w, x, "embeddings.norm", shape.epsilon)
    if reading.masked:
        x = x * (mask[..., None] > 0)
    table = w.get("relative.embeddings.weight")
    if table is not None:
        table = table.astype(np.float64)
        if "relative.norm.weight" in w:
            table = norm(w, table, "relative.norm", shape.epsilon)
    seen = (mask[:, None, None, :] > 0) & (mask[:, None, :, None] > 0) if reading.masked else np.True_
    seen = np.tril(np.broadcast_to(seen, (len(ids), 1, *ids.shape[1:] * 2))) if reading.causal else seen
    for i in shape.order:
        layer = f"layer.{i}"
        q, k, v = (by_head(linear(w, x, f"{layer}.{part}"), shape.heads) for part in ("query", "key", "value"))
        found = softmax(np.where(seen, _scores(w, layer, q, k, table, reading), -1e300)) @ v
        attended = found.swapaxes(1, 2).reshape(x.shape)
        x = norm(w, x + linear(w, attended, f"{layer}.attended"), f"{layer}.attention_norm", shape.epsilon)
        hidden = FUNCTIONS[reading.activation](linear(w, x, f"{layer}.inner"))
        x = norm(w, x + linear(w, hidden, f"{layer}.outer"), f"{layer}.output_norm", shape.epsilon)
    return classified(w, x, reading)


def _scores(w: Weights, layer: str, q: Array, k: Array, table: Array | None, reading: Reading) -> Array:
    """Attention before softmax: by content, and by how far a wordpiece is away."""
    special, heads = reading.shape.special, reading.shape.heads
    kinds = [kind for kind in ("c2p", "p2c") if special[kind] and table is not None]
    scale = math.sqrt(q.shape[-1] * (1 + len(kinds)))
    found = q @ k.swapaxes(-1, -2)
    if table is not None:
        span = len(table) // 2
        away = np.clip(distances(q.shape[2], span, special["largest"], special["buckets"]) + span, 0, 2 * span - 1)
        key, query = ("key", "query") if special["shared"] else ("relative_key", "relative_query")
        rows = np.arange(len(away))[:, None]
        if "c2p" in kinds:
            by_place = q @ by_head(linear(w, table, f"{layer}.{key}"), heads).swapaxes(-1, -2)
            found = found + by_place[..., rows, away]
        if "p2c" in kinds:
            by_place = k @ by_head(linear(w, table, f"{layer}.{query}"), heads).swapaxes(-1, -2)
            found = found + by_place[..., rows, away.T].swapaxes(-1, -2)
    return np.asarray(found / scale)


def distances(length: int, span: int, largest: int, buckets: int) -> Array:
    """How far each wordpiece (row) stands after each other one; far ones, in buckets by the logarithm."""
    away = np.arange(length)[:, None] - np.arange(length)
    if buckets <= 0:
        return away
    middle = buckets // 2
    size = np.where((away < middle) & (away > -middle), middle - 1, np.abs(away))
    logarithm = np.ceil(np.log(size / middle) / math.log((largest - 1) / middle) * (middle - 1)) + middle
    return np.where(size <= middle, away, logarithm * np.sign(away)).astype(np.int64)


def told(w: Weights) -> dict[str, Any]:
    """Entries of config.json that the presence of weights tells."""
    relative = "relative.embeddings.weight" in w
    own = any(".relative_key." in role or ".relative_query." in role for role in w)
    return {
        "relative_attention": relative,
        "share_att_key": relative and not own,
        "norm_rel_ebd": "layer_norm" if "relative.norm.weight" in w else "none",
        "position_biased_input": "embeddings.position.weight" in w,
        "type_vocab_size": len(w.get("embeddings.type.weight", ())),
        "pos_att_type": ["c2p", "p2c"] if relative else [],
        "position_buckets": len(w["relative.embeddings.weight"]) // 2 if relative else -1,
    }


def untold(w: Weights) -> list[dict[str, Any]]:
    """Which of the two attentions to distances there may be, as entries of config.json."""
    if "relative.embeddings.weight" not in w:
        return [{"pos_att_type": []}]
    kinds = {kind for kind, role in (("c2p", "relative_key"), ("p2c", "relative_query")) if any(role in r for r in w)}
    if kinds:
        return [{"pos_att_type": sorted(kinds)}]
    return [{"pos_att_type": kinds} for kinds in (["c2p", "p2c"], ["c2p"], ["p2c"])]


#: The operation that rounds logarithms of distances up, and how far over the middle one is looked at.
_CEIL, _OVER = "Ceil", 8


def told_by_graph(
    w: Weights, operations: Collection[str], inside: Callable[[str, Array, Array], Array | None] | None, what: str
) -> dict[str, Any]:
    """The largest distance that counts, which shows in long texts only, solved for from a logarithm in the graph.

    Parameters
    ----------
    inside
        What goes into an operation of this kind, for ids and mask; None if the graph cannot be looked into.

    Raises
    ------
    ModelFormatError
        It cannot be told.
    """
    if "relative.embeddings.weight" not in w:
        return {}
    # Without a table of positions nothing else ends texts.
    table = () if "embeddings.position.weight" in w else ("max_position_embeddings",)
    span = len(w["relative.embeddings.weight"]) // 2
    if not any(kind in operations for kind in (_CEIL, "Ceiling")):
        return {"position_buckets": -1, "max_relative_positions": span} | dict.fromkeys(table, span)
    middle = span // 2
    ids = np.full((1, middle + _OVER + 1), 5, np.int64)
    found = inside(_CEIL, ids, np.ones_like(ids)) if inside is not None else None
    value = float(np.max(found)) if found is not None and np.size(found) else 0.0
    if not 0 < value < np.inf or middle < 2:
        raise ModelFormatError(
            f"{what}: its graph does not tell max_relative_positions, the largest distance that counts; load its "
            "Hugging Face folder"
        )
    largest = round(middle * math.exp(math.log((middle + _OVER) / middle) * (middle - 1) / value)) + 1
    return {"max_relative_positions": largest} | dict.fromkeys(table, largest)
