"""`from sparkcls.common import ...`: the constants of `sparknlp.common`."""

from __future__ import annotations

__all__ = ["AnnotatorType", "ReadAs"]


class AnnotatorType:
    """Types of annotations. Stages here write ``DOCUMENT``, ``TOKEN`` and ``CATEGORY``; others are for comparing."""

    AUDIO = "audio"
    CATEGORY = "category"
    CHUNK = "chunk"
    DATE = "date"
    DEPENDENCY = "dependency"
    DOCUMENT = "document"
    DOC_SIMILARITY_RANKINGS = "doc_similarity_rankings"
    DUMMY = "dummy"
    ENTITY = "entity"
    IMAGE = "image"
    LABELED_DEPENDENCY = "labeled_dependency"
    LANGUAGE = "language"
    NAMED_ENTITY = "named_entity"
    NEGEX = "negex"
    NODE = "node"
    POS = "pos"
    SENTENCE_EMBEDDINGS = "sentence_embeddings"
    SENTIMENT = "sentiment"
    TABLE = "table"
    TOKEN = "token"
    WORDPIECE = "wordpiece"
    WORD_EMBEDDINGS = "word_embeddings"


class ReadAs:
    """How a setter reads a file that it is given."""

    BINARY = "BINARY"
    SPARK = "SPARK"
    TEXT = "TEXT"
