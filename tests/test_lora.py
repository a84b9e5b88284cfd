"""Adapters of PEFT: merged into an ordinary folder, whose answers are peft's; what cannot be honoured is refused."""

import json
import re
import shutil

import numpy as np
import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from sparkcls.errors import ModelFormatError
from sparkcls.formats.adapter import merge_adapter
from sparkcls.models.layout import read_model_folder

TEXTS = ["the movie was good", "boring plot", "a really great story, and i loved it", "market"]


def save_adapter(base, folder, change=None, **settings):
    """An adapter with random weights over a base, as peft saves it."""
    torch.manual_seed(1)
    model = AutoModelForSequenceClassification.from_pretrained(base, dtype=torch.float32)
    adapted = get_peft_model(model, LoraConfig(**{"task_type": "SEQ_CLS", "r": 4, "target_modules": ["q_lin"]} | settings))
    with torch.no_grad():
        for name, weight in adapted.named_parameters():
            if weight.requires_grad or "bias" in name:
                weight.add_(0.3 * torch.randn_like(weight))
            if "magnitude" in name:
                weight.abs_()
    if change:
        change(adapted)
    adapted.save_pretrained(folder)
    return folder


def answers_of_peft(base, folder, merge=False, **settings):
    model = AutoModelForSequenceClassification.from_pretrained(base, dtype=torch.float32, **settings)
    adapted = PeftModel.from_pretrained(model, folder).eval()
    return answers(adapted.merge_and_unload() if merge else adapted, base)


def answers_of(folder):
    return answers(AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32).eval(), folder)


def answers(model, folder):
    batch = AutoTokenizer.from_pretrained(folder)(TEXTS, padding=True, return_tensors="pt")
    with torch.no_grad():
        return model(**batch).logits.numpy()


def change_config(folder, **entries):
    file = folder / "adapter_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | entries))


SETTINGS = {
    "plain": {},
    "several layers": {"target_modules": ["q_lin", "v_lin", "lin1"], "lora_alpha": 32},
    "a pattern": {"target_modules": r".*\.layer\.1\.attention\.(q|k)_lin"},
    "ranks": {
        "target_modules": ["q_lin", "k_lin"],
        "rank_pattern": {"k_lin": 2, r"layer\.0\.attention.q_lin": 3},
        "alpha_pattern": {"^distilbert.transformer.layer.1.attention.q_lin": 5},
    },
    "rslora": {"use_rslora": True, "lora_alpha": 3},
    "fan_in_fan_out": {"fan_in_fan_out": True},
    "all biases": {"bias": "all"},
    "biases of the layers": {"bias": "lora_only"},
    "a bias of B": {"lora_bias": True},
    "dora": {"use_dora": True, "target_modules": ["q_lin", "lin1", "lin2"]},
    "one layer": {"layers_to_transform": 1},
    "layers": {"layers_to_transform": [0], "layers_pattern": "layer", "target_modules": ["q_lin", "out_lin"]},
    "excluded": {"target_modules": ["q_lin", "k_lin"], "exclude_modules": ["layer.0.attention.q_lin"]},
    "norms saved": {"modules_to_save": ["sa_layer_norm", "classifier"]},
    "embeddings": {"target_modules": ["q_lin", "word_embeddings"], "lora_alpha": 2},
    "embeddings saved": {"modules_to_save": ["word_embeddings"]},
    "positions": {"target_modules": ["position_embeddings"]},
    "tokens": {"trainable_token_indices": [2, 7, 5]},
    "tokens by name": {"trainable_token_indices": {"word_embeddings": [5], "position_embeddings": [1, 2]}},
    "gaussian": {"init_lora_weights": "gaussian"},
    "orthogonal": {"init_lora_weights": "orthogonal"},
}


@pytest.mark.parametrize("name", SETTINGS)
def test_answers_are_those_of_peft(tiny_model, tmp_path, name):
    adapter = save_adapter(tiny_model, tmp_path / "adapter", **SETTINGS[name])
    merge_adapter(adapter, tiny_model, tmp_path / "merged")
    assert read_model_folder(tmp_path / "merged").labels == ("red", "green", "blue")
    found = answers_of(tmp_path / "merged")
    for merge in (False, True):
        expected = answers_of_peft(tiny_model, adapter, merge)
        assert np.abs(found - expected).max() < 1e-5 * np.abs(expected).max()
    assert np.abs(found - answers_of(tiny_model)).max() > 1e-2, "the adapter changes nothing"
