"""What the scripts beside it share: the names that a card's code takes for granted, and the choice of another model.

A card's own model is fetched from the store of Spark NLP's models. Where that cannot be reached:

    python examples/cards/imdb.py --folder FOLDER    # the same model, or one of yours, on this machine
    python examples/cards/imdb.py --model NAME       # another one by name; without a network
                                                     # distilbert_mini_sequence_classifier_sst2, which is in the package
"""

from __future__ import annotations

import argparse
import sys

import sparkcls
from sparkcls import annotator
from sparkcls.annotator import Tokenizer
from sparkcls.base import DocumentAssembler, Pipeline
from sparkcls.errors import SparkclsError

__all__ = ["DistilBertForSequenceClassification", "DocumentAssembler", "Pipeline", "Tokenizer", "show", "spark"]

BUNDLED = "distilbert_mini_sequence_classifier_sst2"

parser = argparse.ArgumentParser(description="The code of a model card, over sparkcls.")
choice = parser.add_mutually_exclusive_group()
choice.add_argument("--model", help="another model, by its name")
choice.add_argument("--folder", help="another model, by its folder")
options = parser.parse_args()

spark = sparkcls.start(params={"spark.ui.enabled": "false"})


class DistilBertForSequenceClassification:
    """The class of this name, whose `pretrained` heeds ``--model`` and ``--folder``."""

    @staticmethod
    def pretrained(name: str, lang: str = "en") -> annotator.DistilBertForSequenceClassification:
        stage = annotator.DistilBertForSequenceClassification
        other = options.folder or options.model
        if other:
            made = stage.loadSavedModel(other) if options.folder else stage.pretrained(other, lang)
            print(f"This is NOT {name} but {other}, with the labels {', '.join(made.getClasses())}.")
            return made
        try:
            return stage.pretrained(name, lang)
        except SparkclsError as e:
            sys.exit(
                f"{e}\nFor a run with another model: --folder FOLDER, or --model {BUNDLED}, which needs no network."
            )


def show(result) -> None:
    """The label of each text, and every label's score."""
    for row in result.select("text", "class").collect():
        for answer in row["class"]:
            scores = {key: value for key, value in answer["metadata"].items() if key != "sentence"}
            print(f"{row['text']}\n  {answer['result']}  {scores}")
