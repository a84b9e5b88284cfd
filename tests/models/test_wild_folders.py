"""Folders of all families as they are found: parts of a model, no prefix, 16 bits, tensors of other things."""

import json
import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from sparkcls.families.weights import own_name
from sparkcls.formats.safetensors_file import read_array
from sparkcls.models.layout import read_model_folder
from tests.families import WRITTEN_OUT, save_tiny_family


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("name", WRITTEN_OUT)
def test_weights_by_role_are_those_of_a_plain_folder(tmp_path, name, dtype):
    plain = read_model_folder(save_tiny_family(tmp_path / "plain", name, ["a", "b"]))
    wild = shutil.copytree(plain.path, tmp_path / "wild")
    stored = load_file(wild / "model.safetensors")
    (wild / "model.safetensors").unlink()
    weights = {own_name(plain.family, key): weight.to(dtype) for key, weight in stored.items()}
    weights |= {"embeddings.position_ids": torch.arange(8)[None], "cls.predictions.bias": torch.ones(9, dtype=dtype)}
    parts = {f"model-{i + 1:05}-of-00003.safetensors": sorted(weights)[i::3] for i in range(3)}
    for file, part in parts.items():
        save_file({key: weights[key] for key in part}, wild / file, {"format": "pt"})
    index = {"weight_map": {key: file for file, part in parts.items() for key in part}}
    (wild / "model.safetensors.index.json").write_text(json.dumps(index))
    found = read_model_folder(wild)
    assert found.shape == plain.shape
    assert found.weights.keys() == plain.weights.keys()
    for role, weight in found.weights.items():
        expected = torch.from_numpy(read_array(plain.weights[role]).copy()).to(dtype).float().numpy()
        assert np.array_equal(read_array(weight).astype(np.float32), expected), role
