"""`from sparkcls.annotator import *`: what `from sparknlp.annotator import *` gives, as far as it is here."""

from sparkcls.stages.albert import AlbertForSequenceClassification
from sparkcls.stages.assembler import DocumentAssembler
from sparkcls.stages.bert import BertForSequenceClassification
from sparkcls.stages.camembert import CamemBertForSequenceClassification
from sparkcls.stages.deberta import DeBertaForSequenceClassification
from sparkcls.stages.distilbert import DistilBertForSequenceClassification
from sparkcls.stages.document_normalizer import DocumentNormalizer
from sparkcls.stages.longformer import LongformerForSequenceClassification
from sparkcls.stages.mpnet import MPNetForSequenceClassification
from sparkcls.stages.normalizer import Normalizer, NormalizerModel
from sparkcls.stages.roberta import RoBertaForSequenceClassification
from sparkcls.stages.sentence_detector import SentenceDetector
from sparkcls.stages.stemmer import Stemmer
from sparkcls.stages.stop_words_cleaner import StopWordsCleaner
from sparkcls.stages.tokenizer import Tokenizer, TokenizerModel
from sparkcls.stages.transformer import TransformerForSequenceClassification
from sparkcls.stages.xlm_roberta import XlmRoBertaForSequenceClassification
from sparkcls.stages.xlnet import XlnetForSequenceClassification

__all__ = [
    "AlbertForSequenceClassification",
    "BertForSequenceClassification",
    "CamemBertForSequenceClassification",
    "DeBertaForSequenceClassification",
    "DistilBertForSequenceClassification",
    "DocumentAssembler",
    "DocumentNormalizer",
    "LongformerForSequenceClassification",
    "MPNetForSequenceClassification",
    "Normalizer",
    "NormalizerModel",
    "RoBertaForSequenceClassification",
    "SentenceDetector",
    "Stemmer",
    "StopWordsCleaner",
    "Tokenizer",
    "TokenizerModel",
    "TransformerForSequenceClassification",
    "XlmRoBertaForSequenceClassification",
    "XlnetForSequenceClassification",
]
