"""A network's scores against those of `transformers`, over wordpieces by chance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from transformers import AutoModelForSequenceClassification

from sparkcls.engine.network import Network
from sparkcls.engine.packing import Layout
from sparkcls.models.layout import read_model_folder

#: Of one batch: short and long ones, equal ones, and around the sizes of kernels.
LENGTHS = (1, 2, 3, 5, 5, 5, 7, 9, 16, 17, 40, 41, 128, 128, 129, 300)


def sequences(folder: Path, lengths=LENGTHS, end: int | None = None) -> list[list[int]]:
    """Ids of any wordpieces, special ones left out but for the `end`; shortest first, as batches have them."""
    size = read_model_folder(folder).shape.vocabulary
    random = np.random.default_rng(0)
    made = [random.integers(8, size, n).tolist() for n in sorted(lengths)]
    return made if end is None else [[*ids[:-1], end] for ids in made]


def reference(folder: Path, batch: list[list[int]], **inputs) -> np.ndarray:
    """What `transformers` answers for each sequence alone."""
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    with torch.inference_mode():
        return np.concatenate([model(input_ids=torch.tensor([ids]), **inputs).logits.numpy() for ids in batch])


def network(folder: Path, precision: str = "float32", layout: Layout | None = None) -> Network:
    """The network of a folder on the CPU; with a layout of a batch that is a GPU's, if given."""
    made = Network(read_model_folder(folder), "cpu", precision)
    if layout is not None:
        made._layout = layout
    return made


def moves(folder: Path, batch: list[list[int]], layout: Layout | None = None) -> float:
    """How far scores in float32 are from those of `transformers`."""
    return float(np.abs(network(folder, layout=layout).start(batch)() - reference(folder, batch)).max())
