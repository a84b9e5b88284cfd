"""Stages of every family that the real Spark NLP saved: `tests/data/sparknlp/families`, see its README."""

import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from sparkcls import annotator
from sparkcls.base import DocumentAssembler, LightPipeline, PipelineModel
from sparkcls.catalogue.imported import import_again
from sparkcls.engine.encoder import TextEncoder
from sparkcls.engine.network import Network
from sparkcls.engine.packing import Layout, Packing
from sparkcls.errors import ModelFormatError
from sparkcls.families.registry import FAMILIES
from sparkcls.formats.archive import extract
from sparkcls.formats.convert import convert_folder
from sparkcls.models.layout import read_model_folder
from sparkcls.models.ref import ModelRef
from sparkcls.stages.tokenizer import Tokenizer
from tests.data.sparknlp.families.make import FIXTURES, LABELS, LENGTH, TEXTS

DATA = Path(__file__).parents[2] / "data" / "sparknlp" / "families"
#: Texts that are not scored as the original scores them: one with `<s>` in it, and "...", which two ways of cutting it
#: into "." and ".." make equally likely; which one its SentencePiece takes is not known.
NOT_KEPT = {"roberta": [9], "xlm_roberta": [11], "camembert": [11]}
ORIGINAL = [name for name in FIXTURES if name != "deberta"]


@pytest.fixture(scope="module")
def tokens():
    """The words of the texts, as the stage of sparkcls and Spark NLP make them."""
    stages = [
        DocumentAssembler().setInputCol("text").setOutputCol("document"),
        Tokenizer().setInputCols(["document"]).setOutputCol("token"),
    ]
    return [row["token"] for row in LightPipeline(PipelineModel(stages)).annotate(TEXTS)]


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """The converted folder of a fixture, and the record of it."""
    root = tmp_path_factory.mktemp("families")
    made = {}

    def model(name):
        if name not in made:
            extract(DATA / f"{name}.zip", root / f"{name}_saved")
            convert_folder(root / f"{name}_saved", root / name)
            made[name] = root / name, json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
        return made[name]

    return model


def scores(folder, sentences, tokenization, cased=True):
    """Probabilities of every sentence."""
    model = read_model_folder(folder)
    encoder = TextEncoder(model)
    ids = [encoder.finish(i, LENGTH, tokenization)[0] for i in encoder.encode(sentences, tokenization, cased)]
    logits = Network(model, "cpu", "float32").start(ids)()
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


@pytest.mark.parametrize("name", FIXTURES)
def test_scores_are_those_of_transformers(models, name):
    folder, record = models(name)
    model = read_model_folder(folder)
    assert (model.family.model_type, list(model.labels)) == (FIXTURES[name].family, LABELS)
    if name != "longformer":
        assert model.params["maxSentenceLength"] == LENGTH
    assert np.abs(scores(folder, TEXTS, "huggingface") - record["transformers"]).max() <= 1e-5


@pytest.mark.parametrize("name", ORIGINAL)
def test_scores_are_those_of_the_original(models, tokens, name):
    folder, record = models(name)
    kept = [i for i in range(len(TEXTS)) if i not in NOT_KEPT.get(name, ())]
    for cased, key in ((True, "sparknlp_cased"), (False, "sparknlp")):
        found = scores(folder, [tokens[i] for i in kept], "sparknlp", cased)
        assert np.abs(found - np.array(record[key])[kept]).max() <= 1e-4
    assert np.abs(np.array(record["sparknlp"]) - record["transformers"]).max() > 0.01, "the two do differ"


def exporter_folder(folder, saved, assets):
    """What Spark NLP read before it saved: the network, and beside it the files of the tokenizer."""
    (folder / "assets").mkdir(parents=True)
    archive = next(saved.glob("*_classification_onnx"))
    with zipfile.ZipFile(archive) as inner:
        (folder / "model.onnx").write_bytes(inner.read(inner.namelist()[0]))
    for name in assets:
        shutil.copy(folder.parent / name, folder / "assets")
    (folder / "assets" / "labels.txt").write_text("\n".join(LABELS), encoding="utf-8")
    return folder


