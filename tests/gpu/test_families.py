"""Every family on a GPU against `transformers` on the same GPU."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch

from sparkcls.families.registry import FAMILIES
from tests.families import save_tiny_family
from tests.gpu.device import LABELS, ON_GPU, classify, load, scores_of, transformers_scores
from tests.models import WORDS

if ON_GPU and not torch.cuda.is_available():
    pytest.skip("needs a CUDA device", allow_module_level=True)

#: Of layers and vectors: enough for all that kernels do by size.
SHAPE = {"hidden_size": 128, "intermediate_size": 256, "num_hidden_layers": 4, "initializer_range": 0.1}


@pytest.mark.parametrize("model_type", list(FAMILIES))
def test_a_family_equals_transformers(tmp_path, model_type):
    own_names = model_type in ("distilbert", "xlnet", "bart", "longformer")
    folder = save_tiny_family(tmp_path / "model", model_type, LABELS, **({} if own_names else SHAPE))
    draw = random.Random(0)
    texts = [" ".join(draw.choices(WORDS, k=draw.randint(1, 150))) for _ in range(150)]
    expected = transformers_scores(folder, texts, 128)
    exact = scores_of(classify(load(folder, "float32"), texts))
    assert np.abs(exact - expected).max() < 5e-5
    assert expected.std(0).max() > 1e-3
    mixed = scores_of(classify(load(folder, "mixed"), texts))
    assert (mixed.argmax(1) == exact.argmax(1)).all()
    print(f"{model_type}: float32 {np.abs(exact - expected).max():.1e}, mixed {np.abs(mixed - expected).max():.1e}")
