"""The five model cards' code under the real Spark NLP, with stand-in weights: results and saved pipelines.

    python -m tests.reference.cards export WORK     (torch; the environment of tests/data/sparknlp/make.py)
    JARS=... python -m tests.reference.cards run WORK NAME

The second step takes one card a process: Spark refuses a second file of one name, which every model here has.

Cards' models cannot be had here, so `pretrained` is made to load a random model with the card's labels. What the
code makes, and what the saved pipeline gives for all texts, goes to tests/golden/cards.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from tests.card_snippets import SNIPPETS
from tests.data.sparknlp import make
from tests.reference.texts import TEXTS

CARDS = Path(__file__).parent.parent / "golden" / "cards"
LABELS = {
    "distilbert_base_sequence_classifier_ag_news": ("Business", "Sci/Tech", "Sports", "World"),
    "distilbert_base_sequence_classifier_amazon_polarity": ("negative", "positive"),
    "distilbert_base_sequence_classifier_imdb": ("neg", "pos"),
    "distilbert_sequence_classifier_distilbert_base_uncased_finetuned_sst_2_english": ("NEGATIVE", "POSITIVE"),
    "distilbert_sequence_classifier_emotion": ("sadness", "joy", "love", "anger", "fear", "surprise"),
}
HEADER = """
import sparknlp
from sparknlp.base import *
from sparknlp.annotator import *
"""


def export(work: Path) -> None:
    """An exporter folder a card."""
    make.POSITIONS = 512
    make.FIXTURES = {
        name: make.Fixture("onnx", labels, name.endswith("imdb"), 64, 1, seed)
        for seed, (name, labels) in enumerate(LABELS.items(), start=11)
    }
    make.export(work)


def run(work: Path, name: str) -> None:
    """Run the code, transform all texts with the pipeline it made, save and zip it."""
    from sparknlp.annotator import DistilBertForSequenceClassification

    from tests.reference.build import plain
    from tests.reference.run import start, versions

    spark = start()
    CARDS.mkdir(parents=True, exist_ok=True)

    def stand_in(name: str, lang: str = "en", remote_loc: Any = None) -> Any:
        return DistilBertForSequenceClassification.loadSavedModel(str(work / name), spark)

    DistilBertForSequenceClassification.pretrained = staticmethod(stand_in)
    scope: dict[str, Any] = {"spark": spark}
    exec(HEADER + SNIPPETS[name], scope)
    result = scope["result"]
    model = scope["pipeline"].fit(result.select("text"))
    frame = spark.createDataFrame([(t,) for t in TEXTS], "text string").coalesce(1)
    record = {
        "made": versions(),
        "schema": json.loads(result.schema.json()),
        "rows": plain([list(row) for row in result.collect()]),
        "texts": plain([list(row) for row in model.transform(frame).select("class").collect()]),
    }
    (CARDS / f"{name}.json").write_text(json.dumps(record) + "\n", encoding="ascii")
    model.write().overwrite().save(str(work / f"{name}_saved"))
    make.zip_folder(work / f"{name}_saved", CARDS / f"{name}.zip")


if __name__ == "__main__":
    {"export": export, "run": run}[sys.argv[1]](Path(sys.argv[2]), *sys.argv[3:])
