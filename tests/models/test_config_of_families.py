"""config.json of every family as `transformers` takes it: equal scores, or refused by name."""

import json
import shutil

import numpy as np
import pytest

from sparkcls.errors import ModelFormatError
from sparkcls.families.family import Key
from sparkcls.families.registry import FAMILIES
from sparkcls.models.layout import read_model_folder
from tests.engine.test_networks import LABELS, network_of, reference, sequences_of, softmax
from tests.families import WRITTEN_OUT, save_tiny_family
from tests.models.test_config import rewrite

#: Entries without effect, of whatever family.
IDLE = {
    "hidden_dropout_prob": 0.9,
    "attention_probs_dropout_prob": 0.9,
    "classifier_dropout": 0.9,
    "classifier_dropout_prob": 0.9,
    "chunk_size_feed_forward": 1,
    "tie_word_embeddings": False,
    "use_cache": False,
    "summary_type": "mean",
    "summary_activation": "tanh",
    "initializer_range": 3.0,
    "is_encoder_decoder": False,
    "is_decoder": False,
    "position_embedding_type": "absolute",
    "pruned_heads": {},
    "output_hidden_states": True,
    "cross_attention_hidden_size": 7,
    "gradient_checkpointing": True,
    "num_memory_blocks": 3,
    "net_structure_type": 1,
    "sliding_window": 2,
}
ENCODERS = [name for name, family in FAMILIES.items() if family.network == "post_norm"]
OF_BERT = [name for name in ENCODERS if FAMILIES[name].refused]
OF_ROBERTA = ["roberta", "xlm-roberta", "camembert"]


def assert_equals_transformers(folder):
    sequences = [[i % 190 for i in s] for s in sequences_of(read_model_folder(folder).shape, [5, 9, 40])]
    found = network_of(folder).start(sequences)()
    assert np.abs(softmax(found) - softmax(reference(folder, sequences))).max() < 1e-5


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    made = {}

    def save(family):
        if family not in made:
            made[family] = save_tiny_family(tmp_path_factory.mktemp("saved") / family, family, LABELS)
        return made[family]

    return save


@pytest.fixture
def copy(saved, tmp_path):
    return lambda family: shutil.copytree(saved(family), tmp_path / "copy")


@pytest.mark.parametrize("family", WRITTEN_OUT)
def test_what_changes_nothing(copy, family):
    folder = copy(family)
    rewrite(folder, **(IDLE if family in ENCODERS else {"num_labels": 3, "use_cache": False}))
    assert_equals_transformers(folder)


@pytest.mark.parametrize("family", ENCODERS)
def test_what_is_honoured(copy, family):
    folder, declared = copy(family), FAMILIES[family]
    values = {declared.key_of("activation"): "silu"}
    if "buckets" not in declared.keys:  # of which every head has its own
        values[declared.key_of("heads")] = 2
    if not isinstance(declared.keys["epsilon"], float):
        values["layer_norm_eps"] = 0.3
    rewrite(folder, **values)
    assert_equals_transformers(folder)


@pytest.mark.parametrize("family", ENCODERS)
def test_what_is_left_out_is_as_in_transformers(tmp_path, family):
    declared = FAMILIES[family]
    usual = {key.name: key.default for key in declared.keys.values() if isinstance(key, Key)}
    layers, heads, width = (declared.key_of(field) for field in ("layers", "heads", "width"))
    shape = {layers: usual[layers], heads: usual[heads], width: 2 * usual[heads]}
    folder = save_tiny_family(tmp_path / "m", family, LABELS, **shape)
    stated = json.loads((folder / "config.json").read_text())
    left_out = [key for key in usual if stated.get(key) == usual[key]]
    assert {layers, heads} <= {*left_out}
    rewrite(folder, left_out)
    assert_equals_transformers(folder)


@pytest.mark.parametrize("family", OF_BERT)
@pytest.mark.parametrize(
    ("key", "value"),
    [("is_decoder", True), ("add_cross_attention", True), ("position_embedding_type", "relative_key")],
)
def test_what_is_refused_by_name(copy, family, key, value):
    folder = copy(family)
    rewrite(folder, **{key: value})
    with pytest.raises(ModelFormatError, match=f"config.json: {key} is {value!r}, which .*; sparkcls does not do that"):
        read_model_folder(folder)


