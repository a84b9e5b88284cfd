"""docs/bundled.md: the models inside the package, with what was measured of each."""

from __future__ import annotations

from sparkcls.catalogue.cards import CARDS
from sparkcls.catalogue.measured import Measured, measured
from sparkcls.models.bundled import BUNDLED_DEFAULT, bundled_folder, bundled_names
from sparkcls.models.layout import read_model_folder

_HEAD = """\
# The models inside

Five small English models are part of the package, one for the task of each of the five model cards. They need no network
and no account: on any machine that has sparkcls all five tasks work.

```python
classify = sparkcls.classifier("distilbert_mini_sequence_classifier_emotion")
classify("I cannot stop smiling today.")["scores"]  # of six emotions
```

| name | what it does | labels | accuracy | measured on |
|---|---|---|---|---|
"""
_TAIL = """
None of these rows was trained on, and nothing was chosen by them. The figures were taken through a Spark pipeline in
float32, by `examples/training/measure.py`, which wrote this page's numbers into the package; `sparkcls show NAME` prints
them. The `README.md` in each model's folder says what it has learned from, under which terms, and where it fails.

They are **other models than the cards'**: smaller, less exact, and made here. Take one to try a pipeline, to test it, or where
its speed is what you need; [evaluate](evaluation.md) it on texts of your own before its answers count. Reviews of products
are from the Multi-Domain Sentiment Dataset and not from amazon_polarity, the data of that card: nothing here is a score on
amazon_polarity.

## In place of which model

| the model of the card | the one inside |
|---|---|
{pairs}

The scripts in `examples/cards` run each card's code with the model of its line, and print its figures beside those that the
card states; `--model card` takes the card's own. Where a card's model cannot be had, the error names the one inside; only
`pretrained()` without a name takes it by itself, where the class's default cannot be had, and warns. A call without a model
(`sparkcls.classify(reviews, "text")`) means `{default}`.

## Two in one pipeline

Each is {layers} layers of width {width} over {vocabulary} wordpieces, an ordinary DistilBERT for every stage, command and
tool. A row costs about a third of what it costs with a DistilBERT-base ([measured](benchmarks.md)).

All five are one encoder under five heads. Its weights are one file, so the wheel and the cache have them once. The memory of
a process has them once too, however many of the five it uses, and on CPUs all processes of a machine share that memory. A
second classifier of the set adds its head: 0.3 MB in the package, 0.6 MB in memory.

```python
both = Pipeline(
    stages=[
        DocumentAssembler().setInputCol("text").setOutputCol("document"),
        Tokenizer().setInputCols(["document"]).setOutputCol("token"),
        DistilBertForSequenceClassification.pretrained("distilbert_mini_sequence_classifier_emotion")
        .setInputCols(["token", "document"])
        .setOutputCol("emotion"),
        DistilBertForSequenceClassification.pretrained("distilbert_mini_sequence_classifier_ag_news")
        .setInputCols(["token", "document"])
        .setOutputCol("topic"),
    ]
)
answers = both.fit(reviews).transform(reviews).select("emotion.result", "topic.result")
```

Time is not shared: each classifier computes the encoder for itself. Nor are files of a saved pipeline, which has the whole
model for each stage, unless `setSaveWeights(False)` leaves it out ([what stays](what-stays.md#models-inside-the-package)).

## Figures by label
"""


def page() -> str:
    """The whole page."""
    names = bundled_names()
    folders = {name: read_model_folder(bundled_folder(name)) for name in names}
    shape = folders[BUNDLED_DEFAULT].shape
    found = {name: measured(name) for name in names}
    described = {card.mini: card.description for card in CARDS.values()}
    rows = []
    for name in names:
        labels = ", ".join(f"`{label}`" for label in folders[name].labels)
        figures = found[name]
        figure, where = (figures.accuracy, figures.where) if figures else ("not measured", "")
        rows.append(f"| `{name}` | {described[name]} | {labels} | {figure} | {where} |\n")
    tail = _TAIL.format(
        pairs="\n".join(f"| `{name}` | `{card.mini}` |" for name, card in CARDS.items()),
        default=BUNDLED_DEFAULT,
        layers=shape.depth,
        width=shape.width,
        vocabulary=f"{shape.vocabulary:,}",
    )
    return _HEAD + "".join(rows) + tail + "".join(_table(name, figures) for name, figures in found.items() if figures)


def _table(name: str, figures: Measured) -> str:
    head, *rows = (f"| {' | '.join(row)} |" for row in figures.table)
    return "\n".join(["", f"`{name}`:", "", head, "|---|---|---|---|---|", *rows, ""])
