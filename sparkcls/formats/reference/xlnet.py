"""The arithmetic of XLNet in double precision; see `sparkcls.formats.reference.reading`.

Source: Yang et al. 2019, arXiv:1906.08237, with distances as in Dai et al. 2019, arXiv:1901.02860, section 3.3.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from sparkcls.errors import ModelFormatError
from sparkcls.families.xlnet import SUMMARIES
from sparkcls.formats.arithmetic import softmax
from sparkcls.formats.evaluate import Array
from sparkcls.formats.reference.reading import ENDS, FUNCTIONS, Reading, Weights, linear, norm

#: The token type of the last wordpiece; all others have 0.
_LAST = 2


def types(ids: Array) -> Array:
    """Token types as the tokenizer gives them."""
    found = np.zeros_like(ids)
    found[:, -1] = _LAST
    return found


@np.errstate(all="ignore")
def scores(w: Weights, ids: Array, mask: Array, reading: Reading) -> Array:
    """Scores before softmax of ids and attention mask ``(texts, wordpieces)``: ``(texts, labels)``."""
    shape, length = reading.shape, ids.shape[1]
    x = w["embeddings.word.weight"][ids].astype(np.float64)
    away = np.arange(length)[:, None] - np.arange(length)
    places = _places(np.arange(1 - length, length), shape.width)
    apart = (types(ids)[:, :, None] != types(ids)[:, None, :]).astype(np.int64)
    seen = np.broadcast_to(mask[:, None, :] > 0 if reading.masked else np.True_, (len(ids), length, length))
    if shape.special["causal"] or reading.causal:
        seen = seen & (away >= 0)
    # A wordpiece always attends itself.
    seen = seen | (away == 0)
    for i in shape.order:
        part = {role: w[f"layer.{i}.{role}.weight"].astype(np.float64) for role in _PARTS}
        q, k, v = (np.einsum("tih,hnd->tnid", x, part[role]) for role in ("query", "key", "value"))
        by_content = (q + part["content_bias"][:, None]) @ k.swapaxes(-1, -2)
        r = np.einsum("ph,hnd->npd", places, part["place"])
        by_place = ((q + part["place_bias"][:, None]) @ r.swapaxes(-1, -2))[
            ..., np.arange(length)[:, None], away + length - 1
        ]
        of_segments = np.einsum("tnid,snd->tnis", q + part["segment_bias"][:, None], part["segment"])
        by_segment = np.take_along_axis(of_segments, apart[:, None], -1)
        found = (by_content + by_place + by_segment) / math.sqrt(q.shape[-1])
        attended = softmax(np.where(seen[:, None], found, -np.inf)) @ v
        attended = np.einsum("tnid,hnd->tih", attended, part["attended"])
        x = norm(w, x + attended, f"layer.{i}.attention_norm", shape.epsilon)
        hidden = FUNCTIONS[reading.activation](linear(w, x, f"layer.{i}.inner"))
        x = norm(w, x + linear(w, hidden, f"layer.{i}.outer"), f"layer.{i}.output_norm", shape.epsilon)
    pooled = {"last": x[:, -1], "first": x[:, 0], "mean": x.mean(1)}[SUMMARIES[shape.special["summary"]]]
    if "head.dense.weight" in w:
        pooled = linear(w, pooled, "head.dense")
    return ENDS[reading.end](linear(w, FUNCTIONS[reading.head_activation](pooled), "head.output"))


_PARTS = (
    *("query", "key", "value", "attended"),
    *("place", "place_bias", "content_bias", "segment_bias", "segment"),
)


def _places(distances: Array, width: int) -> Array:
    """A vector for every distance: sines, then cosines."""
    angles = distances[:, None] / 10000 ** (np.arange(0, width, 2) / width)
    return np.concatenate([np.sin(angles), np.cos(angles)], -1)


def told(w: Weights) -> dict[str, Any]:
    """Entries of config.json that the presence of weights tells, and the id of padding, which no answer depends on."""
    return {"summary_use_proj": "head.dense.weight" in w, "pad_token_id": 5}


def untold(w: Weights) -> list[dict[str, Any]]:
    """What the head reads, and what a wordpiece sees."""
    return [{"summary_type": summary, "attn_type": kind} for kind in ("bi", "uni") for summary in SUMMARIES]


def told_by_graph(
    w: Weights, operations: Collection[str], inside: Callable[[str, Array, Array], Array | None] | None, what: str
) -> dict[str, Any]:
    """That distances count however large they are; whether they do shows in long texts only.

    Raises
    ------
    ModelFormatError
        The graph limits something.
    """
    if {"Maximum", "ClipByValue", "Clip"} & set(operations):
        raise ModelFormatError(
            f"{what}: its graph may limit distances between wordpieces (clamp_len), which shows in long texts only; "
            "load its Hugging Face folder"
        )
    return {"clamp_len": -1, "bi_data": False, "same_length": False}
