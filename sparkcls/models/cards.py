"""What the model cards of the five public models state.

Facts only: they fill in Params that neither the user nor the model file sets, and their labels are a
set to check a model against, never an order (the order is the model file's).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Card:
    """Facts of one model card; `nlu` is the reference that `nlu.load` takes."""

    labels: frozenset[str]
    case_sensitive: bool
    max_sentence_length: int
    nlu: str

    @property
    def params(self) -> dict[str, bool | int]:
        """The Params that the card states, by name."""
        return {"caseSensitive": self.case_sensitive, "maxSentenceLength": self.max_sentence_length}


CARDS = {
    "distilbert_base_sequence_classifier_imdb": Card(
        frozenset({"neg", "pos"}), True, 512, "en.classify.distilbert_sequence.imdb"
    ),
    "distilbert_base_sequence_classifier_ag_news": Card(
        frozenset({"Business", "Sci/Tech", "Sports", "World"}), True, 512, "en.classify.distilbert_sequence.ag_news"
    ),
    "distilbert_base_sequence_classifier_amazon_polarity": Card(
        frozenset({"negative", "positive"}), True, 512, "en.classify.distilbert_sequence.amazon_polarity"
    ),
    "distilbert_sequence_classifier_emotion": Card(
        frozenset({"sadness", "joy", "love", "anger", "fear", "surprise"}),
        True,
        512,
        "en.classify.distilbert_sequence.emotion",
    ),
    "distilbert_sequence_classifier_distilbert_base_uncased_finetuned_sst_2_english": Card(
        frozenset({"POSITIVE", "NEGATIVE"}), False, 128, "en.classify.distil_bert.glue.uncased_base_finetuned"
    ),
}
