"""What the scripts beside it share: the names that a card's code takes for granted, the choice of a model, what is shown.

A card's own model is fetched from the store of Spark NLP's models. The package has a smaller model for the same task
inside, which needs no network, so each script runs with that one unless it is told otherwise:

    python examples/cards/imdb.py                    # --model mini: the smaller model of the package
    python examples/cards/imdb.py --model card       # the card's own model
    python examples/cards/imdb.py --model NAME       # another one by name
    python examples/cards/imdb.py --folder FOLDER    # the card's model, or one of yours, on this machine
"""

from __future__ import annotations

import argparse
import sys
from itertools import zip_longest

import sparkcls
from sparkcls import annotator
from sparkcls.annotator import Tokenizer
from sparkcls.base import DocumentAssembler, Pipeline
from sparkcls.catalogue.cards import CARDS
from sparkcls.catalogue.measured import measured
from sparkcls.errors import SparkclsError
from sparkcls.report.terminal import table

__all__ = ["DistilBertForSequenceClassification", "DocumentAssembler", "Pipeline", "Tokenizer", "show", "spark"]

MINI, CARD = "mini", "card"

parser = argparse.ArgumentParser(description="The code of a model card, over sparkcls.")
choice = parser.add_mutually_exclusive_group()
choice.add_argument(
    "--model",
    default=MINI,
    help="mini: the smaller model for the same task in the package (the default); card: the card's own; or a name",
)
choice.add_argument("--folder", help="another model, by its folder")
options = parser.parse_args()

spark = sparkcls.start(params={"spark.ui.enabled": "false"})


class DistilBertForSequenceClassification:
    """The class of this name, whose `pretrained` heeds ``--model`` and ``--folder``."""

    #: The card whose code runs.
    card = ""

    @classmethod
    def pretrained(cls, name: str, lang: str = "en") -> annotator.DistilBertForSequenceClassification:
        cls.card = name
        stage = annotator.DistilBertForSequenceClassification
        known = {MINI: CARDS[name].mini, CARD: name}
        other = options.folder or known.get(options.model, options.model)
        try:
            made = stage.loadSavedModel(other) if options.folder else stage.pretrained(other, lang)
        except SparkclsError as e:
            sys.exit(f"{e}\nFor a run that needs no network: --model {MINI}, the smaller model {known[MINI]}.")
        if other != name:
            print(f"This is NOT {name} but {other}, with the labels {', '.join(made.getClasses())}.")
        return made


def show(result) -> None:
    """The label of each text and every label's score, then the figures of the model that was used."""
    for row in result.select("text", "class").collect():
        for answer in row["class"]:
            scores = {key: value for key, value in answer["metadata"].items() if key != "sentence"}
            print(f"{row['text']}\n  {answer['result']}  {scores}")
    if not options.folder and options.model in (MINI, CARD):
        print("\n".join(["", *figures(DistilBertForSequenceClassification.card, options.model == MINI)]))


def figures(name: str, is_mini: bool) -> list[str]:
    """What the card states of its model, beside what was measured of the smaller one if that was used."""
    card = CARDS[name]
    said = [f"card: {name}, as its card states them; its data: {card.source}"] if card.benchmark else []
    shown = ["card", *table(card.benchmark)] if card.benchmark else []
    none = [] if card.benchmark else [f"The card of {name} states no figures."]
    mini = measured(card.mini) if is_mini else None
    if mini is None:
        return [*said, *shown[1:], *none]
    return [
        "Figures. mini is another, smaller model than the card's"
        + (", and may have been measured on other rows:" if card.benchmark else ":"),
        f"  mini: {card.mini}; {mini.where}",
        *(f"  {line}" for line in said),
        *none,
        "",
        *beside(["mini", *table(mini.table)], shown),
    ]


def beside(left: list[str], right: list[str]) -> list[str]:
    """Two blocks of lines, one at the right of the other."""
    width = max(map(len, left)) + 6
    return [f"{a:{width}}{b}".rstrip() for a, b in zip_longest(left, right, fillvalue="")]
