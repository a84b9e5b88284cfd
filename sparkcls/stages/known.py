"""The classes that saved metadata may name: every stage of sparkcls, under every path that a release wrote.

A fixed table, because a saved pipeline may be a stranger's, and importing what it names would run his code.
"""

from __future__ import annotations

_HERE = "sparkcls.stages"
_CLASSES = {
    "assembler": "DocumentAssembler",
    "distilbert": "DistilBertForSequenceClassification",
    "document_normalizer": "DocumentNormalizer",
    "finisher": "Finisher",
    "normalizer": "Normalizer",
    "sentence_detector": "SentenceDetector",
    "stemmer": "Stemmer",
    "stop_words_cleaner": "StopWordsCleaner",
    "token_assembler": "TokenAssembler",
    "tokenizer": "Tokenizer",
}

#: Module of each class path. Class paths never move; modules are imported when a stage is read.
STAGES = {f"{_HERE}.{module}.{name}": f"{_HERE}.{module}" for module, name in _CLASSES.items()}
