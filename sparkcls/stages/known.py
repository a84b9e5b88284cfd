"""The classes that saved metadata may name: every stage of sparkcls, under every path that a release wrote.

A fixed table, because a saved pipeline may be a stranger's, and importing what it names would run his code.
"""

from __future__ import annotations

_HERE = "sparkcls.stages"
_CLASSES = {
    "albert": ("AlbertForSequenceClassification", "AlbertForZeroShotClassification"),
    "assembler": ("DocumentAssembler",),
    "bart": ("BartForZeroShotClassification",),
    "bert": ("BertForSequenceClassification", "BertForZeroShotClassification"),
    "camembert": ("CamemBertForSequenceClassification", "CamemBertForZeroShotClassification"),
    "deberta": ("DeBertaForSequenceClassification", "DeBertaForZeroShotClassification"),
    "distilbert": ("DistilBertForSequenceClassification", "DistilBertForZeroShotClassification"),
    "document_normalizer": ("DocumentNormalizer",),
    "finisher": ("Finisher",),
    "longformer": ("LongformerForSequenceClassification",),
    "mpnet": ("MPNetForSequenceClassification",),
    "normalizer": ("Normalizer",),
    "roberta": ("RoBertaForSequenceClassification", "RoBertaForZeroShotClassification"),
    "sentence_detector": ("SentenceDetector",),
    "stemmer": ("Stemmer",),
    "stop_words_cleaner": ("StopWordsCleaner",),
    "token_assembler": ("TokenAssembler",),
    "tokenizer": ("Tokenizer",),
    "transformer": ("TransformerForSequenceClassification", "TransformerForZeroShotClassification"),
    "xlm_roberta": ("XlmRoBertaForSequenceClassification", "XlmRoBertaForZeroShotClassification"),
    "xlnet": ("XlnetForSequenceClassification",),
}

#: Module of each class path. Class paths never move; modules are imported when a stage is read.
STAGES = {f"{_HERE}.{module}.{name}": f"{_HERE}.{module}" for module, names in _CLASSES.items() for name in names}
