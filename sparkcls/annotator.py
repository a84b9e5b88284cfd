"""`from sparkcls.annotator import *`: what `from sparknlp.annotator import *` gives, as far as it is here."""

from sparkcls.stages.assembler import DocumentAssembler
from sparkcls.stages.distilbert import DistilBertForSequenceClassification
from sparkcls.stages.document_normalizer import DocumentNormalizer
from sparkcls.stages.normalizer import Normalizer, NormalizerModel
from sparkcls.stages.sentence_detector import SentenceDetector
from sparkcls.stages.stemmer import Stemmer
from sparkcls.stages.stop_words_cleaner import StopWordsCleaner
from sparkcls.stages.tokenizer import Tokenizer, TokenizerModel

__all__ = [
    "DistilBertForSequenceClassification",
    "DocumentAssembler",
    "DocumentNormalizer",
    "Normalizer",
    "NormalizerModel",
    "SentenceDetector",
    "Stemmer",
    "StopWordsCleaner",
    "Tokenizer",
    "TokenizerModel",
]
