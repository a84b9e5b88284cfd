"""Families that run by `transformers`' own class, read from graphs: what their weights do not tell is found out."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from transformers import AutoModelForSequenceClassification

from sparkcls.errors import ModelFormatError
from sparkcls.families.registry import FAMILIES
from sparkcls.formats.names import Names
from sparkcls.formats.network import Network, readable
from sparkcls.formats.settle import settle
from tests.families import save_tiny_family


def network(folder, model_type, **config):
    """A random model of `transformers` as if it were the graph of a foreign file; and its config."""
    save_tiny_family(folder, model_type, ["a", "b", "c"], **config)
    model = AutoModelForSequenceClassification.from_pretrained(folder).double().eval()
    family = readable(FAMILIES[model_type], "a file")
    names = Names(family)
    names.learn(model.state_dict())
    state = {names.role(name): w.numpy() for name, w in model.state_dict().items() if names.role(name)}

    def run(ids, mask):
        given = {"input_ids": torch.tensor(ids), "attention_mask": torch.tensor(mask)}
        if model_type == "xlnet":
            given["token_type_ids"] = torch.zeros_like(given["input_ids"])
            given["token_type_ids"][:, -1] = 2
        # One by one, as a causal XLNet takes no more with a mask.
        rows = [{key: value[i, None] for key, value in given.items()} for i in range(len(ids))]
        with torch.no_grad():
            return torch.cat([model(**row).logits for row in rows]).double().numpy()

    kinds = ("Erf", "Relu", "Tanh", "Sigmoid", "Softmax", "Minimum")
    return Network("a file", family, state, run, True, kinds, {model.config.layer_norm_eps}), model.config


@pytest.mark.parametrize(
    "config",
    [
        {"n_head": 8},
        {"ff_activation": "relu", "layer_norm_eps": 1e-5},
        {"ff_activation": "gelu_new", "n_layer": 3},
        {"summary_type": "first"},
        {"summary_type": "mean", "summary_use_proj": False, "d_inner": 40},
        {"attn_type": "uni", "summary_activation": "relu"},
    ],
)
def test_xlnet(tmp_path, config):
    found, expected = network(tmp_path / "m", "xlnet", **config)
    told = found.config | settle(found, {})
    assert told == {key: getattr(expected, key) for key in told}


def test_what_an_xlnet_does_otherwise_is_refused(tmp_path):
    found, _ = network(tmp_path / "m", "xlnet")
    with pytest.raises(ModelFormatError, match="may limit distances between wordpieces"):
        settle(replace(found, operations=[*found.operations, "Maximum"]), {})
    for stated in ({"clamp_len": 30}, {"attn_type": "uni"}, {"summary_type": "mean"}, {"same_length": True}):
        with pytest.raises(ModelFormatError, match=f"its graph has {next(iter(stated))} .* correct config.json"):
            settle(found, stated)
    assert settle(found, {"clamp_len": 0, "summary_type": "last"})["clamp_len"] == -1
    segments = {role: np.flip(w, 0) if role.endswith(".segment.weight") else w for role, w in found.state.items()}
    with pytest.raises(ModelFormatError, match="computes something else"):
        settle(replace(found, state=segments), {})
    without, _ = network(tmp_path / "n", "xlnet", summary_activation="")
    with pytest.raises(ModelFormatError, match="has the activation no function"):
        settle(without, {})
    clamped, _ = network(tmp_path / "c", "xlnet", clamp_len=3)
    with pytest.raises(ModelFormatError, match="computes something else"):
        settle(clamped, {})
