"""The five cards' code, verbatim, over stand-in models under the cards' names."""

import pytest

from sparkcls.annotation import Annotation
from sparkcls.catalogue.cards import CARDS
from sparkcls.stages.tokenizer import LOSSLESS_KEY, SOURCE_KEY
from tests.card_snippets import SNIPPETS
from tests.models import save_tiny_model

HEADER = "from sparkcls.base import *\nfrom sparkcls.annotator import *\n"


@pytest.mark.filterwarnings("ignore:setCaseSensitive")  # three cards set it on an uncased vocabulary
@pytest.mark.parametrize("name", sorted(CARDS))
def test_snippet_runs_and_gives_spark_nlps_schema(spark, cache, name):
    labels = sorted(CARDS[name].labels)
    save_tiny_model(cache / f"{name}_en", labels)
    scope = {"spark": spark}
    exec(HEADER + SNIPPETS[name], scope)
    result = scope["result"]

    assert result.columns == ["text", "document", "token", "class"]
    expected = {
        "document": {"annotatorType": "document"},
        "token": {"annotatorType": "token", LOSSLESS_KEY: True, SOURCE_KEY: "document"},
        "class": {"annotatorType": "category"},
    }
    for column, metadata in expected.items():
        field = result.schema[column]
        assert (field.dataType, field.nullable, field.metadata) == (Annotation.arrayType(), True, metadata)

    (row,) = result.collect()
    last = len(row["text"]) - 1
    (document,) = row["document"]
    assert document.asDict() == {
        "annotatorType": "document",
        "begin": 0,
        "end": last,
        "result": row["text"],
        "metadata": {"sentence": "0"},
        "embeddings": [],
    }
    for token in row["token"]:
        assert token["annotatorType"] == "token"
        assert row["text"][token["begin"] : token["end"] + 1] == token["result"]
        assert (token["metadata"], token["embeddings"]) == ({"sentence": "0"}, [])
    (category,) = row["class"]
    assert category["annotatorType"] == "category"
    assert (category["begin"], category["end"], category["embeddings"]) == (0, last, [])
    assert set(category["metadata"]) == {"sentence", *labels}
    assert category["metadata"]["sentence"] == "0"
    scores = {label: float(category["metadata"][label]) for label in labels}
    assert sum(scores.values()) == pytest.approx(1, abs=1e-5)
    assert category["result"] == max(scores, key=scores.__getitem__)


def test_every_card_has_its_snippet():
    assert sorted(SNIPPETS) == sorted(CARDS)