def test_exporters_folders(cache, models, tmp_path):
    """The family is that of the names of weights, or the class's; saved stages keep it."""
    for name in ("xlm_roberta", "camembert"):
        converted, record = models(name)
        shutil.copy(converted / "sentencepiece.bpe.model", tmp_path)
        folder = exporter_folder(tmp_path / name, converted.with_name(f"{name}_saved"), ["sentencepiece.bpe.model"])
        with pytest.raises(ModelFormatError, match="the types xlm-roberta, camembert, which name their weights alike"):
            convert_folder(folder, tmp_path / "out")
        classifier = getattr(annotator, FIXTURES[name].class_name)
        stage = classifier.loadSavedModel(folder).setInputCols("document", "token").setMaxSentenceLength(LENGTH)
        words = [Tokenizer().setInputCols(["document"]).setOutputCol("token"), stage.setOutputCol("class")]
        rows = LightPipeline(PipelineModel([DocumentAssembler().setInputCol("text"), *words])).fullAnnotate(TEXTS)
        found = [[float(row["class"][0].metadata[label]) for label in LABELS] for row in rows]
        assert np.abs(np.array(found) - record["transformers"]).max() <= 1e-5
        ref = ModelRef.from_json(stage.getOrDefault("model"))
        (place,) = (p for p in ref.places if p.startswith("import:"))
        assert import_again(ref, place, tmp_path / f"{name}_again") == tmp_path / f"{name}_again"
    converted, _ = models("roberta")
    pieces = json.loads((converted / "vocab.json").read_text(encoding="utf-8"))
    (tmp_path / "vocab.txt").write_text("\n".join(sorted(pieces, key=pieces.get)) + "\n", encoding="utf-8")
    shutil.copy(converted / "merges.txt", tmp_path)
    folder = exporter_folder(tmp_path / "r", converted.with_name("roberta_saved"), ["vocab.txt", "merges.txt"])
    convert_folder(folder, tmp_path / "out")
    for file in ("config.json", "vocab.json", "merges.txt"):
        assert (tmp_path / "out" / file).read_bytes() == (converted / file).read_bytes()
    (folder / "assets" / "merges.txt").unlink()
    with pytest.raises(ModelFormatError, match="has no assets/merges.txt"):
        convert_folder(folder, tmp_path / "out2", family=FAMILIES["roberta"])


def test_a_config_beside_the_network(models, tmp_path):
    """It may say the same in other words, and must not say another thing."""
    converted, _ = models("deberta")
    shutil.copy(converted / "spm.model", tmp_path)
    folder = exporter_folder(tmp_path / "m", converted.with_name("deberta_saved"), ["spm.model"])
    config = json.loads((converted / "config.json").read_text(encoding="utf-8"))
    assert (config["max_relative_positions"], config["position_buckets"]) == (40, 16)
    said = config | {"pos_att_type": "p2c|c2p", "max_relative_positions": -1}
    (folder / "config.json").write_text(json.dumps(said), encoding="utf-8")
    convert_folder(folder, tmp_path / "out")
    for key, value in (("pos_att_type", ["c2p"]), ("max_relative_positions", 30), ("num_attention_heads", 4)):
        (folder / "config.json").write_text(json.dumps(said | {key: value}), encoding="utf-8")
        with pytest.raises(ModelFormatError, match=f"its graph has {key} .* correct config.json"):
            convert_folder(folder, tmp_path / "out2")


@pytest.mark.parametrize("name", ["roberta", "mpnet"])
def test_what_nothing_attends_is_hidden_in_every_layout(models, tokens, name):
    """On a GPU sequences are padded for attention; 16 bits on a CPU have a way of their own."""
    folder = read_model_folder(models(name)[0])
    encoder = TextEncoder(folder)
    found = encoder.encode(tokens[:5], "sparknlp", True)
    ids = [encoder.finish(i, LENGTH, "sparknlp")[0] for i in found]
    network = Network(folder, "cpu", "float32")
    exact = network.start(ids)()
    padded = network._forward(Packing.of(ids, network.device, Layout.PADDED)).numpy()
    assert np.abs(padded - exact).max() < 1e-5
    assert np.abs(Network(folder, "cpu", "bfloat16").start(ids)() - exact).max() < 0.03
    seen = network.start([list(i) for i in ids])()
    assert np.abs(seen - exact).max() > 0.05, "it does make a difference"


def test_a_text_that_hides_a_piece_of_its_own_is_not_scored(models, tokens):
    """The mask of the original leaves out `<s>` within a text too, and a Longformer's `<pad>`."""
    encoder = TextEncoder(read_model_folder(models("roberta")[0]))
    (found,) = encoder.encode([["<s>", "story"]], "sparknlp", True)
    assert isinstance(found, ValueError)
    (found,) = TextEncoder(read_model_folder(models("longformer")[0])).encode([["a", "<pad>"]], "sparknlp", True)
    assert isinstance(found, ValueError)


def test_a_broken_original_is_refused_by_name(models):
    encoder = TextEncoder(read_model_folder(models("deberta")[0]))
    with pytest.raises(ModelFormatError, match=r"DebertaV2ForSequenceClassification: .* ids that are one too high"):
        encoder.encode([["a"]], "sparknlp", True)
