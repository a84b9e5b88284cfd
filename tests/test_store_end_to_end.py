"""The cards' code against a store laid out like the public one, with models as Spark NLP saves them."""

import shutil

import pandas as pd
import pytest

from sparkcls import nlu
from sparkcls.annotator import DistilBertForSequenceClassification
from sparkcls.catalogue.cards import CARDS
from sparkcls.errors import ModelNotFoundError
from tests.card_snippets import SNIPPETS
from tests.foreign import random_state, write_saved_tensorflow
from tests.models import vocabulary
from tests.server import add_entry, serve

HEADER = "from sparkcls.base import *\nfrom sparkcls.annotator import *\n"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A folder with the five archives under the cards' own keys."""
    root = tmp_path_factory.mktemp("store")
    pieces = vocabulary()
    for i, (name, card) in enumerate(sorted(CARDS.items())):
        labels = sorted(card.labels)
        state = random_state(64, len(labels), len(pieces), positions=512, seed=i)
        model = write_saved_tensorflow(root / "made" / name, state, labels, pieces, {"caseSensitive": False})
        shutil.make_archive(str(root / "models" / card.key), "zip", model)
        library, spark, _ = card.key.removeprefix(f"{name}_en_").split("_")
        add_entry(
            root / "models",
            name=name,
            libVersion={"parts": [int(n) for n in library.split(".")]},
            sparkVersion={"parts": [int(n) for n in spark.split(".")]},
        )
    return root / "models"


@pytest.mark.filterwarnings("ignore:setCaseSensitive")
@pytest.mark.parametrize("name", sorted(CARDS))
def test_snippets_download_convert_and_run(spark, cache, store, monkeypatch, name):
    with serve(store) as server:
        monkeypatch.setenv("SPARKCLS_MIRROR", server.url)
        for columns in ("['token', 'document']", "['document', 'token']"):
            scope = {"spark": spark}
            exec(HEADER + SNIPPETS[name].replace("['token', 'document']", columns), scope)
            (row,) = scope["result"].select("class").collect()
            assert row["class"][0]["result"] in CARDS[name].labels
            assert sum(server.requests.values()) == 1, "the second call makes no request"
    # The server is gone, the cache is warm.
    assert DistilBertForSequenceClassification.pretrained(name, "en").getClasses() == sorted(CARDS[name].labels)


@pytest.mark.parametrize("name", sorted(CARDS))
def test_nlu_on_a_mirror_folder(cache, store, monkeypatch, name):
    monkeypatch.setenv("SPARKCLS_MIRROR", str(store))
    pipeline = nlu.load(CARDS[name].nlu)
    texts = ["I really liked that movie!", "the market fell"]
    alone = pipeline.predict(texts[0])["classified_sequence"].tolist()
    assert alone[0] in CARDS[name].labels
    frame = pd.DataFrame({"key": [7, 8], "text": texts}, index=[3, 1])
    for data in (texts, tuple(texts), pd.Series(texts), frame, pd.Series(texts).to_numpy()):
        out = pipeline.predict(data)
        assert out["classified_sequence"].tolist()[:1] == alone
        assert len(out) == 2
    assert pipeline.predict(frame)["key"].to_dict() == {3: 7, 1: 8}


def test_nlu_on_a_spark_frame(spark, cache, store, monkeypatch):
    monkeypatch.setenv("SPARKCLS_MIRROR", str(store))
    frame = spark.createDataFrame([(1, "I liked it"), (2, "the market fell")], "key int, text string").coalesce(1)
    for card in CARDS.values():
        out = nlu.load(card.nlu).predict(frame)
        assert out["key"].tolist() == [1, 2]
        assert set(out["classified_sequence"]) <= card.labels


def test_remote_loc_and_an_unreachable_store(cache, store, monkeypatch):
    name = "distilbert_sequence_classifier_emotion"
    monkeypatch.setenv("SPARKCLS_MIRROR", "http://127.0.0.1:9/models")
    with pytest.raises(ModelNotFoundError) as caught:
        DistilBertForSequenceClassification.pretrained(name, "en")
    for way_out in ("sparkcls pull", "SPARKCLS_MIRROR", "loadSavedModel"):
        assert way_out in str(caught.value)
    stage = DistilBertForSequenceClassification.pretrained(name, "en", str(store))
    assert stage.getMaxSentenceLength() == 512
    assert stage.getCaseSensitive() is False, "the file's Params come before the card's"