@pytest.mark.parametrize("family", OF_ROBERTA)
def test_positions_begin_after_the_padding(copy, family):
    folder = copy(family)
    assert read_model_folder(folder).positions == 512
    for pad in (0, 5):
        rewrite(folder, pad_token_id=pad)
        assert read_model_folder(folder).positions == 513 - pad
        assert_equals_transformers(folder)
    for pad, says in ((None, "expected an integer, 0 or more"), (-1, "expected"), (514, "the first position")):
        rewrite(folder, pad_token_id=pad)
        with pytest.raises(ModelFormatError, match=says):
            read_model_folder(folder)


def test_the_padding_of_an_mpnet_is_1_whatever_is_said(copy):
    folder = copy("mpnet")
    rewrite(folder, pad_token_id=0)
    assert_equals_transformers(folder)
    rewrite(folder, relative_attention_num_buckets=16)
    with pytest.raises(ModelFormatError, match="relative_attention_num_buckets is 16; expected an integer from 32"):
        read_model_folder(folder)


@pytest.mark.parametrize(
    ("layers", "groups", "inner"), [(3, 1, 1), (5, 2, 2), (4, 4, 1), pytest.param(3, 2, 3, marks=pytest.mark.newest)]
)
def test_layers_of_an_albert_that_share_weights(tmp_path, layers, groups, inner):
    shape = {"num_hidden_layers": layers, "num_hidden_groups": groups, "inner_group_num": inner}
    folder = save_tiny_family(tmp_path / "m", "albert", LABELS, **shape)
    assert read_model_folder(folder).shape.depth == layers * inner
    assert_equals_transformers(folder)
    rewrite(folder, num_hidden_groups=groups + 2)
    with pytest.raises(ModelFormatError, match=rf"lacks .*num_hidden_groups {groups + 2}, inner_group_num {inner}"):
        read_model_folder(folder)


def test_layers_that_share_weights_have_a_limit(copy):
    folder = copy("albert")
    rewrite(folder, num_hidden_layers=10**9)
    with pytest.raises(
        ModelFormatError, match="num_hidden_layers is 1000000000 and inner_group_num 1; expected at most"
    ):
        read_model_folder(folder)


@pytest.mark.parametrize("family", ["electra", "albert"])
def test_embeddings_as_wide_as_the_layers(tmp_path, family):
    assert_equals_transformers(save_tiny_family(tmp_path / "m", family, LABELS, embedding_size=32))


@pytest.mark.parametrize("family", ENCODERS)
def test_odd_widths(tmp_path, family):
    name = {field: FAMILIES[family].key_of(field) for field in ("width", "inner", "heads", "layers")}
    odd = {name["width"]: 21, name["inner"]: 37, name["heads"]: 3, name["layers"]: 1}
    assert_equals_transformers(save_tiny_family(tmp_path / "m", family, ["a"], **odd))


@pytest.mark.parametrize(
    ("architecture", "does"),
    [
        ("BertForTokenClassification", "labels every wordpiece"),
        ("RobertaForQuestionAnswering", "finds the answer"),
        ("ElectraForMaskedLM", "fills in words"),
        ("AlbertForMultipleChoice", "chooses one"),
        ("GPT2LMHeadModel", "writes text .a decoder"),
        ("LlamaForCausalLM", "writes text .a decoder"),
    ],
)
def test_models_of_other_kinds_are_refused_in_a_sentence(copy, architecture, does):
    folder = copy("bert")
    rewrite(folder, architectures=[architecture])
    with pytest.raises(ModelFormatError, match=f"architectures names {architecture}, which {does}.*; sparkcls runs"):
        read_model_folder(folder)
    rewrite(folder, architectures=["BertModel"])
    read_model_folder(folder)


@pytest.mark.parametrize("model_type", ["gpt2", "no_such", ["bert"], None])
def test_an_unknown_type_lists_what_there_is(copy, model_type):
    folder = copy("bert")
    rewrite(folder, model_type=model_type)
    with pytest.raises(
        ModelFormatError, match="model_type is .*; sparkcls has classifiers of the types distilbert, bert"
    ):
        read_model_folder(folder)
