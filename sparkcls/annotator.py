"""`from sparkcls.annotator import *`: what `from sparknlp.annotator import *` gives, as far as it is here."""

from sparkcls.stages.albert import AlbertForSequenceClassification, AlbertForZeroShotClassification
from sparkcls.stages.assembler import DocumentAssembler
from sparkcls.stages.bart import BartForZeroShotClassification
from sparkcls.stages.bert import BertForSequenceClassification, BertForZeroShotClassification
from sparkcls.stages.camembert import CamemBertForSequenceClassification, CamemBertForZeroShotClassification
from sparkcls.stages.deberta import DeBertaForSequenceClassification, DeBertaForZeroShotClassification
from sparkcls.stages.distilbert import DistilBertForSequenceClassification, DistilBertForZeroShotClassification
from sparkcls.stages.document_normalizer import DocumentNormalizer
from sparkcls.stages.longformer import LongformerForSequenceClassification
from sparkcls.stages.mpnet import MPNetForSequenceClassification
from sparkcls.stages.normalizer import Normalizer, NormalizerModel
from sparkcls.stages.roberta import RoBertaForSequenceClassification, RoBertaForZeroShotClassification
from sparkcls.stages.sentence_detector import SentenceDetector
from sparkcls.stages.stemmer import Stemmer
from sparkcls.stages.stop_words_cleaner import StopWordsCleaner
from sparkcls.stages.tokenizer import Tokenizer, TokenizerModel
from sparkcls.stages.transformer import TransformerForSequenceClassification, TransformerForZeroShotClassification
from sparkcls.stages.xlm_roberta import XlmRoBertaForSequenceClassification, XlmRoBertaForZeroShotClassification
from sparkcls.stages.xlnet import XlnetForSequenceClassification

__all__ = [
    "AlbertForSequenceClassification",
    "AlbertForZeroShotClassification",
    "BartForZeroShotClassification",
    "BertForSequenceClassification",
    "BertForZeroShotClassification",
    "CamemBertForSequenceClassification",
    "CamemBertForZeroShotClassification",
    "DeBertaForSequenceClassification",
    "DeBertaForZeroShotClassification",
    "DistilBertForSequenceClassification",
    "DistilBertForZeroShotClassification",
    "DocumentAssembler",
    "DocumentNormalizer",
    "LongformerForSequenceClassification",
    "MPNetForSequenceClassification",
    "Normalizer",
    "NormalizerModel",
    "RoBertaForSequenceClassification",
    "RoBertaForZeroShotClassification",
    "SentenceDetector",
    "Stemmer",
    "StopWordsCleaner",
    "Tokenizer",
    "TokenizerModel",
    "TransformerForSequenceClassification",
    "TransformerForZeroShotClassification",
    "XlmRoBertaForSequenceClassification",
    "XlmRoBertaForZeroShotClassification",
    "XlnetForSequenceClassification",
]
