import json
import logging
import shutil

import pytest
from transformers import AutoTokenizer

from sparkcls.base import LightPipeline
from sparkcls.engine.contract import HUGGINGFACE, SPARKNLP
from sparkcls.engine.encoder import TextEncoder
from sparkcls.errors import ModelFormatError
from sparkcls.models.layout import read_model_folder
from tests.pipelines import classifier_of, pipeline_of

TEXT = "the plot was good and the story fine"


@pytest.fixture
def folder(tiny_model, tmp_path):
    """A copy that a test may change."""
    return shutil.copytree(tiny_model, tmp_path / "copy")


def change(file, **values):
    content = json.loads(file.read_text()) if file.exists() else {}
    file.write_text(json.dumps(content | values))


def encoder(folder):
    return TextEncoder(read_model_folder(folder))


def stored(direction):
    return {"max_length": 128, "strategy": "LongestFirst", "stride": 0, "direction": direction}


@pytest.mark.parametrize(
    ("setting", "direction"), [("left", None), (None, "Left"), ("right", "Left"), ("left", "Right"), (None, None)]
)
def test_texts_are_cut_on_the_side_that_transformers_takes(folder, setting, direction):
    if setting:
        change(folder / "tokenizer_config.json", truncation_side=setting)
    if direction:
        change(folder / "tokenizer.json", truncation=stored(direction))
    found = encoder(folder)
    (ids,) = found.encode([TEXT], HUGGINGFACE, False)
    for limit in (3, 5, 9, 10, 11):
        expected = AutoTokenizer.from_pretrained(folder)(TEXT, truncation=True, max_length=limit)["input_ids"]
        assert found.finish(ids, limit) == (expected, max(0, len(ids) + 2 - limit))
    # Spark NLP cuts the right end whatever the files say.
    assert found.finish(ids, 5, SPARKNLP) == ([2, *ids[:3], 3], len(ids) - 3)


def test_truncated_counts_on_the_left_too(folder):
    change(folder / "tokenizer_config.json", truncation_side="left")
    light = LightPipeline(pipeline_of(classifier_of(folder, maxSentenceLength=5)))
    whole = LightPipeline(pipeline_of(classifier_of(folder)))
    (cut,) = light.fullAnnotate(TEXT)[0]["class"]
    (end,) = whole.fullAnnotate("the story fine")[0]["class"]
    assert cut.metadata["truncated"] == "5"
    assert {k: v for k, v in cut.metadata.items() if k != "truncated"} == end.metadata


def test_ids_beyond_the_embeddings_fail_alone(folder, caplog):
    """`transformers` loads such a model too, and fails for the texts that need them."""
    change(
        folder / "added_tokens.json", covid=len(json.loads((folder / "tokenizer.json").read_text())["model"]["vocab"])
    )
    with caplog.at_level(logging.WARNING):
        light = LightPipeline(pipeline_of(classifier_of(folder, maxSentenceLength=5)))
        found = light.fullAnnotate(["a good film", "covid film", "a good film and covid"])
    assert "the model's embeddings end at" in caplog.text
    rows = [row["class"][0] for row in found]
    assert [bool(row.result) for row in rows] == [True, False, True]
    assert "gives 'covid' the id" in rows[1].metadata["error"]


def test_unknown_words_under_another_name(folder):
    """In sparknlp mode the model's own name of unknown words counts, where Spark NLP knows [UNK] alone."""
    (folder / "tokenizer.json").unlink()
    text = (folder / "vocab.txt").read_text().replace("[UNK]", "<unk>")
    (folder / "vocab.txt").write_text(text)
    with pytest.raises(ModelFormatError, match=r"lacks \[UNK\].*unk_token"):
        encoder(folder)
    change(folder / "tokenizer_config.json", unk_token="<unk>")
    assert encoder(folder).encode([["日"]], SPARKNLP, False) == [[1]]


def test_added_tokens_are_none_of_spark_nlps_pieces(folder):
    change(
        folder / "added_tokens.json", zebra=len(json.loads((folder / "tokenizer.json").read_text())["model"]["vocab"])
    )
    found = encoder(folder)
    assert len(found.encode(["zebra"], HUGGINGFACE, False)[0]) == 1
    assert len(found.encode([["zebra"]], SPARKNLP, False)[0]) > 1


def test_sparknlp_mode_needs_wordpiece(folder):
    change(folder / "tokenizer_config.json", tokenizer_class="PreTrainedTokenizerFast")
    content = json.loads((folder / "tokenizer.json").read_text())
    model = {"type": "WordLevel", "vocab": content["model"]["vocab"], "unk_token": "[UNK]"}
    change(folder / "tokenizer.json", model=model)
    found = encoder(folder)
    assert found.encode(["good film"], HUGGINGFACE, False) == [[26, 22]]
    with pytest.raises(ModelFormatError, match="is a WordLevel; tokenization 'sparknlp' of a .* needs WordPiece"):
        found.encode([["good"]], SPARKNLP, False)
