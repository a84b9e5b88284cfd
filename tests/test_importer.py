"""Pipelines of text stages that Spark NLP saved; those with a classifier are in test_formats.py."""

import pytest

from sparkcls.base import LightPipeline
from sparkcls.errors import ModelFormatError
from sparkcls.formats.archive import extract
from sparkcls.pretrained import importPipeline
from tests.foreign import DATA


@pytest.fixture
def saved(tmp_path):
    extract(DATA / "pipeline_text_stages.zip", tmp_path / "saved")
    return tmp_path / "saved"


def test_the_text_stages_are_what_they_were(saved):
    model = importPipeline(saved)
    _, documents, _, normalizer, stop_words, _, assembler = model.stages
    assert [type(stage).__name__ for stage in model.stages[1:]] == [
        *("DocumentNormalizer", "Tokenizer", "Normalizer", "StopWordsCleaner", "Stemmer", "TokenAssembler")
    ]
    assert documents.getPolicy() == "all"
    assert normalizer.uid.startswith("NORMALIZER_")
    assert (normalizer.getCleanupPatterns(), normalizer.getLowercase()) == (["[^a-zA-Z]"], True)
    assert (normalizer.getMinLength(), normalizer.getMaxLength()) == (0, 9)
    assert normalizer.getSlangDictionary() == {"gr8": "great", "idk": "I do not know"}
    assert stop_words.getStopWords() == ["was", "a"]
    assert assembler.getPreservePosition()
    # What Spark NLP printed when it saved them.
    assert LightPipeline(model).annotate("<b>IDK</b> it was gr8 movies")["again"] == ["idonotknow it  greatmovi"]


def test_a_damaged_slang_dictionary(saved):
    (part, *_) = sorted((saved / "stages").glob("*_NORMALIZER_*/fields/slangDict/part-*"))
    part.write_bytes(part.read_bytes()[:60])
    with pytest.raises(ModelFormatError, match="slangDict"):
        importPipeline(saved)
