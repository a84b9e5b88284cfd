"""`from sparkcls.annotator import *`: what `from sparknlp.annotator import *` gives, as far as it is here."""

from sparkcls.stages.assembler import DocumentAssembler
from sparkcls.stages.distilbert import DistilBertForSequenceClassification
from sparkcls.stages.sentence_detector import SentenceDetector
from sparkcls.stages.tokenizer import Tokenizer, TokenizerModel

__all__ = [
    "DistilBertForSequenceClassification",
    "DocumentAssembler",
    "SentenceDetector",
    "Tokenizer",
    "TokenizerModel",
]
