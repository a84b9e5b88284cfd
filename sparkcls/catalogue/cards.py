"""What the model cards of the five public models state.

Facts only: they fill in Params that neither the user nor the model file sets, and their labels are a
set to check a model against, never an order (the order is the model file's).
"""

from __future__ import annotations

from dataclasses import dataclass

#: Language of all five models.
LANGUAGE = "en"


@dataclass(frozen=True)
class Card:
    """Facts of one model card.

    Parameters
    ----------
    nlu
        The reference that `nlu.load` takes.
    key
        The archive that the card links to, without ``.zip``: what the name means, whatever an index says.
    description
        One sentence.
    source
        Where the data, or the original model, is described.
    mini
        The smaller model for the same task that is bundled.
    benchmark
        Rows of the card's table, the first one its head; empty if the card has none.
    hub
        The repository of the same weights on the Hugging Face Hub, where the card states one.
    license
        As the card words it.
    annotator
        The class of Spark NLP that the card's code takes.
    """

    labels: frozenset[str]
    case_sensitive: bool
    max_sentence_length: int
    nlu: str
    key: str
    description: str
    source: str
    mini: str
    benchmark: tuple[tuple[str, ...], ...] = ()
    hub: str | None = None
    license: str = "Open Source"
    annotator: str = "DistilBertForSequenceClassification"

    @property
    def params(self) -> dict[str, bool | int]:
        """The Params that the card states, by name."""
        return {"caseSensitive": self.case_sensitive, "maxSentenceLength": self.max_sentence_length}


_HEAD = ("label", "precision", "recall", "f1-score", "support")

CARDS = {
    "distilbert_base_sequence_classifier_imdb": Card(
        labels=frozenset({"neg", "pos"}),
        case_sensitive=True,
        max_sentence_length=512,
        nlu="en.classify.distilbert_sequence.imdb",
        key="distilbert_base_sequence_classifier_imdb_en_3.3.3_3.0_1637502669757",
        description="Tells favourable from unfavourable film reviews.",
        source="https://huggingface.co/datasets/imdb",
        mini="distilbert_mini_sequence_classifier_imdb",
        benchmark=(
            _HEAD,
            ("neg", "0.92", "0.93", "0.92", "12413"),
            ("pos", "0.93", "0.92", "0.92", "12587"),
            ("accuracy", "", "", "0.92", "25000"),
            ("macro avg", "0.92", "0.92", "0.92", "25000"),
            ("weighted avg", "0.92", "0.92", "0.92", "25000"),
        ),
    ),
    "distilbert_base_sequence_classifier_ag_news": Card(
        labels=frozenset({"Business", "Sci/Tech", "Sports", "World"}),
        case_sensitive=True,
        max_sentence_length=512,
        nlu="en.classify.distilbert_sequence.ag_news",
        key="distilbert_base_sequence_classifier_ag_news_en_3.3.3_3.0_1637503060617",
        description="Sorts news items into four desks.",
        source="https://huggingface.co/datasets/ag_news",
        mini="distilbert_mini_sequence_classifier_ag_news",
        benchmark=(
            _HEAD,
            ("Business", "0.90", "0.90", "0.90", "1904"),
            ("Sci/Tech", "0.91", "0.90", "0.91", "1935"),
            ("Sports", "0.99", "0.98", "0.98", "1921"),
            ("World", "0.92", "0.95", "0.94", "1840"),
            ("accuracy", "", "", "0.93", "7600"),
            ("macro avg", "0.93", "0.93", "0.93", "7600"),
            ("weighted avg", "0.93", "0.93", "0.93", "7600"),
        ),
    ),
    "distilbert_base_sequence_classifier_amazon_polarity": Card(
        labels=frozenset({"negative", "positive"}),
        case_sensitive=True,
        max_sentence_length=512,
        nlu="en.classify.distilbert_sequence.amazon_polarity",
        key="distilbert_base_sequence_classifier_amazon_polarity_en_3.3.3_3.0_1637503776952",
        description="Tells favourable from unfavourable product reviews.",
        source="https://huggingface.co/datasets/amazon_polarity",
        mini="distilbert_mini_sequence_classifier_amazon_reviews",
        benchmark=(
            _HEAD,
            ("negative", "0.94", "0.96", "0.95", "24285"),
            ("positive", "0.96", "0.95", "0.95", "25715"),
            ("accuracy", "", "", "0.95", "50000"),
            ("macro avg", "0.95", "0.95", "0.95", "50000"),
            ("weighted avg", "0.95", "0.95", "0.95", "50000"),
        ),
    ),
    "distilbert_sequence_classifier_emotion": Card(
        labels=frozenset({"sadness", "joy", "love", "anger", "fear", "surprise"}),
        case_sensitive=True,
        max_sentence_length=512,
        nlu="en.classify.distilbert_sequence.emotion",
        key="distilbert_sequence_classifier_emotion_en_3.3.3_3.0_1637500005725",
        description="Finds the prevailing one of six emotions in a short message.",
        source="https://huggingface.co/bhadresh-savani/distilbert-base-uncased-emotion",
        mini="distilbert_mini_sequence_classifier_emotion",
        benchmark=(("measure", "value"), ("accuracy", "0.938"), ("f1", "0.9379"), ("loss", "0.1472")),
        hub="bhadresh-savani/distilbert-base-uncased-emotion",
    ),
    "distilbert_sequence_classifier_distilbert_base_uncased_finetuned_sst_2_english": Card(
        labels=frozenset({"POSITIVE", "NEGATIVE"}),
        case_sensitive=False,
        max_sentence_length=128,
        nlu="en.classify.distil_bert.glue.uncased_base_finetuned",
        key=(
            "distilbert_sequence_classifier_distilbert_base_uncased_finetuned_sst_2_english_en_4.1.0_3.0_1661277744844"
        ),
        description="Tells positive from negative sentences; trained on the sentences of SST-2.",
        source="https://huggingface.co/distilbert-base-uncased-finetuned-sst-2-english",
        mini="distilbert_mini_sequence_classifier_sst2",
        hub="distilbert/distilbert-base-uncased-finetuned-sst-2-english",
    ),
}
