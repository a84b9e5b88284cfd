"""Adapters of PEFT: merged into an ordinary folder, whose answers are peft's; what cannot be honoured is refused."""

import json
import shutil

import numpy as np
import pytest
import torch
from peft import AutoPeftModelForSequenceClassification, LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from sparkcls.errors import ModelFormatError
from sparkcls.families import registry
from sparkcls.families.weights import weights_of
from sparkcls.formats.lora.folder import merge_adapter
from sparkcls.models.layout import read_model_folder
from tests.families import save_tiny_family
from tests.reference_models import FLOAT32

LAYER = "base_model.model.distilbert.transformer.layer.0.attention.q_lin"
TEXTS = ["the movie was good", "boring plot", "a really great story, and i loved it", "market"]


def save_adapter(base, folder, outputs=None, words=None, **settings):
    """An adapter with random weights over a base, as peft saves it."""
    torch.manual_seed(1)
    heads = {"num_labels": outputs} if outputs else {}
    model = AutoModelForSequenceClassification.from_pretrained(base, **FLOAT32, **heads)
    if words:
        model.resize_token_embeddings(words)
    adapted = get_peft_model(
        model, LoraConfig(**{"task_type": "SEQ_CLS", "r": 4, "target_modules": ["q_lin"]} | settings)
    )
    with torch.no_grad():
        for name, weight in adapted.named_parameters():
            if weight.requires_grad or "bias" in name:
                weight.add_(0.3 * torch.randn_like(weight))
            if "magnitude" in name:
                weight.abs_()
    adapted.save_pretrained(folder)
    return folder


def answers_of_peft(base, folder, merge=False, **settings):
    model = AutoModelForSequenceClassification.from_pretrained(base, **FLOAT32, **settings)
    adapted = PeftModel.from_pretrained(model, folder).eval()
    return answers(adapted.merge_and_unload() if merge else adapted, base)


def answers_of(folder):
    return answers(AutoModelForSequenceClassification.from_pretrained(folder, **FLOAT32).eval(), folder)


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


@pytest.fixture
def pretrained(tiny_model, tmp_path):
    """A base without a head and without labels, as a model that was only pre-trained."""
    folder = shutil.copytree(tiny_model, tmp_path / "pretrained")
    weights = load_file(folder / "model.safetensors")
    kept = {name: w for name, w in weights.items() if "classifier" not in name} | {
        "vocab_projector.bias": torch.ones(9)
    }
    save_file(kept, folder / "model.safetensors", {"format": "pt"})
    config = json.loads((folder / "config.json").read_text())
    for key in ("id2label", "label2id", "num_labels"):
        config.pop(key, None)
    (folder / "config.json").write_text(json.dumps(config | {"architectures": ["DistilBertForMaskedLM"]}))
    return folder


@pytest.mark.parametrize("outputs", [2, 4])
def test_a_head_of_the_adapters_own(pretrained, tmp_path, outputs):
    """The usual adapter: the head is trained with it, and its labels are nowhere."""
    adapter = save_adapter(pretrained, tmp_path / "adapter", outputs=outputs, modules_to_save=["pre_classifier"])
    if outputs == 4:
        with pytest.raises(ModelFormatError, match=r"has 4 outputs.* to .*adapter/assets/labels.txt"):
            merge_adapter(adapter, pretrained, tmp_path / "merged")
        (adapter / "assets").mkdir()
        (adapter / "assets" / "labels.txt").write_text("a\nb\nc\nd\n")
    merge_adapter(adapter, pretrained, tmp_path / "merged")
    labels = read_model_folder(tmp_path / "merged").labels
    assert labels == (("LABEL_0", "LABEL_1") if outputs == 2 else tuple("abcd"))
    expected = answers_of_peft(pretrained, adapter, num_labels=outputs)
    assert np.abs(answers_of(tmp_path / "merged") - expected).max() < 1e-5


def test_a_base_in_16_bits(tiny_model, tmp_path):
    base = shutil.copytree(tiny_model, tmp_path / "half")
    halves = {name: weight.bfloat16() for name, weight in load_file(base / "model.safetensors").items()}
    save_file(halves, base / "model.safetensors", {"format": "pt"})
    adapter = save_adapter(base, tmp_path / "adapter")
    merge_adapter(adapter, base, tmp_path / "merged")
    weights = read_model_folder(tmp_path / "merged").weights
    assert {weight.dtype for weight in weights.values()} == {"BF16", "F32"}, "only what was changed is wider"
    assert np.abs(answers_of(tmp_path / "merged") - answers_of_peft(base, adapter)).max() < 1e-5


def test_the_adapters_own_tokenizer(tiny_model, tmp_path):
    """Tokens were added, so the embeddings of words are the adapter's too."""
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    tokenizer.add_tokens(["movies"])
    adapter = save_adapter(tiny_model, tmp_path / "adapter", words=len(tokenizer), modules_to_save=["word_embeddings"])
    tokenizer.save_pretrained(adapter)
    merge_adapter(adapter, tiny_model, tmp_path / "merged")
    assert read_model_folder(tmp_path / "merged").config["vocab_size"] == len(tokenizer)
    assert (tmp_path / "merged" / "tokenizer.json").read_bytes() == (adapter / "tokenizer.json").read_bytes()
    assert not (tmp_path / "merged" / "vocab.txt").exists(), "the base's has other words"
    expected = AutoPeftModelForSequenceClassification.from_pretrained(adapter, **FLOAT32).eval()
    assert np.abs(answers_of(tmp_path / "merged") - answers(expected, adapter)).max() < 1e-5


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"peft_type": "IA3"}, "peft_type is 'IA3'; expected LORA"),
        ({"peft_type": None}, "peft_type is None; expected LORA"),
        ({"task_type": "TOKEN_CLS"}, "task_type is 'TOKEN_CLS'; expected SEQ_CLS"),
        ({"init_lora_weights": "pissa_niter_16"}, "init_lora_weights is 'pissa_niter_16'.*may change the base"),
        ({"init_lora_weights": "loftq"}, "init_lora_weights is 'loftq'"),
        ({"layer_replication": [[0, 2], [1, 2]]}, "layer_replication is .* repeats layers"),
        ({"alora_invocation_tokens": [1]}, "alora_invocation_tokens is .* some tokens only"),
        ({"target_parameters": ["weight"]}, "target_parameters is"),
        ({"use_new_lora": True}, "use_new_lora is True, a key that this version of sparkcls does not know"),
        ({"target_modules": None}, "target_modules is None; expected names"),
        ({"target_modules": ["v_lin"]}, "changes .*layer.0.attention.q_lin, which adapter_config.json does not name"),
        ({"target_modules": ["q_lin", "v_lin"]}, "has no weights for .*layer.0.attention.v_lin, which adapter_config"),
        ({"exclude_modules": ["q_lin"]}, "changes .*q_lin, which adapter_config.json does not name as a target"),
        ({"layers_to_transform": [1]}, "changes .*layer.0.attention.q_lin, which"),
        ({"target_modules": "(a+)+b"}, "target_modules is .*expected a name, or a pattern"),
        ({"rank_pattern": {"(q": 2}}, "rank_pattern is .*expected a pattern"),
        ({"r": 3}, r"have the shapes \[4, 32\] and \[32, 4\]; expected \[3, 32\]"),
        ({"r": 0}, "r is 0; expected a positive whole number"),
        ({"lora_alpha": "8"}, "lora_alpha is '8'; expected a number"),
        ({"use_dora": True}, "use_dora is True .* has no lora_magnitude_vector"),
        ({"bias": "some"}, "bias is 'some'; expected one of none"),
        ({"modules_to_save": ["classifier", "k_lin"]}, "lacks 4 weights that modules_to_save .*k_lin.bias"),
        ({"trainable_token_indices": [-1]}, "trainable_token_indices is"),
    ],
)
def test_what_cannot_be_honoured_is_refused_by_key(refused, tiny_model, tmp_path, entries, message):
    change_config(refused, **entries)
    with pytest.raises(ModelFormatError, match=message):
        merge_adapter(refused, tiny_model, tmp_path / "merged")
    assert not (tmp_path / "merged").exists()


@pytest.fixture(scope="module")
def plain_adapter(tiny_model, tmp_path_factory):
    return save_adapter(tiny_model, tmp_path_factory.mktemp("lora") / "plain")


@pytest.fixture
def refused(plain_adapter, tmp_path):
    return shutil.copytree(plain_adapter, tmp_path / "adapter")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda w: w.pop(f"{LAYER}.lora_B.weight"), r"q_lin have the shapes \[4, 32\] and none"),
        (
            lambda w: w.update({"base_model.model.score.weight": w[f"{LAYER}.lora_A.weight"].clone()}),
            "score.weight, which is no",
        ),
        (
            lambda w: w.update({"base_model.model.bert.q.lora_A.weight": w[f"{LAYER}.lora_A.weight"].clone()}),
            "is not in this",
        ),
        (lambda w: w[f"{LAYER}.lora_A.weight"].fill_(torch.inf), "q_lin is not finite once it is merged"),
        (lambda w: w.update({f"{LAYER}.lora_A.weight": torch.ones(4, 32, dtype=torch.int8)}), "stored as I8"),
        (lambda w: w.pop("base_model.model.classifier.bias"), "lacks 1 weights that modules_to_save"),
    ],
)
def test_damaged_weights_are_refused(refused, tiny_model, tmp_path, change, message):
    weights = load_file(refused / "adapter_model.safetensors")
    change(weights)
    save_file(weights, refused / "adapter_model.safetensors")
    with pytest.raises(ModelFormatError, match=message):
        merge_adapter(refused, tiny_model, tmp_path / "merged")


@pytest.mark.parametrize("name", [name for name, family in registry.FAMILIES.items() if family.names])
def test_every_family(tmp_path, name):
    base = save_tiny_family(tmp_path / "base", name, ["red", "green", "blue"])
    folder = read_model_folder(base)
    weights = weights_of(folder.family, folder.shape, 3)
    modules = {weight.name.rsplit(".", 2)[1] for role, weight in weights.items() if role.startswith("layer.0")}
    adapter = save_adapter(
        base, tmp_path / "adapter", lora_alpha=1, target_modules=[m for m in modules if "norm" not in m.lower()]
    )
    merge_adapter(adapter, base, tmp_path / "merged")
    assert read_model_folder(tmp_path / "merged").labels == ("red", "green", "blue")
    expected = answers_of_peft(base, adapter)
    assert np.abs(answers_of(tmp_path / "merged") - expected).max() < 1e-5 * np.abs(expected).max()


def test_a_family_whose_weights_have_no_roles_is_refused(tmp_path):
    base = save_tiny_family(tmp_path / "base", "bart", ["red", "green"])
    adapter = save_adapter(base, tmp_path / "adapter", lora_alpha=1, target_modules=["q_proj"])
    with pytest.raises(ModelFormatError, match="adapts a BartForSequenceClassification, .* merge_and_unload"):
        merge_adapter(adapter, base, tmp_path / "merged")
